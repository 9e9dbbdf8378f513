package tcpconnect_test

import (
	"fmt"
	"io"
	"net"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpconnect"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	connecting   = `{"event":"connecting","sessionId":"sess-*","remoteHost":"127.0.0.1","remotePort":*}`
	connected    = `{"event":"connected","sessionId":"sess-*","remoteHost":"127.0.0.1","remotePort":*,"localPort":*}`
	disconnected = `{"event":"disconnected","sessionId":"sess-*"}`
)

func serve(t *testing.T) (net.Listener, int) {
	t.Helper()
	ln := sockettest.Listen(t)
	return ln, ln.Addr().(*net.TCPAddr).Port
}

func accept(t *testing.T, ln net.Listener) *net.TCPConn {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

func TestConnect(t *testing.T) {
	ln, port := serve(t)
	d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":" 127.0.0.1 ","port":"%d","mode":"line"}`, port))
	d.Handle(`{"host":"","port":null}`)
	peer := accept(t, ln)
	fmt.Fprint(peer, "hi\r\nthere\nunfinished")
	_ = peer.Close()
	sockettest.Expect(t, d, 0, connecting, connected, disconnected)
	sockettest.Expect(t, d, 1,
		`{"event":"data","sessionId":"sess-*","payload":"hi"}`,
		`{"event":"data","sessionId":"sess-*","payload":"there"}`,
		`{"event":"data","sessionId":"sess-*","payload":"unfinished"}`)
	sockettest.ExpectBadges(t, d, "grey ring idle", "yellow dot connecting", "green dot connected", "grey ring disconnected")
}

func TestForcedIDAndConflict(t *testing.T) {
	ln, port := serve(t)
	d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d}`, port))
	d.Handle(`{"sessionId":42}`)
	accept(t, ln)
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	d.Handle(`{"sessionId":42}`)
	sockettest.Expect(t, d, 0, `{"event":"connecting","sessionId":42,"remoteHost":"127.0.0.1","remotePort":*}`,
		`{"event":"connected","sessionId":42,"remoteHost":"127.0.0.1","remotePort":*,"localPort":*}`,
		`{"errorCode":"SESSION_ID_CONFLICT","errorText":"Session already exists","event":"error","sessionId":42}`)
	sockettest.ExpectBadges(t, d, "grey ring idle", "yellow dot connecting", "green dot connected")
}

func TestInvalid(t *testing.T) {
	const missing = `{"errorCode":"CONNECT_INVALID","errorText":"connect requires host and port","event":"error"}`
	for _, c := range []struct{ config, msg, want, badge string }{
		{`{}`, `{}`, missing, ""},
		{`{"host":"127.0.0.1","port":"x"}`, `{}`, missing, ""},
		{`{"host":"127.0.0.1"}`, `{"port":0}`, missing, ""},
		{`{"host":"127.0.0.1"}`, `{"port":70000}`,
			`{"errorCode":"CONNECT_INVALID","errorText":"Port should be >= 0 and < 65536. Received type number (70000).","event":"error"}`, "red dot error"},
		{`{"host":"127.0.0.1"}`, `{"port":-1}`,
			`{"errorCode":"CONNECT_INVALID","errorText":"Port should be >= 0 and < 65536. Received type number (-1).","event":"error"}`, "red dot error"},
		{`{"port":5}`, `{"host":5}`,
			`{"errorCode":"CONNECT_INVALID","errorText":"The \"host\" argument must be of type string. Received type number (5)","event":"error"}`, "red dot error"},
	} {
		st := session.New()
		d := flowtest.New(t, tcpconnect.Type(st), c.config)
		d.Handle(c.msg)
		sockettest.Expect(t, d, 0, c.want)
		want := []string{"grey ring idle"}
		if c.badge != "" {
			want = append(want, c.badge)
		}
		sockettest.ExpectBadges(t, d, want...)
		if len(st.Snapshot()) != 0 {
			t.Error("a session is left")
		}
	}
}

func TestFailures(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		port := sockettest.FreePort(t)
		d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d}`, port))
		d.Handle(`{}`)
		sockettest.Expect(t, d, 0, connecting,
			fmt.Sprintf(`{"errorCode":"CONNECT_FAILED","errorText":"connect ECONNREFUSED 127.0.0.1:%d","event":"error","sessionId":"sess-*"}`, port), disconnected)
		sockettest.ExpectBadges(t, d, "grey ring idle", "yellow dot connecting", "red dot error", "grey ring disconnected")
	})
	t.Run("reset", func(t *testing.T) {
		ln, port := serve(t)
		d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d}`, port))
		d.Handle(`{}`)
		peer := accept(t, ln)
		sockettest.Expect(t, d, 0, connecting, connected)
		_ = peer.SetLinger(0)
		_ = peer.Close()
		sockettest.Expect(t, d, 0, connecting, connected,
			`{"errorCode":"CONNECT_FAILED","errorText":"read ECONNRESET","event":"error","sessionId":"sess-*"}`, disconnected)
	})
}

func TestTimeoutStaysOpen(t *testing.T) {
	const timeout = `{"errorCode":"TIMEOUT","errorText":"Inactivity timeout","event":"timeout","sessionId":"sess-*"}`
	ln, port := serve(t)
	d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"mode":"line","timeout":40}`, port))
	d.Handle(`{}`)
	peer := accept(t, ln)
	sockettest.Expect(t, d, 0, connecting, connected, timeout)
	fmt.Fprint(peer, "late\n")
	sockettest.Expect(t, d, 0, connecting, connected, timeout, timeout)
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"late"}`)
}

func TestAutoConnectAndStop(t *testing.T) {
	ln, port := serve(t)
	st := session.New()
	d := flowtest.New(t, tcpconnect.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"autoConnect":true,"waitFor":"("}`, port))
	sockettest.Expect(t, d, 0, connecting, connected)
	peer := accept(t, ln)
	sockettest.Stop(t, d, flow.Restarted)
	sockettest.Expect(t, d, 0, connecting, connected) // nothing is said of the end
	if got, err := io.ReadAll(peer); len(got) != 0 || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
	sockettest.ExpectBadges(t, d, "red ring bad waitFor regex", "yellow dot connecting", "green dot connected", "")
	if len(st.Snapshot()) != 0 {
		t.Error("a session is left")
	}
}

func TestIPv6(t *testing.T) {
	sockettest.SkipWithoutIPv6(t)
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"::1","port":%d}`, ln.Addr().(*net.TCPAddr).Port))
	d.Handle(`{}`)
	accept(t, ln)
	sockettest.Expect(t, d, 0, `{"event":"connecting","sessionId":"sess-*","remoteHost":"::1","remotePort":*}`,
		`{"event":"connected","sessionId":"sess-*","remoteHost":"::1","remotePort":*,"localPort":*}`)
}
