package conformance

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

var testPorts = portMap{21001: "{{P1}}", 21002: "{{P2}}"}

func TestNormaliseValues(t *testing.T) {
	const (
		session = "sess-00000000-0000-4000-8000-00000000000"
		message = "msg-00000000-0000-4000-8000-00000000000"
		id      = "0123456789abcde"
	)
	list := make(flow.Array, longList+1)
	for i := range list {
		list[i] = flow.NewObject("ü\n", float64(i))
	}
	tests := []struct{ name, in, want string }{
		{"sessions by first sight", `["` + session + `7","` + session + `3 or ` + session + `7"]`, `["sess-1","sess-2 or sess-1"]`},
		{"messages by first sight", `["` + message + `9","` + message + `8"]`, `["msg-1","msg-2"]`},
		{"times", `"at 2026-01-02T03:04:05.678Z"`, `"at <ts>"`},
		{"ports in text", `"127.0.0.1:21001, 210011 and 121001 21002"`, `"127.0.0.1:{{P1}}, 210011 and 121001 {{P2}}"`},
		{"ports as numbers", `{"a":21002,"b":21003,"remotePort":40000,"port":70000,"c":40000}`, `{"a":"{{P2}}","b":21003,"remotePort":"<port>","port":70000,"c":40000}`},
		{"message ids", `{"x":"` + id + `1","_msgid":"` + id + `1","y":"` + id + `1","id":"` + id + `2"}`, `{"x":"` + id + `1","_msgid":"m1","y":"m1","id":"` + id + `2"}`},
		{"ids of parts", `{"parts":{"id":"p"},"_linkSource":[{"id":"q"}]}`, `{"parts":{"id":"m1"},"_linkSource":[{"id":"m2"}]}`},
		{"stacks", `{"stack":"Error at x.js:1"}`, `{"stack":"<stack>"}`},
		{"long text", `"` + strings.Repeat("ä", 4001) + `"`, fmt.Sprintf(`"<4001 chars, sha1 %x>"`, sha1.Sum([]byte(strings.Repeat("ä", 4001))))},
		{"Buffers", `{"type":"Buffer","data":[1,2]}`, `{"type":"Buffer","data":[1,2]}`},
		{"long Buffers", `{"type":"Buffer","data":[1` + strings.Repeat(",2", 4000) + `]}`, `{"type":"Buffer","length":4001}`},
		{"no Buffers", `{"type":"Buffer","data":[21001]}`, `{"type":"Buffer","data":["{{P1}}"]}`},
		{"long lists", flow.JSON(list), `{"$list":301,"first":{"ü\n":0},"sha1":"` + fmt.Sprintf("%x", sha1.Sum(appendSpacedJSON(nil, list))) + `"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := flow.JSON(newNormaliser(testPorts).value(mustParse(tt.in), "", "")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestSpacedJSON(t *testing.T) {
	in := `{"ü":[1,"a\nb","😀\u007f"],"b":{},"c":[null,true]}`
	want := `{"\u00fc": [1, "a\nb", "\ud83d\ude00\u007f"], "b": {}, "c": [null, true]}`
	if got := string(appendSpacedJSON(nil, mustParse(in))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestShowBytes(t *testing.T) {
	tests := map[string]string{
		"hé":                       "hé",
		"\xff\x00":                 "hex:ff00",
		strings.Repeat("q", 4001):  "4001 bytes, first qqqqqqqqqqqqqqqq",
		strings.Repeat("\xff", 20): "hex:" + strings.Repeat("ff", 20),
	}
	for in, want := range tests {
		if got := showBytes([]byte(in)); got != want {
			t.Errorf("showBytes(%.20q) = %q, want %q", in, got, want)
		}
	}
}

// TestTranscriptsAreNormalised takes the recorded transcripts apart and
// normalises them again, which changes nothing: the numbering is the same.
func TestTranscriptsAreNormalised(t *testing.T) {
	for _, name := range scenarioNames(t) {
		transcript := loadTranscript(t, name)
		got := observe(transcript).normalise(testPorts)
		if d := diff(transcript, got, nil); len(d) > 0 {
			t.Errorf("%s changes when it is normalised again:\n%s", name, d)
		}
	}
}

// observe is normalise's way back.
func observe(transcript *flow.Object) observed {
	o := observed{peers: map[string]*flow.Object{}, exit: transcript.Get("exit")}
	each := func(section string, add func(key string, item flow.Value)) {
		for key, list := range transcript.Get(section).(*flow.Object).All() {
			for _, item := range list.(flow.Array) {
				add(key, item)
			}
		}
	}
	each("emits", func(key string, item flow.Value) {
		node, port, _ := strings.Cut(key, ":")
		emit := item.(*flow.Object)
		o.trace = append(o.trace, flow.NewObject("from", node, "port", port, "to", emit.Get("to"), "msg", emit.Get("msg")))
	})
	each("statuses", func(key string, item flow.Value) {
		o.trace = append(o.trace, flow.NewObject("node", key, "status", item))
	})
	each("logs", func(key string, item flow.Value) {
		entry := item.(*flow.Object)
		o.trace = append(o.trace, flow.NewObject("node", key, "log", entry.Get("level"), "text", entry.Get("text")))
	})
	for id, peer := range transcript.Get("peers").(*flow.Object).All() {
		o.peers[id] = peer.(*flow.Object)
	}
	o.checks = transcript.Get("checks").(flow.Array)
	return o
}
