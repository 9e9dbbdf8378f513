package flow_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestJSONPrintsWhatNodeREDPrints(t *testing.T) {
	o := flow.NewObject(
		"z", "last letter first", "undefined", nil, "null", flow.Null{},
		"text", "quote \" slash / back \\ tab \t bell \a line \u2028 é 😀 <&>",
		"big", 1e21, "small", 1e-7, "int", 42.0, "zero", math.Copysign(0, -1),
		"buffer", flow.Buffer("hi"), "date", flow.Date(1), "list", flow.Array{nil, true, flow.NewObject()},
	)
	want := `{"z":"last letter first","null":null,` +
		`"text":"quote \" slash / back \\ tab \t bell \u0007 line ` + "\u2028" + ` é 😀 <&>",` +
		`"big":1e+21,"small":1e-7,"int":42,"zero":0,` +
		`"buffer":{"type":"Buffer","data":[104,105]},"date":"1970-01-01T00:00:00.001Z","list":[null,true,{}]}`
	if got := flow.JSON(o); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"b":1,"a":{"d":[],"c":{}}}`: `{"b":1,"a":{"d":[],"c":{}}}`,
		`{"a":1,"b":2,"a":3}`:         `{"a":3,"b":2}`,
		`{"b":1,"1":2,"0":3}`:         `{"0":3,"1":2,"b":1}`,
		` [1e400, -1e400, 1.0] `:      `[null,null,1]`,
		`"\ud83d\ude00\u00e9"`:        `"😀é"`,
		`null`:                        `null`,
		`{"__proto__":1}`:             `{"__proto__":1}`,
	} {
		v, err := flow.ParseJSON([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := flow.JSON(v); got != want {
			t.Errorf("%s reads as %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{``, `{`, `{"a"}`, `{"a":}`, `[1,]`, `[1 2]`, `nul`, `{a:1}`, `[1]]`, `01`, "\"\x01\"", `{"a":1,}`,
		strings.Repeat("[", 20_000)} {
		_, err := flow.ParseJSON([]byte(in))
		if _, ok := errors.AsType[*flow.SyntaxError](err); !ok {
			t.Errorf("%.20s: error %v, want a SyntaxError", in, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"b":1,"a":[true,null,"x\u0000é"]}`, `[1e400,-0,1.5e-9]`, `"\ud800"`, `{"1":{},"0":[]}`, `{"type":"Buffer","data":[1]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := flow.ParseJSON(text)
		if err != nil {
			return
		}
		printed := flow.JSON(v)
		again, err := flow.ParseJSON([]byte(printed))
		if err != nil {
			t.Fatalf("%q prints as %q, which is no JSON: %v", text, printed, err)
		}
		if reprinted := flow.JSON(again); reprinted != printed {
			t.Fatalf("%q prints as %q, and that as %q", text, printed, reprinted)
		}
	})
}
