package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// trace reads the trace file that flowrun writes, as it grows. Its lines are
// those of traceLine and are guarded by the board.
type trace struct {
	board *board
	path  string
	lines []*flow.Object
}

// follow reads until ctx ends, and then once more to the end of the file.
func (tr *trace) follow(ctx context.Context) error {
	var file *os.File
	var rest []byte
	poll := time.NewTicker(5 * time.Millisecond) // a file tells nobody that it has grown
	defer poll.Stop()
	for last := false; ; {
		if file == nil {
			f, err := os.Open(tr.path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			} else if err == nil {
				file = f
				defer file.Close()
			}
		}
		if file != nil {
			more, err := io.ReadAll(file)
			if err != nil {
				return err
			}
			if rest, err = tr.add(append(rest, more...)); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			last = true
		}
	}
}

// add notes the whole lines of text and returns what is left of it.
func (tr *trace) add(text []byte) ([]byte, error) {
	var lines []*flow.Object
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		text = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		v, err := flow.ParseJSON(line)
		frame, ok := v.(*flow.Object)
		if err != nil || !ok {
			return nil, fmt.Errorf("trace line %.200q is no frame (%w)", line, err)
		}
		if l := traceLine(frame); l != nil {
			lines = append(lines, l)
		}
	}
	if len(lines) > 0 {
		tr.board.Update(func() { tr.lines = append(tr.lines, lines...) })
	}
	return text, nil
}

// count counts the lines that match; the board is locked.
func (tr *trace) count(match flow.Value) int {
	n := 0
	for _, line := range tr.lines {
		if matches(match, line) {
			n++
		}
	}
	return n
}

var flowsStarted = flow.NewObject("runtime", "flows:started")

// traceLine makes of a tap frame what scenarios match and transcripts hold, nil
// for the kinds that they leave out:
//
//	{"from","port","to","msg"}  a message sent
//	{"node","status"}           a status badge
//	{"node","log","text"}       an error, warn or log call
//	{"runtime"}                 flows:started
func traceLine(frame *flow.Object) *flow.Object {
	switch frame.Get("t") {
	case "send":
		to, ok := frame.Lookup("to")
		if !ok {
			to = flow.Array{}
		}
		return flow.NewObject("from", frame.Get("id"), "port", frame.Get("port"), "to", to, "msg", frame.Get("msg"))
	case "status":
		return flow.NewObject("node", frame.Get("id"), "status", frame.Get("status"))
	case "call":
		switch frame.Get("fn") {
		case "error", "warn", "log":
			return flow.NewObject("node", frame.Get("id"), "log", frame.Get("fn"), "text", callText(frame.Get("args")))
		}
	case "flows":
		if frame.Get("state") == "started" {
			return flowsStarted
		}
	}
	return nil
}

// callText is the first argument of a call: text as it is, an error by name and
// message, anything else as JSON.
func callText(args flow.Value) string {
	list, _ := args.(flow.Array)
	if len(list) == 0 {
		return "null"
	}
	switch v := list[0].(type) {
	case string:
		return v
	case *flow.Object:
		if data, ok := v.Get("data").(*flow.Object); ok && v.Get("type") == "error" {
			name, message := "Error", ""
			if s, ok := data.Get("name").(string); ok {
				name = s
			}
			if s, ok := data.Get("message").(string); ok {
				message = s
			}
			return name + ": " + message
		}
	}
	return string(appendSpacedJSON(nil, list[0]))
}

func TestTraceLine(t *testing.T) {
	tests := []struct{ frame, want string }{
		{`{"t":"hello","version":"1"}`, ``},
		{`{"t":"receive","id":"a","msg":{}}`, ``},
		{`{"t":"send","id":"a","port":1,"to":["b"],"msg":{"x":1},"ts":5}`, `{"from":"a","port":1,"to":["b"],"msg":{"x":1}}`},
		{`{"t":"send","id":"a","port":1,"msg":{"x":1}}`, `{"from":"a","port":1,"to":[],"msg":{"x":1}}`},
		{`{"t":"status","id":"a","status":{}}`, `{"node":"a","status":{}}`},
		{`{"t":"call","id":"a","fn":"warn","args":["w",{}]}`, `{"node":"a","log":"warn","text":"w"}`},
		{`{"t":"call","id":"a","fn":"log","args":[]}`, `{"node":"a","log":"log","text":"null"}`},
		{`{"t":"call","id":"a","fn":"log","args":[{"b":[1,2]}]}`, `{"node":"a","log":"log","text":"{\"b\": [1, 2]}"}`},
		{`{"t":"call","id":"a","fn":"error","args":[{"__enc__":true,"type":"error","data":{"name":"RangeError","message":"m"}}]}`, `{"node":"a","log":"error","text":"RangeError: m"}`},
		{`{"t":"call","id":"a","fn":"trace","args":["x"]}`, ``},
		{`{"t":"flows","state":"started"}`, `{"runtime":"flows:started"}`},
		{`{"t":"flows","state":"stopped"}`, ``},
	}
	for _, tt := range tests {
		got := ""
		if line := traceLine(mustParse(tt.frame).(*flow.Object)); line != nil {
			got = flow.JSON(line)
		}
		if got != tt.want {
			t.Errorf("frame %s\ngot  %s\nwant %s", tt.frame, got, tt.want)
		}
	}
}

func TestTraceFollowsAFile(t *testing.T) {
	path := t.TempDir() + "/trace.ndjson"
	tr := &trace{board: new(board), path: path}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tr.follow(ctx) }()

	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	saw := func(n int) func() bool {
		return func() bool { return tr.count(mustParse(`{"from":"a"}`)) == n }
	}
	for _, part := range []string{`{"t":"send","id":"a","port":0,"ms`, `g":{}}` + "\n"} {
		if _, err := file.WriteString(part); err != nil {
			t.Fatal(err)
		}
	}
	if !tr.board.Wait(ctx, 10*time.Second, saw(1)) {
		t.Error("the first line was not seen")
	}
	text := `{"t":"send","id":"a","port":0,"msg":{}}` + "\n{"
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !saw(2)() {
		t.Errorf("the end of the file was not seen: %v", tr.lines)
	}
}
