package trigger

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/timers/timertest"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestTimes(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in           []string
		want         []string
	}{
		{"defaults", `{}`, []string{`0 {}`, `100 {}`, `300 {}`}, []string{"0 1", "250 0", "300 1", "550 0"}},
		{"seconds", `{"duration":"2","units":"s"}`, []string{`0 {}`}, []string{"0 1", "2000 0"}},
		{"minutes", `{"duration":2,"units":"min"}`, []string{`0 {}`}, []string{"0 1", "120000 0"}},
		{"hours", `{"duration":1000,"units":"hr"}`, []string{`0 {}`}, []string{"0 1", "3600000000 0"}},
		{"second output", `{"outputs":2}`, []string{`0 {}`}, []string{"0 1", "250 2:0"}},
		{"nothing first", `{"op1type":"nul"}`, []string{`0 {}`}, []string{"250 0"}},
		{"nothing second", `{"op2type":"nul"}`, []string{`0 {}`, `100 {}`, `251 {}`}, []string{"0 1", "251 1"}},
		{"extend", `{"extend":"true"}`, []string{`0 {}`, `200 {}`, `400 {}`}, []string{"0 1", "650 0"}},
		{"extend, nothing second", `{"extend":true,"op2type":"nul"}`, []string{`0 {}`, `200 {}`, `400 {}`, `651 {}`}, []string{"0 1", "651 1"}},
		{"reset", `{}`, []string{`0 {}`, `100 {"reset":0}`, `200 {}`, `300 {"reset":1}`, `301 {"reset":1}`}, []string{"0 1", "200 1"}},
		{"reset by payload", `{"reset":"true"}`, []string{`0 {}`, `10 {"payload":"boo"}`, `20 {"payload":null}`, `30 {"payload":true}`, `40 {}`},
			[]string{"0 1", "40 1", "290 0"}},
		{"until reset", `{"duration":0}`, []string{`0 {}`, `10 {}`, `20 {"reset":1}`, `30 {}`}, []string{"0 1", "30 1"}},
		{"msg.delay", `{"overrideDelay":true}`, []string{`0 {"delay":"100 ms"}`, `200 {"delay":"x"}`, `1000 {"delay":-1}`}, []string{"0 1", "100 0", "200 1", "450 0", "1000 1", "1001 0"}},
		{"msg.delay of 0", `{"overrideDelay":true}`, []string{`0 {"delay":0}`, `300 {}`, `301 {"reset":1}`, `302 {"delay":10}`}, []string{"0 1", "302 1", "312 0"}},
		{"msg.delay extends", `{"overrideDelay":true,"extend":true}`, []string{`0 {}`, `200 {"delay":100}`, `250 {"delay":0}`}, []string{"0 1", "300 0"}},
		{"msg.delay not asked for", `{"overrideDelay":false}`, []string{`0 {"delay":100}`}, []string{"0 1", "250 0"}},
		{"repeat", `{"duration":-100,"op1type":"pay"}`, []string{`0 {"payload":"a"}`, `250 {"payload":"b"}`, `451 {"reset":1}`}, []string{"0 a", "100 a", "200 a", "250 b", "350 b", "450 b"}},
		{"repeat nothing", `{"duration":-100,"op1type":"nul"}`, []string{`0 {}`}, nil},
		{"repeat by topic", `{"duration":-100,"bytopic":"topic","op1type":"pay","extend":true}`,
			[]string{`0 {"payload":"a","topic":"A"}`, `50 {"payload":"b","topic":"B"}`, `120 {"topic":"A","reset":1}`, `220 {"topic":"B","reset":1}`},
			[]string{"0 a", "50 b", "100 a", "150 b"}},
		{"all topics as one", `{"op1type":"pay"}`, []string{`0 {"payload":"a","topic":"A"}`, `1 {"payload":"b","topic":"B"}`}, []string{"0 a", "250 0"}},
		{"by topic", `{"bytopic":"topic","op1type":"pay","op2type":"pay"}`,
			[]string{`0 {"payload":"a","topic":"A"}`, `0 {"payload":"1","topic":1}`, `1 {"payload":"b","topic":"B"}`, `2 {"payload":"c","topic":"A"}`, `3 {"payload":"1","topic":"1"}`},
			[]string{"0 a", "0 1", "1 b", "250 a", "250 1", "251 b"}},
		{"by another property", `{"bytopic":"topic","topic":"a.b","op1type":"pay","op2type":"nul"}`,
			[]string{`0 {"payload":"a","a":{"b":1}}`, `0 {"payload":"b","a":{"b":2}}`, `0 {"payload":"c","a":{"b":1}}`, `0 {"payload":"d","a":{}}`, `0 {"payload":"e","a":{"b":0}}`},
			[]string{"0 a", "0 b", "0 d"}},
		{"extend one topic", `{"bytopic":"topic","extend":true,"op1type":"pay","op2type":"pay"}`,
			[]string{`0 {"payload":"a","topic":"A"}`, `0 {"payload":"b","topic":"B"}`, `100 {"payload":"c","topic":"A"}`}, []string{"0 a", "0 b", "250 b", "350 a"}},
		{"latest", `{"op1type":"nul","op2type":"payl"}`, []string{`0 {"payload":"a"}`, `100 {"payload":"b"}`, `200 {"payload":"c"}`}, []string{"250 c"}},
		{"latest, extended", `{"op1type":"pay","op2type":"payl","extend":true,"outputs":2}`, []string{`0 {"payload":"a"}`, `100 {"payload":"b"}`}, []string{"0 a", "350 2:b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := timertest.New(t, Type(state.New()), tc.config)
				d.Play(tc.in...)
				d.RunUntil(4_000_000_000)
				d.Want(tc.want...)
				if len(d.Done) != len(tc.in) || slices.ContainsFunc(d.Done, func(err error) bool { return err != nil }) {
					t.Errorf("%d of %d messages completed: %v", len(d.Done), len(tc.in), d.Done)
				}
				d.Sent(0) // fails if a message was changed after it was sent
			})
		})
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct {
		value  string // as JSON
		typ    string
		first  string // payloads as JSON
		second string
	}{
		{`"x"`, "str", `"x"`, `"x"`}, {`"true"`, "str", `"true"`, `"true"`}, {`""`, "str", `"1"`, `"0"`}, {`"x"`, "", `"x"`, `"x"`},
		{`10`, "num", `10`, `10`}, {`"1.5"`, "num", `1.5`, `1.5`}, {`true`, "bool", `true`, `true`}, {`"false"`, "bool", `false`, `false`},
		{`"true"`, "val", `true`, `true`}, {`"null"`, "val", `null`, `null`}, {`"5"`, "val", `"5"`, `"5"`}, {`"null"`, "null", `"null"`, `"null"`},
		{`"{\"a\":[1]}"`, "json", `{"a":[1]}`, `{"a":[1]}`}, {`"[1,2]"`, "bin", `{"type":"Buffer","data":[1,2]}`, `{"type":"Buffer","data":[1,2]}`},
		{`"FLOWRUN_TEST"`, "env", `"on"`, `"on"`}, {`"x"`, "flow", `1`, `"changed"`}, {`"x"`, "global", `2`, `2`},
		{`"topic"`, "msg", `"T"`, `"T"`}, {`""`, "pay", `"P"`, `"P"`},
		{`"<{{topic}} {{{payload}}}>"`, "val", `"<T P>"`, `"<T P>"`}, {`"{{none.x}}"`, "str", `""`, `""`},
		{`"1"`, "date", `946684800000`, `"1"`}, {`"0"`, "date", `"0"`, `946684800250`},
		{`"iso"`, "date", `"2000-01-01T00:00:00.000Z"`, `"2000-01-01T00:00:00.250Z"`},
	} {
		t.Setenv("FLOWRUN_TEST", "on")
		run := func(config string, want ...string) {
			synctest.Test(t, func(t *testing.T) {
				stores := state.New()
				_ = stores.Flow("f1").Set("x", 1.0)
				_ = stores.Global().Set("x", 2.0)
				d := timertest.New(t, Type(stores), config)
				d.Play(`0 {"payload":"P","topic":"T"}`)
				_ = stores.Flow("f1").Set("x", "changed")
				d.RunUntil(1000)
				var got []string
				for _, m := range d.Messages(0) {
					got = append(got, flow.JSON(m.Get("payload")))
					if m.Get("topic") != "T" {
						t.Errorf("%s: a message without the topic", config)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: payloads %q, want %q", config, got, want)
				}
			})
		}
		run(`{"op1":`+tc.value+`,"op1type":"`+tc.typ+`","op2type":"nul"}`, tc.first)
		run(`{"op1type":"nul","op2":`+tc.value+`,"op2type":"`+tc.typ+`"}`, tc.second)
	}
}

