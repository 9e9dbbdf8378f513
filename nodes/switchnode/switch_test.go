package switchnode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestOperators(t *testing.T) {
	for _, tc := range []struct {
		rule    string
		yes, no string // lists of payloads as JSON; undefined stands for no payload
	}{
		{`"t":"eq","v":"5","vt":"num"`, `5, "5", [5], " 5 "`, `6, "x", null, undefined, true`},
		{`"t":"eq","v":"1","vt":"num"`, `true, 1`, `false, null`},
		{`"t":"eq","v":"a,b","vt":"str"`, `"a,b", ["a","b"]`, `{}, null`},
		{`"t":"eq","v":"none","vt":"msg"`, `null, undefined`, `0, "", false`},
		{`"t":"eq","v":"[object Object]"`, `{}`, `[]`},
		{`"t":"neq","v":"5"`, `6, "x", null, undefined, {}`, `5, "5"`},
		{`"t":"lt","v":"10","vt":"num"`, `9, "9", null, [3], false`, `10, "x", undefined, {}`},
		{`"t":"lt","v":"10","vt":"str"`, `9, "09", "1"`, `"9", 10`},
		{`"t":"lte","v":"10"`, `10, 9`, `11, "x"`},
		{`"t":"gt","v":"10"`, `11, "11"`, `10, null`},
		{`"t":"gte","v":"5","vt":"num"`, `5, "5"`, `null, [], true, {}, undefined`},
		{`"t":"btwn","v":"1","v2":"5"`, `1, 3, 5, "2"`, `0, 6, "x", undefined`},
		{`"t":"btwn","v":"5","v2":"1"`, `1, 3, 5`, `0, 6`},
		{`"t":"cont","v":"b","vt":"str"`, `"abc", ["b"]`, `"x", 1`},
		{`"t":"cont","v":"ef","vt":"str"`, `undefined`, `null`},
		{`"t":"regex","v":"^h.+o$","vt":"str"`, `"hello"`, `"Hello", "x"`},
		{`"t":"regex","v":"^h(?=e)","vt":"str","case":true`, `"Hello", "hello"`, `"hallo"`},
		{`"t":"regex","v":"^5$","vt":"re"`, `5`, `55`},
		{`"t":"regex","v":"pattern","vt":"msg"`, `"xay"`, `"b"`},
		{`"t":"true"`, `true`, `1, "true", {}`},
		{`"t":"false"`, `false`, `0, "", null`},
		{`"t":"null"`, `null, undefined`, `0, "", false`},
		{`"t":"nnull"`, `0, "", false`, `null, undefined`},
		{`"t":"empty"`, `"", [], {}`, `"a", [1], {"a":1}, 0, null, undefined, false`},
		{`"t":"nempty"`, `"a", [1], {"a":1}`, `"", [], {}, 5, null, undefined`},
		{`"t":"istype","v":"string","vt":"string"`, `"a"`, `1, null`},
		{`"t":"istype","v":"number","vt":"number"`, `1`, `"1"`},
		{`"t":"istype","v":"boolean","vt":"boolean"`, `true`, `1`},
		{`"t":"istype","v":"array","vt":"array"`, `[]`, `{}, "a"`},
		{`"t":"istype","v":"object","vt":"object"`, `{}`, `[], null, "a"`},
		{`"t":"istype","v":"json","vt":"json"`, `"{}", "1", 1, null, [1]`, `"x", undefined, {}, "", []`},
		{`"t":"istype","v":"undefined","vt":"undefined"`, `undefined`, `null`},
		{`"t":"istype","v":"null","vt":"null"`, `null`, `undefined, 0`},
		{`"t":"istype","v":"buffer","vt":"buffer"`, ``, `"a", []`},
		{`"t":"hask","v":"a","vt":"str"`, `{"a":null}`, `{}, "a", null, undefined`},
		{`"t":"hask","v":"length","vt":"str"`, `"a", []`, `{}, 1`},
		{`"t":"lt","v":"limit","vt":"flow"`, `9`, `11`},
		{`"t":"else"`, `1, undefined`, ``},
	} {
		stores := state.New()
		if err := stores.Flow("f1").Set("limit", 10.0); err != nil {
			t.Fatal(err)
		}
		d := flowtest.New(t, Type(stores, nil), `{"rules":[{`+tc.rule+`}]}`)
		check := func(payloads string, want int) {
			for _, p := range split(payloads) {
				in := `{"pattern":"a","payload":` + p + `}`
				if p == "undefined" {
					in = `{"pattern":"a"}`
				}
				before := len(d.Sent(0))
				d.Handle(in)
				if got := len(d.Sent(0)) - before; got != want {
					t.Errorf("{%s} for %s: %d messages, want %d", tc.rule, p, got, want)
				}
			}
		}
		check(tc.yes, 1)
		check(tc.no, 0)
		if len(d.Log) != 0 {
			t.Errorf("{%s}: logged %v", tc.rule, d.Log)
		}
	}
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

func TestBufferValues(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil),
		`{"rules":[{"t":"istype","v":"buffer","vt":"buffer"},{"t":"eq","v":"x","vt":"str"},{"t":"empty"},{"t":"istype","v":"object","vt":"object"}]}`)
	msg := flow.NewMessage()
	msg.Set("payload", flow.Buffer("x"))
	d.HandleMessage(msg)
	for port, want := range []int{1, 1, 0, 0} {
		if got := len(d.Sent(port)); got != want {
			t.Errorf("port %d: %d messages, want %d", port, got, want)
		}
	}
}

