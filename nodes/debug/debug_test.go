package debug

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/typed"
)

func TestFrames(t *testing.T) {
	for _, tc := range []struct{ config, in, want string }{
		{`{}`, `{"payload":"hi","topic":"t"}`, `"topic":"t","property":"payload","msg":"hi","format":"string[2]"`},
		{`{"complete":false}`, `{"payload":1}`, `"property":"payload","msg":"1","format":"number"`},
		{`{"complete":"payload.x"}`, `{"payload":{"x":[1]}}`, `"property":"payload.x","msg":"[1]","format":"array[1]"`},
		{`{"complete":"a[\"b c\"]"}`, `{"a":{"b c":2}}`, `"property":"a[\"b c\"]","msg":"2","format":"number"`},
		{`{"complete":"a.b"}`, `{}`, `"property":"a.b","msg":"(undefined)","format":"undefined"`},
		{`{"complete":"true","targetType":"full"}`, `{"_msgid":"1","payload":1}`, `"msg":"{\"_msgid\":\"1\",\"payload\":1}","format":"Object"`},
		{`{"active":false}`, `{"payload":1}`, ``},
		{`{"tosidebar":false}`, `{"payload":1}`, ``},
		{`{"active":null}`, `{"payload":true}`, `"property":"payload","msg":"true","format":"boolean"`},
		{`{}`, `{"payload":1,"status":{"source":{"id":"n1"}}}`, ``},
	} {
		var got []string
		sink := func(f Frame) { got = append(got, flow.JSON(f.Object())) }
		d := flowtest.New(t, Type(nil, sink), tc.config, func(e *flow.Env) { e.Name = "out" })
		d.Handle(tc.in)
		var want []string
		if tc.want != "" {
			want = []string{`{"id":"n1","z":"f1","path":"f1","name":"out",` + tc.want + `}`}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s for %s:\ngot  %q\nwant %q", tc.config, tc.in, got, want)
		}
		if len(d.Done) != 1 || d.Done[0] != nil || len(d.Log) != 0 {
			t.Errorf("%s for %s: done %v, logged %v", tc.config, tc.in, d.Done, d.Log)
		}
	}
}

func TestCommands(t *testing.T) {
	count := 0
	d := flowtest.New(t, Type(nil, func(Frame) { count++ }), `{}`)
	for _, name := range []string{"disable", "enable"} {
		if err := d.Command(name, nil); err != nil {
			t.Fatal(err)
		}
		d.Handle(`{}`)
	}
	if count != 1 {
		t.Errorf("%d frames, want 1", count)
	}
	if d.Command("inject", nil) == nil {
		t.Error("an unknown command is no error")
	}
}

func TestConsole(t *testing.T) {
	for in, want := range map[string]string{
		`{"payload":"text"}`:        "text",
		`{"payload":"two\nlines"}`:  "\ntwo\nlines",
		`{"payload":5}`:             "5",
		`{"payload":{"a":["b",1]}}`: "\n{ a: [ 'b', 1 ] }",
		`{"payload":null}`:          "\nnull",
		`{}`:                        "undefined",
	} {
		d := flowtest.New(t, Type(nil, nil), `{"console":"true"}`)
		d.Handle(in)
		if len(d.Log) != 1 || d.Log[0].Level != flow.LevelInfo || d.Log[0].What != want {
			t.Errorf("%s: logged %v, want %q", in, d.Log, want)
		}
	}
}

