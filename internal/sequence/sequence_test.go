package sequence_test

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
)

func message(t *testing.T, text string) *flow.Message {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	o, ok := v.(*flow.Object)
	if !ok {
		t.Fatalf("%s is no object: %v", text, err)
	}
	return flow.MessageOf(o)
}

func TestParts(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`:                              false,
		`{"parts":1}`:                     false,
		`{"parts":null}`:                  false,
		`{"parts":{"id":1}}`:              false,
		`{"parts":{"index":1}}`:           false,
		`{"parts":{"id":"a","index":0}}`:  true,
		`{"parts":{"id":null,"index":0}}`: true,
	} {
		if got := sequence.Parts(message(t, text)) != nil; got != want {
			t.Errorf("%s has parts: %t, want %t", text, got, want)
		}
	}
}

func TestWithCopies(t *testing.T) {
	o := flow.NewObject("id", "a", "index", 1.0)
	if got := flow.JSON(sequence.With(o, "index", 2.0, "count", 3.0)); got != `{"id":"a","index":2,"count":3}` {
		t.Error(got)
	}
	if got := flow.JSON(o); got != `{"id":"a","index":1}` {
		t.Error("the original is", got)
	}
	if got := flow.JSON(sequence.With(nil, "id", "b")); got != `{"id":"b"}` {
		t.Error(got)
	}
}

func TestNestAndUnnest(t *testing.T) {
	msg := message(t, `{"parts":{"id":"outer"}}`)
	msg.Set("parts", sequence.With(sequence.Nest(msg), "id", "inner"))
	if got := flow.JSON(msg); got != `{"parts":{"parts":{"id":"outer"},"id":"inner"}}` {
		t.Fatal(got)
	}
	sequence.Unnest(msg)
	if got := flow.JSON(msg); got != `{"parts":{"id":"outer"}}` {
		t.Fatal(got)
	}
	sequence.Unnest(msg)
	if got := flow.JSON(msg); got != `{}` {
		t.Fatal(got)
	}
	if got := flow.JSON(sequence.Nest(msg)); got != `{}` {
		t.Fatal(got)
	}
}

func TestPending(t *testing.T) {
	var p sequence.Pending
	add := func(text string) *sequence.Sequence { return p.Add(sequence.Kept{Msg: message(t, text)}) }
	if p.Oldest() != nil {
		t.Error("an empty Pending has an oldest sequence")
	}
	a := add(`{"parts":{"id":1,"index":0,"count":2}}`)
	b := add(`{"parts":{"id":"b","index":0}}`)
	if a.Whole() || b.Whole() || p.Len() != 2 || p.Oldest() != a {
		t.Error("two sequences have begun")
	}
	if again := add(`{"parts":{"id":"1","index":1}}`); again != a || !a.Whole() {
		t.Error("the first sequence is whole")
	}
	p.Take(a)
	p.Take(a)
	if p.Len() != 1 || p.Oldest() != b {
		t.Errorf("%d messages are left", p.Len())
	}
	c := add(`{"parts":{"id":1,"index":0}}`)
	if c == a {
		t.Error("a sequence that was taken goes on")
	}
	p.Take(a) // not what is there under its id now
	if all := p.Clear(); len(all) != 2 || p.Len() != 0 || p.Oldest() != nil {
		t.Errorf("%d messages were there", len(all))
	}
}

func TestLimit(t *testing.T) {
	if (sequence.Limit{}).Exceeded(1 << 30) {
		t.Error("the zero limit is one")
	}
	var live settings.Live
	limit := sequence.NewLimit(&live)
	if limit.Exceeded(1 << 30) {
		t.Error("the default is no limit")
	}
	live.Set(settings.Settings{NodeMessageBufferMaxLength: 2})
	if limit.Exceeded(2) || !limit.Exceeded(3) {
		t.Error("two messages are the limit")
	}
}

func TestFailEndsAllMessages(t *testing.T) {
	errFault := errors.New("fault")
	var ends []error
	kept := make([]sequence.Kept, 3)
	for i := range kept {
		kept[i] = sequence.Kept{Msg: flow.NewMessage(), Done: func(err error) { ends = append(ends, err) }}
	}
	sequence.Fail(kept, kept[1].Msg, errFault)
	if len(ends) != 3 || ends[0] != nil || !errors.Is(ends[1], errFault) || ends[2] != nil {
		t.Error(ends)
	}
	sequence.Fail(nil, nil, errFault)
}

func TestSeparators(t *testing.T) {
	if got := sequence.Unescape(`a\n\r\t\e\f\0\x`); got != "a\n\r\te\f\x00\\x" {
		t.Errorf("%q", got)
	}
	list, b, err := sequence.ParseBytes(`[52,"300",null,-1,"x"]`)
	if err != nil || len(list) != 5 || string(b) != "\x34\x2c\x00\xff\x00" {
		t.Errorf("%v, % x, %v", list, b, err)
	}
	for _, bad := range []string{`1`, `{}`, `[`, ``} {
		if _, _, err := sequence.ParseBytes(bad); err == nil {
			t.Errorf("%q is taken for a list of bytes", bad)
		}
	}
}
