package conformance

import (
	"fmt"
	"testing"

	"github.com/dlclark/regexp2/v2"

	"github.com/flowrun/flowrun/flow"
)

// matches tells whether got has all that want names. An object in want needs its
// keys only; {"$regex": …} matches text, {"$text": …} text or a Buffer of it,
// {"$exists": false} a key that is not there; everything else must be equal.
func matches(want, got flow.Value) bool {
	switch want := want.(type) {
	case *flow.Object:
		return matchesObject(want, got)
	case flow.Array:
		list, ok := got.(flow.Array)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !matches(want[i], list[i]) {
				return false
			}
		}
		return true
	}
	return flow.Equal(want, got)
}

func matchesObject(want *flow.Object, got flow.Value) bool {
	if pattern, ok := want.Get("$regex").(string); ok {
		text, ok := got.(string)
		return ok && regexFind(pattern, []rune(text), regexp2.None) != nil
	}
	if text, ok := want.Get("$text").(string); ok {
		if b, ok := bufferBytes(got); ok {
			return flow.DecodeUTF8(b) == text
		}
		return got == text
	}
	if exists, ok := want.Get("$exists").(bool); ok {
		return exists
	}
	object, ok := got.(*flow.Object)
	if !ok {
		return false
	}
	for key, value := range want.All() {
		if found, ok := object.Lookup(key); ok {
			if !matches(value, found) {
				return false
			}
		} else if !wantsNone(value) {
			return false
		}
	}
	return true
}

func wantsNone(want flow.Value) bool {
	object, ok := want.(*flow.Object)
	return ok && object.Get("$exists") == false
}

// span is where a match begins and ends.
type span struct{ start, end int }

// regexFind finds the first match of pattern in text, nil if there is none. The
// scenarios count to a million in a pattern, which package regexp refuses.
func regexFind(pattern string, text []rune, options regexp2.RegexOptions) *span {
	re, err := regexp2.Compile(pattern, options)
	if err != nil {
		return nil
	}
	m, err := re.FindRunesMatch(text)
	if err != nil || m == nil {
		return nil
	}
	return &span{m.RuneIndex, m.RuneIndex + m.RuneLength}
}

// byteRunes makes a rune of every byte, so that positions in it are bytes.
func byteRunes(b []byte) []rune {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return runes
}

// bufferBytes returns the bytes of {"type":"Buffer","data":[…]}.
func bufferBytes(v flow.Value) ([]byte, bool) {
	object, ok := v.(*flow.Object)
	if !ok || object.Get("type") != "Buffer" {
		return nil, false
	}
	list, ok := object.Get("data").(flow.Array)
	if !ok {
		return nil, false
	}
	b := make([]byte, len(list))
	for i, item := range list {
		n, ok := item.(float64)
		if !ok || n < 0 || n > 255 || n != float64(byte(n)) {
			return nil, false
		}
		b[i] = byte(n)
	}
	return b, true
}

func mustParse(text string) flow.Value {
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return v
}

func TestMatches(t *testing.T) {
	tests := []struct {
		want, got string
		match     bool
	}{
		{`{}`, `{"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, true},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":1}`, `{"a":true}`, false},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":null}`, `{}`, false},
		{`{"a":null}`, `{"a":null}`, true},
		{`{"a":{"b":2}}`, `{"a":{"b":2,"c":3}}`, true},
		{`{"a":{"b":2}}`, `{"a":[2]}`, false},
		{`[1,{"a":1}]`, `[1,{"a":1,"b":2}]`, true},
		{`[1]`, `[1,2]`, false},
		{`{"a":{"$regex":"^x+$"}}`, `{"a":"xxx"}`, true},
		{`{"a":{"$regex":"^x+$"}}`, `{"a":7}`, false},
		{`{"a":{"$regex":"x{2000}"}}`, `{"a":"xx"}`, false},
		{`{"a":{"$text":"hi"}}`, `{"a":"hi"}`, true},
		{`{"a":{"$text":"hi"}}`, `{"a":{"type":"Buffer","data":[104,105]}}`, true},
		{`{"a":{"$text":"hi"}}`, `{"a":{"type":"Buffer","data":[104]}}`, false},
		{`{"a":{"$exists":true}}`, `{"a":0}`, true},
		{`{"a":{"$exists":true}}`, `{}`, false},
		{`{"a":{"$exists":false}}`, `{}`, true},
		{`{"a":{"$exists":false}}`, `{"a":0}`, false},
	}
	for _, tt := range tests {
		if got := matches(mustParse(tt.want), mustParse(tt.got)); got != tt.match {
			t.Errorf("matches(%s, %s) = %v, want %v", tt.want, tt.got, got, tt.match)
		}
	}
}

func TestRegexFindCountsBytes(t *testing.T) {
	got := regexFind("b+$", byteRunes([]byte("ä\nbb\n")), regexp2.Singleline)
	if got == nil || *got != (span{3, 5}) {
		t.Errorf("found %v, want the bytes from 3 to 5", got)
	}
}
