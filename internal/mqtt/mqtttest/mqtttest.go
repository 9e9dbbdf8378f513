// Package mqtttest has brokers for tests: one in the process and, where it is
// installed, mosquitto.
package mqtttest

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// Main runs the tests of a package, and checks that they leave no goroutine but
// those that the embedded broker does not wait for.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/mochi-mqtt/server/v2.(*Server).eventLoop"),
		goleak.IgnoreAnyFunction("github.com/mochi-mqtt/server/v2.(*Client).WriteLoop"))
}

// Broker is a broker that can be restarted. It keeps its sessions.
type Broker interface {
	Port() int
	Restart() // returns when it serves again
}

// Embedded is a broker in the process. What a restart is to its clients is one
// to it too: all connections break, and for a moment nobody listens.
type Embedded struct {
	Server *server.Server

	t    testing.TB
	port int
	tls  *tls.Config

	mu    sync.Mutex
	count int
	ln    net.Listener
	conns []net.Conn
}

// New starts a broker on a free port of 127.0.0.1, with TLS if there is a
// configuration. The test's cleanup ends it.
func New(t testing.TB, config *tls.Config) *Embedded {
	t.Helper()
	return NewOn(t, 0, config)
}

// NewOn is New on a port.
func NewOn(t testing.TB, port int, config *tls.Config) *Embedded {
	t.Helper()
	capabilities := server.NewDefaultServerCapabilities()
	capabilities.TopicAliasMaximum = 10
	capabilities.MaximumMessageExpiryInterval = 0 // it adds an expiry else
	b := &Embedded{t: t, port: port, tls: config, Server: server.New(&server.Options{
		InlineClient: true, Capabilities: capabilities, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})}
	if err := b.Server.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Server.Serve(); err != nil {
		t.Fatal(err)
	}
	b.Up()
	t.Cleanup(func() {
		b.Down()
		_ = b.Server.Close()
	})
	return b
}

// Port returns where it listens.
func (b *Embedded) Port() int { return b.port }

// Up listens again.
func (b *Embedded) Up() {
	b.t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(b.port))
	if err != nil {
		b.t.Fatal(err)
	}
	b.port = sockettest.Port(ln)
	b.mu.Lock()
	b.ln = ln
	b.count++
	name := fmt.Sprint("listener ", b.count)
	b.mu.Unlock()
	var in net.Listener = &noted{ln, b}
	if b.tls != nil {
		in = tls.NewListener(in, b.tls)
	}
	b.Listen(listeners.NewNet(name, in))
}

// Listen serves a listener of the test's own, which Down leaves alone.
func (b *Embedded) Listen(l listeners.Listener) {
	b.t.Helper()
	if err := b.Server.AddListener(quiet{l}); err != nil {
		b.t.Fatal(err)
	}
	b.Server.Listeners.Serve(l.ID(), b.Server.EstablishConnection)
}

// quiet leaves its clients alone when it is closed: they have gone or Down has
// broken their connections, and mochi deadlocks if one goes just then
// (mochi-mqtt/server#488).
type quiet struct{ listeners.Listener }

// Close implements [listeners.Listener].
func (q quiet) Close(listeners.CloseFn) { q.Listener.Close(func(string) {}) }

// Down breaks all connections and listens no more.
func (b *Embedded) Down() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.ln.Close()
	for _, c := range b.conns {
		_ = c.Close()
	}
	b.conns = nil
}

// Restart is Down and Up.
func (b *Embedded) Restart() {
	b.t.Helper()
	b.Down()
	b.Up()
}

// Subscribe calls got with each message of a filter, on goroutines of the broker.
func (b *Embedded) Subscribe(filter string, got func(packets.Packet)) {
	b.t.Helper()
	err := b.Server.Subscribe(filter, 1, func(_ *server.Client, _ packets.Subscription, p packets.Packet) {
		if !strings.HasPrefix(p.TopicName, "$") { // "#" gets them, against the standard
			got(p)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Await waits until a client is connected, or is not.
func Await(t testing.TB, c *mqtt.Client, connected bool) {
	t.Helper()
	reached := make(chan struct{})
	end := sync.OnceFunc(func() { close(reached) })
	c.Attach("await", func(s mqtt.State) {
		if (s == mqtt.Connected) == connected {
			end()
		}
	})
	select {
	case <-reached:
	case <-time.After(10 * time.Second):
		t.Errorf("waiting for a client that is connected: %t", connected)
	}
	c.Detach("await", true)
}

// noted is a listener whose connections the broker can break.
type noted struct {
	net.Listener
	broker *Embedded
}

func (n *noted) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err == nil {
		n.broker.mu.Lock()
		n.broker.conns = append(n.broker.conns, c)
		n.broker.mu.Unlock()
	}
	return c, err
}
