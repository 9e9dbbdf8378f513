package csv

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/recorded"
)

func TestRead(t *testing.T) {
	const rfc, legacy = `{"spec":"rfc","multi":"mult","ret":"\\n",`, `{"multi":"mult",`
	for _, tc := range []struct{ name, config, in, want string }{
		{"template", `"temp":"a,b,,d"}`, "1,two,3,4\n", `[{"a":1,"b":"two","d":4}]`},
		{"no template", `"temp":""}`, "1,2\n3,4\n", `[{"col1":1,"col2":2},{"col1":3,"col2":4}]`},
		{"header", `"hdrin":true}`, "x,y\n1,2\n", `[{"x":1,"y":2}]`},
		{"header of a file from Windows", `"hdrin":true}`, "x,y\r\n1,2\r\n", `[{"x":1,"y":2}]`},
		{"tab", `"sep":"\\t"}`, "a b\t2\n", `[{"col1":"a b","col2":2}]`},
		{"quotes", `"temp":"a,b,c"}`, `"x,y","a ""b""","1` + "\n" + `2"`, `[{"a":"x,y","b":"a \"b\"","c":"1\n2"}]`},
		{"skip", `"skip":2,"hdrin":true}`, "junk\n\nx,y\n1,2\n", `[{"x":1,"y":2}]`},
		{"numbers and what only looks like them", ``, "1,-2.5,007,+44,1e3,1.2.3.4,0.5\n",
			`[{"col1":1,"col2":-2.5,"col3":"007","col4":"+44","col5":1000,"col6":"1.2.3.4","col7":0.5}]`},
		{"no numbers", `"strings":false}`, "1,2\n", `[{"col1":"1","col2":"2"}]`},
		{"missing values are left out", `"temp":"a,b,c"}`, `1,,3` + "\n" + `,"",3`, `[{"a":1,"c":3},{"c":3}]`},
		{"empty text", `"temp":"a,b,c","include_empty_strings":true}`, `1,"",3`, `[{"a":1,"b":"","c":3}]`},
		{"null", `"temp":"a,b,c","include_null_values":true}`, `1,,3`, `[{"a":1,"b":null,"c":3}]`},
		{"nothing", ``, "", `[]`},
	} {
		for mode, prefix := range map[string]string{"rfc": rfc, "legacy": legacy} {
			t.Run(tc.name+", "+mode, func(t *testing.T) {
				config := tc.config
				if config == "" {
					config = `"temp":""}`
				}
				d := flowtest.New(t, Type, prefix+config)
				d.Handle(flow.JSON(flow.NewObject("payload", tc.in)))
				if m := d.Messages(0); len(m) != 1 || flow.JSON(m[0].Get("payload")) != tc.want {
					t.Errorf("got %q, want %s (%v)", d.Sent(0), tc.want, d.Log)
				}
			})
		}
	}
}

