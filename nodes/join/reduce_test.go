package join

import (
	"errors"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// reduceType is a join in mode reduce with expressions written in Go, by name.
func reduceType(live *settings.Live) flow.Type {
	stores := state.New()
	if err := stores.Global().Set("start", "s"); err != nil {
		panic(err)
	}
	expressions := map[string]typed.Expression{
		"'(' & $A & payload & ')'": func(input flow.Value, vars *flow.Object) (flow.Value, error) {
			return "(" + flow.Text(vars.Get("A")) + flow.Text(input.(*flow.Object).Get("payload")) + ")", nil
		},
		"$A+$I": func(_ flow.Value, vars *flow.Object) (flow.Value, error) {
			return flow.Number(vars.Get("A")) + flow.Number(vars.Get("I")), nil
		},
		"$A/$N": func(input flow.Value, vars *flow.Object) (flow.Value, error) {
			if input.(*flow.Object).Len() != 0 {
				return nil, errors.New("the fixup has an input")
			}
			return flow.Number(vars.Get("A")) / flow.Number(vars.Get("N")), nil
		},
		"$unknown()": func(flow.Value, *flow.Object) (flow.Value, error) {
			return nil, &typed.ExpressionError{Err: errors.New("no such function")}
		},
	}
	return flow.Define(flow.Spec[Config]{Name: "join", New: func(c Config, env flow.Env) (flow.Node, error) {
		return newReducer(c, typed.Place{Env: env, Stores: stores}, sequence.NewLimit(live), func(_, text string) (typed.Expression, error) {
			return expressions[text], nil
		})
	}})
}

func TestReduce(t *testing.T) {
	in := []string{
		`{"payload":"b","parts":{"id":1,"index":1}}`,
		`{"payload":"c","parts":{"id":1,"index":2,"count":3}}`,
		`{"payload":"a","parts":{"id":1,"index":0}}`,
	}
	for _, tc := range []struct{ name, config, want string }{
		{"from the left", `"reduceExp":"'(' & $A & payload & ')'","reduceInit":"0","reduceInitType":"str"`,
			`{"payload":"(((0a)b)c)","parts":{"id":1,"index":2,"count":3}}`},
		{"from the right", `"reduceExp":"'(' & $A & payload & ')'","reduceInit":0,"reduceInitType":"str","reduceRight":true`,
			`{"payload":"(((0c)b)a)","parts":{"id":1,"index":0}}`},
		{"index and fixup", `"reduceExp":"$A+$I","reduceInit":"3","reduceInitType":"num","reduceFixup":"$A/$N"`,
			`{"payload":2,"parts":{"id":1,"index":2,"count":3}}`},
		{"from the context", `"reduceExp":"'(' & $A & payload & ')'","reduceInit":"start","reduceInitType":"global"`,
			`{"payload":"(((sa)b)c)","parts":{"id":1,"index":2,"count":3}}`},
	} {
		d := flowtest.New(t, reduceType(nil), `{"mode":"reduce",`+tc.config+`}`)
		for _, msg := range in {
			d.Handle(msg)
		}
		if got := d.Sent(0); !slices.Equal(got, []string{tc.want}) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if len(d.Done) != 3 {
			t.Errorf("%s: %d messages have ended", tc.name, len(d.Done))
		}
	}
}

func TestReduceFails(t *testing.T) {
	for _, config := range []string{
		`{"reduceExp":"$unknown()"}`,
		`{"reduceExp":"$A+$I","reduceFixup":"$unknown()"}`,
	} {
		d := flowtest.New(t, reduceType(nil), config)
		d.Handle(`{"payload":"a","parts":{"id":1,"index":1,"count":2}}`)
		d.Handle(`{"payload":"b","parts":{"id":1,"index":0}}`)
		if len(d.Sent(0)) != 0 || len(d.Done) != 2 || d.Done[0] != nil || d.Done[1] == nil {
			t.Errorf("%s: sent %s, ends %v", config, d.Sent(0), d.Done)
		}
		if len(d.Log) != 1 || d.Log[0].What != "Invalid JSONata expression: no such function" {
			t.Errorf("%s: log %v", config, d.Log)
		}
	}
}

func TestReduceLimit(t *testing.T) {
	live := &settings.Live{}
	d := flowtest.New(t, reduceType(live), `{"reduceExp":"$A+$I"}`)
	live.Set(settings.Settings{NodeMessageBufferMaxLength: 2})
	d.Handle(`{"payload":1,"parts":{"id":1,"index":0,"count":3}}`)
	d.Handle(`{"payload":2,"parts":{"id":2,"index":0,"count":3}}`)
	d.Handle(`{"payload":3,"parts":{"id":1,"index":1,"count":3}}`)
	if len(d.Done) != 3 || len(d.Log) != 1 || d.Log[0].What != "too many pending messages in join node" {
		t.Fatalf("ends %v, log %v", d.Done, d.Log)
	}
	if got := flow.Number(d.Log[0].Msg.Get("payload")); got != 3 {
		t.Errorf("the error is with message %v, want the last", got)
	}
}

func TestReducePassesWhatIsInNoSequence(t *testing.T) {
	d := flowtest.New(t, reduceType(nil), `{"reduceExp":"$A+$I"}`)
	d.Handle(`{"payload":1}`)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":1}`}) || len(d.Done) != 1 {
		t.Error(got, d.Done)
	}
}
