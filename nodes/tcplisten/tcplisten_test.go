package tcplisten_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	listening    = `{"event":"listening","localHost":"127.0.0.1","localPort":*}`
	connected    = `{"event":"connected","sessionId":"sess-*","remoteHost":"127.0.0.1","remotePort":*,"localHost":"127.0.0.1","localPort":*}`
	disconnected = `{"event":"disconnected","sessionId":"sess-*"}`
)

func listen(t *testing.T, st *session.Store, config string) (d *flowtest.Driver, port int) {
	t.Helper()
	port = sockettest.FreePort(t)
	d = flowtest.New(t, tcplisten.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":"%d",%s}`, port, config))
	return d, port
}

func TestSession(t *testing.T) {
	st := session.New()
	d, port := listen(t, st, `"mode":"line"`)
	sockettest.Expect(t, d, 0, listening)
	c := sockettest.Dial(t, port)
	fmt.Fprint(c, "one\r\ntwo\nthr")
	sockettest.Expect(t, d, 1,
		`{"event":"data","sessionId":"sess-*","payload":"one"}`,
		`{"event":"data","sessionId":"sess-*","payload":"two"}`)
	_ = c.CloseWrite()
	sockettest.Expect(t, d, 0, listening, connected, disconnected)
	if got, err := io.ReadAll(c); len(got) != 0 || err != nil {
		t.Errorf("the client got %q, %v", got, err)
	}
	if got := sockettest.Sent(d, 1); len(got) != 3 || got[2] != `{"event":"data","sessionId":"sess-*","payload":"thr"}` {
		t.Errorf("data are %s", got)
	}
	sockettest.ExpectBadges(t, d, "green dot listening :"+strconv.Itoa(port))
}

func TestBinary(t *testing.T) {
	d, port := listen(t, session.New(), `"mode":"binary","waitFor":"x"`)
	c := sockettest.Dial(t, port)
	if _, err := c.Write([]byte{0, 255, 13, 10, 128}); err != nil {
		t.Fatal(err)
	}
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":{"type":"Buffer","data":[0,255,13,10,128]}}`)
}

func TestStop(t *testing.T) {
	st := session.New()
	d, port := listen(t, st, `"mode":"line","waitFor":"^OK$"`)
	a, b := sockettest.Dial(t, port), sockettest.Dial(t, port)
	d.Until(func() bool { return len(d.Messages(0)) == 3 })
	fmt.Fprint(a, "held\n")
	for received := false; !received; runtime.Gosched() {
		i := st.Snapshot()
		received = i[0].BytesIn+i[1].BytesIn > 0
	}
	sockettest.Stop(t, d, flow.Restarted)
	sockettest.Expect(t, d, 0, listening, connected, connected, disconnected, disconnected, `{"event":"closed"}`)
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":["held"]}`)
	sockettest.ExpectBadges(t, d, "green dot listening :"+strconv.Itoa(port), "")
	for _, c := range []net.Conn{a, b} {
		if _, err := io.ReadAll(c); err != nil {
			t.Error(err)
		}
	}
	if n := len(st.Snapshot()); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestTimeout(t *testing.T) {
	d, port := listen(t, session.New(), `"mode":"line","timeout":"50"`)
	c := sockettest.Dial(t, port)
	sockettest.Expect(t, d, 0, listening, connected,
		`{"errorCode":"TIMEOUT","errorText":"Inactivity timeout","event":"timeout","sessionId":"sess-*"}`, disconnected)
	if _, err := io.ReadAll(c); err != nil {
		t.Error(err)
	}
}

func TestReset(t *testing.T) {
	d, port := listen(t, session.New(), `"mode":"line"`)
	c := sockettest.Dial(t, port)
	sockettest.Expect(t, d, 0, listening, connected)
	_ = c.SetLinger(0)
	_ = c.Close()
	sockettest.Expect(t, d, 0, listening, connected,
		`{"errorCode":"ECONNRESET","errorText":"read ECONNRESET","event":"error","sessionId":"sess-*"}`, disconnected)
}

func TestCannotListen(t *testing.T) {
	taken := sockettest.Listen(t).Addr().(*net.TCPAddr).Port
	for _, c := range []struct{ name, config, event, badge string }{
		{"port taken", fmt.Sprintf(`{"host":" 127.0.0.1 ","port":%d}`, taken),
			fmt.Sprintf(`{"errorCode":"EADDRINUSE","errorText":"listen EADDRINUSE: address already in use 127.0.0.1:%d","event":"error"}`, taken), "red dot EADDRINUSE"},
		{"not our address", `{"host":"203.0.113.7","port":4000}`,
			`{"errorCode":"EADDRNOTAVAIL","errorText":"listen EADDRNOTAVAIL: address not available 203.0.113.7:4000","event":"error"}`, "red dot EADDRNOTAVAIL"},
		{"port out of range", `{"port":70000}`,
			`{"errorCode":"ERR_SOCKET_BAD_PORT","errorText":"options.port should be >= 0 and < 65536. Received type number (70000).","event":"error"}`, "red dot ERR_SOCKET_BAD_PORT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := flowtest.New(t, tcplisten.Type(session.New()), c.config)
			sockettest.Expect(t, d, 0, c.event)
			sockettest.ExpectBadges(t, d, c.badge)
		})
	}
	for _, port := range []string{`""`, `"x"`, `0`, `null`} {
		d := flowtest.New(t, tcplisten.Type(session.New()), `{"port":`+port+`}`)
		d.Run()
		sockettest.ExpectBadges(t, d, "red ring port required")
	}
}

func TestNameThatDoesNotResolve(t *testing.T) {
	d := flowtest.New(t, tcplisten.Type(session.New()), `{"host":"no-such-host.invalid","port":4000}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if code := d.Messages(0)[0].Get("errorCode"); code != "ENOTFOUND" && code != "EAI_AGAIN" {
		t.Errorf("the code is %v", code)
	}
}

func TestBadWaitFor(t *testing.T) {
	d, port := listen(t, session.New(), `"mode":"line","waitFor":"[bad"`)
	fmt.Fprint(sockettest.Dial(t, port), "a\n")
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"a"}`)
	sockettest.ExpectBadges(t, d, "red ring bad waitFor regex", "green dot listening :"+strconv.Itoa(port))
}

func TestIPv6(t *testing.T) {
	sockettest.SkipWithoutIPv6(t)
	for _, c := range []struct{ host, client string }{{"::1", "::1"}, {"::", "::1"}, {"::", "127.0.0.1"}} {
		port := sockettest.FreePort(t)
		d := flowtest.New(t, tcplisten.Type(session.New()), fmt.Sprintf(`{"host":%q,"port":%d}`, c.host, port))
		sockettest.DialHost(t, c.client, port)
		sockettest.Expect(t, d, 0, fmt.Sprintf(`{"event":"listening","localHost":%q,"localPort":*}`, c.host),
			fmt.Sprintf(`{"event":"connected","sessionId":"sess-*","remoteHost":%q,"remotePort":*,"localHost":%q,"localPort":*}`, c.client, c.client))
	}
}