// routed returns the outputs that each payload left on.
func routed(d *flowtest.Driver, ports int, payloads ...string) []string {
	var list []string
	for _, p := range payloads {
		var before []int
		for port := range ports {
			before = append(before, len(d.Sent(port)))
		}
		d.Handle(`{"payload":` + p + `}`)
		on := ""
		for port := range ports {
			on += strings.Repeat(fmt.Sprint(port), len(d.Sent(port))-before[port])
		}
		list = append(list, on)
	}
	return list
}

func TestRouting(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		payloads     []string
		want         []string
	}{
		{"all", `"checkall":"true","rules":[{"t":"gt","v":"1"},{"t":"gt","v":"2"},{"t":"else"}]`, []string{"1", "2", "3"}, []string{"2", "0", "01"}},
		{"first", `"checkall":"false","rules":[{"t":"gt","v":"1"},{"t":"gt","v":"2"},{"t":"else"}]`, []string{"1", "2", "3"}, []string{"2", "0", "0"}},
		{"else in between", `"rules":[{"t":"eq","v":"1"},{"t":"else"},{"t":"eq","v":"1"},{"t":"else"}]`, []string{"1", "2"}, []string{"02", "1"}},
		{"previous value", `"rules":[{"t":"gt","v":"","vt":"prev"},{"t":"eq","vt":"prev"}]`, []string{"1", "1", "2", "0"}, []string{"0", "1", "0", ""}},
		{"property", `"property":"payload.a","rules":[{"t":"eq","v":"1"},{"t":"null"}]`, []string{`{"a":1}`, `null`, `{}`}, []string{"0", "1", "1"}},
		{"no rules", `"rules":[]`, []string{"1"}, []string{""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type(state.New(), nil), "{"+tc.config+"}")
			if got := routed(d, 4, tc.payloads...); !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func part(index int, count string) string {
	return fmt.Sprintf(`{"payload":%d,"parts":{"id":"s","index":%d%s}}`, index, index, count)
}

func TestSequences(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil), `{"rules":[{"t":"head","v":"1"},{"t":"tail","v":"1"},{"t":"index","v":"1","v2":"2"}]}`)
	for i := range 3 {
		d.Handle(part(i, ""))
	}
	if got := len(d.Sent(0)) + len(d.Sent(1)) + len(d.Sent(2)); got != 0 {
		t.Fatalf("%d messages before the sequence is whole", got)
	}
	d.Handle(part(3, `,"count":4`))
	for port, want := range [][]string{
		{`{"payload":0,"parts":{"id":"s","index":0,"count":4}}`},
		{`{"payload":3,"parts":{"id":"s","index":3,"count":4}}`},
		{`{"payload":1,"parts":{"id":"s","index":1,"count":4}}`, `{"payload":2,"parts":{"id":"s","index":2,"count":4}}`},
	} {
		if got := d.Sent(port); !slices.Equal(got, want) {
			t.Errorf("port %d: got %q, want %q", port, got, want)
		}
	}
	d.Handle(`{"payload":1}`)
	if err := d.Done[len(d.Done)-1]; err == nil || err.Error() != "TypeError: Cannot read properties of undefined (reading 'index')" {
		t.Errorf("a message in no sequence: %v", err)
	}
}