func TestBadge(t *testing.T) {
	long := strings.Repeat("é", 33)
	for _, tc := range []struct{ config, in, want string }{
		{`"statusType":"auto"`, `{"payload":"hi"}`, "grey dot hi"},
		{`"complete":"true"`, `{"payload":5}`, "grey dot 5"},
		{``, `{"payload":"` + long + `"}`, "grey dot " + long[:64] + "..."},
		{``, `{"payload":{"a":1}}`, "grey dot { a: 1 }"},
		{``, `{"payload":{"fill":"red","shape":"ring","text":"x"}}`, "red ring x"},
		{``, `{"payload":1,"error":{"message":"bad"}}`, "red dot bad"},
		{``, `{"payload":1,"status":{"text":"s","fill":"green"}}`, "green ring s"},
		{`"statusType":"msg","statusVal":"topic"`, `{"payload":1,"topic":"t","error":{"message":"bad"}}`, "grey dot t"},
	} {
		d := flowtest.New(t, Type(nil, nil), strings.ReplaceAll(`{"tostatus":true,`+tc.config+`}`, ",}", "}"))
		d.Handle(tc.in)
		d.Handle(tc.in)
		if got, want := d.Badges(), []string{"grey ring undefined", tc.want}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tc.in, got, want)
		}
	}
}

func TestCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := flowtest.New(t, Type(nil, nil), `{"tostatus":true,"statusType":"counter"}`)
		for range 10 {
			d.Handle(`{}`)
			time.Sleep(10 * time.Millisecond) // the bubble sleeps
		}
		time.Sleep(time.Second) // the bubble sleeps
		synctest.Wait()
		d.Run()
		d.Handle(`{}`)
		if got, want := d.Badges(), []string{"grey ring undefined", "blue ring 0", "blue ring 1", "blue ring 10", "blue ring 11"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// A count that is on its way when the node stops must not show over the badge of
// its next instance.
func TestNoCountAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := flowtest.New(t, Type(nil, nil), `{"tostatus":true,"statusType":"counter"}`)
		d.Handle(`{"payload":1}`)
		d.Handle(`{"payload":2}`)
		time.Sleep(counterPause) // the bubble sleeps
		synctest.Wait()
		if err := d.Node.(*Node).Stop(t.Context(), flow.Restarted); err != nil {
			t.Fatal(err)
		}
		d.Run()
		if badges := d.Badges(); badges[len(badges)-1] != "" {
			t.Errorf("the badges were %q, want none at the end", badges)
		}
	})
}

func TestConfigErrors(t *testing.T) {
	for property, config := range map[string]*flow.Object{
		"complete":   flow.NewObject("complete", "$sum(a", "targetType", "jsonata"),
		"statusVal":  flow.NewObject("tostatus", true, "statusType", "jsonata", "statusVal", "("),
		"statusType": flow.NewObject("tostatus", true, "statusType", "loud"),
	} {
		_, err := Type(nil, nil).New(config, flow.Env{})
		var configError *flow.ConfigError
		if !errors.As(err, &configError) || configError.Property != property {
			t.Errorf("got %v, want an error of %s", err, property)
		}
	}
	if _, err := Type(nil, nil).New(flow.NewObject("complete", "a..b"), flow.Env{}); err == nil {
		t.Error("a bad property name is no error")
	}
}

func TestExpressionErrors(t *testing.T) {
	count := 0
	d := flowtest.New(t, Type(nil, func(Frame) { count++ }), `{"tostatus":true,"console":true}`)
	n := d.Node.(*Node)
	failing := func(*flow.Message) (flow.Value, error) {
		return nil, &typed.ExpressionError{Err: errors.New("no such function")}
	}
	n.property = failing
	d.Handle(`{"payload":1}`)
	n.property, n.badge.property, n.badge.kind = typed.Constant("shown"), failing, "jsonata"
	d.Handle(`{"payload":1}`)
	n.env.MessageKeys = true
	n.property = failing
	d.Handle(`{"payload":1}`)
	var logged []string
	for _, e := range d.Log {
		if e.Msg != nil {
			t.Errorf("%s came with a message", e.What)
		}
		logged = append(logged, e.What)
	}
	want := []string{"Invalid JSONata expression: no such function", "Invalid JSONata expression: no such function", "shown", "debug.invalid-exp"}
	if !slices.Equal(logged, want) || count != 1 {
		t.Errorf("logged %q and sent %d frames, want %q and 1", logged, count, want)
	}
}
