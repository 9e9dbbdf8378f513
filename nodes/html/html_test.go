package html

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/recorded"
)

const page = `<html><body><h1>Title &amp; more</h1><ul id="fruit"><li>Apple</li><li class="b">Pear <img src=x.png></li></ul>` +
	`<p>one<p>two</body></html>`

func TestSingle(t *testing.T) {
	for _, tc := range []struct{ config, in, want string }{
		{`{"tag":"li"}`, ``, `["Apple","Pear <img src=\"x.png\"/>"]`},
		{`{"tag":"h1","ret":"text"}`, ``, `["Title & more"]`},
		{`{"tag":"body h1"}`, ``, `["Title &amp; more"]`},
		{`{"tag":"img","ret":"attr"}`, ``, `[{"src":"x.png"}]`},
		{`{"tag":".b","ret":"compl"}`, ``, `[{"_":"Pear <img src=\"x.png\">","class":"b"}]`},
		{`{"tag":".b","ret":"compl","chr":"html"}`, ``, `[{"html":"Pear <img src=\"x.png\">","class":"b"}]`},
		{`{"tag":"p"}`, ``, `["one","two"]`},
		{`{"tag":"h4"}`, ``, `[]`},
		{`{}`, ``, `[]`},
		{`{}`, `,"select":"h1"`, `["Title &amp; more"]`},
		{`{"tag":"p"}`, `,"select":"h1"`, `["one","two"]`},
		{`{"tag":"li:first"}`, ``, `["Apple"]`},
		{`{"tag":"li:last, p:eq(1), p:eq(5)"}`, ``, `["Pear <img src=\"x.png\"/>","two"]`},
		{`{"tag":"ul:first li:gt(0)","ret":"text"}`, ``, `["Pear "]`},
		{`{"tag":"p:even"}`, ``, `["one"]`},
		{`{"tag":"p:odd"}`, ``, `["two"]`},
		{`{"tag":"body > :lt(1)"}`, ``, `["Title &amp; more"]`},
		{`{"tag":"p:eq(-1)"}`, ``, `["two"]`},
		{`{"tag":"p:eq(x)"}`, ``, `[]`},
		{`{"tag":"li:contains('Pear, :first') , p:first-child"}`, ``, `[]`},
	} {
		d := flowtest.New(t, Type, tc.config)
		d.Handle(`{"payload":` + flow.JSON(page) + tc.in + `}`)
		if m := d.Messages(0); len(m) != 1 || flow.JSON(m[0].Get("payload")) != tc.want {
			t.Errorf("%s: got %v, want %s (%v)", tc.config, d.Sent(0), tc.want, d.Log)
		}
	}
}

func TestMulti(t *testing.T) {
	d := flowtest.New(t, Type, `{"tag":"li, b","ret":"text","as":"multi","property":"page","outproperty":"found.text"}`)
	d.Handle(`{"_msgid":"m","page":"<li>1<b></b><li>2","topic":"t"}`)
	want := []string{
		`{"page":"<li>1<b></b><li>2","topic":"t","found":{"text":"1"},"parts":{"id":"m","index":0,"count":3,"type":"string","ch":""}}`,
		`{"page":"<li>1<b></b><li>2","topic":"t","found":{"text":"2"},"parts":{"id":"m","index":2,"count":3,"type":"string","ch":""}}`,
	}
	if got := d.Sent(0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOther(t *testing.T) {
	d := flowtest.New(t, Type, `{"tag":"p","outproperty":"out"}`)
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", flow.Buffer("<p>é"), "x", 1.0)))
	d.Handle(`{"topic":"t"}`)
	want := []string{`{"payload":{"type":"Buffer","data":[60,112,62,195,169]},"x":1,"out":["&#xE9;"]}`, `{"topic":"t"}`}
	if got := d.Sent(0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct{ config, in, want string }{
		{`{"tag":"p"}`, `{"payload":null}`, "cheerio.load() expects a string"},
		{`{"tag":"p"}`, `{"payload":5}`, "cheerio.load() expects a string"},
		{`{"tag":"p["}`, `{"payload":""}`, "expected identifier, found EOF instead"},
		{`{"tag":"p:first > b"}`, `{"payload":""}`, ":first can only be followed by a space and another selector"},
		{`{"tag":"p:foo"}`, `{"payload":""}`, `unknown pseudoclass or pseudoelement :foo`},
		{`{"tag":"p"}`, `{"payload":` + flow.JSON(strings.Repeat("<div>", 10_000)) + `}`, "html: open stack of elements exceeds 512 nodes"},
	} {
		d := flowtest.New(t, Type, tc.config)
		d.Handle(tc.in)
		if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != tc.want {
			t.Errorf("%s: done with %v, want %s", tc.config, d.Done, tc.want)
		}
	}
}

// What Node-RED's node did with the same pages.
func TestRecorded(t *testing.T) {
	for _, c := range recorded.Cases(t, "recorded.ndjson") {
		d := flowtest.New(t, Type, flow.JSON(c.Get("config")))
		d.HandleMessage(flow.MessageOf(flow.NewObject("_msgid", "m", "payload", c.Get("html"))))
		out := flow.Array{}
		for _, m := range d.Messages(0) {
			out = append(out, m.Snapshot())
		}
		if !flow.Equal(out, c.Get("out")) || (d.Done[0] == nil) != (c.Get("error") == "") {
			t.Errorf("%s, %s:\n got %s %v\nwant %s %s", flow.JSON(c.Get("config")), c.Get("html"), flow.JSON(out), d.Done[0], flow.JSON(c.Get("out")), c.Get("error"))
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, name := range []string{"property", "outproperty"} {
		_, err := Type.New(flow.NewObject(name, "a..b"), flow.Env{})
		var config *flow.ConfigError
		if !errors.As(err, &config) || config.Property != name {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzSelect(f *testing.F) {
	for _, selector := range []string{"p", "li:first", "ul:eq(1) li, p:not(.a):last", "a[href='x:first']", ":gt(", "p:eq(-1) :odd"} {
		f.Add(selector, page)
	}
	f.Fuzz(func(t *testing.T, selector, text string) {
		d := flowtest.New(t, Type, `{"ret":"html"}`)
		d.HandleMessage(flow.MessageOf(flow.NewObject("payload", text, "select", selector)))
	})
}
