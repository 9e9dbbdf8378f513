package tcpconnect_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpconnect"
	"github.com/flowrun/flowrun/runtime/session"
)

var delay = regexp.MustCompile(`"delay":\d+`)

const reconnecting = `{"event":"reconnecting","sessionId":"sess-*","remoteHost":"127.0.0.1","remotePort":*,"attempt":%d,"delay":*}`

// expectEvents is sockettest.Expect with delays as *.
func expectEvents(t *testing.T, d *flowtest.Driver, want ...string) {
	t.Helper()
	d.Until(func() bool { return len(d.Messages(0)) >= len(want) })
	got := sockettest.Sent(d, 0)
	for i := range got {
		got[i] = delay.ReplaceAllString(got[i], `"delay":*`)
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\ngot  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func ids(d *flowtest.Driver) []string {
	var list []string
	for _, m := range d.Messages(0) {
		if id := flow.Text(m.Get("sessionId")); !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

func TestReconnect(t *testing.T) {
	ln, port := serve(t)
	st := session.New()
	d := flowtest.New(t, tcpconnect.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"reconnect":true,"reconnectDelay":1}`, port))
	d.Handle(`{}`)
	_ = accept(t, ln).Close()
	accept(t, ln)
	again := []string{connecting, connected, disconnected, fmt.Sprintf(reconnecting, 1), connected}
	expectEvents(t, d, again...)
	if n := len(ids(d)); n != 2 {
		t.Errorf("%d session ids", n)
	}
	st.Get(ids(d)[1]).Disconnect() // by hand: that is the end
	sockettest.ExpectBadges(t, d, "grey ring idle", "yellow dot connecting", "green dot connected", "grey ring disconnected", "yellow ring reconnecting", "green dot connected")
}

func TestReconnectGivesUp(t *testing.T) {
	port := sockettest.FreePort(t)
	d := flowtest.New(t, tcpconnect.Type(session.New()),
		fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"reconnect":true,"reconnectDelay":1,"reconnectAttempts":2}`, port))
	d.Handle(`{}`)
	failed := fmt.Sprintf(`{"errorCode":"CONNECT_FAILED","errorText":"connect ECONNREFUSED 127.0.0.1:%d","event":"error","sessionId":"sess-*"}`, port)
	expectEvents(t, d, connecting, failed, disconnected, fmt.Sprintf(reconnecting, 1), failed, disconnected,
		fmt.Sprintf(reconnecting, 2), failed, disconnected)
}

// The session outlives its connections: id, tags, claim, and what is sent while
// there is none.
func TestKeepSession(t *testing.T) {
	ln, port := serve(t)
	st := session.New()
	d := flowtest.New(t, tcpconnect.Type(st),
		fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"mode":"line","reconnect":true,"reconnectDelay":1,"keepSession":true,"offlineQueue":10}`, port))
	d.Handle(`{"sessionId":"dev"}`)
	peer := accept(t, ln)
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	st.Get("dev").Tag("room", "x")
	_ = ln.Close() // nobody is there for a while
	_ = peer.Close()
	d.Until(func() bool { return len(d.Messages(0)) >= 6 })
	send := func(text string) error {
		return st.Get("dev").Send(session.Sending{Node: "", Data: []byte(text)})
	}
	for _, text := range []string{"one\n", "two\n"} {
		for send(text) != nil { // in the moment between two attempts
			d.Run()
		}
	}
	if err := send("three\n"); err == nil {
		t.Error("the queue has no limit")
	}
	ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	peer = accept(t, ln)
	r := bufio.NewReader(peer)
	for _, want := range []string{"one\n", "two\n"} {
		if got, err := r.ReadString('\n'); got != want || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	_, _ = io.WriteString(peer, "hello\n")
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	if got := ids(d); !slices.Equal(got, []string{"dev"}) {
		t.Errorf("the ids are %q", got)
	}
	if tags := st.Get("dev").Info().Tags; flow.JSON(tags) != `{"room":"x"}` {
		t.Errorf("the tags are %s", flow.JSON(tags))
	}
	st.Get("dev").Disconnect()
}

func TestSeveralHosts(t *testing.T) {
	ln, port := serve(t)
	dead := sockettest.FreePort(t)
	d := flowtest.New(t, tcpconnect.Type(session.New()),
		fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"hosts":[{"host":"127.0.0.1","port":"%d"}],"hostOrder":"roundrobin"}`, dead, port))
	for range 2 {
		d.Handle(`{}`)
		accept(t, ln)
	}
	d.Until(func() bool { return len(d.Messages(0)) == 4 })
	for _, m := range d.Messages(0) {
		if m.Get("event") == "connected" && m.Get("remotePort") != float64(port) {
			t.Errorf("connected with %v", m.Get("remotePort"))
		}
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	d := flowtest.New(t, tcpconnect.Type(session.New()), `{"path":"`+path+`","autoConnect":true}`)
	d.Run()
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	_, _ = io.WriteString(peer, "x")
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	if got := sockettest.Sent(d, 0)[1]; got != `{"event":"connected","sessionId":"sess-*","remoteHost":"`+path+`","remotePort":*,"localPort":*}` {
		t.Errorf("got %s", got)
	}
}

// An HTTP proxy of the test's own.
func httpProxy(t *testing.T, password string) net.Listener {
	t.Helper()
	ln := sockettest.Listen(t)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != password {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		target, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(target, conn); _ = target.Close() }()
		_, _ = io.Copy(conn, target)
		_ = conn.Close()
	})}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return ln
}

