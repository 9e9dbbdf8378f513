package join

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/timers/timertest"
	"github.com/flowrun/flowrun/runtime/state"
)

var joinType = Type(state.New(), nil)

func TestAuto(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []string
		want []string
		log  []string
		open int // how many messages are held at the end
	}{
		{name: "text", in: []string{
			`{"payload":"a","parts":{"id":1,"type":"string","ch":",","index":0,"count":3}}`,
			`{"payload":2,"parts":{"id":1,"type":"string","ch":",","index":1,"count":3}}`,
			`{"payload":null,"parts":{"id":"1","type":"string","ch":",","index":2,"count":3}}`,
		}, want: []string{`{"payload":"a,2,"}`}},
		{name: "text at bytes", in: []string{
			`{"payload":"a","parts":{"id":1,"type":"string","ch":[52],"index":0,"count":2}}`,
			`{"payload":"b","parts":{"id":1,"type":"string","ch":[52],"index":1,"count":2}}`,
		}, want: []string{`{"payload":"a52b"}`}},
		{name: "text without ch", in: []string{
			`{"payload":"a","parts":{"id":1,"type":"string","index":0,"count":2}}`,
			`{"payload":"b","parts":{"id":1,"type":"string","index":1,"count":2}}`,
		}, log: []string{"TypeError: Cannot read properties of undefined (reading 'toString')"}},
		{name: "list, out of order, the count comes last", in: []string{
			`{"payload":3,"a":1,"parts":{"id":1,"index":2}}`,
			`{"payload":1,"b":2,"a":2,"parts":{"id":1,"index":0}}`,
			`{"payload":2,"parts":{"id":1,"index":1,"count":3}}`,
		}, want: []string{`{"payload":[1,2,3],"a":2,"b":2}`}},
		{name: "list of chunks", in: []string{
			`{"payload":[1,2],"parts":{"id":1,"type":"array","len":2,"index":0,"count":2}}`,
			`{"payload":[3],"parts":{"id":1,"type":"array","len":2,"index":1,"count":2}}`,
		}, want: []string{`{"payload":[1,2,3]}`}},
		{name: "list of chunks that are none", in: []string{
			`{"payload":"ab","parts":{"id":1,"type":"array","len":2,"index":0,"count":2}}`,
			`{"payload":"c","parts":{"id":1,"type":"array","len":2,"index":1,"count":2}}`,
		}, want: []string{`{"payload":["ab","c"]}`}},
		{name: "the same part again", in: []string{
			`{"payload":"a","parts":{"id":1,"index":0,"count":2}}`,
			`{"payload":"b","parts":{"id":1,"index":0,"count":2}}`,
			`{"payload":"c","parts":{"id":1,"index":1,"count":2}}`,
		}, want: []string{`{"payload":["b","c"]}`}},
		{name: "object", in: []string{
			`{"payload":1,"parts":{"id":1,"type":"object","key":"b","index":0,"count":2}}`,
			`{"payload":2,"parts":{"id":1,"type":"object","index":1,"count":2}}`,
			`{"payload":3,"parts":{"id":1,"type":"object","key":"a","index":1,"count":2}}`,
		}, want: []string{`{"payload":{"b":1,"a":3}}`},
			log: []string{"Message missing 'msg.parts.key' property - cannot add to object"}},
		{name: "a sub-property, and an outer sequence", in: []string{
			`{"a":{"b":1,"c":5},"parts":{"id":1,"index":0,"count":2,"property":"a.b","parts":{"id":"outer"}}}`,
			`{"a":{"b":2,"c":6},"parts":{"id":1,"index":1,"count":2,"property":"a.b","parts":{"id":"outer"}}}`,
		}, want: []string{`{"a":{"b":[1,2],"c":6},"parts":{"id":"outer"}}`}},
		{name: "two sequences at once", in: []string{
			`{"payload":1,"parts":{"id":1,"index":0,"count":2}}`,
			`{"payload":3,"parts":{"id":2,"index":0,"count":2}}`,
			`{"payload":2,"parts":{"id":1,"index":1,"count":2}}`,
			`{"payload":4,"parts":{"id":2,"index":1,"count":2}}`,
		}, want: []string{`{"payload":[1,2]}`, `{"payload":[3,4]}`}},
		{name: "complete", in: []string{
			`{"payload":3,"parts":{"id":1,"index":2,"count":4}}`,
			`{"payload":2,"parts":{"id":1,"index":1,"count":4},"complete":false}`,
		}, want: []string{`{"payload":[null,2,3]}`}},
		{name: "reset one, then all", in: []string{
			`{"payload":1,"parts":{"id":1,"index":0,"count":2}}`,
			`{"payload":2,"parts":{"id":2,"index":0,"count":2}}`,
			`{"reset":true,"parts":{"id":1}}`,
			`{"reset":true}`,
			`{"payload":3,"parts":{"id":1,"index":1,"count":2}}`,
			`{"payload":4,"parts":{"id":2,"index":1,"count":2}}`,
		}, open: 2},
		{name: "no parts", in: []string{`{"payload":1}`, `{"payload":1,"parts":{"index":1}}`}, log: []string{
			"Message missing msg.parts property - cannot join in 'auto' mode",
			"Message missing msg.parts property - cannot join in 'auto' mode",
		}},
		{name: "no place in a sequence", in: []string{
			`{"payload":1,"parts":{"id":1,"index":1e15,"count":2}}`,
			`{"payload":1,"parts":{"id":1,"index":-1,"count":2}}`,
		}, log: []string{
			"msg.parts.index 1000000000000000 is no place in a sequence of which 0 parts are there",
			"msg.parts.index -1 is no place in a sequence of which 0 parts are there",
		}},
	} {
		d := flowtest.New(t, joinType, `{"timeout":1}`)
		checkJoin(t, d, tc.name, tc.in, tc.want, tc.log, tc.open)
	}
}

