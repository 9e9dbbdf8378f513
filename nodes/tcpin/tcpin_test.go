package tcpin_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpin"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// payloads waits for n messages and returns their payloads.
func payloads(d *flowtest.Driver, n int) string {
	d.Until(func() bool { return len(d.Messages(0)) >= n })
	var list []string
	for _, m := range d.Messages(0) {
		list = append(list, flow.JSON(m.Get("payload")))
	}
	return strings.Join(list, " ")
}

func TestServer(t *testing.T) {
	for _, c := range []struct {
		config string
		send   []string // each is waited for, if it completes something
		counts []int    // how many messages there are then
		end    int      // and when the connection has ended
		want   string
	}{
		{`"newline":"\\n"`, []string{"a\nb\nc", "d\n"}, []int{2, 3}, 3, `"a" "b" "cd"`},
		{`"newline":"\\n","trim":true`, []string{"a\nb"}, []int{1}, 2, `"a\n" "b"`},
		{``, []string{"caf\xc3", "\xa9"}, []int{1, 2}, 2, `"caf" "é"`},
		{`"datatype":"base64"`, []string{"foo"}, []int{1}, 1, `"Zm9v"`},
		{`"datatype":"buffer"`, []string{"hi"}, []int{1}, 1, `{"type":"Buffer","data":[104,105]}`},
		{`"datamode":"single"`, []string{"one ", "two"}, []int{0, 0}, 1, `"one two"`},
		{`"datamode":"single","datatype":"base64"`, []string{"f", "oo"}, []int{0, 0}, 1, `"Zm9v"`},
	} {
		t.Run(c.config, func(t *testing.T) {
			st, port := session.New(), sockettest.FreePort(t)
			config := fmt.Sprintf(`{"server":"server","port":"%d","topic":"t","datatype":"utf8",%s}`, port, c.config)
			config = strings.Replace(config, `,}`, `}`, 1)
			if strings.Count(config, `"datatype"`) == 2 {
				config = strings.Replace(config, `"datatype":"utf8",`, "", 1)
			}
			d := flowtest.New(t, tcpin.Type(st), config)
			peer := sockettest.Dial(t, port)
			for i, text := range c.send {
				_, _ = io.WriteString(peer, text)
				payloads(d, c.counts[i])
			}
			_ = peer.CloseWrite()
			if got := payloads(d, c.end); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			d.Until(func() bool { return len(d.Badges()) == 2 })
			if n := len(st.Snapshot()); n != 0 {
				t.Errorf("there are %d sessions", n)
			}
			m := d.Messages(0)[0]
			id := m.Get("_session").(*flow.Object)
			if m.Get("topic") != "t" || m.Get("ip") != "127.0.0.1" || id.Get("type") != "tcp" || id.Get("id") == nil {
				t.Errorf("the message is %s", flow.JSON(m.Object()))
			}
			badges := d.Badges()
			if !strings.Contains(badges[0], "1 connection") || !strings.Contains(badges[1], "0 connections") {
				t.Errorf("badges %q", badges)
			}
		})
	}
}

// A client that got all it is to get connects again at once.
func TestClientConnectsAgain(t *testing.T) {
	ln := sockettest.Listen(t)
	d := flowtest.New(t, tcpin.Type(session.New()),
		fmt.Sprintf(`{"server":"client","host":"127.0.0.1","port":%d,"datamode":"single","datatype":"utf8"}`, sockettest.Port(ln)))
	for i := range 2 {
		d.Until(func() bool { return len(d.Badges()) == 2+3*i })
		peer, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(peer, "%d", i)
		_ = peer.Close()
		d.Until(func() bool { return len(d.Messages(0)) > i })
	}
	if got := payloads(d, 2); got != `"0" "1"` {
		t.Errorf("got %s", got)
	}
	if m := d.Messages(0)[0]; m.Has("ip") {
		t.Errorf("the message is %s", flow.JSON(m.Object()))
	}
}

func TestConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"port":"70000"}`:                  `port: "70000" is no port from 1 to 65535`,
		`{"port":"${PLC}"}`:                 `port: "${PLC}" is no port from 1 to 65535`,
		`{}`:                                `port: "" is no port from 1 to 65535`,
		`{"port":"1","datatype":"utf16"}`:   `datatype: expected buffer, utf8 or base64, got "utf16"`,
		`{"port":"1","tls":"no-such-node"}`: "tls: ",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		env := flow.Env{Config: func(string) flow.Node { return nil }}
		if _, err := tcpin.Type(nil).New(props.(*flow.Object), env); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
