package framing_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// fuzzed holds what each fuzz target cuts: properties, and streams to begin
// with.
type fuzzed struct {
	properties []string
	seeds      []string
}

var targets = map[string]fuzzed{
	"lines":     {[]string{"line"}, []string{"a\nb\r\nc\rd\n\n\r\n", "\r", "\r\n"}},
	"delimiter": {[]string{`{"framing":"delimiter","delimiter":"ab"}`, `{"framing":"delimiter","delimiter":"aab","keepDelimiter":true}`}, []string{"xabaabab", "aaab"}},
	"fixed":     {[]string{`{"framing":"fixed","frameLength":3}`}, []string{"abcdefgh"}},
	"length": {[]string{
		`{"framing":"length","lengthBytes":1}`, `{"framing":"length","lengthBytes":2,"lengthEndian":"little"}`,
		`{"framing":"length","lengthBytes":3,"lengthIncludesHeader":true}`, `{"framing":"length","lengthBytes":2,"lengthOffset":4,"keepHeader":true}`,
		`{"framing":"length","lengthBytes":8,"lengthAdjust":-1}`,
	}, []string{"\x00\x02ab\x00\x00\x03", "\x00\x07\x00\x00\x00\x02\x01\x83", "\x00\x00\x00\x00\x00\x00\x00\x03ab", "\xff\xff\xff\xff\xff\xff\xff\xff"}},
	"varint":     {[]string{`{"framing":"length","lengthType":"varint"}`}, []string{"\x01a\x83\x00bcd", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}},
	"ascii":      {[]string{`{"framing":"length","lengthType":"ascii"}`}, []string{"5 hello0 1 x", "05 a", "999999999 a"}},
	"stx-etx":    {[]string{`{"framing":"stx-etx"}`, `{"framing":"stx-etx","frameEscape":""}`}, []string{"x\x02a\x03\x02b\x10\x03\x10\x10\x03", "\x02a\x02b\x03\x10"}},
	"slip":       {[]string{`{"framing":"slip"}`}, []string{"\xc0a\xc0\xdb\xdc\xdb\xddb\xc0", "\xdba\xc0"}},
	"cobs":       {[]string{`{"framing":"cobs"}`}, []string{"\x03ab\x02c\x00\x00\x01\x01\x00", "\x05ab\x00"}},
	"netstring":  {[]string{`{"framing":"netstring"}`}, []string{"5:hello,0:,1:,,", "1:a;", "05:a"}},
	"json":       {[]string{`{"framing":"json"}`}, []string{`{"a":"}\"{"}[1,[2]] 12"x"true`, `}`, `{]nul `, "[[\"\\"}},
	"json-lines": {[]string{`{"framing":"json-lines"}`}, []string{"{\"a\":1}\r\n\n[\n 2 \n", "\x1e1"}},
	"mllp":       {[]string{`{"framing":"mllp"}`}, []string{"\x0bMSH|1\r\x1c\r\x0ba\x1cb\x1c\x1c\r", "\x0ba\x0bb\x1c\r"}},
	"syslog":     {[]string{`{"framing":"syslog"}`}, []string{"9 <34>1 a\nb<34>c\n2 ok\n2026-01-01\n", "99 a"}},
}

// check wants that frames and errors do not depend on how a stream was cut, with
// a small limit and a large one.
func check(t *testing.T, properties string, stream []byte, seed uint64) {
	c := config(t, properties)
	for _, limit := range []int{c.MaxFrame, 3 + int(seed%20)} {
		c.MaxFrame = limit
		f, err := c.Stream(properties == "line")
		if err != nil {
			t.Fatal(err)
		}
		whole := cutUp(f, stream)
		for _, chunks := range [][][]byte{cut(stream, seed), bytesOf(stream)} {
			if parts := cutUp(f, chunks...); !slices.Equal(whole, parts) {
				t.Errorf("%s, maxFrame %d, %q\nwhole    %s\nin parts %s", properties, limit, chunks, whole, parts)
			}
		}
	}
}

// checkBack wants that what is made a frame of comes back from it.
func checkBack(t *testing.T, properties string, data []byte, seed uint64) {
	f := resolve(t, properties)
	var wire []byte
	var want []string
	for _, payload := range cut(data, seed) {
		var v flow.Value = flow.Buffer(payload)
		if properties == "line" || f.TakesAny() {
			v = flow.DecodeUTF8(payload)
		}
		if properties == "line" {
			if bytes.ContainsAny(payload, "\r\n") {
				continue
			}
			wire = append(wire, payload...)
			wire = append(wire, '\n')
			want = append(want, text(v))
			continue
		}
		whole, err := f.Append(wire, v)
		switch {
		case err != nil:
			continue // there is no such frame
		case strings.Contains(properties, "keep"):
			v = flow.Buffer(whole[len(wire):])
		}
		wire = whole
		want = append(want, text(v))
	}
	if got := cutUp(f, cut(wire, seed+1)...); !slices.Equal(got, want) {
		t.Errorf("%s: of the frames %q came\n%s\nwant %s", properties, wire, got, want)
	}
}

// Any segmentation of random bytes, of which many are those that mean something
// to the format, gives the same frames; and all formats give back what they were
// given.
func TestSegmentationInvariance(t *testing.T) {
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(400) {
				r := rand.New(rand.NewPCG(seed, 3))
				var stream []byte
				for range r.IntN(20) {
					s := target.seeds[r.IntN(len(target.seeds))]
					from := r.IntN(len(s))
					stream = append(stream, s[from:from+1+r.IntN(len(s)-from)]...)
				}
				for _, properties := range target.properties {
					check(t, properties, stream, seed)
					checkBack(t, properties, stream, seed)
				}
			}
		})
	}
}

func fuzz(f *testing.F, name string) {
	target := targets[name]
	for i, s := range target.seeds {
		f.Add([]byte(s), uint64(i))
		f.Add([]byte(strings.Repeat(s, 20)), uint64(i))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		for _, properties := range target.properties {
			check(t, properties, stream, seed)
			checkBack(t, properties, stream, seed)
		}
	})
}

func FuzzLines(f *testing.F)     { fuzz(f, "lines") }
func FuzzDelimiter(f *testing.F) { fuzz(f, "delimiter") }
func FuzzFixed(f *testing.F)     { fuzz(f, "fixed") }
func FuzzLength(f *testing.F)    { fuzz(f, "length") }
func FuzzVarint(f *testing.F)    { fuzz(f, "varint") }
func FuzzASCII(f *testing.F)     { fuzz(f, "ascii") }
func FuzzSTXETX(f *testing.F)    { fuzz(f, "stx-etx") }
func FuzzSLIP(f *testing.F)      { fuzz(f, "slip") }
func FuzzCOBS(f *testing.F)      { fuzz(f, "cobs") }
func FuzzNetstring(f *testing.F) { fuzz(f, "netstring") }
func FuzzJSON(f *testing.F)      { fuzz(f, "json") }
func FuzzJSONLines(f *testing.F) { fuzz(f, "json-lines") }
func FuzzMLLP(f *testing.F)      { fuzz(f, "mllp") }
func FuzzSyslog(f *testing.F)    { fuzz(f, "syslog") }
