package flow_test

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func message(t testing.TB, json string) *flow.Message {
	t.Helper()
	v, err := flow.ParseJSON([]byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return flow.MessageOf(v.(*flow.Object))
}

func TestPathGet(t *testing.T) {
	m := message(t, `{"payload":{"a":{"b c":[10,{"d":"deep"}]},"list":[1,2]},"topic":"a","i":1,"s":"héllo","null":null,"0":"zero"}`)
	for expr, want := range map[string]string{
		"topic":                      `"a"`,
		"msg.topic":                  `"a"`,
		"payload.a[\"b c\"][1].d":    `"deep"`,
		"payload.a['b c'][0]":        `10`,
		"payload.a['b c'].1.d":       `"deep"`,
		"payload[msg.topic]['b c']":  `[10,{"d":"deep"}]`,
		"payload.list[msg.i]":        `2`,
		"payload.list.length":        `2`,
		"s.length":                   `5`,
		"s[1]":                       `"é"`,
		"payload.none":               `null`,
		"['topic']":                  `"a"`,
		"payload.list[7]":            `null`,
		"topic.length.toString.none": "TypeError: Cannot read properties of undefined (reading 'none')",
		"payload.none.x":             "TypeError: Cannot read properties of undefined (reading 'x')",
		"null.x":                     "TypeError: Cannot read properties of null (reading 'x')",
		"payload[msg.none]":          `invalid property expression "payload[msg.none]": undefined nested property msg.none at position 0`,
	} {
		v, err := m.Path(expr)
		got := flow.JSON(v)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s = %s, want %s", expr, got, want)
		}
	}
}

func TestPathSyntaxErrors(t *testing.T) {
	for _, expr := range []string{"", "a..b", ".a", "a.", "a[", "a[1", "a]", "a[]", "a['x", "a['']", "a b", " a", "a[b]",
		"a['x'y]", "a['x']y", "a[1]2", `a"b`, "a.[0]", "a[msg.]", "a[msg.b", "a[-1]", "a[99999999999999999999]"} {
		_, err := flow.ParsePath(expr)
		if _, ok := errors.AsType[*flow.PathError](err); !ok {
			t.Errorf("%q: error %v, want a PathError", expr, err)
		}
	}
}

func TestSetPath(t *testing.T) {
	for _, c := range []struct {
		json, expr string
		v          flow.Value
		create     bool
		want       string
		changed    bool
	}{
		{`{}`, "a", "x", true, `{"a":"x"}`, true},
		{`{}`, "a.b[1].c", "x", true, `{"a":{"b":[null,{"c":"x"}]}}`, true},
		{`{}`, "a.b", "x", false, `{}`, false},
		{`{"a":1}`, "a.b", "x", true, `{"a":1}`, false},
		{`{"a":"text"}`, "a[0]", "x", true, `{"a":"text"}`, false},
		{`{"a":null}`, "a.b", "x", true, `{"a":null}`, false},
		{`{"a":{"b":1,"c":2}}`, "a.b", nil, false, `{"a":{"c":2}}`, true},
		{`{"a":[1,2,3]}`, "a[1]", nil, false, `{"a":[1,3]}`, true},
		{`{"a":[1,2,3]}`, "a[9]", nil, false, `{"a":[1,2,3]}`, true},
		{`{"a":[1]}`, "a[3]", 4.0, true, `{"a":[1,null,null,4]}`, true},
		{`{"a":[1]}`, "a[99999999]", 4.0, true, `{"a":[1]}`, false},
		{`{"a":[1]}`, "a.name", 4.0, true, `{"a":[1]}`, false},
		{`{"k":"b","a":{}}`, "a[msg.k].c", true, true, `{"k":"b","a":{"b":{"c":true}}}`, true},
	} {
		m := message(t, c.json)
		p, err := flow.ParseMessagePath(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := m.SetPath(p, c.v, c.create)
		if err != nil {
			t.Fatal(err)
		}
		if got := flow.JSON(m); got != c.want || changed != c.changed {
			t.Errorf("%s: %s = %v: %s (%v), want %s (%v)", c.json, c.expr, c.v, got, changed, c.want, c.changed)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a.b[0]", `a["b c"].d`, "a[msg.b[msg.c]].d", "['x'][\"'\"]", "1.2", "a.", "[[", "é.ü"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		p, err := flow.ParsePath(expr)
		if err != nil {
			return
		}
		normal := p.String()
		again, err := flow.ParsePath(normal)
		if err != nil {
			t.Fatalf("%q prints as %q, which is no path: %v", expr, normal, err)
		}
		if again.String() != normal {
			t.Fatalf("%q prints as %q, and that as %q", expr, normal, again.String())
		}
		for _, s := range p {
			if s.Nested != nil {
				return
			}
		}
		m := flow.NewMessage()
		ok, err := m.SetPath(p, "value", true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return // an index beyond reason
		}
		if v, err := p.In(m); err != nil || v != "value" {
			t.Fatalf("%q was set and reads %v, %v", expr, v, err)
		}
	})
}