func checkJoin(t *testing.T, d *flowtest.Driver, name string, in, want, log []string, open int) {
	t.Helper()
	for _, msg := range in {
		d.Handle(msg)
	}
	if got := d.Sent(0); !slices.Equal(got, want) {
		t.Errorf("%s: sent\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var said []string
	for _, e := range d.Log {
		said = append(said, e.What)
	}
	if !slices.Equal(said, log) {
		t.Errorf("%s: log %q, want %q", name, said, log)
	}
	if got := len(in) - len(d.Done); got != open {
		t.Errorf("%s: %d messages are held, want %d", name, got, open)
	}
}

func TestCustom(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in           []string
		want         []string
		log          []string
		open         int
	}{
		{name: "list", config: `"count":3`, in: []string{
			`{"payload":1,"parts":{"index":3}}`, `{"payload":true,"parts":{"index":0}}`, `{"payload":{"a":1}}`,
		}, want: []string{`{"payload":[1,true,{"a":1}]}`}},
		{name: "text", config: `"build":"string","joiner":"\\t","count":"2"`, in: []string{
			`{"payload":"a","topic":"x"}`, `{"payload":5,"topic":"y"}`, `{"payload":"c"}`,
		}, want: []string{`{"payload":"a\t5","topic":"y"}`}, open: 1},
		{name: "text at bytes", config: `"build":"string","joiner":"[44,32]","joinerType":"bin","count":2`,
			in: []string{`{"payload":"a"}`, `{"payload":"b"}`}, want: []string{`{"payload":"a, b"}`}},
		{name: "buffer", config: `"build":"buffer","joiner":"-","count":3`,
			in:   []string{`{"payload":"ä"}`, `{"payload":[66]}`, `{"payload":"c"}`},
			want: []string{`{"payload":{"type":"Buffer","data":[195,164,45,66,45,99]}}`}},
		{name: "buffer of what has no bytes", config: `"build":"buffer","count":2`,
			in:   []string{`{"payload":1}`, `{"payload":null}`, `{"payload":{}}`, `{"payload":"a"}`},
			log:  []string{"Cannot join number to buffer", "Cannot join object to buffer", "Cannot join object to buffer"},
			open: 1},
		{name: "object counts keys", config: `"build":"object","count":2`, in: []string{
			`{"payload":1,"topic":"a"}`, `{"payload":2,"topic":"a"}`, `{"payload":3,"topic":4}`,
		}, want: []string{`{"payload":{"4":3,"a":2},"topic":4}`}},
		{name: "object with another key", config: `"build":"object","count":1,"key":"k.name"`,
			in: []string{`{"payload":1,"k":{"name":"a"}}`}, want: []string{`{"payload":{"a":1},"k":{"name":"a"}}`}},
		{name: "object without keys", config: `"build":"object"`,
			in:   []string{`{"complete":1}`, `{"payload":1}`, `{"payload":1,"topic":"a"}`, `{"topic":"","complete":1}`},
			want: []string{`{"payload":{"a":1},"topic":"a"}`},
			log:  []string{"Message missing key property 'msg.topic' - cannot add to object"}},
		{name: "merged", config: `"build":"merged","count":3`, in: []string{
			`{"payload":{"a":1,"_msgid":"x"}}`, `{"payload":{"a":2,"b":3}}`, `{"payload":[1]}`, `{"payload":{"c":4}}`,
		}, want: []string{`{"payload":{"a":2,"b":3,"c":4}}`}, log: []string{"Cannot merge non-object types"}},
		{name: "whole messages", config: `"count":2,"propertyType":"full","property":""`, in: []string{
			`{"_msgid":"1","payload":"a"}`, `{"_msgid":"2","payload":"b","topic":"t"}`,
		}, want: []string{`{"payload":[{"_msgid":"1","payload":"a"},{"_msgid":"2","payload":"b","topic":"t"}],"topic":"t"}`}},
		{name: "whole messages merged", config: `"build":"merged","count":2,"propertyType":"full"`, in: []string{
			`{"_msgid":"1","payload":"a"}`, `{"_msgid":"2","topic":"t"}`,
		}, want: []string{`{"payload":{"payload":"a","topic":"t"},"topic":"t"}`}},
		{name: "a property", config: `"count":2,"property":"a.b"`, in: []string{
			`{"a":{"b":1}}`, `{"payload":3}`, `{"a":{"b":2}}`,
		}, want: []string{`{"a":{"b":[1,2]}}`}, log: []string{"Message property a.b not found"}},
		{name: "complete without a part", config: `"build":"array"`, in: []string{
			`{"payload":1}`, `{"payload":2}`, `{"complete":true}`,
		}, want: []string{`{"payload":[1,2]}`}},
		{name: "reset", config: `"count":2`, in: []string{
			`{"payload":1}`, `{"reset":true}`, `{"payload":2}`, `{"payload":3}`,
		}, want: []string{`{"payload":[2,3]}`}},
		{name: "accumulate a list", config: `"count":2,"accumulate":true`, in: []string{
			`{"payload":1}`, `{"payload":2}`, `{"payload":3}`, `{"payload":4,"complete":1}`, `{"payload":5}`,
		}, want: []string{`{"payload":[1,2]}`, `{"payload":[1,2,3]}`, `{"payload":[1,2,3,4]}`}, open: 1},
		{name: "accumulate an object", config: `"build":"object","count":1,"accumulate":true`, in: []string{
			`{"payload":1,"topic":"a"}`, `{"payload":2,"topic":"b"}`, `{"payload":3,"topic":"a"}`,
		}, want: []string{
			`{"payload":{"a":1},"topic":"a"}`, `{"payload":{"a":1,"b":2},"topic":"b"}`, `{"payload":{"a":3,"b":2},"topic":"a"}`,
		}},
		{name: "the count of parts, by sequence", config: `"build":"string","joiner":"+","count":""`, in: []string{
			`{"payload":"a","parts":{"id":"x","count":2}}`, `{"payload":"1","parts":{"id":"y"}}`, `{"payload":"b","parts":{"id":"x"}}`,
		}, want: []string{`{"payload":"a+b"}`}, open: 1},
		{name: "parts that do not count", config: `"count":"","useparts":false`, in: []string{
			`{"payload":1,"parts":{"id":"x","count":1,"parts":{"id":"outer"}}}`, `{"payload":2,"complete":true}`,
		}, want: []string{`{"payload":[1,2],"parts":{"id":"outer"}}`}},
	} {
		d := flowtest.New(t, joinType, `{"mode":"custom",`+tc.config+`}`)
		checkJoin(t, d, tc.name, tc.in, tc.want, tc.log, tc.open)
	}
}

func TestTimeout(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in           []string
		want         []string
	}{
		{"from the first part on", `"timeout":0.5`, []string{`0 {"payload":"a"}`, `400 {"payload":"b"}`, `600 {"payload":"c"}`},
			[]string{"500 a,b", "1100 c"}},
		{"restarted", `"timeout":"0.5"`, []string{`0 {"payload":"a"}`, `400 {"payload":"b","restartTimeout":true}`, `600 {"payload":"c"}`},
			[]string{"900 a,b,c"}},
		{"not needed", `"timeout":0.5,"count":2`, []string{`0 {"payload":"a"}`, `400 {"payload":"b"}`, `450 {"payload":"c"}`},
			[]string{"400 a,b", "950 c"}},
		{"reset", `"timeout":0.5`, []string{`0 {"payload":"a"}`, `400 {"reset":1}`}, nil},
		{"once, though parts stay", `"timeout":0.5,"accumulate":true`, []string{`0 {"payload":"a"}`, `600 {"payload":"b"}`},
			[]string{"500 a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := timertest.New(t, joinType, `{"mode":"custom",`+tc.config+`}`)
				d.Play(tc.in...)
				d.RunUntil(5000)
				d.Want(tc.want...)
			})
		})
	}
}

