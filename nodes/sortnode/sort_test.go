package sortnode

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// sortType is the node type with expressions written in Go, by name.
func sortType(live *settings.Live) flow.Type {
	typ := Type(state.New(), live)
	expressions := map[string]typed.Expression{
		"$substring($,1)": func(input flow.Value, _ *flow.Object) (flow.Value, error) {
			return flow.Text(input)[1:], nil
		},
		"$substring(payload,1)": func(input flow.Value, _ *flow.Object) (flow.Value, error) {
			return flow.Text(input.(*flow.Object).Get("payload"))[1:], nil
		},
		"$unknown()": func(flow.Value, *flow.Object) (flow.Value, error) {
			return nil, &typed.ExpressionError{Err: errors.New("no such function")}
		},
	}
	return flow.Define(flow.Spec[Config]{Name: typ.Name, New: func(c Config, env flow.Env) (flow.Node, error) {
		return newNode(c, env, sequence.NewLimit(live), func(_, text string) (typed.Expression, error) {
			return expressions[text], nil
		})
	}})
}

func TestSort(t *testing.T) {
	for _, tc := range []struct{ name, config, in, want string }{
		{"text", `{}`, `["200","4","30","1000"]`, `["1000","200","30","4"]`},
		{"text, descending", `{"order":"descending"}`, `["200","4","30","1000"]`, `["4","30","200","1000"]`},
		{"as numbers", `{"as_num":true}`, `["200","4","30","1000"]`, `["4","30","200","1000"]`},
		{"as numbers, descending", `{"as_num":"true","order":"descending"}`, `["200","4","30","1000"]`, `["1000","200","30","4"]`},
		{"numbers", `{}`, `[10,9,-1,0.5]`, `[-1,0.5,9,10]`},
		{"equal keys keep their order", `{"as_num":true}`, `["2","1.0","1","01"]`, `["1.0","1","01","2"]`},
		{"no numbers come last", `{"as_num":true}`, `["x","2",{},"1"]`, `["1","2","x",{}]`},
		{"no numbers come last, descending", `{"as_num":true,"order":"descending"}`, `["x","2",{},"1"]`, `["2","1","x",{}]`},
		{"nothing", `{}`, `[]`, `[]`},
		{"expression", `{"msgKeyType":"jsonata","msgKey":"$substring($,1)","seqKeyType":"jsonata","seqKey":"$substring(payload,1)"}`,
			`["C200","A4","B30","D1000"]`, `["D1000","C200","B30","A4"]`},
	} {
		config := strings.TrimSuffix(tc.config, "}")
		if config != "{" {
			config += ","
		}
		d := flowtest.New(t, sortType(nil), config+`"targetType":"msg"}`)
		d.Handle(`{"payload":` + tc.in + `}`)
		if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":` + tc.want + `}`}) {
			t.Errorf("%s, a list: %s, want %s", tc.name, got, tc.want)
		}
		list, err := flow.ParseJSON([]byte(tc.in))
		if err != nil {
			t.Fatal(err)
		}
		d = flowtest.New(t, sortType(nil), config+`"targetType":"seq"}`)
		in := list.(flow.Array)
		for i, item := range in {
			msg := flow.NewMessage()
			msg.Set("payload", item)
			msg.Set("parts", flow.NewObject("id", "s", "index", float64(i), "count", float64(len(in))))
			d.HandleMessage(msg)
		}
		got := make(flow.Array, 0, len(in))
		for i, m := range d.Messages(0) {
			got = append(got, m.Get("payload"))
			if index := sequence.Parts(m).Get("index"); index != float64(i) {
				t.Errorf("%s: message %d has the index %v", tc.name, i, index)
			}
		}
		if flow.JSON(got) != tc.want || len(d.Done) != len(in) {
			t.Errorf("%s, a sequence: %s, want %s; ends %v", tc.name, flow.JSON(got), tc.want, d.Done)
		}
	}
}

