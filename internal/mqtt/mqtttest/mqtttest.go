// Package mqtttest has brokers for tests: one in the process and, where it is
// installed, mosquitto.
package mqtttest

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

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
	if err := b.Server.AddListener(listeners.NewNet(name, in)); err != nil {
		b.t.Fatal(err)
	}
	b.Server.Listeners.Serve(name, b.Server.EstablishConnection)
}

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
	c.Detach("await", false)
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

// Mosquitto is a mosquitto process.
type Mosquitto struct {
	t      testing.TB
	port   int
	config string
	cmd    *exec.Cmd
}

// NewMosquitto starts mosquitto, with more lines of configuration. The test is
// skipped where it is not installed.
func NewMosquitto(t testing.TB, more string) *Mosquitto {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed (Debian: apt install mosquitto mosquitto-clients)")
	}
	dir := t.TempDir()
	m := &Mosquitto{t: t, port: sockettest.FreePort(t), config: filepath.Join(dir, "mosquitto.conf")}
	lines := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\n%s\n", m.port, dir, more)
	if os.Geteuid() == 0 {
		lines += "user root\n" // else it cannot write into the test's directory
	}
	if err := os.WriteFile(m.config, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func (m *Mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command("mosquitto", "-c", m.config)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		c, err := net.Dial("tcp4", "127.0.0.1:"+strconv.Itoa(m.port))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatal("mosquitto does not listen")
		}
	}
}

// stop ends the process, which saves its sessions. While it starts it forgets
// that it was told to.
func (m *Mosquitto) stop() {
	ended := make(chan struct{})
	go func() {
		_ = m.cmd.Wait()
		close(ended)
	}()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = m.cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}

// Port returns where it listens.
func (m *Mosquitto) Port() int { return m.port }

// Restart ends the process and starts another.
func (m *Mosquitto) Restart() {
	m.t.Helper()
	m.stop()
	m.start()
}
