package yaml

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestConvert(t *testing.T) {
	for _, tc := range []struct{ name, config, in, want string }{
		{"text", `{}`, `{"payload":"employees:\n  - firstName: John\n","topic":"t"}`, `{"payload":{"employees":[{"firstName":"John"}]},"topic":"t"}`},
		{"an object", `{}`, `{"payload":{"employees":[{"firstName":"John","on":1}]}}`, `{"payload":"employees:\n  - firstName: John\n    'on': 1\n"}`},
		{"a list", `{}`, `{"payload":[1,2]}`, `{"payload":"- 1\n- 2\n"}`},
		{"null", `{}`, `{"payload":null}`, `{"payload":"null\n"}`},
		{"another property", `{"property":"foo.bar"}`, `{"foo":{"bar":"a: 1"}}`, `{"foo":{"bar":{"a":1}}}`},
		{"no document", `{}`, `{"payload":"\n","topic":"t"}`, `{"topic":"t"}`},
		{"a comment", `{}`, `{"payload":"# nothing\n","topic":"t"}`, `{"payload":null,"topic":"t"}`},
		{"no property", `{}`, `{"topic":"t"}`, `{"topic":"t"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type, tc.config)
			d.Handle(tc.in)
			if got := d.Sent(0); len(got) != 1 || got[0] != tc.want {
				t.Errorf("got %q, want %s", got, tc.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	d := flowtest.New(t, Type, `{}`)
	d.Handle(`{"payload":"a: 1\na: 2"}`)
	d.Handle(`{"payload":true}`)
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", flow.Buffer("a"))))
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", flow.NewObject("a", struct{}{}))))
	want := []string{
		"duplicated mapping key (line 2)", "Ignored unsupported payload type",
		"Ignored non-object payload", "Failed to convert payload",
	}
	for i, e := range d.Log {
		if e.What != want[i] {
			t.Errorf("logged %q, want %q", e.What, want[i])
		}
	}
	if len(d.Log) != len(want) || len(d.Messages(0)) != 0 {
		t.Errorf("logged %v, sent %v", d.Log, d.Sent(0))
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := Type.New(flow.NewObject("property", "a..b"), flow.Env{})
	var config *flow.ConfigError
	if !errors.As(err, &config) || config.Property != "property" {
		t.Errorf("got %v", err)
	}
}