// Repeated messages with a date have the date of the moment.
func TestRepeatDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := timertest.New(t, Type(state.New()), `{"op1":"1","op1type":"date","duration":-1000}`)
		d.Play(`0 {}`, `1500 {"reset":1}`)
		d.Want("0 946684800000", "1000 946684801000")
	})
}

// The second message is the first with another payload; after an extension it
// is the latest message with that payload.
func TestSecondMessage(t *testing.T) {
	for config, want := range map[string]string{
		`{"op1type":"nul"}`:                                `{"payload":"0","topic":"A"}`,
		`{"op1type":"nul","extend":true}`:                  `{"payload":"0","topic":"B"}`,
		`{"op1type":"nul","op2type":"pay"}`:                `{"payload":"a","topic":"A"}`,
		`{"op1type":"nul","op2type":"pay","extend":true}`:  `{"payload":"a","topic":"B"}`,
		`{"op1type":"nul","op2type":"payl"}`:               `{"payload":"b","topic":"B"}`,
		`{"op1type":"nul","op2type":"payl","extend":true}`: `{"payload":"b","topic":"B"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := timertest.New(t, Type(state.New()), config)
			d.Play(`0 {"payload":"a","topic":"A"}`, `1 {"payload":"b","topic":"B"}`)
			d.RunUntil(1000)
			if got := d.Sent(0); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: sent %q, want %s", config, got, want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for config, want := range map[string]string{
		`{"bytopic":"topic","topic":"a.b"}`: "TypeError: Cannot read properties of undefined (reading 'b')",
		`{"op1":"a.b","op1type":"msg"}`:     "TypeError: Cannot read properties of undefined (reading 'b')",
		`{"op2":"a.c","op2type":"msg"}`:     "TypeError: Cannot read properties of undefined (reading 'c')",
	} {
		d := flowtest.New(t, Type(state.New()), config)
		d.Handle(`{"payload":1}`)
		if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != want {
			t.Errorf("%s: done with %v", config, d.Done)
		}
		if got := d.Sent(0); len(got) != 0 {
			t.Errorf("%s: sent %q", config, got)
		}
	}
}

// A second value that cannot be had ends what was triggered.
func TestLateError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := timertest.New(t, Type(state.New()), `{"op2":"x[msg.none]","op2type":"flow"}`)
		d.Play(`0 {}`, `300 {}`)
		d.Want("0 1", "300 1")
		if len(d.Log) != 1 || d.Log[0].Level != flow.LevelError || d.Log[0].Msg != nil {
			t.Errorf("logged %v", d.Log)
		}
	})
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"op1":      flow.NewObject("op1", "{", "op1type", "json"),
		"op2":      flow.NewObject("op2", "{{#a}}"),
		"topic":    flow.NewObject("bytopic", "topic", "topic", "a..b"),
		"duration": flow.NewObject("duration", "soon"),
	} {
		_, err := Type(state.New()).New(config, flow.Env{Flow: "f1"})
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || bad.Property != property {
			t.Errorf("%s: got %v, want an error of %s", flow.JSON(config), err, property)
		}
	}
}

func TestBadges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := timertest.New(t, Type(state.New()), `{"bytopic":"topic"}`)
		d.Play(`0 {"topic":"A"}`, `100 {"topic":"B"}`, `120 {"topic":"C"}`, `130 {"topic":"A"}`, `140 {"topic":"B","reset":1}`)
		d.RunUntil(1000)
		want := []string{"blue dot undefined", "blue dot 2", "blue dot 3", "blue dot 2", "blue dot undefined", ""}
		if got := d.Badges(); !slices.Equal(got, want) {
			t.Errorf("showed %q, want %q", got, want)
		}
	})
}

func TestStop(t *testing.T) {
	for _, config := range []string{`{}`, `{"duration":-100}`} {
		synctest.Test(t, func(t *testing.T) {
			d := timertest.New(t, Type(state.New()), config)
			d.Play(`0 {}`)
			time.Sleep(250 * time.Millisecond) // the bubble sleeps; what is due now is posted and does not run
			synctest.Wait()
			if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Restarted); err != nil {
				t.Fatal(err)
			}
			d.RunUntil(1_000_000)
			d.Want("0 1")
			if got := d.Badges(); !slices.Equal(got, []string{"blue dot undefined", ""}) {
				t.Errorf("showed %q", got)
			}
		})
	}
}
