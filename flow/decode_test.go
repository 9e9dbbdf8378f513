package flow_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

type rule struct {
	T string     `json:"t"`
	V flow.Value `json:"v"`
}

type config struct {
	Name  string   `json:"name" doc:"what it is called"`
	Port  int      `json:"port"`
	Ratio float64  `json:"ratio"`
	On    bool     `json:"on"`
	Rules []rule   `json:"rules"`
	Tags  []string `json:"tags"`
	Any   flow.Value
}

func TestDecodeIsAsLooseAsTheEditor(t *testing.T) {
	defaults := func() config { return config{Port: 7, On: true, Tags: []string{"a", "b"}} }
	for _, c := range []struct {
		json string
		want config
	}{
		{`{}`, defaults()},
		{`{"port":"2323","on":"false","ratio":"0.5"}`, config{Port: 2323, Ratio: 0.5, Tags: []string{"a", "b"}}},
		{`{"port":"","on":"","name":null,"unknown":[1]}`, defaults()},
		{`{"name":42,"tags":["x"]}`, config{Name: "42", Port: 7, On: true, Tags: []string{"x"}}},
		{`{"rules":[{"t":"eq","v":1},{"v":"x"}]}`, config{Port: 7, On: true, Tags: []string{"a", "b"}, Rules: []rule{{"eq", 1.0}, {"", "x"}}}},
	} {
		got := defaults()
		if err := flow.Decode(message(t, c.json).Object(), &got); err != nil {
			t.Errorf("%s: %v", c.json, err)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.json, got, c.want)
		}
	}
	for json, want := range map[string]string{
		`{"port":"abc"}`:          `port: expected a number, got "abc"`,
		`{"port":1.5}`:            `port: expected a whole number, got 1.5`,
		`{"on":"maybe"}`:          `on: expected true or false, got "maybe"`,
		`{"name":{"a":1}}`:        `name: expected text, got {"a":1}`,
		`{"rules":[{},{"t":[]}]}`: `rules[1].t: expected text, got []`,
		`{"rules":{"t":1}}`:       `rules: expected a list, got {"t":1}`,
	} {
		got := defaults()
		err := flow.Decode(message(t, json).Object(), &got)
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("%s: %v, want %s", json, err, want)
		}
	}
}

func TestEmbeddedFieldsAreTheStructsOwn(t *testing.T) {
	type Common struct {
		Host string `json:"host" doc:"where to"`
		Port int    `json:"port"`
	}
	type both struct {
		Common
		Mode string `json:"mode"`
	}
	got := both{Common: Common{Port: 7}}
	if err := flow.Decode(message(t, `{"host":"h","mode":"line"}`).Object(), &got); err != nil {
		t.Fatal(err)
	}
	if want := (both{Common{"h", 7}, "line"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	typ := flow.Define(flow.Spec[both]{Name: "both", Default: func() both { return both{Common: Common{Port: 7}} }})
	want := []flow.Field{
		{Name: "host", Kind: "text", Default: `""`, Doc: "where to"},
		{Name: "port", Kind: "number", Default: "7"},
		{Name: "mode", Kind: "text", Default: `""`},
	}
	if !reflect.DeepEqual(typ.Fields, want) {
		t.Errorf("%+v, want %+v", typ.Fields, want)
	}
}

func TestDefineDocumentsTheFields(t *testing.T) {
	typ := flow.Define(flow.Spec[config]{
		Name:    "sample",
		Default: func() config { return config{Port: 7} },
		New:     func(c config, _ flow.Env) (flow.Node, error) { return nil, errors.New(c.Name) },
	})
	if len(typ.Fields) != 6 || typ.Fields[0] != (flow.Field{Name: "name", Kind: "text", Default: `""`, Doc: "what it is called"}) ||
		typ.Fields[1].Default != "7" || typ.Fields[4].Kind != "list" {
		t.Errorf("fields: %+v", typ.Fields)
	}
	if _, err := typ.New(message(t, `{"name":"made"}`).Object(), flow.Env{}); err == nil || err.Error() != "made" {
		t.Errorf("New got %v", err)
	}
	if _, err := flow.NewRegistry(typ, typ); err == nil {
		t.Error("a type was registered twice")
	}
}

type credits int

func (c *credits) Release() { *c++ }

func TestCauseReleasesItsCreditAtTheEnd(t *testing.T) {
	var owner, tracker credits
	c := flow.NewCause(&owner)
	if c.Track(&tracker); c.Tracker() != &tracker {
		t.Fatal("a cause is tracked once")
	}
	c.Hold()
	c.Hold()
	c.Done()
	if owner != 0 {
		t.Fatal("released too early")
	}
	c.Done()
	if owner != 1 || tracker != 1 {
		t.Fatalf("released %d and %d times, want once each", owner, tracker)
	}
	var none *flow.Cause
	none.Hold()
	none.Done()
}
