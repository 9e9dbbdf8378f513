package mqttbroker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/internal/noticeboard"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tlsconfig"
)

func TestMain(m *testing.M) { mqtttest.Main(m) }

func TestAddress(t *testing.T) {
	for want, c := range map[string]Config{
		"mqtt://localhost:1883":   {Port: 99},
		"mqtt://host:1884":        {Broker: "host", Port: 1884},
		"mqtts://host:1883":       {Broker: "host", UseTLS: true},
		"mqtt://[::1]:1883":       {Broker: "::1", Port: 1883},
		"wss://host:9001/mqtt":    {Broker: "wss://host:9001/mqtt", Port: 1883},
		"mqtts://elsewhere":       {Broker: "host", URL: "mqtts://elsewhere"},
		"mqtt://192.168.1.1:1883": {Broker: "192.168.1.1", Port: 1883},
	} {
		if got := c.address(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestConfiguration(t *testing.T) {
	for config, property := range map[string]string{
		`{"broker":"gopher://host"}`:           "broker",
		`{"keepalive":70000}`:                  "keepalive",
		`{"queueLimit":-1}`:                    "queueLimit",
		`{"usetls":true,"tls":"nowhere"}`:      "tls",
		`{"willTopic":"a/#"}`:                  "willTopic",
		`{"sessionExpiry":-5}`:                 "sessionExpiry",
		`{"receiveMaximum":100000}`:            "receiveMaximum",
		`{"protocolVersion":5,"birthMsg":"x"}`: "birthMsg",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(nil).New(props.(*flow.Object), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || bad.Property != property {
			t.Errorf("%s: got error %v, want one of %s", config, err, property)
		}
	}
}

// connect makes a node and waits until it is connected.
func connect(t *testing.T, config string, options ...func(*flow.Env)) (*flowtest.Driver, *mqtt.Client) {
	t.Helper()
	d := flowtest.New(t, Type(nil), config, options...)
	c := d.Node.(*Node).Client()
	connected := make(chan struct{})
	c.Connect(func() { close(connected) })
	select {
	case <-connected:
	case <-time.After(10 * time.Second):
		t.Fatalf("not connected: %v", d.Log)
	}
	return d, c
}

func TestTLS(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	// No name but the common one, as certificates had before 2017.
	issued := ca.Issue(t, "localhost", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })
	broker := mqtttest.New(t, &tls.Config{Certificates: []tls.Certificate{issued.TLS(t)}, MinVersion: tls.VersionTLS12})
	trusted := flowtest.New(t, tlsconfig.Type, `{"certType":"data"}`, func(e *flow.Env) {
		e.Credentials = flow.NewCredentials(flow.NewObject("cadata", ca.PEM))
	})
	config := fmt.Sprintf(`{"broker":"localhost","port":%d,"usetls":true`, broker.Port())
	connect(t, config+`,"tls":"t"}`, func(e *flow.Env) { e.Config = func(string) flow.Node { return trusted.Node } })
	connect(t, config+`,"verifyservercert":false}`)

	refused(t, config+`,"verifyservercert":true}`, "", "signed by an unknown authority")
	refused(t, strings.TrimSuffix(config, `,"usetls":true`)+"}", "", "it may want TLS")
}

// noted keeps what a node reported last.
type noted struct {
	flow.Host
	board noticeboard.Board
	last  string
}

func (n *noted) Report(_ flow.Level, what flow.Value, _ *flow.Message) {
	n.board.Update(func() { n.last = flow.Text(what) })
}

func TestWebSocket(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	trusted := flowtest.New(t, tlsconfig.Type, `{"certType":"data"}`, func(e *flow.Env) {
		e.Credentials = flow.NewCredentials(flow.NewObject("cadata", ca.PEM))
	})
	large := strings.Repeat("0123456789", 10_000)
	for scheme, config := range map[string]*tls.Config{
		"ws":  nil,
		"wss": {Certificates: []tls.Certificate{ca.Issue(t, "localhost").TLS(t)}, MinVersion: tls.VersionTLS12},
	} {
		broker := mqtttest.New(t, nil)
		port := sockettest.FreePort(t)
		broker.Listen(listeners.NewWebsocket(listeners.Config{ID: "ws", Address: fmt.Sprint("127.0.0.1:", port), TLSConfig: config}))
		got := make(chan packets.Packet, 1)
		broker.Subscribe("a", func(p packets.Packet) { got <- p })
		_, c := connect(t, fmt.Sprintf(`{"broker":"%s://localhost:%d/mqtt","protocolVersion":5,"usetls":%t,"tls":"t"}`, scheme, port, config != nil),
			func(e *flow.Env) { e.Config = func(string) flow.Node { return trusted.Node } })
		c.Publish(&mqtt.Message{Topic: "a", Payload: []byte(large), QoS: 1}, func(error) {})
		select {
		case p := <-got:
			if string(p.Payload) != large {
				t.Errorf("%s: the broker gets %d bytes", scheme, len(p.Payload))
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the broker gets nothing", scheme)
		}
		if scheme == "wss" {
			refused(t, fmt.Sprintf(`{"broker":"wss://localhost:%d/mqtt","verifyservercert":true}`, port), "", "signed by an unknown authority")
		}
	}
}

// refused checks that a node does not connect, and says why.
func refused(t *testing.T, config, password, want string) {
	t.Helper()
	var logged noted
	d := flowtest.New(t, Type(nil), config, func(e *flow.Env) {
		logged.Host = e.Host
		e.Host = &logged
		e.Credentials = flow.NewCredentials(flow.NewObject("user", "gopher", "password", password))
	})
	d.Node.(*Node).Client().Connect(nil)
	if !logged.board.Wait(t.Context(), 10*time.Second, func() bool { return strings.Contains(logged.last, want) }) {
		t.Errorf("reported %q, want %q in it", logged.last, want)
	}
}

func TestPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords")
	if _, err := exec.LookPath("mosquitto_passwd"); err != nil {
		t.Skip("mosquitto is not installed (Debian: apt install mosquitto mosquitto-clients)")
	}
	if out, err := exec.CommandContext(t.Context(), "mosquitto_passwd", "-c", "-b", file, "gopher", "secret").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	broker := mqtttest.NewMosquitto(t, "allow_anonymous false\npassword_file "+file)
	for _, version := range []int{3, 4, 5} {
		config := fmt.Sprintf(`{"broker":"127.0.0.1","port":%d,"protocolVersion":%d}`, broker.Port(), version)
		connect(t, config, func(e *flow.Env) {
			e.Credentials = flow.NewCredentials(flow.NewObject("user", "gopher", "password", "secret"))
		})
		refused(t, config, "wrong", "uthorized")
		refused(t, config, "", "uthorized")
	}
}

// mosquitto_pub and mosquitto_sub are the peers.
func TestMosquitto(t *testing.T) {
	broker := mqtttest.NewMosquitto(t, "")
	if _, err := exec.LookPath("mosquitto_pub"); err != nil {
		t.Skip("mosquitto_pub is not installed (Debian: apt install mosquitto-clients)")
	}
	_, c := connect(t, fmt.Sprintf(`{"broker":"127.0.0.1","port":%d,"protocolVersion":5}`, broker.Port()))
	got := make(chan *mqtt.Message, 1)
	c.Subscribe("n", mqtt.Subscription{Filter: "$share/group/from/#", QoS: 1}, func(m *mqtt.Message, cause *flow.Cause) {
		cause.Hold()
		got <- m
		cause.Done()
	})
	pub := exec.CommandContext(t.Context(), "mosquitto_pub", "-p", fmt.Sprint(broker.Port()), "-V", "5", "-q", "1", "-t", "from/pub", "-m", "hello",
		"-D", "publish", "user-property", "k", "v")
	sub := exec.CommandContext(t.Context(), "mosquitto_sub", "-p", fmt.Sprint(broker.Port()), "-q", "2", "-t", "to/sub", "-C", "1", "-W", "10", "-F", "%t %q %p")
	c.Publish(&mqtt.Message{Topic: "to/sub", Payload: []byte("kept"), QoS: 2, Retain: true}, func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	out, err := sub.Output()
	if err != nil || strings.TrimSpace(string(out)) != "to/sub 2 kept" {
		t.Errorf("mosquitto_sub prints %q, error %v", out, err)
	}
	if out, err := pub.CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_pub: %v: %s", err, out)
	}
	select {
	case m := <-got:
		if m.Topic != "from/pub" || string(m.Payload) != "hello" || flow.JSON(m.UserProperties) != `{"k":"v"}` {
			t.Errorf("got %s %q %s", m.Topic, m.Payload, flow.JSON(m.UserProperties))
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing comes from mosquitto_pub")
	}
}
