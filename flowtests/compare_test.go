package flowtests

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

func TestCompare(t *testing.T) {
	date := flow.Date(0)
	got := flow.NewObject(flow.MsgID, "1", "payload", "hello", "n", 7.0, "nothing", flow.Null{},
		"bytes", flow.Buffer("hi\n"), "at", date, "list", flow.Array{1.0, flow.NewObject("a", 1.0, "b", 2.0)},
		"deep", flow.NewObject("port", 80.0, "host", "::1"))
	for _, tc := range []struct {
		want string
		ok   bool
	}{
		{`{}`, true},
		{`{payload: hello}`, true},
		{`{payload: Hello}`, false},
		{`{n: 7}`, true},
		{`{n: "7"}`, false},
		{`{nothing: null}`, true},
		{`{other: null}`, false},
		{`{deep: {port: 80}}`, true},
		{`{deep: {port: 81}}`, false},
		{`{deep: 80}`, false},
		{`{list: [1, {a: 1}]}`, true},
		{`{list: [1]}`, false},
		{`{list: []}`, false},
		{`{at: "1970-01-01T00:00:00.000Z"}`, true},
		{`{at: 1970-01-01}`, false},
		{`{payload: {$pattern: ^h.*o$}}`, true},
		{`{payload: {$pattern: ^o}}`, false},
		{`{n: {$pattern: "7"}}`, false},
		{`{bytes: {$text: "hi\n"}}`, true},
		{`{bytes: {$bytes: "hi\n"}}`, true},
		{`{bytes: {$hex: 68 69 0a}}`, true},
		{`{bytes: {$hex: "68"}}`, false},
		{`{bytes: "hi\n"}`, false},
		{`{payload: {$exists: true}, other: {$exists: false}}`, true},
		{`{payload: {$exists: false}}`, false},
		{`{payload: {$type: string}, bytes: {$type: buffer}, n: {$type: number}}`, true},
		{`{payload: {$type: number}}`, false},
		{`{_msgid: "2"}`, false},
	} {
		t.Run(tc.want, func(t *testing.T) {
			rows, ok := compare(wanted(t, tc.want), got, false)
			if ok != tc.ok {
				t.Errorf("compare is %v, want %v\n%s", ok, tc.ok, sideBySide(rows))
			}
		})
	}
}

func TestCompareExactly(t *testing.T) {
	got := flow.NewObject(flow.MsgID, "1", "payload", flow.NewObject("a", 1.0, "b", 2.0))
	for want, ok := range map[string]bool{
		`{payload: {a: 1, b: 2}}`: true, `{payload: {a: 1}}`: false, `{}`: false,
		`{payload: {a: 1, b: 2}, topic: x}`: false, `{payload: {$exists: true}}`: true,
	} {
		if rows, got := compare(wanted(t, want), got, true); got != ok {
			t.Errorf("%s: compare is %v, want %v\n%s", want, got, ok, sideBySide(rows))
		}
	}
}

func wanted(t *testing.T, text string) flow.Value {
	t.Helper()
	n, problems := flowfile.ParseYAML("t.yaml", []byte(text))
	if n == nil {
		t.Fatal(problems)
	}
	r := &reader{file: "t.yaml"}
	v := r.wanted(n)
	if len(r.problems) > 0 {
		t.Fatal(r.problems)
	}
	return v
}

func TestSideBySide(t *testing.T) {
	rows, _ := compare(wanted(t, `{payload: 2, rinfo: {address: 127.0.0.1}, long: "0123456789012345678901234567890123456789xxxxxxxxxx"}`),
		flow.NewObject("payload", 1.0, "rinfo", flow.NewObject("address", "127.0.0.1", "port", 5.0), "topic", "t", "long", "0123"), false)
	want := `    expected                    got
  ≠ payload: 2                  payload: 1
    rinfo.address: "127.0.0.1"  rinfo.address: "127.0.0.1"
  ≠ long: "0123456789012345678901234567890123456789xxxxxxxxxx"
                                long: "0123"
                                topic: "t"
`
	if got := sideBySide(rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
