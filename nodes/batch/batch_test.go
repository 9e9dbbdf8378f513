package batch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/timers/timertest"
)

// sequences returns what left the node: "m0: 0 1" is a sequence of two messages
// with the id m0. It fails the test if the parts of one do not fit.
func sequences(t *testing.T, d *flowtest.Driver) []string {
	t.Helper()
	var list []string
	msgs := d.Messages(0)
	for len(msgs) > 0 {
		first := sequence.Parts(msgs[0])
		n := int(flow.Number(first.Get("count")))
		if n < 1 || n > len(msgs) {
			t.Fatalf("a sequence of %d messages, of which %d are there", n, len(msgs))
		}
		text := flow.Text(first.Get("id")) + ":"
		for i, m := range msgs[:n] {
			parts := sequence.Parts(m)
			if parts.Get("id") != first.Get("id") || parts.Get("index") != float64(i) || parts.Get("count") != float64(n) {
				t.Errorf("message %d of %d has the parts %s", i, n, flow.JSON(parts))
			}
			text += " " + flow.Text(m.Get("payload"))
		}
		list = append(list, text)
		msgs = msgs[n:]
	}
	return list
}

func TestCount(t *testing.T) {
	for _, tc := range []struct {
		config string
		want   []string
		open   int
	}{
		{`{"count":2}`, []string{"m0: 0 1", "m2: 2 3", "m4: 4 5"}, 0},
		{`{"count":"4"}`, []string{"m0: 0 1 2 3"}, 2},
		{`{"count":4,"honourParts":true}`, []string{"m0: 0 1 2 3", "m4: 4 5"}, 0},
		{`{"count":3,"overlap":2}`, []string{"m0: 0 1 2", "m1: 1 2 3", "m2: 2 3 4", "m3: 3 4 5"}, 2},
		{`{"count":5,"overlap":3,"honourParts":true}`, []string{"m0: 0 1 2 3 4", "m2: 2 3 4 5"}, 3},
		{`{"mode":"","count":0}`, []string{"m0: 0", "m1: 1", "m2: 2", "m3: 3", "m4: 4", "m5: 5"}, 0},
	} {
		d := flowtest.New(t, Type(nil), tc.config)
		for i := range 6 {
			d.Handle(fmt.Sprintf(`{"_msgid":"m%d","payload":%d,"parts":{"index":%d,"count":6}}`, i, i, i))
		}
		if got := sequences(t, d); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.config, got, tc.want)
		}
		if open := 6 - len(d.Done); open != tc.open {
			t.Errorf("%s: %d messages are held, want %d", tc.config, open, tc.open)
		}
	}
}