// A SOCKS5 proxy without authentication.
func socksProxy(t *testing.T) net.Listener {
	t.Helper()
	return sockettest.Serve(t, serveSocks)
}

func serveSocks(conn net.Conn) {
	b := make([]byte, 262)
	_, _ = io.ReadFull(conn, b[:2])
	_, _ = io.ReadFull(conn, b[:b[1]])
	_, _ = conn.Write([]byte{5, 0})
	_, _ = io.ReadFull(conn, b[:4])
	if b[3] != 1 { // an IPv4 address
		return
	}
	_, _ = io.ReadFull(conn, b[:6])
	target, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IP(b[:4]), Port: int(b[4])<<8 | int(b[5])})
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	_, _ = conn.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
	go func() { _, _ = io.Copy(target, conn); _ = target.Close() }()
	_, _ = io.Copy(conn, target)
}

func TestProxies(t *testing.T) {
	ln, port := serve(t)
	open, locked := httpProxy(t, ""), httpProxy(t, "Basic dTpw") // u:p
	socks := socksProxy(t)
	for name, c := range map[string]struct{ proxy, failed string }{
		"http":          {fmt.Sprintf("http://%s", open.Addr()), ""},
		"password":      {fmt.Sprintf("http://u:p@%s", locked.Addr()), ""},
		"socks":         {fmt.Sprintf("socks5://%s", socks.Addr()), ""},
		"wrong":         {fmt.Sprintf("http://u:x@%s", locked.Addr()), fmt.Sprintf("proxy %s: 407 Proxy Authentication Required", locked.Addr())},
		"not there":     {"http://127.0.0.1:1", "proxy: connect ECONNREFUSED 127.0.0.1:1"},
		"not to be had": {"socks5://127.0.0.1:1", "proxy: connect ECONNREFUSED 127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := flowtest.New(t, tcpconnect.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"proxy":%q}`, port, c.proxy))
			d.Handle(`{}`)
			if c.failed != "" {
				sockettest.Expect(t, d, 0, connecting, `{"errorCode":"CONNECT_FAILED","errorText":"`+c.failed+`","event":"error","sessionId":"sess-*"}`, disconnected)
				return
			}
			peer := accept(t, ln)
			_, _ = io.WriteString(peer, "hi")
			d.Until(func() bool { return len(d.Messages(1)) == 1 })
			_ = peer.Close()
			sockettest.Expect(t, d, 0, connecting, connected, disconnected)
		})
	}
}

func TestConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"hostOrder":"random"}`:                      `hostOrder: expected failover or roundrobin, got "random"`,
		`{"hosts":[{"host":"a"}]}`:                    `hosts[0]: no host and port`,
		`{"reconnectDelay":0}`:                        `reconnectDelay: expected a number of milliseconds from 1 on`,
		`{"keepSession":true}`:                        `keepSession: it keeps a session from one connection to the next: set reconnect too`,
		`{"proxy":"ftp://x"}`:                         `proxy: expected socks5://host:port or http://host:port`,
		`{"proxy":"http://x","path":"/s"}`:            `proxy: a Unix socket (path) is not reached through a proxy`,
		`{"family":5}`:                                `family: expected 0, 4 or 6`,
		`{"secure":true,"ca_certificate_pem":"x"}`:    `secure: `,
		`{"offlineQueue":-1}`:                         `offlineQueue: expected a number of bytes from 0 on`,
		`{"reconnect":true,"reconnectAttempts":"-1"}`: `reconnectAttempts: expected a number from 0 on`,
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tcpconnect.Type(nil).New(props.(*flow.Object), flow.Env{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
