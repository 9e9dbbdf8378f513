package rbe

import (
	"errors"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestFilter(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in, want     []string
	}{
		{"changed", `{}`,
			[]string{`{"payload":"a"}`, `{"payload":"a"}`, `{"payload":2}`, `{"payload":"2"}`, `{"payload":2}`, `{"topic":"none"}`, `{"payload":true}`},
			[]string{`{"payload":"a"}`, `{"payload":2}`, `{"payload":"2"}`, `{"payload":2}`, `{"payload":true}`}},
		{"changed objects", `{"func":"rbe","property":"foo"}`,
			[]string{`{"foo":{}}`, `{"foo":{"b":1,"c":[2]}}`, `{"foo":{"c":[2],"b":1}}`, `{"foo":{"b":1}}`, `{"foo":null}`, `{"foo":null}`, `{"foo":1}`},
			[]string{`{"foo":{"b":1,"c":[2]}}`, `{"foo":{"b":1}}`, `{"foo":null}`, `{"foo":1}`}},
		{"by topic", `{}`,
			[]string{`{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`, `{"topic":"b","payload":1}`, `{"payload":1}`, `{"topic":"a","payload":1}`},
			[]string{`{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`, `{"payload":1}`}},
		{"all topics as one", `{"septopics":false}`,
			[]string{`{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`}, []string{`{"topic":"a","payload":1}`}},
		{"another topic property", `{"topi":"o.t"}`,
			[]string{`{"o":{"t":"a"},"payload":1}`, `{"o":{"t":"b"},"payload":1}`, `{"payload":1}`}, []string{`{"o":{"t":"a"},"payload":1}`, `{"o":{"t":"b"},"payload":1}`, `{"payload":1}`}},
		{"without the first value", `{"func":"rbei"}`,
			[]string{`{"payload":"a"}`, `{"payload":"a"}`, `{"payload":"b"}`, `{"payload":"b"}`, `{"payload":{}}`, `{"payload":{"x":1}}`},
			[]string{`{"payload":"b"}`, `{"payload":{"x":1}}`}},
		{"reset", `{}`,
			[]string{`{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`, `{"reset":true}`, `{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`,
				`{"topic":"b","reset":""}`, `{"topic":"b","payload":1}`, `{"topic":"a","payload":1}`, `{"reset":1,"payload":1}`, `{"payload":1}`},
			[]string{`{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`, `{"topic":"a","payload":1}`, `{"topic":"b","payload":1}`, `{"topic":"b","payload":1}`, `{"reset":1,"payload":1}`}},
		{"deadband", `{"func":"deadband","gap":"10"}`, payloads(`0`, `2`, `"6 deg"`, `10`, `20`, `15`, `"5 deg"`), payloads(`0`, `20`, `"5 deg"`)},
		{"deadbandEq", `{"func":"deadbandEq","gap":10,"inout":"out"}`, payloads(`0`, `2`, `8`, `10`, `15`, `20`), payloads(`0`, `10`, `20`)},
		{"deadband of a share", `{"func":"deadband","gap":"10%"}`, payloads(`100`, `95`, `105`, `111`, `120`, `135`), payloads(`100`, `111`, `135`)},
		{"narrowband", `{"func":"narrowband","gap":"10"}`, payloads(`0`, `20`, `40`, `"6 deg"`, `18`, `20`, `50`, `"5 deg"`), payloads(`0`, `"6 deg"`, `"5 deg"`)},
		{"narrowband of nothing", `{"func":"narrowband","gap":"0"}`, payloads(`1`, `1`, `0`, `1`), payloads(`1`, `1`, `1`)},
		{"narrowband with a start, by input", `{"func":"narrowband","gap":"10","inout":"in","start":"500"}`, payloads(`50`, `55`, `200`, `205`), payloads(`55`, `205`)},
		{"narrowbandEq with a start", `{"func":"narrowbandEq","gap":"10","start":"1"}`, payloads(`100`, `0`, `10`, `5`, `15`, `10`, `20`, `25`), payloads(`0`, `5`, `10`)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type, tc.config)
			for _, in := range tc.in {
				d.Handle(in)
			}
			if got := d.Sent(0); !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func payloads(values ...string) []string {
	var list []string
	for _, v := range values {
		list = append(list, `{"payload":`+v+`}`)
	}
	return list
}

func TestNoNumber(t *testing.T) {
	d := flowtest.New(t, Type, `{"func":"deadband","gap":"10"}`)
	d.Handle(`{"payload":"banana"}`)
	if len(d.Sent(0)) != 0 || len(d.Log) != 1 || d.Log[0].Level != flow.LevelWarn || d.Log[0].What != "no number found in payload" {
		t.Errorf("sent %q, logged %v", d.Sent(0), d.Log)
	}
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"func":     flow.NewObject("func", "other"),
		"property": flow.NewObject("property", "a..b"),
		"topi":     flow.NewObject("topi", "a b"),
	} {
		_, err := Type.New(config, flow.Env{})
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || bad.Property != property {
			t.Errorf("got %v, want an error of %s", err, property)
		}
	}
}
