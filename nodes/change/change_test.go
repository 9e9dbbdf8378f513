package change

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestRules(t *testing.T) {
	for _, tc := range []struct{ name, rules, in, want string }{
		{"set", `{"t":"set","p":"payload","pt":"msg","to":"x","tot":"str"}`, `{"payload":1}`, `{"payload":"x"}`},
		{"set number", `{"t":"set","p":"n","to":"42","tot":"num"}`, `{}`, `{"n":42}`},
		{"set boolean", `{"t":"set","p":"b","to":"TRUE","tot":"bool"}`, `{}`, `{"b":true}`},
		{"set JSON", `{"t":"set","p":"j","to":"{\"a\":[1]}","tot":"json"}`, `{}`, `{"j":{"a":[1]}}`},
		{"set deep", `{"t":"set","p":"a.b[1].c","to":"v","tot":"str"}`, `{}`, `{"a":{"b":[null,{"c":"v"}]}}`},
		{"set from message", `{"t":"set","p":"copy","to":"payload.x","tot":"msg"}`, `{"payload":{"x":1}}`, `{"payload":{"x":1},"copy":1}`},
		{"set by nested name", `{"t":"set","p":"o[msg.k]","to":"v","tot":"str"}`, `{"k":"a"}`, `{"k":"a","o":{"a":"v"}}`},
		{"set undefined deletes", `{"t":"set","p":"payload","to":"none","tot":"msg"}`, `{"payload":1}`, `{}`},
		{"set from a missing parent", `{"t":"set","p":"payload","to":"none.x","tot":"msg"}`, `{"payload":1}`, `{"payload":1}`},
		{"set from env", `{"t":"set","p":"payload","to":"<${FLOWRUN_TEST}>","tot":"env"}`, `{}`, `{"payload":"<on>"}`},
		{"set, old form", `{"t":"set","p":"payload","to":"msg.topic"}`, `{"topic":"t"}`, `{"topic":"t","payload":"t"}`},
		{"delete", `{"t":"delete","p":"payload.a","pt":"msg"}`, `{"payload":{"a":1,"b":2}}`, `{"payload":{"b":2}}`},
		{"delete array item", `{"t":"delete","p":"payload[1]"}`, `{"payload":[1,2,3]}`, `{"payload":[1,3]}`},
		{"delete what is not there", `{"t":"delete","p":"a.b.c"}`, `{}`, `{}`},
		{"move", `{"t":"move","p":"topic","pt":"msg","to":"label","tot":"msg"}`, `{"topic":"t","x":1}`, `{"x":1,"label":"t"}`},
		{"move to its parent", `{"t":"move","p":"payload.x","pt":"msg","to":"payload","tot":"msg"}`, `{"payload":{"x":{"x":1}}}`, `{"payload":{"x":1}}`},
		{"move to its child", `{"t":"move","p":"payload","pt":"msg","to":"payload.x","tot":"msg"}`, `{"payload":1}`, `{"payload":{"x":1}}`},
		{"change text", `{"t":"change","p":"payload","from":"o","fromt":"str","to":"0","tot":"str"}`, `{"payload":"foo (o)"}`, `{"payload":"f00 (0)"}`},
		{"change text with special characters", `{"t":"change","p":"payload","from":"(o)","to":"$&!"}`, `{"payload":"foo (o)"}`, `{"payload":"foo (o)!"}`},
		{"change whole text keeps the type", `{"t":"change","p":"payload","from":"on","to":"true","tot":"bool"}`, `{"payload":"on"}`, `{"payload":true}`},
		{"change by regexp", `{"t":"change","p":"payload","from":"(\\d)(?=k)","fromt":"re","to":"<$1>","tot":"str"}`, `{"payload":"1k 2m 3k"}`, `{"payload":"<1>k 2m <3>k"}`},
		{"change by regexp to a boolean", `{"t":"change","p":"payload","from":"^on$","fromt":"re","to":"true","tot":"bool"}`, `{"payload":"on"}`, `{"payload":true}`},
		{"change by regexp to a boolean in text", `{"t":"change","p":"payload","from":"on","fromt":"re","to":"true","tot":"bool"}`, `{"payload":"on!"}`, `{"payload":"true!"}`},
		{"set a deep copy", `{"t":"set","p":"a","to":"payload","tot":"msg","dc":true},{"t":"set","p":"a.x","to":"y"}`, `{"payload":{"x":1}}`, `{"payload":{"x":1},"a":{"x":"y"}}`},
		{"change number", `{"t":"change","p":"payload","from":"5","fromt":"num","to":"five","tot":"str"}`, `{"payload":5}`, `{"payload":"five"}`},
		{"change another number", `{"t":"change","p":"payload","from":"5","fromt":"num","to":"five"}`, `{"payload":6}`, `{"payload":6}`},
		{"change number in text", `{"t":"change","p":"payload","from":"5","fromt":"num","to":"7","tot":"num"}`, `{"payload":"5"}`, `{"payload":7}`},
		{"change boolean", `{"t":"change","p":"payload","from":"true","fromt":"bool","to":"1","tot":"num"}`, `{"payload":true}`, `{"payload":1}`},
		{"change from message", `{"t":"change","p":"payload","from":"f","fromt":"msg","to":"x"}`, `{"payload":"a.b","f":"."}`, `{"payload":"axb","f":"."}`},
		{"change what is no text", `{"t":"change","p":"payload","from":"o","to":"0"}`, `{"payload":["o"]}`, `{"payload":["o"]}`},
		{"none", ``, `{"payload":1}`, `{"payload":1}`},
		{"several", `{"t":"set","p":"a","to":"1","tot":"num"},{"t":"move","p":"a","to":"b","tot":"msg"},{"t":"set","p":"c","to":"b","tot":"msg"}`,
			`{}`, `{"b":1,"c":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("FLOWRUN_TEST", "on")
			d := flowtest.New(t, Type(state.New()), `{"rules":[`+tc.rules+`]}`)
			d.Handle(tc.in)
			if got := d.Sent(0); len(got) != 1 || got[0] != tc.want {
				t.Errorf("got %q, want %s", got, tc.want)
			}
			if len(d.Log) != 0 {
				t.Errorf("logged %v", d.Log)
			}
		})
	}
}

func TestOldForm(t *testing.T) {
	for config, want := range map[string]string{
		`{"action":"replace","property":"payload","to":"x"}`:                         `{"payload":"x","topic":"t"}`,
		`{"action":"replace","property":"payload","to":"msg.topic"}`:                 `{"payload":"t","topic":"t"}`,
		`{"action":"change","property":"payload","from":"a+","to":"b","reg":true}`:   `{"payload":"bb+","topic":"t"}`,
		`{"action":"change","property":"payload","from":"a+","to":"b","reg":false}`:  `{"payload":"ab","topic":"t"}`,
		`{"action":"change","property":"payload","from":"a+","to":"b","reg":null}`:   `{"payload":"bb+","topic":"t"}`,
		`{"action":"delete","property":"topic"}`:                                     `{"payload":"aba+"}`,
		`{"action":"move","property":"topic","to":"x","from":"","reg":false}`:        `{"payload":"aba+","x":"t"}`,
		`{"action":"","property":"","from":"","to":"","reg":false,"name":"nothing"}`: `{"payload":"aba+","topic":"t"}`,
	} {
		in := `{"payload":"aba+","topic":"t"}`
		if strings.Contains(config, "change") {
			in = `{"payload":"aa+","topic":"t"}`
			want = strings.Replace(want, "bb+", "b+", 1)
		}
		d := flowtest.New(t, Type(state.New()), config)
		d.Handle(in)
		if got := d.Sent(0); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %s", config, got, want)
		}
	}
}

func TestContext(t *testing.T) {
	stores := state.New()
	d := flowtest.New(t, Type(stores), `{"rules":[
		{"t":"set","p":"st","pt":"flow","to":"payload","tot":"msg"},
		{"t":"change","p":"st","pt":"flow","from":"world","to":"there"},
		{"t":"set","p":"back","pt":"msg","to":"st","tot":"flow"},
		{"t":"move","p":"payload","pt":"msg","to":"all[msg.k]","tot":"global"},
		{"t":"delete","p":"st","pt":"flow"}]}`)
	d.Handle(`{"payload":"hello world","k":"a"}`)
	if got, want := d.Sent(0), []string{`{"k":"a","back":"hello there"}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if v, _ := stores.Global().Get("all.a"); v != "hello world" {
		t.Errorf("global all.a = %v", v)
	}
	if v, _ := stores.Flow("f1").Get("st"); v != nil {
		t.Errorf("flow st = %v", v)
	}
}

func TestFailures(t *testing.T) {
	d := flowtest.New(t, Type(state.New()), `{"rules":[{"t":"set","p":"payload.x","to":"v"}]}`)
	d.Handle(`{"payload":"text"}`)
	if len(d.Log) != 1 || d.Log[0].Level != flow.LevelWarn || d.Log[0].What != "Cannot set property of non-object type: payload.x" {
		t.Errorf("logged %v", d.Log)
	}
	if got := d.Sent(0); len(got) != 1 {
		t.Errorf("sent %q", got)
	}
	d = flowtest.New(t, Type(state.New()), `{"rules":[{"t":"set","p":"payload.x","to":"v"}]}`)
	d.Handle(`{"payload":null}`)
	if got := d.Sent(0); len(d.Log) != 1 || !slices.Equal(got, []string{`{"payload":null}`}) {
		t.Errorf("logged %v, sent %q", d.Log, got)
	}
	d = flowtest.New(t, Type(state.New()), `{"rules":[{"t":"change","p":"payload","from":"f","fromt":"msg","to":"v"}]}`)
	d.Handle(`{"payload":"text","f":{}}`)
	if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != "Error: Invalid 'from' property: unsupported type: object" {
		t.Errorf("done with %v", d.Done)
	}
	if got := d.Sent(0); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}

// A JSONata expression that fails goes to the catch nodes, and the message with
// it.
func TestExpressionErrors(t *testing.T) {
	for _, rule := range []string{`{"t":"set","p":"payload","to":"x"}`, `{"t":"change","p":"payload","from":"a","to":"x"}`} {
		d := flowtest.New(t, Type(state.New()), `{"rules":[`+rule+`]}`)
		n := d.Node.(*Node)
		n.rules[0].to = func(*flow.Message) (flow.Value, error) {
			return nil, &typed.ExpressionError{Err: errors.New("no such function")}
		}
		d.Handle(`{"payload":"a"}`)
		n.env.MessageKeys = true
		d.Handle(`{"payload":"a"}`)
		for i, want := range []string{"Invalid JSONata expression: no such function", "change.errors.invalid-expr"} {
			if len(d.Done) != 2 || d.Done[i] == nil || d.Done[i].Error() != want {
				t.Errorf("%s: done with %v, want %s", rule, d.Done, want)
			}
		}
		if got := d.Sent(0); len(got) != 0 {
			t.Errorf("%s: sent %q", rule, got)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for rule, want := range map[string]string{
		`{"t":"set","p":"a..b","to":"x"}`:                         "rules[1].p: ",
		`{"t":"set","p":"a","pt":"str","to":"x"}`:                 "rules[1].p: ",
		`{"t":"set","p":"a","to":"{","tot":"json"}`:               "rules[1].to: invalid JSON",
		`{"t":"set","p":"a","to":"(","tot":"jsonata"}`:            "rules[1].to: invalid JSONata expression: ",
		`{"t":"change","p":"a","from":"(","fromt":"re","to":"x"}`: "rules[1].from: invalid regular expression: /(/",
		`{"t":"move","p":"a","to":"b","tot":"str"}`:               "rules[1].to: ",
		`{"t":"add","p":"a"}`:                                     `rules[1].t: unknown action "add"`,
		`{"t":5}`:                                                 "rules[1].",
		`"x"`:                                                     "rules[1]: expected an object",
	} {
		props, err := flow.ParseJSON([]byte(`{"rules":[{"t":"delete","p":"x"},` + rule + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(state.New()).New(props.(*flow.Object), flow.Env{Flow: "f1"})
		var config *flow.ConfigError
		if !errors.As(err, &config) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", rule, err, want)
		}
	}
}

func BenchmarkSetPayload(b *testing.B) {
	d := flowtest.New(b, Type(state.New()), `{"rules":[{"t":"set","p":"payload","pt":"msg","to":"x","tot":"str"}]}`)
	msg := d.Message(`{"_msgid":"1","payload":"y","topic":"t"}`)
	b.ReportAllocs()
	for b.Loop() {
		m := msg.Clone() // one of the allocations is the message that came in
		if err := d.Node.Handle(m, flow.NewOutlet(flowtest.Discard{}, m, nil)); err != nil {
			b.Fatal(err)
		}
	}
}
