package filein

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/runtime/state"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a node whose relative file names begin in a directory with a
// file f.
func start(t *testing.T, config string, content []byte) *flowtest.Driver {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), content, 0o666); err != nil {
		t.Fatal(err)
	}
	live := &settings.Live{}
	live.Set(settings.Settings{FileWorkingDirectory: dir})
	return flowtest.New(t, Type(state.New(), live), config)
}

func handle(d *flowtest.Driver, message string) {
	d.Handle(message)
	d.Until(func() bool { return len(d.Done) == 1 })
}

func TestRead(t *testing.T) {
	for name, tc := range map[string]struct {
		config, message, content string
		want                     []string
	}{
		"utf8": {`{"filename":"f","format":"utf8"}`, `{"payload":"x","topic":"t"}`, "line 1\nliné 2\n",
			[]string{`{"payload":"line 1\nliné 2\n","topic":"t","filename":"f"}`}},
		"buffer": {`{"filename":"f","format":""}`, `{}`, "ab",
			[]string{`{"filename":"f","payload":{"type":"Buffer","data":[97,98]}}`}},
		"name with line end": {`{"filename":"\tf\r\n","format":"utf8"}`, `{}`, "a", []string{`{"filename":"f","payload":"a"}`}},
		"name in message":    {`{"format":"utf8"}`, `{"filename":"f"}`, "", []string{`{"filename":"f","payload":""}`}},
		"bad utf8":           {`{"filename":"f","format":"utf8"}`, `{}`, "\xff\xfea", []string{`{"filename":"f","payload":"` + "\uFFFD\uFFFD" + `a"}`}},
		"encoding":           {`{"filename":"f","format":"utf8","encoding":"Shift_JIS"}`, `{}`, "\x8e\x8e\x8c\xb1", []string{`{"filename":"f","payload":"試験"}`}},
		"lines": {`{"filename":"f","format":"lines"}`, `{"payload":"x","topic":"t","_msgid":"m1"}`, "-\n\n-\r\n",
			[]string{
				`{"topic":"t","filename":"f","payload":"-","parts":{"index":0,"ch":"\n","type":"string","id":"m1"}}`,
				`{"topic":"t","filename":"f","payload":"","parts":{"index":1,"ch":"\n","type":"string","id":"m1"}}`,
				`{"topic":"t","filename":"f","payload":"-\r","parts":{"index":2,"ch":"\n","type":"string","id":"m1"}}`,
				`{"topic":"t","filename":"f","payload":"","parts":{"index":3,"ch":"\n","type":"string","id":"m1","count":4}}`,
			}},
		"lines with all properties": {`{"filename":"f","format":"lines","allProps":true,"encoding":"utf-16le"}`, `{"payload":"x","a":1,"_msgid":"m1"}`, "\x66\x8a\n\x00",
			[]string{
				`{"payload":"試","a":1,"filename":"f","parts":{"index":0,"ch":"\n","type":"string","id":"m1"}}`,
				`{"payload":"","a":1,"filename":"f","parts":{"index":1,"ch":"\n","type":"string","id":"m1","count":2}}`,
			}},
		"lines of nothing": {`{"filename":"f","format":"lines"}`, `{"topic":1,"_msgid":"m1"}`, "",
			[]string{`{"topic":1,"filename":"f","payload":"","parts":{"index":0,"ch":"\n","type":"string","id":"m1","count":1}}`}},
		"stream": {`{"filename":"f","format":"stream"}`, `{"_msgid":"m1"}`, "ab",
			[]string{`{"filename":"f","payload":{"type":"Buffer","data":[97,98]},"parts":{"index":0,"ch":"","type":"buffer","id":"m1","count":1}}`}},
		"stream of nothing": {`{"filename":"f","format":"stream"}`, `{}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, tc.config, []byte(tc.content))
			handle(d, tc.message)
			if got := d.Sent(0); !slices.Equal(got, tc.want) || d.Done[0] != nil {
				t.Errorf("sent %s; %v\nwant %s", got, d.Done[0], tc.want)
			}
		})
	}
}

// A large file comes in chunks; one that ends with a full chunk has an end of
// its own.
func TestLargeStream(t *testing.T) {
	for _, size := range []int{10 * chunkSize, 10*chunkSize + 1} {
		content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		d := start(t, `{"filename":"f","format":"stream"}`, content)
		handle(d, `{}`)
		list := d.Messages(0)
		if len(list) != 11 {
			t.Fatalf("%d messages", len(list))
		}
		var got []byte
		for i, m := range list {
			data, _ := m.Get("payload").(flow.Buffer)
			got = append(got, data...)
			parts := m.Get("parts").(*flow.Object)
			if parts.Get("index") != float64(i) || (parts.Get("count") != nil) != (i == 10) {
				t.Errorf("message %d has the parts %s", i, flow.JSON(parts))
			}
		}
		if !bytes.Equal(got, content) {
			t.Error("the content has changed")
		}
	}
}

func TestManyLines(t *testing.T) {
	content := strings.Repeat("one line of many\n", 20000)
	d := start(t, `{"filename":"f","format":"lines"}`, []byte(content))
	handle(d, `{}`)
	var lines []string
	for _, m := range d.Messages(0) {
		lines = append(lines, m.Get("payload").(string))
	}
	if strings.Join(lines, "\n") != content {
		t.Errorf("%d lines, and they have changed", len(lines))
	}
}

// What is not handled is not read: the file waits for the flow, and Stop for
// neither.
func TestWaitsForTheFlow(t *testing.T) {
	h := &host{posted: make(chan *flow.Cause, 100)}
	props := flow.NewObject("filename", "f", "format", "stream")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, 20*chunkSize), 0o666); err != nil {
		t.Fatal(err)
	}
	live := &settings.Live{}
	live.Set(settings.Settings{FileWorkingDirectory: dir})
	node, err := Type(state.New(), live).New(props, flow.Env{Host: h})
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Handle(flow.NewMessage(), flow.NewOutlet(flowtest.Discard{}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	for range chunkCredits {
		<-h.posted
	}
	if err := node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
		t.Fatal(err)
	}
	if last := <-h.posted; last != nil || len(h.posted) > 0 {
		t.Errorf("more than %d chunks were read", chunkCredits)
	}
}

// host keeps the causes of what is posted to it and never runs it.
type host struct {
	flow.Host
	posted chan *flow.Cause
}

func (h *host) Post(c *flow.Cause, _ flow.Task) {
	c.Hold()
	h.posted <- c
}

func TestErrors(t *testing.T) {
	d := start(t, `{"format":"utf8"}`, nil)
	handle(d, `{"payload":"x","filename":"none","topic":"t"}`)
	var failure *flow.Error
	if !errors.As(d.Done[0], &failure) || failure.Code != "ENOENT" ||
		!strings.HasPrefix(failure.Error(), "Error: ENOENT: no such file or directory, open '") {
		t.Errorf("error %v", d.Done[0])
	}
	sent := d.Messages(0)
	if len(sent) != 1 || sent[0].Has("payload") || sent[0].Get("topic") != "t" || sent[0].Get("error") != flow.Value(failure) {
		t.Errorf("sent %s", d.Sent(0))
	}

	d = start(t, `{"filename":".","sendError":false}`, nil)
	handle(d, `{}`)
	if len(d.Sent(0)) > 0 || d.Done[0] == nil {
		t.Errorf("sent %s; %v", d.Sent(0), d.Done)
	}

	d = start(t, `{}`, nil)
	handle(d, `{}`)
	if len(d.Sent(0)) > 0 || d.Done[0] != nil || d.Log[0].What != "No filename specified" {
		t.Errorf("sent %s; %v %v", d.Sent(0), d.Done, d.Log)
	}
}

func TestStopEndsReading(t *testing.T) {
	d := start(t, `{"filename":"f","format":"lines"}`, []byte("a\nb"))
	n := d.Node.(*Node)
	n.cancel()
	handle(d, `{}`)
	if len(d.Sent(0)) > 0 || d.Done[0] != nil {
		t.Errorf("sent %s; %v", d.Sent(0), d.Done)
	}
	if err := n.Stop(context.Background(), flow.Removed); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	for config, property := range map[string]string{
		`{"encoding":"klingon"}`: "encoding",
		`{"format":"pages"}`:     "format",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(state.New(), nil).New(props.(*flow.Object), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || bad.Property != property {
			t.Errorf("%s: %v", config, err)
		}
	}
}
