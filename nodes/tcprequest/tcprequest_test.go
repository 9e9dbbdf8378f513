package tcprequest_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcprequest"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that sends back what it gets, and keeps the connection.
func echo(t *testing.T) net.Listener {
	t.Helper()
	return sockettest.Serve(t, func(conn net.Conn) { _, _ = io.Copy(conn, conn) })
}

func TestAnswers(t *testing.T) {
	ln := echo(t)
	for name, c := range map[string]struct {
		config string
		send   []string
		want   string
	}{
		"time":   {`"out":"time","splitc":"50","ret":"string"`, []string{"hello"}, `"hello"`},
		"count":  {`"out":"count","splitc":"3"`, []string{"hello"}, `{"type":"Buffer","data":[104,101,108]}`},
		"char":   {`"out":"char","splitc":"\\n","ret":"string"`, []string{"hello\\nworld"}, `"hello\n"`},
		"hex":    {`"out":"char","splitc":"0x6c","ret":"string"`, []string{"hello"}, `"hel"`},
		"sit":    {`"out":"sit","ret":"string","newline":"\\n"`, []string{"a\\nb\\n", "c\\n"}, `"a" "b" "c"`},
		"attach": {`"out":"sit","ret":"string","newline":"\\n","trim":true`, []string{"a\\n"}, `"a\n"`},
	} {
		t.Run(name, func(t *testing.T) {
			d := flowtest.New(t, tcprequest.Type(session.New(), nil),
				fmt.Sprintf(`{"server":"127.0.0.1","port":"%d",%s}`, sockettest.Port(ln), c.config))
			for i, text := range c.send {
				d.Handle(fmt.Sprintf(`{"payload":"%s","topic":"t%d"}`, text, i))
				d.Until(func() bool { return len(d.Done) > i })
			}
			n := strings.Count(c.want, " ") + 1
			d.Until(func() bool { return len(d.Messages(0)) >= n })
			var got []string
			for _, m := range d.Messages(0) {
				got = append(got, flow.JSON(m.Get("payload")))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
			if topic := d.Messages(0)[0].Get("topic"); topic != "t0" && name != "sit" {
				t.Errorf("the topic is %v", topic)
			}
		})
	}
}

func TestServerOfTheMessage(t *testing.T) {
	ln := echo(t)
	d := flowtest.New(t, tcprequest.Type(session.New(), nil), `{"out":"count","splitc":"2"}`)
	d.Handle(fmt.Sprintf(`{"payload":42,"host":"127.0.0.1","port":%d}`, sockettest.Port(ln)))
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	d.Handle(`{"payload":"x"}`) // a warning
	d.Handle(fmt.Sprintf(`{"payload":null,"host":"127.0.0.1","port":%d}`, sockettest.Port(ln)))
	if n := len(d.Done); n != 3 || d.Done[1] != nil || d.Done[2] == nil {
		t.Errorf("done %v", d.Done)
	}
}

// What is no port is an error of the message, as in Node.js.
func TestBadPort(t *testing.T) {
	for port, want := range map[string]string{
		`"abc"`:       "Port should be >= 0 and < 65536. Received type string (abc).",
		"70000":       "Port should be >= 0 and < 65536. Received type number (70000).",
		`"127.0.0.1"`: "Port should be >= 0 and < 65536. Received type string (127.0.0.1).",
		"1.5":         "Port should be >= 0 and < 65536. Received type number (1.5).",
	} {
		d := flowtest.New(t, tcprequest.Type(session.New(), nil), `{"server":"127.0.0.1"}`)
		d.Handle(`{"payload":"x","port":` + port + `}`)
		if err := d.Done[0]; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("port %s: %v", port, err)
		}
	}
}

func TestBadHost(t *testing.T) {
	d := flowtest.New(t, tcprequest.Type(session.New(), nil), `{"port":7}`)
	d.Handle(`{"payload":"x","host":{"name":"a"}}`)
	if err := d.Done[0]; err == nil || err.Error() != "TypeError: the host must be text, not object" {
		t.Errorf("%v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	port := sockettest.FreePort(t)
	d := flowtest.New(t, tcprequest.Type(session.New(), nil), fmt.Sprintf(`{"server":"127.0.0.1","port":%d}`, port))
	for i := range 2 {
		d.Handle(`{"payload":"x"}`)
		d.Until(func() bool { return len(d.Done) > i })
		want := fmt.Sprintf("connect failed 127.0.0.1:%d", port)
		if err := d.Done[i]; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestImmediatelyAndReset(t *testing.T) {
	ln := sockettest.Listen(t)
	st := session.New()
	d := flowtest.New(t, tcprequest.Type(st, nil), fmt.Sprintf(`{"server":"127.0.0.1","port":%d,"out":"immed"}`, sockettest.Port(ln)))
	d.Handle(`{"payload":"bye"}`)
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	d.Until(func() bool { return len(d.Done) == 1 })
	if got, err := io.ReadAll(peer); string(got) != "bye" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	_ = peer.Close()

	e := flowtest.New(t, tcprequest.Type(st, nil), fmt.Sprintf(`{"server":"127.0.0.1","port":%d,"out":"sit"}`, sockettest.Port(ln)), func(e *flow.Env) { e.ID = "e" })
	e.Handle(`{"payload":"hi"}`)
	if peer, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	e.Until(func() bool { return len(e.Done) == 1 })
	e.Handle(fmt.Sprintf(`{"reset":"127.0.0.1:%d"}`, sockettest.Port(ln)))
	if got, _ := io.ReadAll(peer); string(got) != "hi" {
		t.Errorf("got %q", got)
	}
}
