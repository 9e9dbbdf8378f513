package mustache

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func parseView(t testing.TB, text string) flow.Value {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func render(t testing.TB, template, view string) string {
	t.Helper()
	parsed, err := Parse(template)
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	out, err := parsed.Render(Context{View: parseView(t, view)})
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	return out
}

// Most cases are those of the mustache specification, by its sections.
func TestRender(t *testing.T) {
	for name, list := range map[string][]struct{ template, view, want string }{
		"interpolation": {
			{"Hello from {Mustache}!\n", `{}`, "Hello from {Mustache}!\n"},
			{"Hello, {{subject}}!\n", `{"subject":"world"}`, "Hello, world!\n"},
			{"{{a}}{{b}}", `{"a":"{{b}}","b":"x"}`, "{{b}}x"},
			{"{{x}}", `{"x":"& \" < > ' / = ` + "`" + `"}`, "&amp; &quot; &lt; &gt; &#39; &#x2F; &#x3D; &#x60;"},
			{"{{{x}}} {{&x}} {{& x }} {{{ x }}}", `{"x":"& \" < >"}`, `& " < > & " < > & " < > & " < >`},
			{"{{n}} {{{n}}} {{&f}}", `{"n":85,"f":1.21}`, "85 85 1.21"},
			{"({{none}}) ({{{none}}}) ({{nothing}}) ({{&nothing}})", `{"nothing":null}`, "() () () ()"},
			{"{{f}} {{z}} {{e}}.", `{"f":false,"z":0,"e":""}`, "false 0 ."},
			{"{{a.b.c}} {{{a.b.c}}} {{a.none.c}}", `{"a":{"b":{"c":"deep"}}}`, "deep deep "},
			{"{{#a}}{{b.name}}{{/a}}", `{"a":{"b":{"name":"x"}},"b":{"name":"wrong"}}`, "x"},
			{"{{.}} {{{.}}}", `"<"`, "&lt; <"},
			{"{{#list}}({{.}}){{/list}}", `{"list":["a",1,true,["x","y"]]}`, "(a)(1)(true)(x,y)"},
			{"| {{ string }} |", `{"string":"---"}`, "| --- |"},
			{"  {{string}}\n", `{"string":"---"}`, "  ---\n"},
			{"{{a}} {{b}}", `{"a":{},"b":[1,[2,3]]}`, "[object Object] 1,2,3"},
			{"{{list.length}} {{list.1}} {{text.length}}", `{"list":["a","b"],"text":"héé"}`, "2 b 3"},
			{"{{#text}}{{length}}{{/text}}", `{"text":"abc","length":"outer"}`, "outer"},
		},
		"sections": {
			{"{{#t}}yes{{/t}}{{#f}}no{{/f}}{{#none}}no{{/none}}{{#zero}}no{{/zero}}{{#empty}}no{{/empty}}", `{"t":true,"f":false,"zero":0,"empty":""}`, "yes"},
			{"{{#context}}Hi {{name}}.{{/context}}", `{"context":{"name":"Joe"}}`, "Hi Joe."},
			{"{{#sec}}{{a}}, {{b}}, {{c.d}}{{/sec}}", `{"a":"foo","b":"wrong","sec":{"b":"bar"},"c":{"d":"baz"}}`, "foo, bar, baz"},
			{"{{#list}}{{item}}{{/list}}", `{"list":[{"item":1},{"item":2},{"item":3}]}`, "123"},
			{"[{{#list}}x{{/list}}]", `{"list":[]}`, "[]"},
			{"{{#a}}{{one}}{{#b}}{{one}}{{two}}{{/b}}{{one}}{{/a}}", `{"a":{"one":1},"b":{"two":2}}`, "1121"},
			{"{{#a.b.c}}here{{/a.b.c}}{{#a.x.c}}no{{/a.x.c}}", `{"a":{"b":{"c":true}}}`, "here"},
			{"{{#n}}{{.}}{{/n}}", `{"n":5}`, "5"},
			{"{{# t }}={{/ t }}", `{"t":true}`, "="},
			{"{{#null}}no{{/null}}{{#list}}{{x}}{{/list}}", `{"null":null,"list":[null],"x":"outer"}`, "outer"},
			{"{{#a}}{{#b}}{{#c}}deep{{/c}}{{/b}}{{/a}}", `{"a":true,"b":[1,2],"c":{}}`, "deepdeep"},
		},
		"inverted": {
			{"{{^f}}yes{{/f}}{{^t}}no{{/t}}{{^none}}yes{{/none}}{{^o}}no{{/o}}", `{"f":false,"t":true,"o":{}}`, "yesyes"},
			{"{{^list}}empty{{/list}}{{^full}}no{{/full}}", `{"list":[],"full":[1]}`, "empty"},
			{"{{^null}}yes{{/null}}{{^zero}}yes{{/zero}}", `{"null":null,"zero":0}`, "yesyes"},
			{"{{^a.b}}none{{/a.b}}", `{"a":{}}`, "none"},
		},
		"comments": {
			{"12{{! remove me }}34", `{}`, "1234"},
			{"12{{!\n  several\n  lines\n}}34", `{}`, "1234"},
			{"a\n{{! alone }}\nb", `{}`, "a\nb"},
			{"a\r\n  {{! alone }}\r\nb", `{}`, "a\r\nb"},
			{"  12 {{! x }}\n", `{}`, "  12 \n"},
		},
		"delimiters": {
			{"{{=<% %>=}}(<%text%>)", `{"text":"Hey!"}`, "(Hey!)"},
			{"({{=[ ]=}}[text])", `{"text":"It worked!"}`, "(It worked!)"},
			{"{{= | | =}}|#s|{{x}}|={{ }}=|{{x}}{{/s}}", `{"s":true,"x":1}`, "{{x}}1"},
			{"a\n{{= @ @ =}}\nb@x@", `{"x":1}`, "a\nb1"},
			{"{{=<% %>=}}<%{x}%> <%&x%>", `{"x":"<"}`, "< <"},
		},
		"lines": {
			{"| This\n{{#t}}\n| Is\n{{/t}}\n| A Line\n", `{"t":true}`, "| This\n| Is\n| A Line\n"},
			{" | {{#t}}\t|\t{{/t}} | \n", `{"t":true}`, " | \t|\t | \n"},
			{"#{{#t}}\n/\n  {{/t}}", `{"t":true}`, "#\n/\n"},
			{"  {{#t}}\n#{{/t}}\n/", `{"t":true}`, "#\n/"},
			{"|\r\n{{#t}}\r\n{{/t}}\r\n|", `{"t":true}`, "|\r\n|"},
			{"a\n{{#t}}{{/t}}\nb", `{"t":true}`, "a\nb"},
			{"a\n {{x}}\nb", `{"x":""}`, "a\n \nb"},
		},
		"partials": {
			{"a{{>text}}b", `{"text":"x"}`, "ab"},
			{"a\n  {{> text }}\nb", `{}`, "a\nb"},
		},
	} {
		for _, tc := range list {
			if got := render(t, tc.template, tc.view); got != tc.want {
				t.Errorf("%s: %q with %s: got %q, want %q", name, tc.template, tc.view, got, tc.want)
			}
		}
	}
}

func TestValuesThatAreNotJSON(t *testing.T) {
	parsed, err := Parse("{{u}}|{{b}}|{{d}}|{{#b}}{{length}}{{/b}}|{{#o}}{{u}}{{/o}}")
	if err != nil {
		t.Fatal(err)
	}
	// A property that is there and undefined hides those of the outer views.
	view := flow.NewObject("u", "outer", "b", flow.Buffer("<>"), "d", flow.Date(0), "o", flow.NewObject("u", nil))
	got, err := parsed.Render(Context{View: view})
	date := time.UnixMilli(0).Format("Mon Jan 02 2006 15:04:05 GMT-0700 (MST)") // the time here
	if want := "outer|&lt;&gt;|" + date + "|2|"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestContext(t *testing.T) {
	parsed, err := Parse("{{a}} {{b.c}} {{#a}}{{.}}{{b.c}}{{/a}} {{#o}}{{a}}{{/o}} {{#yes}}{{a}}{{/yes}}")
	if err != nil {
		t.Fatal(err)
	}
	c := Context{
		View:    parseView(t, `{"a":"x","o":{"a":"y"},"yes":true}`),
		Missing: func(name string) (flow.Value, error) { return "?" + name, nil },
		Filter:  strings.ToUpper,
	}
	got, err := parsed.Render(c)
	if want := "X ?b.c X?b.c y X"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	failure := errors.New("no such store")
	c.Missing = func(string) (flow.Value, error) { return nil, failure }
	if _, err := parsed.Render(c); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
}

func TestErrors(t *testing.T) {
	for template, want := range map[string]string{
		"payload={{payload":   "Unclosed tag at 17",
		"{{{x}}":              "Unclosed tag at 6",
		"é€{{x}":              "Unclosed tag at 6",
		"😀{{":                 "Unclosed tag at 4",
		"{{=<% %>":            "Unclosed tag at 8",
		"{{#a}}x":             `Unclosed section "a" at 7`,
		"{{#a}}{{#b}}{{/a}}":  `Unclosed section "b" at 12`,
		"x{{/a}}":             `Unopened section "a" at 1`,
		"{{#a}}{{/a}}{{/a}}!": `Unopened section "a" at 12`,
		"{{= x =}}":           "Invalid tags: x",
		"{{= a b c =}}":       "Invalid tags: a,b,c",
	} {
		if _, err := Parse(template); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", template, err, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "{{a}}", "{{{a}}} {{&a}} {{!x}} {{>p}}", "{{#a}}{{.}}{{/a}}{{^a}}{{b.c}}{{/a}}",
		"{{=<% %>=}}<%a%>", "{{#a}}\n  {{#a}}\n{{/a}}\n{{/a}}\n", "{{= =}}", "{{", "{{{a}}", "\xff{{\xff}}",
	} {
		f.Add(seed)
	}
	view := flow.NewObject("a", flow.Array{"<x>", 1.0, flow.NewObject("b", nil)}, "b", flow.NewObject("c", true))
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := Parse(text)
		if err != nil {
			return
		}
		if _, err := parsed.Render(Context{View: view}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if !strings.Contains(text, "{{") {
			if got, _ := parsed.Render(Context{View: view}); got != text {
				t.Errorf("%q without tags came out as %q", text, got)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	parsed, err := Parse("Hello {{payload.name}}, {{#list}}{{.}} {{/list}}done")
	if err != nil {
		b.Fatal(err)
	}
	view := parseView(b, `{"payload":{"name":"A & B"},"list":["x","y","z"]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsed.Render(Context{View: view}); err != nil {
			b.Fatal(err)
		}
	}
}
