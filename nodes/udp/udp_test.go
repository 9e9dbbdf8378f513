package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udp"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func socket(t *testing.T, host string) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	a := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return conn, netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func expect(t *testing.T, conn *net.UDPConn, want string) netip.AddrPort {
	t.Helper()
	buf := make([]byte, 100)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("received %q, %v, want %q", buf[:n], err, want)
	}
	return netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

func TestIn(t *testing.T) {
	for _, c := range []struct{ ipv, datatype, ip, payload string }{
		{"udp4", "buffer", "127.0.0.1", `{"type":"Buffer","data":[104,255]}`},
		{"udp4", "utf8", "127.0.0.1", `"h` + "\ufffd" + `"`},
		{"udp6", "base64", "::ffff:127.0.0.1", `"aP8="`},
	} {
		if c.ipv == "udp6" {
			sockettest.SkipWithoutIPv6(t)
		}
		port := sockettest.FreePort(t)
		st := session.New()
		d := flowtest.New(t, udp.In(st), fmt.Sprintf(`{"port":"%d","ipv":%q,"datatype":%q,"multicast":"false"}`, port, c.ipv, c.datatype))
		conn, from := socket(t, "127.0.0.1")
		if _, err := conn.WriteToUDPAddrPort([]byte("h\xff"), netip.AddrPortFrom(from.Addr(), uint16(port))); err != nil {
			t.Fatal(err)
		}
		d.Until(func() bool { return len(d.Messages(0)) == 1 })
		want := fmt.Sprintf(`{"payload":%s,"fromip":"%[2]s:%[3]d","ip":"%[2]s","port":%[3]d}`, c.payload, c.ip, from.Port())
		if got := d.Sent(0)[0]; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if list := st.Snapshot(); len(list) != 1 || list[0].Kind != "udp" || list[0].MessagesIn != 1 {
			t.Errorf("the sessions are %v", list)
		}
		sockettest.Stop(t, d, flow.Removed)
		if len(st.Snapshot()) != 0 {
			t.Error("a session is left")
		}
	}
}

func TestInMulticast(t *testing.T) {
	port := sockettest.FreePort(t)
	const config = `{"port":%d,"multicast":"true","group":"239.1.2.5","iface":"127.0.0.1","datatype":"utf8"}`
	d := flowtest.New(t, udp.In(session.New()), fmt.Sprintf(config, port))
	out := flowtest.New(t, udp.Out(session.New()), fmt.Sprintf(`{"addr":"239.1.2.5","port":%d,"multicast":"multi","iface":"127.0.0.1"}`, port))
	out.Handle(`{"payload":"to all"}`)
	if len(d.Log) > 1 || len(out.Done) == 1 && out.Done[0] != nil {
		t.Skip("no multicast on the loopback interface:", d.Log, out.Done)
	}
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if got := d.Messages(0)[0].Get("payload"); got != "to all" {
		t.Errorf("received %v", got)
	}
	sockettest.ExpectBadges(t, d, "undefined undefined 127.0.0.1")
}

func TestInFailures(t *testing.T) {
	taken, at := socket(t, "0.0.0.0")
	for config, want := range map[string]string{
		fmt.Sprintf(`{"port":%d}`, at.Port()):                     fmt.Sprintf("error: bind EADDRINUSE 0.0.0.0:%d", at.Port()),
		`{"multicast":"true","group":"127.0.0.1"}`:                "Bad Multicast Address",
		`{"multicast":"true","group":"239.1.2.3","iface":"no-0"}`: "Interface no-0 not found",
	} {
		d := flowtest.New(t, udp.In(session.New()), config)
		d.Run()
		if len(d.Log) == 0 || d.Log[0].What != want {
			t.Errorf("%s: the log is %v", config, d.Log)
		}
	}
	_ = taken
}