func TestMessagesEndWithTheirGroup(t *testing.T) {
	d := flowtest.New(t, joinType, `{"mode":"custom","count":3}`)
	d.Handle(`{"payload":1}`)
	d.Handle(`{"payload":2}`)
	if len(d.Done) != 0 {
		t.Errorf("%d messages have ended before the group", len(d.Done))
	}
	d.Handle(`{"payload":3}`)
	if len(d.Done) != 3 {
		t.Errorf("%d messages have ended with the group, want 3", len(d.Done))
	}
}

func TestConfigErrors(t *testing.T) {
	for config, property := range map[string]string{
		`{"mode":"x"}`:                          "mode",
		`{"property":"a["}`:                     "property",
		`{"key":"a["}`:                          "key",
		`{"joiner":"x","joinerType":"bin"}`:     "joiner",
		`{"timeout":"x"}`:                       "timeout",
		`{"mode":"reduce"}`:                     "reduceExp",
		`{"mode":"reduce","reduceExp":"$A + "}`: "reduceExp",
	} {
		v, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = joinType.New(v.(*flow.Object), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || bad.Property != property {
			t.Errorf("%s: %v, want an error of %s", config, err, property)
		}
	}
}

// BenchmarkParts joins sequences; the time for a part does not depend on how
// many there are.
func BenchmarkParts(b *testing.B) {
	for _, build := range []string{"string", "array", "object", "buffer"} {
		for _, parts := range []int{1000, 100_000} {
			b.Run(fmt.Sprintf("%s of %d", build, parts), func(b *testing.B) {
				msgs := make([]*flow.Message, parts)
				for i := range msgs {
					msgs[i] = flow.NewMessage()
					msgs[i].Set("payload", "part")
					msgs[i].Set("parts", flow.NewObject("id", "s", "type", build, "ch", "", "len", 1.0,
						"key", flow.Text(float64(i)), "count", float64(parts), "index", float64(parts-1-i)))
				}
				n, err := New(Config{}, flow.Env{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					for _, msg := range msgs {
						if err := n.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*parts), "ns/part")
			})
		}
	}
}