func TestRepair(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil), `{"repair":true,"rules":[{"t":"gte","v":"1"},{"t":"else"}]}`)
	for i := range 3 {
		d.Handle(part(i, `,"count":3`))
	}
	d.Handle(`{"payload":7}`)
	id := flow.Text(d.Messages(0)[0].Get("parts").(*flow.Object).Get("id"))
	for port, want := range [][]string{
		{`{"payload":1,"parts":{"id":"` + id + `","index":0,"count":2}}`, `{"payload":2,"parts":{"id":"` + id + `","index":1,"count":2}}`, `{"payload":7}`},
		{strings.Replace(`{"payload":0,"parts":{"id":"ID","index":0,"count":1}}`, "ID", flow.Text(d.Messages(1)[0].Get("parts").(*flow.Object).Get("id")), 1)},
	} {
		if got := d.Sent(port); !slices.Equal(got, want) {
			t.Errorf("port %d: got %q, want %q", port, got, want)
		}
	}
	if id == "s" {
		t.Error("the repaired sequence has the old id")
	}
}

func TestTooManyPending(t *testing.T) {
	live := &settings.Live{}
	live.Set(settings.Settings{NodeMessageBufferMaxLength: 2})
	d := flowtest.New(t, Type(state.New(), live), `{"repair":true,"rules":[{"t":"nnull"}]}`)
	for i := range 3 {
		d.Handle(part(i, `,"count":3`))
	}
	if len(d.Log) != 1 || d.Log[0].What != "too many pending messages in switch node" || len(d.Sent(0)) != 0 {
		t.Errorf("logged %v, sent %q", d.Log, d.Sent(0))
	}
}

func TestBadPatternInMessage(t *testing.T) {
	d := flowtest.New(t, Type(state.New(), nil), `{"rules":[{"t":"regex","v":"pattern","vt":"msg"}]}`)
	d.Handle(`{"payload":"x","pattern":"("}`)
	if len(d.Log) != 1 || d.Log[0].Msg == nil || len(d.Sent(0)) != 0 {
		t.Errorf("logged %v, sent %q", d.Log, d.Sent(0))
	}
}

func TestConfigErrors(t *testing.T) {
	for config, want := range map[string]string{
		`{"rules":[{"t":"true"},{"t":"like","v":"x"}]}`:                   `rules[1].t: unknown operator "like"`,
		`{"rules":[{"t":"regex","v":"[bad","vt":"str"}]}`:                 "rules[0].v: invalid regular expression: /[bad/: unterminated [] set",
		`{"rules":[{"t":"jsonata_exp","v":"payload > ","vt":"jsonata"}]}`: "rules[0].v: invalid JSONata expression: ",
		`{"rules":[{"t":"btwn","v":"1","v2":"a..b","v2t":"msg"}]}`:        "rules[0].v2: invalid property expression",
		`{"property":"1+","propertyType":"jsonata"}`:                      "property: invalid JSONata expression: ",
		`{"property":"a.","rules":[]}`:                                    "property: invalid property expression",
		`{"checkall":"maybe"}`:                                            `checkall: expected true or false, got "maybe"`,
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(state.New(), nil).New(props.(*flow.Object), flow.Env{Flow: "f1"})
		var configError *flow.ConfigError
		if !errors.As(err, &configError) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", config, err, want)
		}
	}
}

func BenchmarkThreeRules(b *testing.B) {
	d := flowtest.New(b, Type(state.New(), nil),
		`{"rules":[{"t":"regex","v":"^ERR","vt":"str"},{"t":"eq","v":"QUIT","vt":"str"},{"t":"else"}]}`)
	msg := d.Message(`{"_msgid":"1","payload":"OK then","topic":"t"}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Node.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil {
			b.Fatal(err)
		}
	}
}
