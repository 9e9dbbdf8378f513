package template

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/runtime/state"
)

func stores(t *testing.T) *state.Stores {
	t.Helper()
	s := state.New("memory0", "memory1")
	for key, v := range map[string]flow.Value{"x": "in flow", "#:(memory1)::x": "in memory1", "list": flow.Array{"a", "b"}} {
		if err := s.Flow("f1").Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Global().Set("o", flow.NewObject("x", 7.0)); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTemplate(t *testing.T) {
	t.Setenv("FLOWRUN_TEST", "on")
	for _, tc := range []struct{ name, config, in, want string }{
		{"message", `{"template":"Hi {{payload.name}} {{{payload.name}}} {{#payload.list}}[{{.}}]{{/payload.list}}{{^none}}no{{/none}}"}`,
			`{"payload":{"name":"A & <B>","list":["x","y"]}}`, `{"payload":"Hi A &amp; &lt;B&gt; A & <B> [x][y]no"}`},
		{"context", `{"template":"{{flow.x}} {{flow[memory1].x}} {{global.o.x}} {{#flow.list}}({{.}}{{env.FLOWRUN_TEST}}){{/flow.list}}{{^flow.none}}!{{/flow.none}}"}`,
			`{}`, `{"payload":"in flow in memory1 7 (aon)(bon)!"}`},
		{"the message comes first", `{"template":"{{flow.x}} {{env.FLOWRUN_TEST}}"}`,
			`{"flow":{"x":"mine"},"env":{"FLOWRUN_TEST":"mine"}}`, `{"flow":{"x":"mine"},"env":{"FLOWRUN_TEST":"mine"},"payload":"mine mine"}`},
		{"names that mean nothing", `{"template":"[{{env.NONE}}{{env}}{{flow[memory1.x}}{{flow.}}{{node.x}}{{globals.o}}]"}`, `{}`, `{"payload":"[]"}`},
		{"plain", `{"template":"raw {{payload}}","syntax":"plain","field":"topic"}`, `{"payload":1}`, `{"payload":1,"topic":"raw {{payload}}"}`},
		{"deep field", `{"template":"x","field":"a.b[1]"}`, `{}`, `{"a":{"b":[null,"x"]}}`},
		{"msg.template", `{"template":"","field":"out"}`, `{"payload":"p","template":"<{{payload}}>"}`, `{"payload":"p","template":"<{{payload}}>","out":"<p>"}`},
		{"its own template comes first", `{"template":"x"}`, `{"template":"y"}`, `{"template":"y","payload":"x"}`},
		{"json", `{"template":"{\"n\": \"{{payload.list.1}}\"}","output":"json"}`, `{"payload":{"list":["x","y"]}}`, `{"payload":{"n":"y"}}`},
		{"json with text to escape", `{"template":"{\"n\":\"{{{payload}}}\"}","output":"json"}`, `{"payload":"a\\b\nc\td\re\ff\bg"}`, `{"payload":{"n":"a\\b\nc\td\re\ff\bg"}}`},
		{"yaml", `{"template":"a: {{payload}}\nb: [1, x]","output":"yaml"}`, `{"payload":5}`, `{"payload":{"a":5,"b":[1,"x"]}}`},
		{"empty yaml deletes", `{"template":"","output":"yaml"}`, `{"payload":5,"x":1}`, `{"x":1}`},
		{"nothing to set it in", `{"template":"x","field":"payload.y"}`, `{"payload":5}`, `{"payload":5}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type(stores(t)), tc.config)
			d.Handle(tc.in)
			if got := d.Sent(0); !slices.Equal(got, []string{tc.want}) {
				t.Errorf("got %q, want %s; done %v", got, tc.want, d.Done)
			}
		})
	}
}

func TestSetContext(t *testing.T) {
	s := stores(t)
	for _, kind := range []string{"flow", "global"} {
		d := flowtest.New(t, Type(s), `{"template":"{{payload}}!","field":"#:(memory1)::out","fieldType":"`+kind+`"}`)
		d.Handle(`{"payload":"x"}`)
		if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":"x"}`}) {
			t.Errorf("got %q", got)
		}
	}
	for _, scope := range []*state.Scope{s.Flow("f1"), s.Global()} {
		if v, err := scope.Get("#:(memory1)::out"); v != "x!" || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
	}
}

func TestNoFlow(t *testing.T) {
	d := flowtest.New(t, Type(stores(t)), `{"template":"{{flow.x}},{{global.x}}"}`, func(e *flow.Env) { e.Flow = "" })
	d.Handle(`{}`)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":","}`}) {
		t.Errorf("got %q", got)
	}
}

// The template that came with a message is parsed anew when it changes.
func TestChangingTemplates(t *testing.T) {
	d := flowtest.New(t, Type(stores(t)), `{"field":"out"}`)
	for _, in := range []string{`{"template":"a{{x}}","x":1}`, `{"template":"b{{x}}","x":2}`, `{"template":"b{{x}}","x":3}`} {
		d.Handle(in)
	}
	var got []flow.Value
	for _, m := range d.Messages(0) {
		got = append(got, m.Get("out"))
	}
	if !slices.Equal(got, []flow.Value{"a1", "b2", "b3"}) {
		t.Errorf("got %v", got)
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct{ config, in, want string }{
		{`{"template":"payload={{payload"}`, `{}`, "Unclosed tag at 17"},
		{`{"template":"{","output":"json"}`, `{}`, "unexpected"},
		{`{"template":"a: [","output":"yaml"}`, `{}`, ""},
		{`{}`, `{"template":5}`, "msg.template must be text, not number"},
		{`{"template":"{{flow.a b}}"}`, `{}`, `invalid property expression "a b"`},
	} {
		d := flowtest.New(t, Type(stores(t)), tc.config)
		d.Handle(tc.in)
		if len(d.Sent(0)) != 0 || len(d.Done) != 1 || d.Done[0] == nil || !strings.HasPrefix(d.Done[0].Error(), tc.want) {
			t.Errorf("%s: sent %q, done with %v, want %s…", tc.config, d.Sent(0), d.Done, tc.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"field":  flow.NewObject("field", "a..b"),
		"syntax": flow.NewObject("syntax", "handlebars"),
		"output": flow.NewObject("output", "xml"),
	} {
		_, err := Type(state.New()).New(config, flow.Env{})
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || bad.Property != property {
			t.Errorf("got %v, want an error of %s", err, property)
		}
	}
}
