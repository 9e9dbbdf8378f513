package typed

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

func place() Place {
	env := map[string]flow.Value{"NAME": "n", "NUM": 5.0, "NOTHING": nil}
	return Place{
		Env: flow.Env{Flow: "f1", Clock: new(flow.SystemClock), Getenv: func(name string) (flow.Value, bool) {
			v, ok := env[name]
			return v, ok
		}},
		Stores: state.New(),
	}
}

func message(t *testing.T, text string) *flow.Message {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return flow.MessageOf(v.(*flow.Object))
}

func TestValues(t *testing.T) {
	p := place()
	if err := p.Stores.Flow("f1").Set("a.b", "in flow"); err != nil {
		t.Fatal(err)
	}
	if err := p.Stores.Global().Set("a", 7.0); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		value flow.Value
		typ   string
		want  string // as JSON
	}{
		{"x", "str", `"x"`}, {5.0, "str", `"5"`}, {nil, "str", `""`}, {"msg.x", "str", `"msg.x"`},
		{"42", "num", "42"}, {" 0x10 ", "num", "16"}, {"", "num", "0"}, {"x", "num", "null"}, {3.5, "num", "3.5"},
		{"true", "bool", "true"}, {"TRUE", "bool", "true"}, {"yes", "bool", "false"}, {true, "bool", "true"},
		{`{"b":1,"a":[2]}`, "json", `{"b":1,"a":[2]}`}, {flow.NewObject("a", 1.0), "json", `{"a":1}`},
		{"[1,255,257]", "bin", `{"type":"Buffer","data":[1,255,1]}`}, {`"hé"`, "bin", `{"type":"Buffer","data":[104,195,169]}`},
		{"payload.x[1]", "msg", `"two"`}, {"msg.payload.x", "msg", `["one","two"]`}, {"none", "msg", "null"},
		{"a.b", "flow", `"in flow"`}, {"a[msg.key]", "flow", `"in flow"`}, {"none.none", "flow", "null"},
		{"a", "global", "7"}, {"#:(memory)::a", "global", "7"}, {"#:(memory)::[msg.key2]", "global", "7"},
		{"NUM", "env", "5"}, {"${NUM}", "env", "5"}, {"NONE", "env", `""`}, {"NOTHING", "env", `""`},
		{"a${NAME}b${NONE}c${NUM}", "env", `"anbc5"`}, {"${NAME}${NUM}", "env", `"n5"`}, {"${", "env", `""`},
		{"as it is", "unknown", `"as it is"`}, {1.0, "", "1"},
	} {
		get, err := p.Compile("v", tc.value, tc.typ)
		if err != nil {
			t.Errorf("%v as %s: %v", tc.value, tc.typ, err)
			continue
		}
		got, err := get(message(t, `{"payload":{"x":["one","two"]},"key":"b","key2":"a"}`))
		if err != nil || flow.JSON(got) != tc.want {
			t.Errorf("%v as %s: got %s, %v; want %s", tc.value, tc.typ, flow.JSON(got), err, tc.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	outside := place()
	outside.Env.Flow = ""
	for _, tc := range []struct {
		place      Place
		value, typ string
		want       string
	}{
		{place(), "{", "json", "v: invalid JSON: "},
		{place(), "5", "bin", "v: a binary value must be JSON: text or a list of bytes"},
		{place(), "(?i)x", "re", "v: invalid regular expression: /(?i)x/: invalid group at position 0"},
		{place(), "a..b", "msg", "v: invalid property expression"},
		{place(), "", "flow", "v: invalid property expression"},
		{outside, "x", "flow", "v: the node stands in no flow and has no flow context"},
		{place(), "$sum(a", "jsonata", "v: invalid JSONata expression: "},
	} {
		_, err := tc.place.Compile("v", tc.value, tc.typ)
		var config *flow.ConfigError
		if !errors.As(err, &config) || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s as %s: got %v, want %s…", tc.value, tc.typ, err, tc.want)
		}
	}
	if _, err := place().Target("p", "x", "str"); err == nil {
		t.Error("a target of type str is no error")
	}
}

func TestEvaluationErrors(t *testing.T) {
	for _, tc := range []struct{ value, typ string }{{"payload.x", "msg"}, {"a[msg.none]", "flow"}} {
		get, err := place().Compile("v", tc.value, tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := get(flow.NewMessage()); err == nil {
			t.Errorf("%s as %s: got %v and no error", tc.value, tc.typ, v)
		}
	}
}

func TestEnvIsReadForEachMessage(t *testing.T) {
	name := "a"
	p := Place{Env: flow.Env{Getenv: func(string) (flow.Value, bool) { return name, true }}}
	get, err := p.Compile("v", "x${NAME}", "env")
	if err != nil {
		t.Fatal(err)
	}
	name = "b"
	if v, err := get(nil); v != "xb" || err != nil {
		t.Errorf("got %v, %v, want xb", v, err)
	}
}

func TestExpressionErrors(t *testing.T) {
	failure := errors.New("D3001")
	x := Expression(func(input flow.Value, _ *flow.Object) (flow.Value, error) {
		if input == nil {
			return nil, &ExpressionError{failure}
		}
		return input.(*flow.Object).Get("a"), nil
	})
	if v, err := x.onMessage(message(t, `{"a":1}`)); v != 1.0 || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
	_, err := x.onMessage(nil)
	if !errors.Is(err, failure) || err.Error() != "Invalid JSONata expression: D3001" {
		t.Errorf("got %v", err)
	}
	var config *flow.ConfigError
	if _, err := place().Expression("rules[0].to", "a("); !errors.As(err, &config) || config.Property != "rules[0].to" {
		t.Errorf("got %v, want an error of rules[0].to", err)
	}
}

func TestTarget(t *testing.T) {
	p := place()
	for _, tc := range []struct{ name, typ string }{
		{"payload.x", "msg"}, {"msg.payload", "msg"}, {"a[msg.key]", "msg"},
		{"a.b", "flow"}, {"a[msg.key]", "flow"}, {"x", "global"}, {"#:(memory)::x[msg.key].y", "global"},
	} {
		target, err := p.Target("p", tc.name, tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		msg := message(t, `{"key":"k"}`)
		if ok, err := target.Set(msg, "v"); !ok || err != nil {
			t.Errorf("setting %s %s: %v, %v", tc.typ, tc.name, ok, err)
		}
		if v, err := target.Get(msg); v != "v" || err != nil {
			t.Errorf("%s %s = %v, %v", tc.typ, tc.name, v, err)
		}
		if _, err := target.Set(msg, nil); err != nil {
			t.Errorf("deleting %s %s: %v", tc.typ, tc.name, err)
		}
		if v, _ := target.Get(msg); v != nil {
			t.Errorf("%s %s is still %v", tc.typ, tc.name, v)
		}
	}
	inTheWay, err := p.Target("p", "payload.x", "msg")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := inTheWay.Set(message(t, `{"payload":"text"}`), "v"); ok {
		t.Error("a property of text was set")
	}
}

func TestDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight UTC, 2000-01-01
		for format, want := range map[string]string{
			"": "946684800000", "object": `"2000-01-01T00:00:00.000Z"`, "iso": `"2000-01-01T00:00:00.000Z"`,
			"x [at] X": `"946684800000 at 946684800"`,
		} {
			get, err := place().Compile("v", format, "date")
			if err != nil {
				t.Fatal(err)
			}
			if v, _ := get(nil); flow.JSON(v) != want {
				t.Errorf("date %q: got %s, want %s", format, flow.JSON(v), want)
			}
		}
	})
}