func TestReadOneByOne(t *testing.T) {
	d := flowtest.New(t, Type, `{"spec":"rfc","temp":"a,\"b,c\",d"}`)
	d.Handle(`{"_msgid":"m","payload":"1,2,3\n4,5,6\n","topic":"t"}`)
	want := []string{
		`{"payload":{"a":1,"b,c":2,"d":3},"topic":"t","columns":"a,\"b,c\",d","parts":{"id":"m","index":0,"count":2}}`,
		`{"payload":{"a":4,"b,c":5,"d":6},"topic":"t","columns":"a,\"b,c\",d","parts":{"id":"m","index":1,"count":2}}`,
	}
	if got := d.Sent(0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadParts(t *testing.T) {
	lines := []string{"# skip me", "x,y", "1,2", "3,4"}
	for config, want := range map[string][]string{
		`"multi":"one"`: {
			`{"payload":{"x":1,"y":2},"parts":{"id":"p","index":0,"count":2},"columns":"x,y"}`,
			`{"payload":{"x":3,"y":4},"parts":{"id":"p","index":1,"count":2},"columns":"x,y","complete":true}`,
		},
		`"multi":"mult"`: {`{"payload":[{"x":1,"y":2},{"x":3,"y":4}],"columns":"x,y"}`},
	} {
		for _, spec := range []string{"rfc", ""} {
			d := flowtest.New(t, Type, fmt.Sprintf(`{"spec":%q,"hdrin":true,"skip":"1",%s}`, spec, config))
			for i, line := range lines {
				d.Handle(fmt.Sprintf(`{"payload":%q,"parts":{"id":"p","index":%d,"count":4}}`, line, i))
			}
			if got := d.Sent(0); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("spec %q, %s: got %q, want %q", spec, config, got, want)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	for _, tc := range []struct{ name, config, in, want string }{
		{"an object", `"temp":"d,b,,a"`, `{"payload":{"a":1,"b":"x","d":true}}`, `{"payload":"true,x,,1|","columns":"d,b,,a"}`},
		{"objects", `"temp":"a,b"`, `{"payload":[{"a":1},{"b":2}]}`, `{"payload":"1,|,2|","columns":"a,b"}`},
		{"a list", `"temp":""`, `{"payload":[1,"a,b",true]}`, `{"payload":"1,\"a,b\",true|","columns":""}`},
		{"lists", `"temp":""`, `{"payload":[[1,2],["q\"r","s"]]}`, `{"payload":"1,2|\"q\"\"r\",s|","columns":""}`},
		{"header", `"temp":"a,b","hdrout":"all"`, `{"payload":{"a":1,"b":2}}`, `{"payload":"a,b|1,2|","columns":"a,b"}`},
		{"header of the keys", `"hdrout":true`, `{"payload":[{"a":1,"b":2}]}`, `{"payload":"a,b|1,2|","columns":"a,b"}`},
		{"columns", `"hdrout":"none"`, `{"payload":{"a":1,"b":2,"c":3},"columns":"c,a"}`, `{"payload":"3,1|","columns":"c,a"}`},
		{"parts of a value", `"temp":"a"`, `{"payload":{"a":{"x":[1]}}}`, `{"payload":"\"{\"\"x\"\":[1]}\"|","columns":"a"}`},
		{"separator", `"temp":"a,b","sep":"\\t"`, `{"payload":{"a":"x,y","b":"p\tq"}}`, `{"payload":"x,y` + "\\t" + `\"p\tq\"|","columns":"a,b"}`},
	} {
		for _, spec := range []string{"rfc", ""} {
			t.Run(tc.name+" "+spec, func(t *testing.T) {
				d := flowtest.New(t, Type, fmt.Sprintf(`{"spec":%q,"ret":"|",%s}`, spec, tc.config))
				d.Handle(tc.in)
				want := tc.want
				if spec == "rfc" { // empty columns are not named there
					want = strings.ReplaceAll(want, `"columns":"d,b,,a"`, `"columns":"d,b,a"`)
				}
				if got := d.Sent(0); len(got) != 1 || got[0] != want {
					t.Errorf("got %q, want %s (%v)", got, want, d.Log)
				}
			})
		}
	}
}

func TestHeaderOnce(t *testing.T) {
	d := flowtest.New(t, Type, `{"temp":"a,b","hdrout":"once"}`)
	for range 2 {
		d.Handle(`{"payload":{"a":1,"b":2}}`)
	}
	d.Handle(`{"reset":true}`)
	d.Handle(`{"payload":{"a":1,"b":2}}`)
	var got []string
	for _, m := range d.Messages(0) {
		got = append(got, flow.Text(m.Get("payload")))
	}
	if want := []string{"a,b\n1,2\n", "1,2\n", "a,b\n1,2\n"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct{ config, in, logged, badge string }{
		{`{"temp":"a"}`, `{"payload":1}`, "This node only handles CSV strings or js objects.", ""},
		{`{"spec":"rfc"}`, `{"payload":true}`, "Error: This node only handles CSV strings or js objects.", "red dot This node only handles CSV strings or js objects."},
		{`{"spec":"rfc","hdrin":true}`, `{"payload":"a,\"b\nc"}`, "ParseError: Missing quote, unclosed cell", "red dot Malformed columns template."},
		{`{"spec":"rfc","hdrin":true}`, `{"payload":"a,b\"\nc"}`, "UnquotedQuoteError: Quote found in the middle of an unquoted field", "red dot Malformed columns template."},
		{`{"spec":"rfc","hdrin":true}`, `{"payload":"\"a\" ,b\nc"}`, "DataAfterCloseError: Data found after closing quote", "red dot Malformed columns template."},
		{`{}`, `{"payload":"\"open"}`, "Malformed CSV data - output probably corrupt.", ""},
		{`{}`, `{"payload":{"a":1}}`, "No columns template specified for object -> CSV.", ""},
		{`{"temp":"a"}`, `{"payload":null}`, "TypeError: Cannot read properties of null (reading 'a')", ""},
		{`{"spec":"rfc","hdrout":"all"}`, `{"payload":[]}`, "TypeError: Cannot convert undefined or null to object", ""},
	} {
		d := flowtest.New(t, Type, tc.config)
		d.Handle(tc.in)
		badges := d.Badges()
		if len(d.Log) != 1 || d.Log[0].What != tc.logged || badges[len(badges)-1] != tc.badge {
			t.Errorf("%s, %s: logged %v, badges %q; want %s, %s", tc.config, tc.in, d.Log, badges, tc.logged, tc.badge)
		}
	}
}

func TestBadTemplate(t *testing.T) {
	d := flowtest.New(t, Type, `{"spec":"rfc","temp":"a,  \"b\""}`)
	d.Handle(`{"payload":"1,2"}`)
	if len(d.Log) != 1 || d.Log[0].What != "Malformed columns template." || len(d.Messages(0)) != 0 {
		t.Errorf("logged %v, sent %v", d.Log, d.Sent(0))
	}
	if got := d.Badges(); len(got) != 2 || got[1] != "red dot Malformed columns template." {
		t.Errorf("badges %q", got)
	}
}

func TestStatusIsCleared(t *testing.T) {
	d := flowtest.New(t, Type, `{"spec":"rfc"}`)
	d.Handle(`{"payload":1}`)
	d.Handle(`{"payload":"1"}`)
	d.Handle(`{"payload":"1"}`)
	if got := d.Badges(); len(got) != 3 || got[2] != "" {
		t.Errorf("badges %q", got)
	}
}

func TestNoPayload(t *testing.T) {
	d := flowtest.New(t, Type, `{}`)
	d.Handle(`{"topic":"t"}`)
	d.Handle(`{"reset":true}`)
	if got := d.Sent(0); len(got) != 1 || got[0] != `{"topic":"t"}` {
		t.Errorf("got %q", got)
	}
}

// What Node-RED's node did with the same messages.
func TestRecorded(t *testing.T) {
	for _, c := range recorded.Cases(t, "recorded.ndjson") {
		d := flowtest.New(t, Type, flow.JSON(c.Get("config")), func(e *flow.Env) { e.MessageKeys = true })
		for _, m := range c.Get("messages").(flow.Array) {
			m := m.(*flow.Object)
			before := len(d.Messages(0))
			d.Handle(flow.JSON(m.Get("in")))
			out := flow.Array{}
			for _, sent := range d.Messages(0)[before:] {
				sent = sent.Clone()
				if sent.Has("complete") && !sent.Has("payload") { // the end of the sequence has an id of its own
					sent.Delete(flow.MsgID)
				}
				out = append(out, sent.Snapshot())
			}
			err := errorText(d.Done[len(d.Done)-1])
			if !flow.Equal(out, m.Get("out")) || err != m.Get("error") {
				t.Errorf("%s, %s:\n got %s %s\nwant %s %s", flow.JSON(c.Get("config")), flow.JSON(m.Get("in")),
					flow.JSON(out), err, flow.JSON(m.Get("out")), m.Get("error"))
			}
		}
	}
}

func errorText(err error) string {
	var e *flow.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Message
	}
	return strings.TrimPrefix(err.Error(), "TypeError: ")
}

// What is written is read as it was.
func FuzzRoundTrip(f *testing.F) {
	f.Add("1", "two", "", ",")
	f.Add("x,\"y\"", "\r\n", "\n\"", ",")
	f.Add("a;b", ";", "é\"", ";")
	f.Fuzz(func(t *testing.T, a, b, c, separator string) {
		if separator == "" || strings.ContainsAny(separator, "\"\r\n") {
			t.Skip()
		}
		want := []string{a, b, c, "end"}
		quoted := make([]string, len(want))
		for i, text := range want {
			quoted[i] = quote(text, separator)
			// A value may also end with what the separator begins with.
			if len(separator) > 1 {
				quoted[i] = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
		}
		r := rowReader{text: strings.Join(quoted, separator) + "\r\n", separator: separator, strict: true}
		rows, err := r.read()
		if err != nil || len(rows) != 1 || fmt.Sprintf("%q", names(rows[0])) != fmt.Sprintf("%q", want) {
			t.Errorf("%q: read %v, %v; want %q", r.text, rows, err, want)
		}
	})
}

func FuzzHandle(f *testing.F) {
	f.Add(`{"spec":"rfc","hdrin":true}`, "a,b\n1,\"2\n")
	f.Add(`{"hdrin":true,"sep":";","include_null_values":true}`, "a;b\n;;\"\"\n")
	f.Add(`{"skip":1,"multi":"mult","include_empty_strings":true}`, "x\n,\"a\"\"\",\r\n")
	f.Fuzz(func(t *testing.T, config, text string) {
		props, err := flow.ParseJSON([]byte(config))
		o, ok := props.(*flow.Object)
		if err != nil || !ok {
			t.Skip()
		}
		if _, err := Type.New(o, flow.Env{}); err != nil {
			t.Skip()
		}
		d := flowtest.New(t, Type, config)
		d.HandleMessage(flow.MessageOf(flow.NewObject("payload", text)))
	})
}

// The time for a row must not depend on the number of rows.
func BenchmarkRead(b *testing.B) {
	for _, spec := range []string{"rfc", ""} {
		for _, rows := range []int{1000, 100_000} {
			text := "id,name,text,on\n" + strings.Repeat(`123,"some name","a ""quoted"" text, with a comma",true`+"\n", rows)
			b.Run(fmt.Sprintf("spec=%s/rows=%d", spec, rows), func(b *testing.B) {
				d := flowtest.New(b, Type, fmt.Sprintf(`{"spec":%q,"hdrin":true,"multi":"mult"}`, spec))
				msg := flow.MessageOf(flow.NewObject("payload", text))
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if err := d.Node.Handle(msg.Clone(), flow.NewOutlet(flowtest.Discard{}, nil, nil)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