func TestUndefinedComesLast(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil), `{"targetType":"msg","target":"a.list"}`)
	msg := flow.NewMessage()
	msg.Set("a", flow.NewObject("list", flow.Array{nil, "b", "a"}, "c", 1.0))
	d.HandleMessage(msg)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"a":{"list":["a","b",null],"c":1}}`}) {
		t.Error(got)
	}
}

func TestWhatCannotBeSorted(t *testing.T) {
	for config, msg := range map[string]string{
		`{"targetType":"msg"}`: `{"payload":"text"}`,
		`{"targetType":"seq"}`: `{"payload":"a","parts":{"id":1}}`,
		`{}`:                   `{"payload":["b","a"]}`,
	} {
		d := flowtest.New(t, Type(state.New(), nil), config)
		d.Handle(msg)
		if len(d.Sent(0)) != 0 || len(d.Done) != 1 || d.Done[0] != nil {
			t.Errorf("%s with %s: sent %s, ends %v", config, msg, d.Sent(0), d.Done)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct{ name, config, msg, want string }{
		{"expression on a list", `{"targetType":"msg","msgKeyType":"jsonata","msgKey":"$unknown()"}`, `{"payload":[1]}`,
			"Invalid JSONata expression in sort node: no such function"},
		{"expression on a sequence", `{"seqKeyType":"jsonata","seqKey":"$unknown()"}`, `{"parts":{"id":1,"index":0,"count":1}}`,
			"Invalid JSONata expression in sort node: no such function"},
		{"no such list", `{"targetType":"msg","target":"a.b"}`, `{}`,
			"TypeError: Cannot read properties of undefined (reading 'b')"},
		{"no such key", `{"seqKey":"a.b"}`, `{"parts":{"id":1,"index":0,"count":1}}`,
			"TypeError: Cannot read properties of undefined (reading 'b')"},
	} {
		d := flowtest.New(t, sortType(nil), tc.config)
		d.Handle(tc.msg)
		if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != tc.want || len(d.Sent(0)) != 0 {
			t.Errorf("%s: ends %v, want %s", tc.name, d.Done, tc.want)
		}
	}
}

// Beyond the limit, the sequence that began first goes.
func TestLimit(t *testing.T) {
	live := &settings.Live{}
	d := flowtest.New(t, Type(state.New(), live), `{}`)
	live.Set(settings.Settings{NodeMessageBufferMaxLength: 3})
	for _, msg := range []string{
		`{"payload":1,"parts":{"id":"a","index":0,"count":3}}`,
		`{"payload":2,"parts":{"id":"b","index":0,"count":2}}`,
		`{"payload":3,"parts":{"id":"a","index":1,"count":3}}`,
		`{"payload":4,"parts":{"id":"c","index":0,"count":2}}`,
		`{"payload":0,"parts":{"id":"b","index":1,"count":2}}`,
	} {
		d.Handle(msg)
	}
	want := []string{`{"payload":0,"parts":{"id":"b","index":0,"count":2}}`, `{"payload":2,"parts":{"id":"b","index":1,"count":2}}`}
	if got := d.Sent(0); !slices.Equal(got, want) {
		t.Error(got)
	}
	if len(d.Log) != 1 || d.Log[0].What != "Too many pending messages in sort node" || flow.Number(d.Log[0].Msg.Get("payload")) != 3 {
		t.Error(d.Log)
	}
	if len(d.Done) != 4 {
		t.Errorf("%d messages have ended", len(d.Done))
	}
}

func TestStopTellsWhatIsDropped(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil), `{}`)
	d.Handle(`{"parts":{"id":"a","index":0}}`)
	d.Handle(`{"parts":{"id":"b","index":0}}`)
	if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
		t.Fatal(err)
	}
	if len(d.Log) != 2 || d.Log[0].What != "clear pending message in sort node" || d.Log[0].Level != flow.LevelInfo {
		t.Error(d.Log)
	}
}

func TestConfigErrors(t *testing.T) {
	for config, property := range map[string]string{
		`{"targetType":"msg","target":"a["}`:                       "target",
		`{"seqKey":"a["}`:                                          "seqKey",
		`{"targetType":"msg","msgKeyType":"jsonata","msgKey":"("}`: "msgKey",
		`{"seqKeyType":"jsonata","seqKey":"("}`:                    "seqKey",
	} {
		v, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(state.New(), nil).New(v.(*flow.Object), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || bad.Property != property {
			t.Errorf("%s: %v, want an error of %s", config, err, property)
		}
	}
}
