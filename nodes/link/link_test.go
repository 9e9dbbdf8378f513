package link

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

// exchange is a host whose calls the test answers.
type exchange struct {
	flow.Host
	called  []string
	timeout time.Duration
	done    func(*flow.Message, error)

	callers  int // how many calls there are to return from
	returned []string
}

func (e *exchange) LinkCall(target string, msg *flow.Message, timeout time.Duration, done func(*flow.Message, error)) error {
	if target == "" {
		return errors.New("not found")
	}
	msg.Set("_linkSource", flow.Array{"call"})
	e.called = append(e.called, target+" "+flow.JSON(msg))
	e.timeout, e.done = timeout, done
	return nil
}

func (e *exchange) LinkReturn(msg *flow.Message) bool {
	if e.callers == 0 {
		return false
	}
	e.callers--
	e.returned = append(e.returned, flow.JSON(msg))
	return true
}

func drive(t *testing.T, typ flow.Type, config string) (*flowtest.Driver, *exchange) {
	e := &exchange{}
	return flowtest.New(t, typ, config, func(env *flow.Env) {
		e.Host = env.Host
		env.Host = e
	}), e
}

func TestCall(t *testing.T) {
	for _, c := range []struct{ config, in, want string }{
		{`{"links":["a","b"]}`, `{"payload":1}`, `a {"payload":1,"_linkSource":["call"]}`},
		{`{"links":"a"}`, `{"target":"x"}`, `a {"target":"x","_linkSource":["call"]}`},
		{`{"linkType":"dynamic","links":["a"]}`, `{"target":"x"}`, `x {"target":"x","_linkSource":["call"]}`},
	} {
		d, e := drive(t, Call, c.config)
		d.Handle(c.in)
		if !slices.Equal(e.called, []string{c.want}) {
			t.Errorf("%s: called %q, want %q", c.config, e.called, c.want)
		}
		if e.timeout != 30*time.Second || len(d.Done) > 0 {
			t.Errorf("%s: the timeout is %v, %d messages are done", c.config, e.timeout, len(d.Done))
		}
		e.done(d.Message(`{"payload":"reply"}`), nil)
		if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":"reply"}`}) || !slices.Equal(d.Done, []error{nil}) {
			t.Errorf("%s: sent %q, done %v", c.config, got, d.Done)
		}
	}
}

func TestCallFails(t *testing.T) {
	d, e := drive(t, Call, `{"links":["a"],"timeout":"0.5"}`)
	d.Handle(`{}`)
	e.done(nil, flow.ErrLinkTimeout)
	if e.timeout != 500*time.Millisecond || len(d.Log) != 1 || d.Log[0].What != "timeout" {
		t.Fatalf("after %v it reported %v", e.timeout, d.Log)
	}
	if got := flow.JSON(d.Log[0].Msg); got != `{"_linkSource":[]}` {
		t.Errorf("with %s", got)
	}
	d, _ = drive(t, Call, `{"linkType":"dynamic","links":["a"]}`)
	d.Handle(`{"payload":1}`)
	if len(d.Log) != 1 || d.Log[0].What != "not found" || flow.JSON(d.Log[0].Msg) != `{"payload":1}` {
		t.Errorf("without a target it reported %v", d.Log)
	}
}

func TestOut(t *testing.T) {
	for _, config := range []string{`{}`, `{"mode":""}`, `{"mode":"link","links":["x"]}`} {
		d, e := drive(t, Out, config)
		d.Handle(`{"payload":1}`)
		if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":1,"_event":"node:n1"}`}) || e.returned != nil {
			t.Errorf("%s: sent %q, returned %q", config, got, e.returned)
		}
	}
	d, e := drive(t, Out, `{"mode":"return"}`)
	e.callers = 1
	d.Handle(`{"payload":1}`)
	d.Handle(`{"payload":2}`)
	if got := d.Sent(0); got != nil || !slices.Equal(e.returned, []string{`{"payload":1,"_event":"node:n1"}`}) {
		t.Errorf("sent %q, returned %q", got, e.returned)
	}
	if len(d.Log) != 1 || d.Log[0].Level != flow.LevelWarn || d.Log[0].What != "Missing return node information" {
		t.Errorf("reported %v", d.Log)
	}
	var config *flow.ConfigError
	if _, err := Out.New(flow.NewObject("mode", "both"), flow.Env{}); !errors.As(err, &config) || config.Property != "mode" {
		t.Errorf("got %v, want an error of mode", err)
	}
}

func TestIn(t *testing.T) {
	d, _ := drive(t, In, `{"links":["x"]}`)
	d.Handle(`{"payload":1}`)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":1}`}) {
		t.Errorf("sent %q", got)
	}
}
