package tcplisten_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/runtime/session"
)

// data returns the message with a payload.
func data(payload string) string {
	return `{"event":"data","sessionId":"sess-*","payload":` + payload + `}`
}

// frameError returns the envelope of a bad frame.
func frameError(code, text, payload string) string {
	m := `{"errorCode":"` + code + `","errorText":"` + text + `","event":"error","sessionId":"sess-*"`
	if payload != "" {
		m += `,"payload":{"type":"Buffer","data":` + payload + `}`
	}
	return m + "}"
}

func TestFraming(t *testing.T) {
	for _, c := range []struct {
		name, config string
		parts        []string
		data, events []string
	}{
		{"length", `"framing":"length","lengthBytes":"2"`, []string{"\x00", "\x02a", "b\x00\x01c"},
			[]string{data(`{"type":"Buffer","data":[97,98]}`), data(`{"type":"Buffer","data":[99]}`)}, nil},
		{"mllp", `"framing":"mllp","charset":"latin1"`, []string{"\x0bM\xfc", "ller\x1c", "\r"},
			[]string{data(`"Müller"`)}, nil},
		{"json", `"framing":"json"`, []string{`{"a":`, `1}[tru`, `e]2`},
			[]string{data(`{"a":1}`), data(`[true]`), data(`2`)}, nil},
		{"charset of lines", `"mode":"line","charset":"utf16le"`, []string{"a", "\x00\r", "\x00\n\x00b\x00"},
			[]string{data(`"a"`), data(`"b"`)}, nil},
		{"unfinished delimiter", `"framing":"delimiter","delimiter":";"`, []string{"a;", "b"},
			[]string{data(`{"type":"Buffer","data":[97]}`), data(`{"type":"Buffer","data":[98]}`)}, nil},
		{"unfinished netstring", `"framing":"netstring"`, []string{"3:a"}, nil,
			[]string{frameError("FRAME_INCOMPLETE", "the stream ended inside of a frame", "[51,58,97]")}},
		{"invalid and skipped", `"framing":"json-lines","onFrameError":"skip"`, []string{"{\n1\n"}, []string{data(`1`)},
			[]string{frameError("FRAME_INVALID", "a frame is no JSON: unexpected EOF", "[123]")}},
		{"too long and skipped", `"framing":"slip","maxFrame":4,"onFrameError":"skip"`, []string{"abcdefgh", "ijk\xc0x\xc0"},
			[]string{data(`{"type":"Buffer","data":[120]}`)},
			[]string{frameError("FRAME_TOO_LONG", "a frame is longer than maxFrame, 4 bytes", "")}},
		{"line too long and skipped", `"mode":"line","maxFrame":4,"onFrameError":"skip"`, []string{"abcdefgh\nx\n"},
			[]string{data(`"x"`)},
			[]string{frameError("FRAME_TOO_LONG", "a frame is longer than maxFrame, 4 bytes", "")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, port := listen(t, session.New(), c.config)
			peer := sockettest.Dial(t, port)
			for _, part := range c.parts {
				fmt.Fprint(peer, part)
			}
			_ = peer.CloseWrite()
			sockettest.Expect(t, d, 0, append(append([]string{listening, connected}, c.events...), disconnected)...)
			sockettest.Expect(t, d, 1, c.data...)
		})
	}
}

// A connection whose frames cannot be told apart any more is closed, with what
// follows in the same chunk and later.
func TestFrameErrorCloses(t *testing.T) {
	for _, c := range []struct{ name, config, sent, event string }{
		{"too long", `"framing":"delimiter","delimiter":";","maxFrame":4`, "a;abcdefg;b;", frameError("FRAME_TOO_LONG", "a frame is longer than maxFrame, 4 bytes", "")},
		{"endless line", `"mode":"line","maxFrame":"4"`, "a\nabcdefg", frameError("FRAME_TOO_LONG", "a frame is longer than maxFrame, 4 bytes", "")},
		{"nothing to skip to", `"framing":"netstring","onFrameError":"skip"`, "1:a,x:1:b,", frameError("FRAME_INVALID", `a frame does not begin with its length: \"x\"`, "[120]")},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, port := listen(t, session.New(), c.config)
			peer := sockettest.Dial(t, port)
			fmt.Fprint(peer, c.sent)
			if _, err := io.ReadAll(peer); err != nil {
				t.Error(err)
			}
			sockettest.Expect(t, d, 0, listening, connected, c.event, disconnected)
			if got := sockettest.Sent(d, 1); len(got) != 1 || !strings.Contains(got[0], "97") && !strings.Contains(got[0], `"a"`) {
				t.Errorf("data are %s", got)
			}
		})
	}
}

func TestBadFraming(t *testing.T) {
	props, err := flow.ParseJSON([]byte(`{"port":1,"mode":"line","framing":"slip"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tcplisten.Type(session.New()).New(props.(*flow.Object), flow.Env{})
	if want := "framing: slip works in binary mode; leave it empty for lines, or set mode to binary"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
