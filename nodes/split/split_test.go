package split

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sequence"
)

var randomID = regexp.MustCompile(`"id":"[0-9a-f]{16}"`)

// sent returns what left the node, with sequence ids as $.
func sent(d *flowtest.Driver) []string {
	list := d.Sent(0)
	for i := range list {
		list[i] = randomID.ReplaceAllString(list[i], `"id":$`)
	}
	return list
}

func TestParts(t *testing.T) {
	for _, tc := range []struct {
		name, config, in string
		want             []string
	}{
		{"text", `{}`, `{"topic":"t","payload":"a\nb"}`, []string{
			`{"topic":"t","payload":"a","parts":{"id":$,"type":"string","ch":"\n","count":2,"index":0}}`,
			`{"topic":"t","payload":"b","parts":{"id":$,"type":"string","ch":"\n","count":2,"index":1}}`,
		}},
		{"text by length", `{"splt":"2","spltType":"len"}`, `{"payload":"abc"}`, []string{
			`{"payload":"ab","parts":{"id":$,"type":"string","ch":"","len":2,"count":2,"index":0}}`,
			`{"payload":"c","parts":{"id":$,"type":"string","ch":"","len":2,"count":2,"index":1}}`,
		}},
		{"text at bytes", `{"splt":"[44]","spltType":"bin"}`, `{"payload":"a,b"}`, []string{
			`{"payload":"a","parts":{"id":$,"type":"string","ch":[44],"count":2,"index":0}}`,
			`{"payload":"b","parts":{"id":$,"type":"string","ch":[44],"count":2,"index":1}}`,
		}},
		{"list", `{}`, `{"payload":[1,[2],null]}`, []string{
			`{"payload":1,"parts":{"id":$,"type":"array","count":3,"len":1,"index":0}}`,
			`{"payload":[2],"parts":{"id":$,"type":"array","count":3,"len":1,"index":1}}`,
			`{"payload":null,"parts":{"id":$,"type":"array","count":3,"len":1,"index":2}}`,
		}},
		{"list in chunks", `{"arraySplt":"2"}`, `{"payload":[1,2,3]}`, []string{
			`{"payload":[1,2],"parts":{"id":$,"type":"array","count":2,"len":2,"index":0}}`,
			`{"payload":[3],"parts":{"id":$,"type":"array","count":2,"len":2,"index":1}}`,
		}},
		{"object", `{"addname":"topic"}`, `{"payload":{"a":1,"b":"x"}}`, []string{
			`{"payload":1,"parts":{"id":$,"type":"object","key":"a","count":2,"index":0},"topic":"a"}`,
			`{"payload":"x","parts":{"id":$,"type":"object","key":"b","count":2,"index":1},"topic":"b"}`,
		}},
		{"another property", `{"property":"a.b"}`, `{"a":{"b":[1],"c":2},"payload":3}`, []string{
			`{"a":{"b":1,"c":2},"payload":3,"parts":{"id":$,"property":"a.b","type":"array","count":1,"len":1,"index":0}}`,
		}},
		{"a part of a sequence", `{}`, `{"payload":"a","parts":{"id":"outer"}}`, []string{
			`{"payload":"a","parts":{"parts":{"id":"outer"},"id":$,"type":"string","ch":"\n","count":1,"index":0}}`,
		}},
		{"empty text", `{}`, `{"payload":""}`, []string{
			`{"payload":"","parts":{"id":$,"type":"string","ch":"\n","count":1,"index":0}}`,
		}},
		{"empty text by length", `{"splt":3,"spltType":"len"}`, `{"payload":""}`, []string{
			`{"payload":"","parts":{"id":$,"type":"string","ch":"","len":3,"count":0,"index":0}}`,
		}},
		{"empty separator", `{"splt":"","spltType":""}`, `{"payload":"a"}`, []string{
			`{"payload":"a","parts":{"id":$,"type":"string","ch":"\n","count":1,"index":0}}`,
		}},
		{"empty list", `{}`, `{"payload":[]}`, nil},
		{"empty object", `{}`, `{"payload":{}}`, nil},
		{"number", `{}`, `{"payload":1}`, nil},
		{"nothing", `{}`, `{"topic":1}`, nil},
	} {
		d := flowtest.New(t, Type, tc.config)
		d.Handle(tc.in)
		if got := sent(d); !slices.Equal(got, tc.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
		if len(d.Done) != 1 || d.Done[0] != nil {
			t.Errorf("%s: the message ended with %v", tc.name, d.Done)
		}
	}
}

// payloads returns the payloads that left the node, with their indices.
func payloads(d *flowtest.Driver) []string {
	var list []string
	for _, m := range d.Messages(0) {
		list = append(list, flow.Text(sequence.Parts(m).Get("index"))+" "+flow.Text(m.Get("payload")))
	}
	return list
}

func TestStreams(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		in           []string
		text, bytes  []string // what leaves for text and for Buffers
		open         int      // how many Buffers are not yet whole at the end
	}{
		{"separator", `{"splt":"--","stream":true}`, []string{"a--b", "c-", "-", "d"},
			[]string{"0 a", "1 bc"}, []string{"0 a", "1 bc"}, 1},
		{"separator at the end", `{"stream":true}`, []string{"1\n2\n", "3\n", "", "\n"},
			[]string{"0 1", "1 2", "2 3", "3 "}, []string{"0 1", "1 2", "2 3", "3 "}, 0},
		{"length", `{"splt":3,"spltType":"len","stream":true}`, []string{"ab", "cd", "efghi", "j"},
			[]string{"0 abc", "1 def", "2 ghi"}, []string{"0 abc", "1 def", "2 ghi"}, 1},
		{"each message by itself", `{}`, []string{"a\nb", "c\nd"},
			[]string{"0 a", "1 b", "0 c", "1 d"}, []string{"0 a", "1 b", "0 c", "1 d"}, 0},
		{"separator at the end, by itself", `{}`, []string{"a\n"},
			[]string{"0 a", "1 "}, []string{"0 a"}, 0},
	} {
		text, binary := flowtest.New(t, Type, tc.config), flowtest.New(t, Type, tc.config)
		for _, in := range tc.in {
			msg := flow.NewMessage()
			msg.Set("payload", in)
			text.HandleMessage(msg)
			msg = flow.NewMessage()
			msg.Set("payload", flow.Buffer(in))
			binary.HandleMessage(msg)
		}
		if got := payloads(text); !slices.Equal(got, tc.text) {
			t.Errorf("%s, text: %q, want %q", tc.name, got, tc.text)
		}
		if got := payloads(binary); !slices.Equal(got, tc.bytes) {
			t.Errorf("%s, Buffers: %q, want %q", tc.name, got, tc.bytes)
		}
		if got := len(tc.in) - len(binary.Done); got != tc.open {
			t.Errorf("%s: %d messages are open, want %d", tc.name, got, tc.open)
		}
		for _, m := range binary.Messages(0) {
			if _, ok := m.Get("payload").(flow.Buffer); !ok {
				t.Errorf("%s: the part of a Buffer is %T", tc.name, m.Get("payload"))
			}
		}
	}
}

