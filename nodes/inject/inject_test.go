package inject

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/timers/timertest"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

func wantSent(t *testing.T, d *flowtest.Driver, want ...string) {
	t.Helper()
	if got := d.Sent(0); !slices.Equal(got, want) {
		t.Errorf("sent %q\nwant %q", got, want)
	}
}

func TestProps(t *testing.T) {
	for _, tc := range []struct{ name, config, want string }{
		{"types", `{"props":[{"p":"payload","v":"default","vt":"str"},{"p":"n","v":"5","vt":"num"},{"p":"b","v":"false","vt":"bool"},
			{"p":"j","v":"[1,{\"a\":2}]","vt":"json"},{"p":"bin","v":"[1,2,255]","vt":"bin"},{"p":"a.b","v":"deep","vt":"str"},{"p":"","v":"x"}]}`,
			`{"payload":"default","n":5,"b":false,"j":[1,{"a":2}],"bin":{"type":"Buffer","data":[1,2,255]},"a":{"b":"deep"}}`},
		{"flow and global", `{"props":[{"p":"f","v":"x","vt":"flow"},{"p":"g","v":"x","vt":"global"},{"p":"copy","v":"f","vt":"msg"}]}`,
			`{"f":1,"g":2,"copy":1}`},
		{"undefined", `{"props":[{"p":"f","v":"none","vt":"flow"}]}`, `{}`},
		{"outside of props", `{"props":[{"p":"payload"},{"p":"topic","vt":"str"}],"payload":"7","payloadType":"num","topic":"t"}`,
			`{"payload":7,"topic":"t"}`},
		{"old", `{"payload":"hi","payloadType":"str","topic":"t"}`, `{"payload":"hi","topic":"t"}`},
		{"none", `{"props":[]}`, `{}`},
		{"nothing at all", `{}`, `{"payload":"","topic":""}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stores := state.New()
			_ = stores.Flow("f1").Set("x", 1.0)
			_ = stores.Global().Set("x", 2.0)
			d := flowtest.New(t, Type(stores), tc.config)
			if err := d.Command("inject", nil); err != nil {
				t.Fatal(err)
			}
			wantSent(t, d, tc.want)
		})
	}
}

func TestCommand(t *testing.T) {
	d := flowtest.New(t, Type(state.New()), `{"props":[{"p":"payload","v":"default","vt":"str"}]}`)
	body := flow.NewObject("keep", 1.0, "__user_inject_props__", flow.Array{
		flow.NewObject("p", "payload", "v", "over", "vt", "str"), flow.NewObject("p", "k", "v", "7", "vt", "num"),
	})
	if err := d.Command("inject", body); err != nil {
		t.Fatal(err)
	}
	if err := d.Command("inject", nil); err != nil {
		t.Fatal(err)
	}
	d.Handle(`{"payload":"old","x":1}`)
	wantSent(t, d, `{"keep":1,"payload":"over","k":7}`, `{"payload":"default"}`, `{"payload":"default","x":1}`)
	if keys := d.Messages(0)[1].Object().Keys(); keys[0] != flow.MsgID {
		t.Errorf("the button's message has the keys %q, want the id first", keys)
	}
	if body.Len() != 2 {
		t.Errorf("the body was changed to %s", flow.JSON(body))
	}
	if d.Command("other", nil) == nil {
		t.Error("an unknown command is no error")
	}
}

func TestErrors(t *testing.T) {
	d := flowtest.New(t, Type(state.New()), `{"props":[{"p":"payload","v":"a.b","vt":"msg"},{"p":"x","v":"c.d","vt":"msg"}]}`)
	err := d.Command("inject", nil)
	want := "TypeError: Cannot read properties of undefined (reading 'b'); TypeError: Cannot read properties of undefined (reading 'd')"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if len(d.Log) != 1 || d.Log[0].Msg == nil || d.Log[0].What != want {
		t.Errorf("catch nodes get %v", d.Log)
	}
	bad := flow.NewObject("__user_inject_props__", flow.Array{flow.NewObject("p", "x", "v", "{", "vt", "json")})
	if d.Command("inject", bad) == nil {
		t.Error("bad JSON is no error")
	}
	wantSent(t, d)

	failing := func(*flow.Message) (flow.Value, error) {
		return nil, &typed.ExpressionError{Err: errors.New("no such function")}
	}
	n := d.Node.(*Node)
	n.props[0].value = failing
	want = "Invalid JSONata expression: no such function; TypeError: Cannot read properties of undefined (reading 'd')"
	if err := d.Command("inject", nil); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	n.place.Env.MessageKeys = true
	n.props[1].value = failing
	want = "inject.errors.invalid-expr; inject.errors.invalid-expr"
	if err := d.Command("inject", nil); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	wantSent(t, d)
}

func TestConfigErrors(t *testing.T) {
	for config, want := range map[*flow.Object]string{
		flow.NewObject("props", flow.Array{flow.NewObject("p", "x", "v", "1+", "vt", "jsonata")}): "props[0].v: invalid JSONata expression: ",
		flow.NewObject("crontab", "* * *"): "crontab: \"* * *\" is no cron expression, such as \"30 8 * * 1-5\": ",
		flow.NewObject("repeat", "soon"):   "repeat: expected a number, got \"soon\"",
	} {
		_, err := Type(state.New()).New(config, flow.Env{})
		if err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Messages made by a timer have no id: the engine adds it, at the end.
func TestTimers(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		after        time.Duration
		want         int
	}{
		{"once, too early", `{"once":true}`, 99 * time.Millisecond, 0},
		{"once", `{"once":true}`, 24 * time.Hour, 1},
		{"once with a delay", `{"once":true,"onceDelay":"2"}`, 1999 * time.Millisecond, 0},
		{"repeat", `{"repeat":"0.25"}`, time.Second, 4},
		{"once and repeat", `{"once":true,"onceDelay":0.5,"repeat":1}`, 2500 * time.Millisecond, 3},
		{"cron", `{"crontab":"*/5 * * * *"}`, time.Hour, 12},
		{"cron with seconds", `{"crontab":"*/10 * * * * *"}`, time.Minute, 6},
		{"repeat wins over cron", `{"repeat":"3600","crontab":"* * * * *"}`, time.Hour, 1},
		{"too long", `{"repeat":2147484}`, 9999 * time.Hour, 0},
		{"nothing", `{"repeat":"","crontab":""}`, time.Hour, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := timertest.New(t, Type(state.New()), tc.config)
				d.RunUntil(int(tc.after.Milliseconds()))
				if got := len(d.Sent(0)); got != tc.want {
					t.Errorf("%d messages after %s, want %d", got, tc.after, tc.want)
				}
				for _, m := range d.Messages(0) {
					if keys := m.Object().Keys(); keys[len(keys)-1] != flow.MsgID {
						t.Errorf("keys %q, want the id last", keys)
					}
				}
				if tc.name == "too long" && (len(d.Log) != 1 || d.Log[0].What != "Interval too large") {
					t.Errorf("logged %v", d.Log)
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := flowtest.New(t, Type(state.New()), `{"repeat":1}`)
		if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // the bubble sleeps
		d.Run()
		wantSent(t, d)
	})
}

// A paused node fires no more.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := timertest.New(t, Type(state.New()), `{"repeat":"1","props":[{"p":"payload"}],"payload":"x","payloadType":"str"}`)
		d.RunUntil(1500)
		d.Node.(*Node).Pause()
		d.RunUntil(5000)
		d.Want("1000 x")
	})
}
