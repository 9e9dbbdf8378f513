package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typedjson"
)

func TestTapLines(t *testing.T) {
	l := tapLines{names: map[string]string{"a": "listen", "b": "send"}, width: 80}
	for _, c := range []struct{ frame, want string }{
		{`{"t":"hello","version":"v1"}`, "flowrun  hello  v1"},
		{`{"t":"receive","id":"x","msg":{"_msgid":"1","topic":"t","payload":5}}`, `x        receive  5  topic: "t"`},
		{`{"t":"send","id":"a","port":1,"to":["b","c"],"msg":{"payload":{"type":"Buffer","data":[104,105,10]}}}`, `listen   send 2 → send, c  Buffer(3) "hi\n"`},
		{`{"t":"send","id":"a","port":0,"to":[],"msg":{"payload":{"type":"Buffer","data":[0,255]},"a b":{"__enc__":true,"type":"undefined"}}}`, `listen   send 1  Buffer(2) 00 ff  "a b": undefined`},
		{`{"t":"status","id":"a","status":{"fill":"red","shape":"ring","text":"gone"}}`, "listen   status  red ring gone"},
		{`{"t":"status","id":"a","status":{}}`, "listen   status  (none)"},
		{`{"t":"call","id":"a","fn":"error","args":[{"__enc__":true,"type":"error","data":{"name":"Error","message":"no"}},{"payload":"p"}]}`, `listen   error  Error: no  "p"`},
		{`{"t":"call","id":"a","fn":"warn","args":["two\nlines \u001b[31m"]}`, `listen   warn  two\nlines \x1b[31m`},
		{`{"t":"log","log":{"level":30,"id":"b","msg":"careful"}}`, "send     log warn  careful"},
		{`{"t":"flows","state":"error","error":"missing-types","types":["x","y"]}`, "flowrun  flows  error missing-types x,y"},
		{`{"t":"flows","state":"started"}`, "flowrun  flows  started"},
		{`{"t":"lost","n":7}`, "flowrun  lost  7 frames: they came faster than they were read"},
		{`{"t":"receive","id":"a","msg":{"payload":"` + strings.Repeat("long ", 50) + `"}}`, `listen   receive  "long long long long long long long long long l…`},
		{`{"t":"new","x":1}`, `flowrun  new  {"t":"new","x":1}`},
	} {
		v, err := flow.ParseJSON([]byte(c.frame))
		if err != nil {
			t.Fatal(err)
		}
		got := string(l.of(typedjson.Decode(v).(*flow.Object)))
		if _, got, _ = strings.Cut(got, "  "); got != c.want+"\n" {
			t.Errorf("%s is\n%swant\n%s", c.frame, got, c.want)
		}
	}
}

func TestValueText(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{"a":[1,"x",null,true],"b-c":{"d e":{}}}`, `{a: [1, "x", null, true], b-c: {"d e": {}}}`},
		{`[[[[[[[[1]]]]]]]]`, `[[[[[[[…]]]]]]]`},
		{`"ünï\u0000"`, `"ünï\u0000"`},
	} {
		v, err := flow.ParseJSON([]byte(c.json))
		if err != nil {
			t.Fatal(err)
		}
		if got := valueText(v); got != c.want {
			t.Errorf("%s is %s, want %s", c.json, got, c.want)
		}
	}
	if got := valueText(flow.Buffer(make([]byte, 1<<20))); len(got) > 4*maxValueBytes {
		t.Errorf("a large Buffer takes %d characters", len(got))
	}
}

func TestNear(t *testing.T) {
	names := []string{"listen on 7777", "send it back", "Sender", "other", "listen on 7777"}
	for given, want := range map[string][]string{
		"listen":        {"listen on 7777"},
		"snder":         {"Sender"},
		"send":          {"Sender", "send it back"},
		"snd it back":   {"send it back"},
		"nothing of it": nil,
		"":              nil,
	} {
		if got := near(given, names); !slices.Equal(got, want) {
			t.Errorf("near %q is %q, want %q", given, got, want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9951: "10 kB", 999_400: "999 kB", 999_600: "1.0 MB", 2.5e13: "25 TB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%v bytes are %q, want %q", n, got, want)
		}
	}
	for s, want := range map[float64]string{0: "0.0s", 9.94: "9.9s", 59.9: "59s", 65: "1m05s", 7260: "2h01m", 266400: "3d02h"} {
		if got := durationText(s); got != want {
			t.Errorf("%v seconds are %q, want %q", s, got, want)
		}
	}
}