func TestEachPartHasItsOwnID(t *testing.T) {
	d := flowtest.New(t, Type, `{}`)
	d.Handle(`{"_msgid":"m1","payload":[1,2]}`)
	msgs := d.Messages(0)
	if a, b := msgs[0].ID(), msgs[1].ID(); a == "" || a == b || a == "m1" || b == "m1" {
		t.Errorf("the parts have the ids %q and %q", a, b)
	}
	if flow.Text(sequence.Parts(msgs[0]).Get("id")) != flow.Text(sequence.Parts(msgs[1]).Get("id")) {
		t.Error("the parts are in different sequences")
	}
}

func TestErrors(t *testing.T) {
	for in, want := range map[string]string{
		`{"property":"a.b"}{"payload":1}`: "TypeError: Cannot read properties of undefined (reading 'b')",
		`{}{"payload":null}`:              "TypeError: Cannot convert undefined or null to object",
	} {
		config, msg, _ := strings.Cut(in, "}{")
		d := flowtest.New(t, Type, config+"}")
		d.Handle("{" + msg)
		if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != want {
			t.Errorf("%s ended with %v, want %s", in, d.Done, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for config, property := range map[string]string{
		`{"splt":"1","spltType":"bin"}`:  "splt",
		`{"splt":"x","spltType":"bin"}`:  "splt",
		`{"splt":"[]","spltType":"bin"}`: "splt",
		`{"splt":0,"spltType":"len"}`:    "splt",
		`{"spltType":"len"}`:             "splt",
		`{"spltType":"re"}`:              "splt",
		`{"arraySplt":0}`:                "arraySplt",
		`{"arraySplt":"x"}`:              "arraySplt",
		`{"property":"a["}`:              "property",
		`{"addname":"a["}`:               "addname",
	} {
		v, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type.New(v.(*flow.Object), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || bad.Property != property {
			t.Errorf("%s: %v, want an error of %s", config, err, property)
		}
	}
}

// A character of two UTF-16 units is never torn apart.
func TestCutText(t *testing.T) {
	for _, tc := range []struct {
		text string
		n    int
		want []string
	}{
		{"", 2, []string{""}},
		{"ab", 2, []string{"ab"}},
		{"abc", 2, []string{"ab", "c"}},
		{"äöü", 2, []string{"äö", "ü"}},
		{"😀", 2, []string{"😀"}},
		{"😀", 1, []string{"😀", ""}},
		{"a😀b", 2, []string{"a😀", "b"}},
		{"😀😀", 3, []string{"😀😀", ""}},
	} {
		p := cutText([]byte(tc.text), tc.n)
		var got []string
		for _, b := range append(p.whole, p.last) {
			got = append(got, string(b))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q by %d: %q, want %q", tc.text, tc.n, got, tc.want)
		}
	}
}

// FuzzStream checks that a stream gives the same parts however it is cut into
// messages.
func FuzzStream(f *testing.F) {
	f.Add("a\r\nb\r\n\r\nc", "\r\n", uint8(1), false)
	f.Add("aaaa", "aa", uint8(3), false)
	f.Add("ä😀xyz", "", uint8(2), true)
	f.Fuzz(func(t *testing.T, text, separator string, size uint8, byLength bool) {
		if len(text) > 1000 || separator == "" && !byLength {
			return
		}
		c := cut{separator: []byte(separator)}
		if byLength {
			c = cut{length: len(separator) + 1}
		}
		run := func(size int) []byte {
			var all []byte
			d := flowtest.New(t, flow.Define(flow.Spec[struct{}]{Name: "split", New: func(struct{}, flow.Env) (flow.Node, error) {
				return &Node{propertyName: "payload", property: flow.Path{{Key: "payload", IsKey: true}}, cut: c, stream: true}, nil
			}}), `{}`)
			for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				msg := flow.NewMessage()
				msg.Set("payload", flow.Buffer(rest[:min(size, len(rest))]))
				d.HandleMessage(msg)
			}
			for _, m := range d.Messages(0) {
				all = append(all, m.Get("payload").(flow.Buffer)...)
				all = append(all, 0xFF, 0x00, 0xFF)
			}
			return all
		}
		if whole, pieces := run(len(text)), run(int(size)+1); string(whole) != string(pieces) {
			t.Errorf("%q in one piece %q, in pieces %q", text, whole, pieces)
		}
	})
}

// BenchmarkLines splits a text of 10 MB into lines; the time for a line does not
// depend on the length of the text.
func BenchmarkLines(b *testing.B) {
	for name, lines := range map[string]int{"1000 lines": 1000, "100000 lines": 100_000} {
		b.Run(name, func(b *testing.B) {
			n, err := New(Config{Separator: `\n`, Kind: "str", ArraySize: 1.0, Property: "payload"})
			if err != nil {
				b.Fatal(err)
			}
			msg := flow.NewMessage()
			msg.Set("payload", strings.Repeat(strings.Repeat("x", 99)+"\n", lines))
			b.ReportAllocs()
			for b.Loop() {
				if err := n.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}

// BenchmarkBytesWithoutSeparator streams 1 MB in single bytes: what waits for a
// separator is not copied or searched again and again.
func BenchmarkBytesWithoutSeparator(b *testing.B) {
	for b.Loop() {
		n, err := New(Config{Separator: `\n`, Kind: "str", ArraySize: 1.0, Property: "payload", Stream: true})
		if err != nil {
			b.Fatal(err)
		}
		msg := flow.NewMessage()
		msg.Set("payload", flow.Buffer("x"))
		out := flow.NewOutlet(flowtest.Discard{}, msg, nil)
		for range 1 << 20 {
			if err := n.Handle(msg, out); err != nil {
				b.Fatal(err)
			}
		}
	}
}
