package xml

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/recorded"
)

const declaration = `<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>`

func TestRead(t *testing.T) {
	for _, tc := range []struct{ name, config, text, options, want string }{
		{"elements", `{}`, "  <e><first>John</first><last>Smith</last></e>\r\n ", ``, `{"e":{"first":["John"],"last":["Smith"]}}`},
		{"several of a name", `{}`, `<e><a>1</a><b/><a>2</a></e>`, ``, `{"e":{"a":["1","2"],"b":[""]}}`},
		{"attributes", `{}`, `<e k="v" l='w'>text</e>`, ``, `{"e":{"_":"text","$":{"k":"v","l":"w"}}}`},
		{"keys of the node", `{"attr":"@","chr":"#"}`, `<e k="v">text</e>`, ``, `{"e":{"#":"text","@":{"k":"v"}}}`},
		{"keys of the options", `{}`, `<e k="v">text</e>`, `{"attrkey":"@","charkey":"#"}`, `{"e":{"#":"text","@":{"k":"v"}}}`},
		{"entities", `{}`, `<e a="&lt;&quot;">&amp;&#233;&#x1F600;&eacute;&EUML;</e>`, ``, `{"e":{"_":"&é😀éë","$":{"a":"<\""}}}`},
		{"CDATA and comments", `{}`, `<e><!-- x --><![CDATA[<b> & ]]>c</e>`, ``, `{"e":"<b> & c"}`},
		{"prolog", `{}`, `<?xml version="1.0"?><!DOCTYPE e [<!ENTITY x "y>">]><!-- c --><e>1</e>`, ``, `{"e":"1"}`},
		{"white space", `{}`, "<e>\n <a> x </a>\n</e>", ``, `{"e":{"a":[" x "]}}`},
		{"trim", `{}`, "<e>\n <a> x </a>\n</e>", `{"trim":true}`, `{"e":{"a":["x"]}}`},
		{"no lists", `{}`, `<e><a>1</a><b>2</b><b>3</b></e>`, `{"explicitArray":false}`, `{"e":{"a":"1","b":["2","3"]}}`},
		{"no root", `{}`, `<e><a>1</a></e>`, `{"explicitRoot":false}`, `{"a":["1"]}`},
		{"merged attributes", `{}`, `<e k="v"><k>w</k></e>`, `{"mergeAttrs":true}`, `{"e":{"k":["v","w"]}}`},
		{"empty tag", `{}`, `<e><a/></e>`, `{"emptyTag":null}`, `{"e":{"a":[null]}}`},
		{"children", `{}`, `<e k="v">t<a>1</a></e>`, `{"explicitChildren":true}`, `{"e":{"$":{"k":"v"},"_":"t","$$":{"a":["1"]}}}`},
		{"nothing", `{}`, " \n", ``, `null`},
		{"what follows the root is not read", `{}`, `<e/> <<`, ``, `{"e":""}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type, tc.config)
			msg := flow.NewMessage()
			msg.Set("payload", tc.text)
			if tc.options != "" {
				msg.Set("options", d.Message(tc.options).Snapshot())
			}
			d.HandleMessage(msg)
			if m := d.Messages(0); len(m) != 1 || flow.JSON(m[0].Get("payload")) != tc.want {
				t.Errorf("got %q, want %s (%v)", d.Sent(0), tc.want, d.Done)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"elements", `{"payload":{"e":{"first":["John"],"last":"Smith"}}}`, declaration + `<e><first>John</first><last>Smith</last></e>`},
		{"several roots", `{"payload":{"a":1,"b":true}}`, declaration + `<root><a>1</a><b>true</b></root>`},
		{"attributes and text", `{"payload":{"e":{"$":{"k":"a\"<\n","n":null},"_":"x & y"}}}`, declaration + `<e k=\"a&quot;&lt;&#xA;\">x &amp; y</e>`},
		{"nothing", `{"payload":{"e":{"a":null,"b":"","c":{},"d":[]}}}`, declaration + `<e><a/><b/><c/></e>`},
		{"list of elements", `{"payload":{"e":[{"a":1},{"b":2}]}}`, declaration + `<e><a>1</a><b>2</b></e>`},
		{"pretty and headless", `{"payload":{"e":{"a":["1"],"b":{"c":2}}},"options":{"headless":true}}`,
			`<e>\n  <a>1</a>\n  <b>\n    <c>2</c>\n  </b>\n</e>`},
		{"root name", `{"payload":{"e":1},"options":{"rootName":"r","headless":true,"renderOpts":{"pretty":false}}}`, `<r><e>1</e></r>`},
		{"CDATA", `{"payload":{"e":"<b>"},"options":{"cdata":true,"headless":true}}`, `<e><![CDATA[<b>]]></e>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type, `{}`)
			d.Handle(tc.in)
			if m := d.Messages(0); len(m) != 1 || flow.JSON(m[0].Get("payload")) != `"`+tc.want+`"` {
				t.Errorf("got %q, want %s (%v)", d.Sent(0), tc.want, d.Done)
			}
		})
	}
}

func TestOther(t *testing.T) {
	d := flowtest.New(t, Type, `{"property":"a.b"}`)
	d.Handle(`{"a":{"b":"<e>1</e>"}}`)
	d.Handle(`{"a":{}}`)
	want := []string{`{"a":{"b":{"e":"1"}}}`, `{"a":{}}`}
	if got := d.Sent(0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailures(t *testing.T) {
	for in, want := range map[string]string{
		`"<not valid>"`:                "Error: Attribute without value\nLine: 0\nColumn: 11\nChar: >",
		`"<a>\n<b></a>"`:               "Error: Unexpected close tag\nLine: 1\nColumn: 7\nChar: >",
		`"<a>"`:                        "Error: Unclosed root tag\nLine: 0\nColumn: 3\nChar: ",
		`"text"`:                       "Error: Non-whitespace before first tag.\nLine: 0\nColumn: 1\nChar: t",
		`"<a>&foo;</a>"`:               "Error: Invalid character entity\nLine: 0\nColumn: 8\nChar: ;",
		`"<a>&ampfoo;</a>"`:            "Error: Invalid character entity\nLine: 0\nColumn: 11\nChar: ;",
		`"<a k=v/>"`:                   "Error: Unquoted attribute value\nLine: 0\nColumn: 6\nChar: v",
		`"<a><!-- -- --></a>"`:         "Error: Malformed comment\nLine: 0\nColumn: 11\nChar:  ",
		`5`:                            "This node only handles xml strings or js objects.",
		`true`:                         "This node only handles xml strings or js objects.",
		`null`:                         "TypeError: Cannot convert undefined or null to object",
		`{"a b":1}`:                    "Error: Invalid character in name",
		`{"a":"\u0001"}`:               "Error: Invalid character in string: \u0001 at index 0",
		`{"a":["x"],"b":["y"],"_":{}}`: "Error: Could not create any elements with: [object Object]. node: <root>",
		`{"a":[["x"]],"b":1}`:          "Error: Invalid character in name",
	} {
		d := flowtest.New(t, Type, `{}`)
		d.Handle(`{"payload":` + in + `}`)
		if len(d.Log) != 1 || d.Log[0].What != want || len(d.Messages(0)) != 0 {
			t.Errorf("%s: logged %v, want %q", in, d.Log, want)
		}
	}
}

// Neither text nor objects can be so deep that the stack overflows.
func TestDepth(t *testing.T) {
	d := flowtest.New(t, Type, `{}`)
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", strings.Repeat("<a>", 1_000_000))))
	deep := flow.Value("x")
	for range 20_000 {
		deep = flow.NewObject("a", deep)
	}
	d.HandleMessage(flow.MessageOf(flow.NewObject("payload", deep)))
	want := []string{"Error: elements are nested more than 10000 levels deep", "Error: the object is nested more than 10000 levels deep"}
	for i, err := range d.Done {
		if err == nil || err.Error() != want[i] {
			t.Errorf("done with %v, want %s", err, want[i])
		}
	}
}

// What Node-RED's node did with the same messages.
func TestRecorded(t *testing.T) {
	for _, c := range recorded.Cases(t, "recorded.ndjson") {
		d := flowtest.New(t, Type, flow.JSON(c.Get("config")))
		d.Handle(flow.JSON(c.Get("in")))
		var payload flow.Value = flow.Null{}
		if m := d.Messages(0); len(m) > 0 {
			payload = m[0].Get("payload")
		}
		err := ""
		if d.Done[0] != nil {
			err = d.Done[0].Error()
		}
		if flow.JSON(payload) != flow.JSON(c.Get("payload")) || !strings.HasPrefix(flow.Text(c.Get("error")), err) || (err == "") != (c.Get("error") == "") {
			t.Errorf("%s, %s:\n got %s %q\nwant %s %q", flow.JSON(c.Get("config")), flow.JSON(c.Get("in")), flow.JSON(payload), err, flow.JSON(c.Get("payload")), c.Get("error"))
		}
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := Type.New(flow.NewObject("property", "a..b"), flow.Env{})
	var config *flow.ConfigError
	if !errors.As(err, &config) || config.Property != "property" {
		t.Errorf("got %v", err)
	}
}

// What is read and written is the same when that is done again. (Reading drops
// white space, so what is read need not be what was written.)
func FuzzParse(f *testing.F) {
	for _, c := range recorded.Cases(f, "recorded.ndjson") {
		if text, ok := c.Get("in").(*flow.Object).Get("payload").(string); ok {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := (&Node{}).readOptions(flow.NewObject("charkey", "#", "trim", true))
		write := writeOptionsOf(flow.NewObject("charkey", "#", "headless", true, "renderOpts", flow.NewObject("pretty", false)))
		v, err := parse(text, read)
		if _, isNull := v.(flow.Null); err != nil || isNull {
			return
		}
		once, err := build(v, write)
		if err != nil {
			return // a character that cannot be written
		}
		again, err := parse(once, read)
		if err != nil {
			t.Fatalf("%q is %s, written %q: %v", text, flow.JSON(v), once, err)
		}
		if twice, err := build(again, write); err != nil || twice != once {
			t.Errorf("%q is %s, written %q, then %q (%v)", text, flow.JSON(v), once, twice, err)
		}
	})
}

// The time for a row must not depend on the number of rows.
func BenchmarkRead(b *testing.B) {
	for _, rows := range []int{1000, 100_000} {
		text := "<rows>" + strings.Repeat(`<row id="1"><name>some &amp; name</name><on/></row>`+"\n", rows) + "</rows>"
		b.Run(fmt.Sprint("rows=", rows), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := parse(text, (&Node{}).readOptions(nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
