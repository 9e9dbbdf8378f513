package rangenode

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestRange(t *testing.T) {
	for _, tc := range []struct {
		action, ranges string // minin, maxin, minout, maxout
		round          bool
		in             string
		want           string // "" is dropped
	}{
		{"scale", `0,100,0,1000`, false, `50`, `500`},
		{"scale", `0,100,0,1`, false, `"55"`, `0.55`},
		{"scale", `"0","100","0","1000"`, false, `-5`, `-50`},
		{"scale", `100,0,0,-100`, false, `40`, `-60`},
		{"scale", `100,0,-100,0`, false, `10`, `-10`},
		{"scale", `0,10,0,1`, true, `5`, `1`},
		{"scale", `0,10,0,-1`, true, `5`, `0`},
		{"", `0,10,0,100`, false, `true`, `10`},
		{"roll", `0,10,0,360`, true, `15`, `180`},
		{"roll", `0,10,0,360`, true, `13.3333`, `120`},
		{"roll", `0,10,0,360`, true, `-12.5`, `270`},
		{"roll", `0,10,0,360`, true, `-10`, `0`},
		{"clamp", `0,10,0,1000`, false, `111`, `1000`},
		{"clamp", `0,10,0,1000`, false, `-1`, `0`},
		{"clamp", `0,9.5,0.5,100.5`, true, `13.1`, `100`},
		{"clamp", `0,9.5,0.3,100.5`, true, `-13.1`, `1`},
		{"drop", `2,8,20,80`, true, `1`, ``},
		{"drop", `2,8,20,80`, true, `9`, ``},
		{"drop", `2,8,20,80`, true, `5`, `50`},
	} {
		limits, err := flow.ParseJSON([]byte("[" + tc.ranges + "]"))
		if err != nil {
			t.Fatal(err)
		}
		l := limits.(flow.Array)
		d := flowtest.New(t, Type, flow.JSON(flow.NewObject("action", tc.action, "round", tc.round,
			"minin", l[0], "maxin", l[1], "minout", l[2], "maxout", l[3], "property", "a.b")))
		d.Handle(fmt.Sprintf(`{"a":{"b":%s}}`, tc.in))
		var want []string
		if tc.want != "" {
			want = []string{fmt.Sprintf(`{"a":{"b":%s}}`, tc.want)}
		}
		if got := d.Sent(0); !slices.Equal(got, want) || d.Done[0] != nil {
			t.Errorf("%s %s of %s: got %q, %v, want %q", tc.action, tc.ranges, tc.in, got, d.Done, want)
		}
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	d := flowtest.New(t, Type, `{"minin":"0","maxin":"1","minout":"0","maxout":"1"}`)
	d.Handle(`{"topic":"pass on"}`)
	d.Handle(`{"payload":"NOT A NUMBER"}`)
	if got, want := d.Sent(0), []string{`{"topic":"pass on"}`}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if len(d.Log) != 1 || d.Log[0].Level != flow.LevelInfo || d.Log[0].What != "Not a number: NOT A NUMBER" {
		t.Errorf("logged %v", d.Log)
	}
	d = flowtest.New(t, Type, `{"property":"a.b"}`)
	d.Handle(`{}`)
	if d.Done[0] == nil || d.Done[0].Error() != "TypeError: Cannot read properties of undefined (reading 'b')" {
		t.Errorf("done with %v", d.Done)
	}
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"action":   flow.NewObject("action", "stretch"),
		"property": flow.NewObject("property", "a..b"),
		"minin":    flow.NewObject("minin", "low"),
	} {
		_, err := Type.New(config, flow.Env{})
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || bad.Property != property {
			t.Errorf("got %v, want an error of %s", err, property)
		}
	}
}