func TestPartsKeepWhatElseIsThere(t *testing.T) {
	d := flowtest.New(t, Type(nil), `{}`)
	d.Handle(`{"_msgid":"m","parts":{"id":"x","type":"string","ch":","}}`)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"parts":{"id":"m","type":"string","ch":",","index":0,"count":1}}`}) {
		t.Error(got)
	}
}

func TestInterval(t *testing.T) {
	for _, tc := range []struct {
		config string
		in     []string
		want   []string
	}{
		{`"interval":0.5`, []string{`200 {"payload":"a"}`, `400 {"payload":"b"}`, `1200 {"payload":"c"}`},
			[]string{"500 a", "500 b", "1500 c"}},
		{`"interval":"1","allowEmptySequence":true`, []string{`1300 {"payload":"a"}`}, []string{"1000 null", "2000 a", "3000 null"}},
		{`"interval":1`, []string{`400 {"payload":"a"}`, `800 {"reset":1}`, `1200 {"payload":"b"}`}, []string{"1800 b"}},
		{`"interval":0`, []string{`1 {"payload":"a"}`}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := timertest.New(t, Type(nil), `{"mode":"interval",`+tc.config+`}`)
			d.Play(tc.in...)
			d.RunUntil(3500)
			d.Want(tc.want...)
			sequences(t, d.Driver)
		})
	}
}

func TestEmptySequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := timertest.New(t, Type(nil), `{"mode":"interval","interval":1,"allowEmptySequence":true}`)
		d.RunUntil(1000)
		got := regexp.MustCompile(`[0-9a-f]{16}`).ReplaceAllString(strings.Join(d.Sent(0), " "), "$")
		if got != `{"payload":null,"parts":{"id":"$","index":0,"count":1}}` {
			t.Error(got)
		}
	})
}

func TestConcat(t *testing.T) {
	for _, tc := range []struct {
		name, topics string
		in           []string // topic, payload, index, count; the id is that of the topic
		want         []string
		open         int
	}{
		{"one behind the other", "A B", []string{"B 0 0 2", "B 1 1 2", "A 2 0 2", "A 3 1 2"}, []string{"m2: 2 3 0 1"}, 0},
		{"mixed", "A B", []string{"A 2 0 2", "B 0 0 2", "A 3 1 2", "B 1 1 2"}, []string{"m0: 2 3 0 1"}, 0},
		{"three", "A B C", []string{"C 4 0 1", "B 0 0 2", "B 1 1 2", "A 2 0 2", "A 3 1 2"}, []string{"m3: 2 3 0 1 4"}, 0},
		{"a topic twice", "A A", []string{"A 9 0 2", "A 8 1 2", "A 7 0 1"}, []string{"m0: 9 8 9 8", "m2: 7 7"}, 0},
		{"another topic", "A", []string{"X 1 0 1", "A 2 0 1"}, []string{"m1: 2"}, 0},
		{"not whole", "A B", []string{"A 1 0 1", "B 2 0 2"}, nil, 2},
	} {
		var topics []string
		for topic := range strings.FieldsSeq(tc.topics) {
			topics = append(topics, fmt.Sprintf(`{"topic":%q}`, topic))
		}
		d := flowtest.New(t, Type(nil), `{"mode":"concat","topics":[`+strings.Join(topics, ",")+`]}`)
		for i, in := range tc.in {
			f := strings.Fields(in)
			d.Handle(fmt.Sprintf(`{"_msgid":"m%d","topic":%q,"payload":%s,"parts":{"id":%q,"index":%s,"count":%s}}`, i, f[0], f[1], f[0], f[2], f[3]))
		}
		if got := sequences(t, d); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		if open := len(tc.in) - len(d.Done); open != tc.open {
			t.Errorf("%s: %d messages are held, want %d", tc.name, open, tc.open)
		}
	}
}

func TestConcatNeedsParts(t *testing.T) {
	d := flowtest.New(t, Type(nil), `{"mode":"concat","topics":[{"topic":"A"},{"topic":1}]}`)
	d.Handle(`{"topic":"A","parts":{"id":1,"index":0}}`)
	d.Handle(`{"topic":1}`)
	d.Handle(`{"topic":"1"}`)
	if len(d.Done) != 3 || len(d.Log) != 2 || d.Log[0].What != "no parts property in message" || d.Done[2] != nil {
		t.Errorf("ends %v", d.Done)
	}
}

// Beyond the limit, and at a reset, all messages are dropped.
func TestResetAndLimit(t *testing.T) {
	for mode, errs := range map[string]int{"count": 1, "interval": 1, "concat": 3} {
		live := &settings.Live{}
		live.Set(settings.Settings{NodeMessageBufferMaxLength: 2})
		d := flowtest.New(t, Type(live), `{"count":5,"topics":[{"topic":"A"}],"mode":"`+mode+`"}`)
		msg := `{"topic":"A","payload":1,"parts":{"id":"s","index":0,"count":9}}`
		d.Handle(msg)
		d.Handle(msg)
		if len(d.Done) != 0 {
			t.Errorf("%s: %d messages have ended at the limit", mode, len(d.Done))
		}
		d.Handle(msg)
		if len(d.Done) != 3 || len(d.Log) != errs || d.Log[0].What != "too many pending messages in batch node" {
			t.Errorf("%s: beyond the limit the ends are %v", mode, d.Done)
		}
		d.Handle(msg)
		d.Handle(`{"reset":true}`)
		if len(d.Done) != 5 || len(d.Log) != errs {
			t.Errorf("%s: after a reset the ends are %v", mode, d.Done)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for config, want := range map[string]string{
		`{"count":2,"overlap":2}`: "count: Invalid count and overlap: 2 messages overlap in 2",
		`{"mode":"x"}`:            `mode: unexpected mode "x": expected count, interval or concat`,
		`{"topics":"x"}`:          `topics: expected a list, got "x"`,
	} {
		v, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(nil).New(v.(*flow.Object), flow.Env{})
		if _, ok := errors.AsType[*flow.ConfigError](err); !ok || err.Error() != want {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
