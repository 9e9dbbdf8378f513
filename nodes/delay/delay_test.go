package delay

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/timers/timertest"
)

// msgs returns steps that hand the node messages at one time.
func msgs(at int, payloads ...string) []string {
	var steps []string
	for _, p := range payloads {
		steps = append(steps, fmt.Sprintf(`%d {"payload":%q}`, at, p))
	}
	return steps
}

// steps joins steps and lists of steps.
func steps(lists ...any) []string {
	var all []string
	for _, l := range lists {
		switch l := l.(type) {
		case string:
			all = append(all, l)
		case []string:
			all = append(all, l...)
		}
	}
	return all
}

const day = 24 * 3600 * 1000

func TestModes(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in           []string
		want         []string
	}{
		{"delay", `{}`, steps(msgs(0, "a", "b"), msgs(3000, "c")), []string{"5000 a", "5000 b", "8000 c"}},
		{"delay in text", `{"timeout":"0.5"}`, msgs(0, "a"), []string{"500 a"}},
		{"delay of milliseconds", `{"timeout":5,"timeoutUnits":"milliseconds"}`, msgs(1, "a"), []string{"6 a"}},
		{"delay of minutes", `{"timeout":2,"timeoutUnits":"minutes"}`, msgs(0, "a"), []string{"120000 a"}},
		{"delay of hours", `{"timeout":1,"timeoutUnits":"hours"}`, msgs(0, "a"), []string{"3600000 a"}},
		{"delay of a month", `{"timeout":30,"timeoutUnits":"days"}`, msgs(0, "a"), []string{"2592000000 a"}},
		{"delay of nothing", `{"timeout":0}`, msgs(0, "a"), []string{"0 a"}},
		{"delay, reset", `{"timeout":1}`, steps(msgs(0, "a", "b"), `500 {"reset":1}`, `600 {"payload":"x","reset":true}`, msgs(700, "c")), []string{"1700 c"}},
		{"delay, flush", `{"timeout":1}`, steps(msgs(0, "a", "b"), `500 {"flush":true}`, msgs(700, "c")), []string{"500 a", "500 b", "1700 c"}},
		{"delay, flush some", `{"timeout":1}`, steps(msgs(0, "a", "b", "c"), `500 {"flush":2.9}`, `501 {"flush":-1}`, `502 {"flush":0}`),
			[]string{"500 a", "500 b", "1000 c"}},
		{"delay, flush with a message", `{"timeout":1}`, steps(msgs(0, "a"), `500 {"payload":"b","flush":9}`), []string{"500 a", "500 b"}},
		{"delayv", `{"pauseType":"delayv","timeout":1}`,
			[]string{`0 {"payload":"a","delay":300}`, `0 {"payload":"b","delay":"200ms"}`, `0 {"payload":"c"}`, `0 {"payload":"d","delay":"x"}`,
				`0 {"payload":"e","delay":-5}`, `0 {"payload":"f","delay":0}`},
			[]string{"0 e", "0 f", "200 b", "300 a", "1000 c", "1000 d"}},
		{"delayv, flush", `{"pauseType":"delayv"}`, []string{`0 {"payload":"a","delay":300}`, `0 {"payload":"b","delay":200}`, `100 {"flush":1}`},
			[]string{"100 a", "200 b"}},
		{"random without a range", `{"pauseType":"random","randomFirst":"2","randomLast":2}`, msgs(0, "a", "b"), []string{"2000 a", "2000 b"}},

		{"rate", `{"pauseType":"rate","rate":2}`, steps(msgs(0, "a", "b", "c"), msgs(1600, "d"), msgs(1700, "e"), msgs(3000, "f")),
			[]string{"0 a", "500 b", "1000 c", "1600 d", "2100 e", "3000 f"}},
		{"rate of two units", `{"pauseType":"rate","nbRateUnits":"2"}`, msgs(0, "a", "b"), []string{"0 a", "2000 b"}},
		{"rate of three a minute", `{"pauseType":"rate","rate":3,"rateUnits":"minute"}`, msgs(0, "a", "b"), []string{"0 a", "20000 b"}},
		{"rate of one in a month", `{"pauseType":"rate","nbRateUnits":30,"rateUnits":"day"}`, msgs(0, "a", "b"), []string{"0 a", "2592000000 b"}},
		{"rate, reset", `{"pauseType":"rate"}`, steps(msgs(0, "a", "b", "c"), `500 {"reset":true}`, msgs(600, "d", "e")), []string{"0 a", "600 d", "1600 e"}},
		{"rate, reset of nothing", `{"pauseType":"rate"}`, steps(`0 {"payload":"x","reset":true}`, msgs(1, "a")), []string{"1 a"}},
		{"rate, flush", `{"pauseType":"rate"}`, steps(msgs(0, "a", "b", "c"), `200 {"flush":true}`, msgs(300, "d")), []string{"0 a", "200 b", "200 c", "1200 d"}},
		{"rate, flush of nothing", `{"pauseType":"rate"}`, steps(msgs(0, "a"), `200 {"flush":true}`, msgs(300, "b")), []string{"0 a", "300 b"}},
		{"rate, flush some", `{"pauseType":"rate"}`, steps(msgs(0, "a", "b", "c", "d"), `200 {"flush":1}`, `300 {"flush":1}`), []string{"0 a", "200 b", "300 c", "1300 d"}},
		{"rate, flush with a message", `{"pauseType":"rate"}`, steps(msgs(0, "a", "b"), `200 {"payload":"c","flush":9}`), []string{"0 a", "200 b", "200 c"}},
		{"rate, flush and reset", `{"pauseType":"rate"}`, steps(msgs(0, "a", "b", "c"), `200 {"flush":1,"reset":true}`, msgs(300, "d")), []string{"0 a", "200 b", "1200 d"}},
		{"rate, flush and reset at first", `{"pauseType":"rate"}`, steps(`0 {"payload":"a","flush":1,"reset":true}`, msgs(1, "b")), []string{"0 a", "1000 b"}},
		{"rate, to the front", `{"pauseType":"rate"}`,
			steps(msgs(0, "a", "b"), `1 {"payload":"c","toFront":true}`, `2 {"payload":"d","toFront":true,"flush":1}`, `3 {"payload":"e","toFront":"true"}`),
			[]string{"0 a", "2 d", "1002 c", "2002 b", "3002 e"}},
		{"rate of a message", `{"pauseType":"rate","allowrate":true}`,
			steps(msgs(0, "a"), `0 {"payload":"b","rate":100}`, msgs(0, "c"), `50 {"payload":"d","rate":"100"}`, `150 {"payload":"e","rate":"x"}`,
				`5000 {"reset":true}`, msgs(5000, "f", "g")),
			[]string{"0 a", "100 b", "200 c", "300 d", "400 e", "5000 f", "6000 g"}},
		{"rate of a message, 0", `{"pauseType":"rate","allowrate":true}`, steps(`0 {"payload":"a","rate":0}`, msgs(0, "b", "c")), []string{"0 a", "1 b", "2 c"}},
		{"rate of a message, not allowed", `{"pauseType":"rate"}`, steps(msgs(0, "a"), `0 {"payload":"b","rate":100}`), []string{"0 a", "1000 b"}},

		{"drop", `{"pauseType":"rate","drop":true}`, steps(msgs(0, "a"), msgs(500, "b"), msgs(1000, "c"), msgs(1001, "d"), msgs(1002, "e")), []string{"0 a", "1001 d"}},
		{"drop, second output", `{"pauseType":"rate","drop":true,"outputs":2}`, steps(msgs(0, "a"), msgs(500, "b"), msgs(1001, "c")), []string{"0 a", "500 2:b", "1001 c"}},
		{"drop, reset", `{"pauseType":"rate","drop":true}`, steps(msgs(0, "a"), `100 {"payload":"x","reset":1}`, msgs(200, "b"), `300 {"reset":1,"flush":1}`, msgs(400, "c")),
			[]string{"0 a", "200 b"}},
		{"drop, rate of a message", `{"pauseType":"rate","drop":true,"allowrate":true}`, steps(`0 {"payload":"a","rate":100}`, msgs(101, "b"), `150 {"reset":1}`, msgs(200, "c"), msgs(900, "d")),
			[]string{"0 a", "101 b", "200 c"}},

		{"burst", `{"pauseType":"burst","rate":2,"outputs":2}`, steps(msgs(0, "a"), msgs(600, "b", "c"), msgs(1001, "d"), msgs(1100, "e"), msgs(1601, "f")),
			[]string{"0 a", "600 b", "600 2:c", "1001 d", "1100 2:e", "1601 f"}},
		{"burst, reset", `{"pauseType":"burst","rate":1}`, steps(msgs(0, "a", "b"), `100 {"reset":1}`, msgs(200, "c", "d"), msgs(1100, "e"), msgs(1201, "f")),
			[]string{"0 a", "200 c", "1201 f"}},

		{"queue", `{"pauseType":"queue","rate":4}`,
			[]string{`275 {"payload":"1"}`, `275 {"payload":"A1","topic":"A"}`, `275 {"payload":"B1","topic":"B"}`, `275 {"payload":"A2","topic":"A"}`,
				`275 {"payload":"2"}`, `300 {"payload":"A3","topic":"A"}`, `800 {"payload":"A4","topic":"A"}`},
			[]string{"500 2", "750 A3", "1000 B1", "1250 A4"}},
		{"queue, second output", `{"pauseType":"queue","outputs":2}`, []string{`0 {"payload":"a"}`, `1 {"payload":"b"}`}, []string{"1 2:a", "1000 b"}},
		{"queue of strange topics", `{"pauseType":"timed","outputs":2}`,
			[]string{`0 {"payload":"a","topic":{}}`, `0 {"payload":"b","topic":[]}`, `0 {"payload":"c","topic":{}}`, `0 {"payload":"d","topic":1}`,
				`0 {"payload":"e","topic":"1"}`, `0 {"payload":"f","topic":null}`, `0 {"payload":"g","topic":null}`, `0 {"payload":"h","topic":1}`},
			[]string{"0 2:f", "0 2:d", "1000 a", "1000 b", "1000 c", "1000 h", "1000 e", "1000 g"}},
		{"queue, flush", `{"pauseType":"queue"}`,
			[]string{`0 {"payload":"a"}`, `0 {"payload":"b","topic":"B"}`, `100 {"flush":1}`, `200 {"flush":9}`, `300 {"payload":"c","topic":"B","flush":true}`, `400 {"payload":"d","topic":"B"}`},
			[]string{"100 a", "200 b", "300 c", "1000 d"}},
		{"queue, reset", `{"pauseType":"queue"}`, []string{`0 {"payload":"a"}`, `100 {"reset":1}`, `200 {"payload":"b"}`, `300 {"payload":"c","topic":"C","reset":1,"flush":1}`},
			[]string{"300 b"}},
		{"queue, rate of a message", `{"pauseType":"queue","allowrate":true}`,
			[]string{`0 {"payload":"a","topic":1,"rate":100}`, `0 {"payload":"b","topic":2}`, `510 {"payload":"c"}`, `650 {"reset":1}`, `700 {"payload":"d"}`},
			[]string{"100 a", "200 b", "600 c", "1650 d"}},
		{"timed", `{"pauseType":"timed","rate":2}`, steps(msgs(0, "a"), `1 {"payload":"b","topic":"B"}`, msgs(2, "c"), msgs(700, "d")), []string{"500 c", "500 b", "1000 d"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := timertest.New(t, Type(nil), tc.config)
				b.Play(tc.in...)
				end := 10_000
				if strings.Contains(tc.name, "month") || !strings.Contains(tc.config, "queue") && !strings.Contains(tc.config, "timed") {
					end = 60 * day
				}
				b.RunUntil(end)
				b.Want(tc.want...)
				if len(b.Done) != len(tc.in) || slices.ContainsFunc(b.Done, func(err error) bool { return err != nil }) {
					t.Errorf("%d of %d messages completed: %v", len(b.Done), len(tc.in), b.Done)
				}
				if len(b.Log) > 0 {
					t.Errorf("logged %v", b.Log)
				}
				b.Sent(0) // fails if a message was changed after it was sent
			})
		})
	}
}

func TestRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := timertest.New(t, Type(nil), `{"pauseType":"random","randomFirst":"400","randomLast":200,"randomUnits":"milliseconds"}`)
		for range 100 {
			b.Handle(`{"payload":1}`)
		}
		b.RunUntil(199)
		b.Want()
		b.RunUntil(401)
		if len(b.Timeline) != 100 {
			t.Errorf("%d of 100 messages left in time", len(b.Timeline))
		}
		if first, last := b.Timeline[0], b.Timeline[99]; first >= "300 " || last < "300 " {
			t.Errorf("not random: from %s to %s", first, last)
		}
	})
}

// What is meant for the node does not travel on.
func TestSentMessages(t *testing.T) {
	for config, want := range map[string][]string{
		`{"pauseType":"rate"}`:  {`{"payload":0}`, `{"payload":1,"toFront":true}`, `{"payload":2}`},
		`{"pauseType":"queue"}`: {`{"payload":0,"topic":"_none_"}`, `{"payload":1,"toFront":true,"topic":"_none_"}`, `{"payload":2,"topic":"_none_"}`},
		`{"pauseType":"delay"}`: {`{"payload":0,"flush":1}`, `{"payload":1,"flush":1,"toFront":true}`, `{"payload":2,"flush":1}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := timertest.New(t, Type(nil), config)
			for _, msg := range []string{`{"payload":0,"flush":1}`, `{"payload":1,"flush":1,"toFront":true}`, `{"payload":2,"flush":1}`} {
				b.Handle(msg)
			}
			b.RunUntil(10_000)
			if got := b.Sent(0); !slices.Equal(got, want) {
				t.Errorf("%s\ngot  %q\nwant %q", config, got, want)
			}
		})
	}
}

// A message completes when it leaves, or is given up.
func TestCompletion(t *testing.T) {
	for _, tc := range []struct {
		config string
		in     string
		want   [3]int // messages completed after two messages, after the third one, and in the end
	}{
		{`{"timeout":1}`, `{"payload":"c"}`, [3]int{0, 0, 3}},
		{`{"timeout":1}`, `{"flush":1}`, [3]int{0, 2, 3}},
		{`{"timeout":1}`, `{"payload":"c","reset":1}`, [3]int{0, 3, 3}},
		{`{"pauseType":"rate"}`, `{"payload":"c"}`, [3]int{1, 1, 3}},
		{`{"pauseType":"rate"}`, `{"reset":1}`, [3]int{1, 3, 3}},
		{`{"pauseType":"rate","drop":true}`, `{"payload":"c"}`, [3]int{2, 3, 3}},
		{`{"pauseType":"queue"}`, `{"payload":"c"}`, [3]int{1, 2, 3}},
		{`{"pauseType":"timed"}`, `{"payload":"c","reset":1}`, [3]int{1, 3, 3}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := timertest.New(t, Type(nil), tc.config)
			b.Play(msgs(0, "a", "b")...)
			got := [3]int{len(b.Done)}
			b.Handle(tc.in)
			got[1] = len(b.Done)
			b.RunUntil(5000)
			got[2] = len(b.Done)
			if got != tc.want {
				t.Errorf("%s, %s: %v messages completed, want %v", tc.config, tc.in, got, tc.want)
			}
		})
	}
}

func TestTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := &settings.Live{}
		live.Set(settings.Settings{NodeMessageBufferMaxLength: 2})
		b := timertest.New(t, Type(live), `{"pauseType":"rate"}`)
		b.Play(steps(msgs(0, "a", "b", "c", "d", "e"))...)
		b.RunUntil(5000)
		b.Want("0 a", "1000 e")
		if len(b.Log) != 1 || b.Log[0].What != "too many pending messages in delay node" || flow.Text(b.Log[0].Msg.Get("payload")) != "d" {
			t.Errorf("logged %v", b.Log)
		}
	})
}

// At any rate the average is exact, also where timers are too coarse for it.
func TestHighRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := timertest.New(t, Type(nil), `{"pauseType":"rate","rate":30000}`)
		for range 10_000 {
			b.HandleMessage(flow.NewMessage()) // nothing in it: not a message to send
			b.HandleMessage(flow.MessageOf(flow.NewObject("payload", 1.0)))
		}
		for ms := range 100 { // the flow looks at its inbox once in a millisecond
			time.Sleep(time.Millisecond) // the bubble sleeps
			for synctest.Wait(); len(b.Messages(0)) < 1+30*(ms+1); synctest.Wait() {
				before := len(b.Messages(0))
				b.Run()
				if len(b.Messages(0)) == before {
					t.Fatalf("%d messages after %d ms, want %d", before, ms+1, 1+30*(ms+1))
				}
			}
		}
	})
}

func TestBadges(t *testing.T) {
	for _, tc := range []struct {
		config string
		in     []string
		want   []string
	}{
		{`{"timeout":2}`, steps(msgs(0, "a", "b"), `1 {"flush":1}`), []string{"blue dot 1", "blue dot 2", "blue dot 1", "blue dot 0"}},
		{`{"timeout":1}`, steps(msgs(0, "a"), `1 {"reset":1}`), []string{"blue ring 0"}},
		{`{"pauseType":"delayv","timeout":1}`, msgs(0, "a"), []string{"blue dot 1", "blue dot 0"}},
		{`{"pauseType":"rate"}`, steps(msgs(0, "a", "b", "c")), []string{"blue dot 2", "blue dot 1", "blue dot 0", "blue dot 0"}},
		{`{"pauseType":"rate"}`, steps(msgs(0, "a", "b"), `100 {"reset":1}`), []string{"blue ring 0", "blue dot 0"}},
		{`{"pauseType":"burst"}`, msgs(0, "a", "b", "c"), []string{"green ring ", "red dot ", "green ring "}},
		{`{"pauseType":"queue"}`, steps(msgs(0, "a"), `600 {"flush":1}`, `700 {"reset":1}`), []string{"blue dot 1", "", "undefined undefined reset"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := timertest.New(t, Type(nil), tc.config)
			b.Play(tc.in...)
			b.RunUntil(6000)
			if got := b.Badges(); !slices.Equal(got, tc.want) {
				t.Errorf("%s: showed %q, want %q", tc.config, got, tc.want)
			}
		})
	}
}

func TestStop(t *testing.T) {
	for _, mode := range []string{"delay", "delayv", "random", "rate", "burst", "queue", "timed"} {
		synctest.Test(t, func(t *testing.T) {
			b := timertest.New(t, Type(nil), `{"pauseType":"`+mode+`"}`)
			b.Play(msgs(0, "a", "b")...)
			b.Timeline = nil
			time.Sleep(time.Second) // the bubble sleeps; what is due now is posted and does not run
			synctest.Wait()
			if err := b.Node.(flow.Stopper).Stop(t.Context(), flow.Restarted); err != nil {
				t.Fatal(err)
			}
			shown := len(b.Badges())
			b.RunUntil(day)
			b.Want()
			if got := b.Badges()[shown-1:]; !slices.Equal(got, []string{""}) {
				t.Errorf("%s: badges after Stop: %q", mode, got)
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"pauseType": flow.NewObject("pauseType", "wait"),
		"rate":      flow.NewObject("pauseType", "queue", "rate", "0"),
		"timeout":   flow.NewObject("timeout", "soon"),
	} {
		_, err := Type(nil).New(config, flow.Env{})
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || bad.Property != property {
			t.Errorf("%s: got %v, want an error of %s", flow.JSON(config), err, property)
		}
	}
}

func BenchmarkLongQueue(b *testing.B) {
	for _, length := range []int{1, 100_000} {
		b.Run(strconv.Itoa(length), func(b *testing.B) {
			d := flowtest.New(b, Type(nil), `{"pauseType":"rate","rateUnits":"day"}`)
			pass := func(text string) {
				m := d.Message(text)
				if err := d.Node.Handle(m, flow.NewOutlet(flowtest.Discard{}, m, nil)); err != nil {
					b.Fatal(err)
				}
			}
			for range length {
				pass(`{"_msgid":"1","payload":1}`)
			}
			b.ReportAllocs()
			for b.Loop() {
				pass(`{"_msgid":"1","payload":1}`)
				pass(`{"_msgid":"1","flush":1}`)
			}
		})
	}
}
