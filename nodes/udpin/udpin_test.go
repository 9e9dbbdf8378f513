package udpin_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func send(t *testing.T, host string, port int, datagrams ...string) {
	t.Helper()
	c, err := net.Dial("udp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, d := range datagrams {
		if _, err := c.Write([]byte(d)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestModes(t *testing.T) {
	const rinfo = `"rinfo":{"address":"127.0.0.1","family":"IPv4","port":*,"size":3}}`
	for mode, payload := range map[string]string{
		"binary": `{"type":"Buffer","data":[65,255,66]}`,
		"utf8":   `"A` + "\ufffd" + `B"`,
	} {
		port := sockettest.FreePort(t)
		st := session.New()
		d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":"%d","mode":%q}`, port, mode))
		sockettest.Expect(t, d, 0, `{"event":"listening","sessionId":"sess-*","address":"127.0.0.1","port":*,"multicastGroup":null}`)
		send(t, "127.0.0.1", port, "A\xffB")
		sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":`+payload+`,`+rinfo)
		sockettest.Stop(t, d, flow.Restarted)
		sockettest.ExpectBadges(t, d, "green dot listening :"+strconv.Itoa(port), "", "grey ring closed")
		if len(st.Snapshot()) != 0 {
			t.Error("a session is left")
		}
	}
}

func TestLargestDatagram(t *testing.T) {
	port := sockettest.FreePort(t)
	d := flowtest.New(t, udpin.Type(session.New()), fmt.Sprintf(`{"address":"127.0.0.1","port":%d}`, port))
	send(t, "127.0.0.1", port, string(make([]byte, 65507)), "")
	d.Until(func() bool { return len(d.Messages(1)) == 2 })
	for i, want := range []int{65507, 0} {
		if got := len(d.Messages(1)[i].Get("payload").(flow.Buffer)); got != want {
			t.Errorf("datagram %d has %d bytes, want %d", i, got, want)
		}
	}
}

func TestPortIsShared(t *testing.T) {
	port := sockettest.FreePort(t)
	config := fmt.Sprintf(`{"address":"127.0.0.1","port":%d}`, port)
	st := session.New()
	for _, id := range []string{"a", "b"} {
		d := flowtest.New(t, udpin.Type(st), config, func(e *flow.Env) { e.ID = id })
		d.Run()
		sockettest.ExpectBadges(t, d, "green dot listening :"+strconv.Itoa(port))
	}
}

func TestFailures(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.LocalAddr().(*net.UDPAddr).Port
	for _, c := range []struct{ config, text string }{
		{fmt.Sprintf(`{"address":"127.0.0.1","port":%d,"reuseAddr":false}`, port), fmt.Sprintf("bind EADDRINUSE 127.0.0.1:%d", port)},
		{`{"address":"203.0.113.7","port":4000}`, "bind EADDRNOTAVAIL 203.0.113.7:4000"},
		{`{"port":70000}`, "Port should be >= 0 and < 65536. Received type number (70000)."},
		{fmt.Sprintf(`{"port":%d,"multicastGroup":"127.0.0.1"}`, sockettest.FreePort(t)), "addMembership EINVAL"},
		{fmt.Sprintf(`{"port":%d,"multicastGroup":"nonsense"}`, sockettest.FreePort(t)), "addMembership EINVAL"},
	} {
		st := session.New()
		d := flowtest.New(t, udpin.Type(st), c.config)
		sockettest.Expect(t, d, 0, `{"errorCode":"UDP_ERROR","errorText":"`+c.text+`","event":"error","sessionId":"sess-*"}`)
		sockettest.ExpectBadges(t, d, "red dot error")
		if len(st.Snapshot()) != 0 {
			t.Error("a session is left")
		}
	}
	for _, port := range []string{`""`, `"x"`, `0`} {
		d := flowtest.New(t, udpin.Type(session.New()), `{"port":`+port+`}`)
		sockettest.ExpectBadges(t, d, "red ring missing port")
	}
}

func TestAutoPortAndMaxSize(t *testing.T) {
	d := flowtest.New(t, udpin.Type(session.New()), `{"address":"127.0.0.1","port":"auto","mode":"utf8","maxSize":"3"}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	send(t, "127.0.0.1", int(d.Messages(0)[0].Get("port").(float64)), "abc", "abcd")
	const data = `{"event":"data","sessionId":"sess-*","payload":"abc","rinfo":{"address":"127.0.0.1","family":"IPv4","port":*,"size":3%s}}`
	sockettest.Expect(t, d, 1, fmt.Sprintf(data, ""), fmt.Sprintf(data, `,"truncated":true`))
}

func TestManyDatagramsKeepTheOrder(t *testing.T) {
	d := flowtest.New(t, udpin.Type(session.New()), `{"address":"127.0.0.1","port":"auto","mode":"utf8","recvBufferSize":1000000}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	var texts []string
	for i := range 300 { // more than have credits
		texts = append(texts, strconv.Itoa(i))
	}
	send(t, "127.0.0.1", int(d.Messages(0)[0].Get("port").(float64)), texts...)
	d.Until(func() bool { return len(d.Messages(1)) == len(texts) })
	for i, want := range texts {
		if got := d.Messages(1)[i].Get("payload"); got != want {
			t.Fatalf("datagram %d is %v", i, got)
		}
	}
}

func TestGroups(t *testing.T) {
	const config = `{"port":"auto","multicastGroup":["239.1.2.3","239.1.2.4"],"multicastInterface":"127.0.0.1"}`
	d := flowtest.New(t, udpin.Type(session.New()), config)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if m := d.Messages(0)[0]; m.Get("status") != "ok" {
		t.Skip("no multicast on the loopback interface:", m.Get("errorText"))
	}
	sockettest.Expect(t, d, 0, `{"event":"listening","sessionId":"sess-*","address":"0.0.0.0","port":*,"multicastGroup":"239.1.2.3,239.1.2.4"}`)
}

func TestBadConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"maxSize":0}`:                             "maxSize: expected 1 to 65536 bytes, got 0",
		`{"maxSize":70000}`:                         "maxSize: expected 1 to 65536 bytes, got 70000",
		`{"path":"x","pathMode":"rw"}`:              `pathMode: expected permissions in octal such as 0660, got "rw"`,
		`{"path":"x","peerSessions":true}`:          "peerSessions: those who send to a path have no address of their own; leave it off, or give address and port",
		`{"path":"x","multicastGroup":"239.1.2.3"}`: "multicastGroup: a path has no groups; give address and port instead",
		`{"ttl":300}`:                               "ttl: expected 1 to 255, or 0 for the system's default, got 300",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := udpin.Type(session.New()).New(props.(*flow.Object), flow.Env{}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", config, err)
		}
	}
}

func TestDisconnect(t *testing.T) {
	port := sockettest.FreePort(t)
	st := session.New()
	d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":%d}`, port))
	s := st.Get(st.Snapshot()[0].ID)
	s.Disconnect()
	if st.Get(s.ID()) != nil {
		t.Error("the id is still known")
	}
	sockettest.Stop(t, d, flow.Removed)
	badges := d.Badges()
	if last := badges[len(badges)-1]; last != "" && last != "grey ring closed" {
		t.Errorf("badges are %q", badges)
	}
}

func TestIPv6(t *testing.T) {
	sockettest.SkipWithoutIPv6(t)
	port := sockettest.FreePort(t)
	d := flowtest.New(t, udpin.Type(session.New()), fmt.Sprintf(`{"address":"::1","port":%d,"mode":"utf8"}`, port))
	send(t, "::1", port, "x")
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"x","rinfo":{"address":"::1","family":"IPv6","port":*,"size":1}}`)
}