func TestOut(t *testing.T) {
	conn, to := socket(t, "127.0.0.1")
	for _, c := range []struct{ config, msg, want string }{
		{`{"addr":"127.0.0.1","port":"%d"}`, `{"payload":"hello","ip":"203.0.113.1","port":1}`, "hello"},
		{`{"addr":"localhost","port":"%d"}`, `{"payload":"hi"}`, "hi"},
		{`{"base64":true,"outport":"","port":""}`, `{"payload":"aGVsbG8","ip":"127.0.0.1","port":%d}`, "hello"},
		{`{"ipv":"udp6"}`, `{"payload":42,"ip":"127.0.0.1","port":"%d"}`, "42"},
	} {
		at := func(s string) string { return strings.ReplaceAll(s, "%d", fmt.Sprint(to.Port())) }
		d := flowtest.New(t, udp.Out(session.New()), at(c.config))
		d.Handle(at(c.msg))
		d.Until(func() bool { return len(d.Done) == 1 })
		expect(t, conn, c.want)
	}
}

func TestOutSendsFromThePortOfTheInNode(t *testing.T) {
	port := sockettest.FreePort(t)
	st := session.New()
	flowtest.New(t, udp.In(st), fmt.Sprintf(`{"port":%d}`, port), func(e *flow.Env) { e.ID = "in" })
	conn, to := socket(t, "127.0.0.1")
	d := flowtest.New(t, udp.Out(st), fmt.Sprintf(`{"addr":"127.0.0.1","port":%d,"outport":"%d"}`, to.Port(), port))
	d.Handle(`{"payload":"x"}`)
	if from := expect(t, conn, "x"); int(from.Port()) != port || len(st.Snapshot()) != 1 {
		t.Errorf("it came from %v, of the sessions %v", from, st.Snapshot())
	}
	own := sockettest.FreePort(t)
	d = flowtest.New(t, udp.Out(session.New()), fmt.Sprintf(`{"addr":"127.0.0.1","port":%d,"outport":%d}`, to.Port(), own))
	d.Handle(`{"payload":"y"}`)
	if from := expect(t, conn, "y"); int(from.Port()) != own {
		t.Errorf("it came from %v", from)
	}
}

func TestOutRefuses(t *testing.T) {
	for _, c := range []struct{ config, msg, warning, err string }{
		{`{}`, `{"payload":"x","port":5}`, "udp: ip address not set", ""},
		{`{"addr":"127.0.0.1"}`, `{"payload":"x"}`, "udp: port not set", ""},
		{`{"addr":"127.0.0.1"}`, `{"payload":"x","port":70000}`, "udp: port number not valid", ""},
		{`{"addr":"127.0.0.1"}`, `{"payload":"x","port":"five"}`, "udp: port number not valid", ""},
		{`{"addr":"127.0.0.1","port":5,"base64":true}`, `{"payload":5}`, "", "udp : a base64 payload must be text"},
		{`{"addr":"127.255.255.255","port":5}`, `{"payload":"x"}`, "", "udp : send EACCES 127.255.255.255:5"},
		{`{"addr":"127.0.0.1","port":5}`, `{"topic":"no payload"}`, "", ""},
	} {
		d := flowtest.New(t, udp.Out(session.New()), c.config)
		d.Handle(c.msg)
		var warning, err string
		if len(d.Log) > 0 && d.Done[0] == nil {
			warning = d.Log[0].What
		}
		if d.Done[0] != nil {
			err = d.Done[0].Error()
		}
		if warning != c.warning || err != c.err {
			t.Errorf("%s: warned %q, error %q", c.msg, warning, err)
		}
	}
}

func TestBadPorts(t *testing.T) {
	for _, c := range []struct {
		typ    flow.Type
		config *flow.Object
		want   string // "" for none
	}{
		{udp.In(nil), flow.NewObject("port", "abc"), `port: "abc" is no port`},
		{udp.In(nil), flow.NewObject("port", 70000.0), "port: 70000 is no port"},
		{udp.In(nil), flow.NewObject("port", " 9200 "), ""},
		{udp.In(nil), flow.NewObject("port", ""), ""},
		{udp.Out(nil), flow.NewObject("port", "1.5"), `port: "1.5" is no port`},
		{udp.Out(nil), flow.NewObject("port", "", "outport", -1.0), "outport: -1 is no port"},
		{udp.Out(nil), flow.NewObject("port", 9200.0, "outport", "9201"), ""},
	} {
		_, err := c.typ.New(c.config, flow.Env{})
		got := ""
		if bad, ok := errors.AsType[*flow.ConfigError](err); ok && bad.Idle {
			got = bad.Error()
		}
		if got != c.want {
			t.Errorf("%s %s: %v", c.typ.Name, flow.JSON(c.config), err)
		}
	}
}
