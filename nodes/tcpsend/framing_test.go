package tcpsend_test

import (
	"io"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestFraming(t *testing.T) {
	const sentOne = `{"event":"sent","sessionId":"s1","messageId":"msg-*","chunkCount":1}`
	refused := func(text string) string {
		return `{"errorCode":"PAYLOAD_INVALID","errorText":"` + text + `","event":"error","sessionId":"s1"}`
	}
	for _, c := range []struct {
		name, session, config, payload string
		want, event                    string
	}{
		{"as the session", `{"framing":"netstring"}`, `{}`, `"hello"`, "5:hello,", sentOne},
		{"a frame an item", `{"framing":"netstring"}`, `{}`, `["a","bc"]`, "1:a,2:bc,", `{"event":"sent","sessionId":"s1","messageId":"msg-*","chunkCount":2}`},
		{"none", `{"framing":"netstring"}`, `{"framing":"none"}`, `"hello"`, "hello", sentOne},
		{"its own", `{"framing":"netstring"}`, `{"framing":"length","lengthBytes":1}`, `"hello"`, "\x05hello", sentOne},
		{"its own where there is none", `{}`, `{"framing":"delimiter","delimiter":"\\r\\n"}`, `"hello"`, "hello\r\n", sentOne},
		{"a list in JSON", `{"framing":"json"}`, `{}`, `[1,{"a":"b"}]`, "[1,{\"a\":\"b\"}]\n", sentOne},
		{"text of a character set", `{"framing":"mllp","charset":"latin1"}`, `{}`, `"é"`, "\x0b\xe9\x1c\r", sentOne},
		{"lines of a character set", "line utf16le", `{"lineTerminator":"crlf"}`, `"é"`, "\xe9\x00\r\x00\n\x00", sentOne},
		{"a delimiter inside", `{"framing":"delimiter","delimiter":";"}`, `{}`, `["a","b;c"]`, "", refused("payload contains the delimiter")},
		{"too long for its length", `{"framing":"length","lengthBytes":1,"lengthAdjust":-250}`, `{}`, `"hello, world"`, "",
			refused("payload has 12 bytes, and a length of 262 does not fit into 1 bytes")},
		{"no payload", `{"framing":"slip"}`, `{}`, `42`, "", refused("payload items must be string or Buffer")},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &session.Options{Node: "owner", Owner: nobody{}}
			properties := framing.Default()
			if c.session == "line utf16le" {
				o.Line, properties.Charset = true, "utf16le"
			} else if err := flow.Decode(object(t, c.session), &properties); err != nil {
				t.Fatal(err)
			}
			var err error
			if o.Framing, err = properties.Stream(o.Line); err != nil {
				t.Fatal(err)
			}
			st := session.New()
			d := node(t, st, "send", c.config)
			peer := dialWith(t, st, d, "s1", o)
			d.Handle(`{"sessionId":"s1","payload":` + c.payload + `}`)
			sockettest.Expect(t, d, 0, c.event)
			st.Get("s1").Disconnect()
			if got, err := io.ReadAll(peer); string(got) != c.want || err != nil {
				t.Errorf("the peer got %q, %v", got, err)
			}
		})
	}
}

func object(t *testing.T, text string) *flow.Object {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*flow.Object)
}
