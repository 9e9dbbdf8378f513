package flow_test

import (
	"math"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func TestTextAndNumberAreThoseOfJavaScript(t *testing.T) {
	for _, c := range []struct {
		v      flow.Value
		text   string
		number float64
	}{
		{nil, "undefined", math.NaN()},
		{flow.Null{}, "null", 0},
		{true, "true", 1},
		{false, "false", 0},
		{1.5, "1.5", 1.5},
		{math.Copysign(0, -1), "0", 0},
		{1e21, "1e+21", 1e21},
		{123456789012345680000.0, "123456789012345680000", 123456789012345680000},
		{1e-7, "1e-7", 1e-7},
		{0.000001, "0.000001", 0.000001},
		{math.NaN(), "NaN", math.NaN()},
		{math.Inf(-1), "-Infinity", math.Inf(-1)},
		{" 12 ", " 12 ", 12},
		{"", "", 0},
		{"0x1F", "0x1F", 31},
		{"0x-1", "0x-1", math.NaN()},
		{"0b101", "0b101", 5},
		{"12px", "12px", math.NaN()},
		{"1_000", "1_000", math.NaN()},
		{"-Infinity", "-Infinity", math.Inf(-1)},
		{"inf", "inf", math.NaN()},
		{"nan", "nan", math.NaN()},
		{"1e400", "1e400", math.Inf(1)},
		{"\ufeff5\u00a0", "\ufeff5\u00a0", 5},
		{flow.Array{1.0, nil, flow.Null{}, "x"}, "1,,,x", math.NaN()},
		{flow.Array{7.0}, "7", 7},
		{flow.NewObject("a", 1.0), "[object Object]", math.NaN()},
		{flow.Buffer("hé"), "hé", math.NaN()},
		{flow.Date(0), "1970-01-01T00:00:00.000Z", 0},
	} {
		if got := flow.Text(c.v); got != c.text {
			t.Errorf("Text(%#v) = %q, want %q", c.v, got, c.text)
		}
		if got := flow.Number(c.v); got != c.number && !(math.IsNaN(got) && math.IsNaN(c.number)) {
			t.Errorf("Number(%#v) = %v, want %v", c.v, got, c.number)
		}
	}
}

func TestEqual(t *testing.T) {
	object := func(json string) flow.Value {
		v, err := flow.ParseJSON([]byte(json))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		a, b flow.Value
		want bool
	}{
		{object(`{"a":1,"b":[1,{"c":null}]}`), object(`{"b":[1,{"c":null}],"a":1}`), true},
		{object(`{"a":1}`), object(`{"a":1,"b":2}`), false},
		{object(`[1,2]`), object(`[2,1]`), false},
		{object(`{"a":1}`), object(`[1]`), false},
		{nil, flow.Null{}, false},
		{nil, nil, true},
		{flow.Null{}, flow.Null{}, true},
		{math.NaN(), math.NaN(), false},
		{"1", 1.0, false},
		{flow.Buffer("x"), flow.Buffer("x"), true},
		{flow.Buffer("x"), "x", false},
		{flow.NewObject("a", nil), flow.NewObject("b", nil), false},
	} {
		if got := flow.Equal(c.a, c.b); got != c.want {
			t.Errorf("Equal(%s, %s) = %v, want %v", flow.JSON(c.a), flow.JSON(c.b), got, c.want)
		}
	}
}

// The expected texts are what Node.js prints for Buffer.from(…).toString().
func TestDecodeUTF8ReplacesAsWHATWGSays(t *testing.T) {
	for in, want := range map[string]string{
		"plain é€😀":              "plain é€😀",
		"\xff\xfeA":              "\ufffd\ufffdA",
		"\xc0\xaf":               "\ufffd\ufffd",
		"\xed\xa0\x80":           "\ufffd\ufffd\ufffd",
		"\xf4\x90\x80\x80C":      "\ufffd\ufffd\ufffd\ufffdC",
		"\xe2\x82":               "\ufffd",
		"\xe2\x82A":              "\ufffdA",
		"\xf0\x9f\x98":           "\ufffd",
		"\xf0\x9f\x98\xf0\x9f":   "\ufffd\ufffd",
		"\xe0\x80\x80":           "\ufffd\ufffd\ufffd",
		"a\xc3":                  "a\ufffd",
		"\xef\xbb\xbfbom stays":  "\ufeffbom stays",
		"\ufffd is a character":  "\ufffd is a character",
		"\xc3\xa9\xc3\xa9\x80ok": "éé\ufffdok",
	} {
		if got := flow.DecodeUTF8([]byte(in)); got != want {
			t.Errorf("DecodeUTF8(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLazyValuesReadAsText(t *testing.T) {
	m := flow.NewMessage()
	m.Set("timestamp", flow.Timestamp(time.Date(2024, 2, 29, 12, 0, 0, 7e6, time.UTC)))
	m.Set(flow.MsgID, flow.NewID())
	if got := m.Get("timestamp"); got != "2024-02-29T12:00:00.007Z" {
		t.Errorf("timestamp reads %v", got)
	}
	if id := m.ID(); len(id) != 16 || id != m.ID() || id != m.Clone().ID() {
		t.Errorf("the id %q is not 16 digits, or changes", id)
	}
	if got := flow.Text(m.Object().Get("timestamp")); got != "2024-02-29T12:00:00.007Z" {
		t.Errorf("Text gives %q", got)
	}
}

// lazy counts how often it is read.
type lazy struct {
	made  *int
	value flow.Value
}

func (l lazy) Read() flow.Value { *l.made++; return l.value }

func TestLazy(t *testing.T) {
	made := 0
	o := flow.NewObject("a", lazy{&made, flow.NewObject("b", 1.0)}, "c", lazy{&made, flow.NewID()})
	copied := o.Clone()
	if made != 0 {
		t.Error("the value was made before anybody read it")
	}
	if got := flow.JSON(copied.Get("a")); got != `{"b":1}` || made != 1 {
		t.Errorf("%s, made %d times", got, made)
	}
	if got, ok := copied.Get("c").(string); !ok || len(got) != 16 {
		t.Errorf("what a lazy value gives is %v, and not read itself", got)
	}
	if got := flow.TypeName(lazy{&made, "x"}); got != "string" {
		t.Error(got)
	}
}
