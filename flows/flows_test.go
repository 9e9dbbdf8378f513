// Package flows_test runs each example flow and talks to it over real sockets.
package flows_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flowtests"
)

func TestEcho(t *testing.T) {
	for _, file := range []string{"echo.json", "echo.yaml"} {
		t.Run(file, func(t *testing.T) {
			d := deploy(t, file)

			first, second := d.dial("7777"), d.dial("7777")
			first.say("hello\n")
			first.expect("hello\n")
			second.say("hello yourself")
			second.expect("hello yourself")

			sent := make([]byte, 300_000)
			random := rand.NewChaCha8([32]byte{})
			_, _ = random.Read(sent)
			go func() { _, _ = first.Write(sent) }()
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(first.buf, got); err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("the echo of %d random bytes differs, error %v", len(sent), err)
			}
		})
	}
}

// A client such as nc ends its half of the connection when its input ends. It
// gets its answer all the same.
func TestEchoAfterHalfClose(t *testing.T) {
	d := deploy(t, "echo.json")
	client := d.dial("7777")
	client.say("hello\n")
	if err := client.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	client.expect("hello\n")
	client.expectEnd()
}

func TestUppercaseServer(t *testing.T) {
	d := deploy(t, "uppercase-server.json")
	client := d.dial("7778")
	client.expect("hello, say bye to leave\n")
	client.say("one\r\ntwo: äöü\n")
	client.expect("ONE\nTWO: ÄÖÜ\n")
	client.say("bye\n")
	client.expect("goodbye\n")
	client.expectEnd()
}

func TestUppercaseClient(t *testing.T) {
	d := deploy(t, "uppercase-server.json", "uppercase-client.json")
	want := []any{"hello, say bye to leave", "GOOD MORNING", "HOW ARE YOU?", "goodbye"}
	if got := d.received("client-answers", len(want)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.event("client-connect", "disconnected")
}

func TestChat(t *testing.T) {
	d := deploy(t, "chat.json")
	ann := d.dial("7779")
	ann.expect("you are guest1\n")
	bob := d.dial("7779")
	bob.expect("you are guest2\n")
	ann.expect("guest2 joined\n")

	ann.say("hello\n")
	bob.expect("guest1: hello\n")
	bob.say("/name Bob\n")
	bob.expect("guest2 is now Bob\n")
	ann.expect("guest2 is now Bob\n")
	bob.say("  hello everybody\n")
	ann.expect("Bob:   hello everybody\n")
	ann.say("/who\n")
	ann.expect("guest1, Bob\n")

	ann.say("/quit\n")
	ann.expectEnd()
	_ = ann.Close() // the session ends when both sides have
	bob.expect("guest1 left\n")
	bob.say("/who\n")
	bob.expect("Bob\n")
}

func TestPrompt(t *testing.T) {
	d := deploy(t, "prompt.json")
	want := []any{[]any{"toy device 1.0", "serial 0815"}}
	if got := d.received("prompt-reply", 1); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.event("prompt-disconnect", "disconnecting")
	d.event("prompt-connect", "disconnected")
}

func TestPromptDevice(t *testing.T) {
	d := deploy(t, "prompt.json")
	client := d.dial("7780")
	client.expect("toy device\nlogin: ")
	client.say("operator\n")
	client.expect("password: ")
	client.say("wrong\n")
	client.expect("login incorrect\nlogin: ")
	client.say("operator\n")
	client.expect("password: ")
	client.say("secret\n")
	client.expect("welcome\ntoy> ")
	client.say("exit\n")
	client.expectEnd()
}

// The answer comes from the socket of udp-out, not from the port that the client
// sent to. So the clients are sockets that are open to all.
func TestUDPEcho(t *testing.T) {
	d := deploy(t, "udp-echo.json")
	server, err := net.ResolveUDPAddr("udp", d.addr("7781"))
	if err != nil {
		t.Fatal(err)
	}
	var clients [2]*net.UDPConn
	for i := range clients {
		clients[i], err = net.ListenUDP("udp", &net.UDPAddr{IP: server.IP})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = clients[i].Close() }()
		if err := clients[i].SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, 100)
	for i, text := range []string{"one", "two\x00\xff", "three"} {
		client := clients[i%2]
		if _, err := client.WriteTo([]byte(text), server); err != nil {
			t.Fatal(err)
		}
		n, _, err := client.ReadFrom(got)
		if err != nil || string(got[:n]) != text {
			t.Errorf("got %q, %v; want %q", got[:n], err, text)
		}
	}
}

func TestMulticast(t *testing.T) {
	group := net.IPv4(239, 255, 77, 82)
	socket, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: group})
	if err != nil {
		t.Skipf("no multicast on this machine: %v", err)
	}
	_ = socket.Close()

	d := deploy(t, "multicast.json")
	if got := d.received("multicast-heard", 1); got[0] != "hello, group" {
		t.Errorf("got %q", got)
	}
}

func TestBridge(t *testing.T) {
	d := deploy(t, "tcp-udp-bridge.json")
	outside, err := net.ListenPacket("udp", d.addr("7784"))
	if err != nil {
		t.Fatal(err)
	}
	ears := newClient(t, outside.(*net.UDPConn))
	mouth := d.dialUDP("7785")
	ann, bob := d.dial("7783"), d.dial("7783")

	ann.say("to the outside\n")
	ears.expect("to the outside")
	bob.say("me too\n")
	ears.expect("me too")

	mouth.say("to all of you\n")
	ann.expect("to all of you\n")
	bob.expect("to all of you\n")
	ann.say("thanks\n")
	ears.expect("thanks")

	_ = bob.Close()
	d.event("bridge-listen", "disconnected")
	mouth.say("who is left?")
	ann.expect("who is left?\n")
}

// server listens where a flow expects a server. Accept on it fails after the
// test's patience.
func (d *deployment) server(port string) *net.TCPListener {
	d.t.Helper()
	listener, err := net.Listen("tcp", d.addr(port))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = listener.Close() })
	tcp := listener.(*net.TCPListener)
	if err := tcp.SetDeadline(time.Now().Add(patience)); err != nil {
		d.t.Fatal(err)
	}
	return tcp
}

func TestProxy(t *testing.T) {
	d := deploy(t, "tcp-proxy.json")
	listener := d.server("7777")
	pair := func() (outer, inner *client) {
		outer = d.dial("7786")
		outer.say("early")
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		inner = newClient(t, conn)
		inner.expect("early")
		return outer, inner
	}

	t.Run("both ways", func(t *testing.T) {
		ann, annsServer := pair()
		bob, bobsServer := pair()
		for i := range 20 {
			text := strconv.Itoa(i)
			ann.say("ann" + text)
			bob.say("bob" + text)
			annsServer.expect("ann" + text)
			bobsServer.expect("bob" + text)
			bobsServer.say("to bob" + text)
			annsServer.say("to ann" + text)
			ann.expect("to ann" + text)
			bob.expect("to bob" + text)
		}
	})
	t.Run("the client hangs up", func(t *testing.T) {
		outer, inner := pair()
		_ = outer.Close()
		inner.expectEnd()
	})
	t.Run("the server hangs up", func(t *testing.T) {
		outer, inner := pair()
		inner.say("last words")
		_ = inner.Close()
		outer.expect("last words")
		outer.expectEnd()
	})
	t.Run("no server", func(t *testing.T) {
		_ = listener.Close()
		outer := d.dial("7786")
		outer.expectEnd()
	})
}

// TestOwnTests runs the tests that stand beside the examples, as users do.
func TestOwnTests(t *testing.T) {
	out, err := exec.Command(binary, "test", "-v", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A new example needs a test in this package and, unless it is one of palette_test.go,
// one of its own too.
func TestEveryExampleIsTested(t *testing.T) {
	tested := map[string]bool{
		"echo.json": true, "echo.yaml": true, "uppercase-server.json": true, "uppercase-client.json": true,
		"chat.json": true, "prompt.json": true, "udp-echo.json": true, "multicast.json": true,
		"tcp-udp-bridge.json": true, "tcp-proxy.json": true,
		"modbus.yaml": true, "hl7.yaml": true, "slip.yaml": true, "syslog.yaml": true,
		"tls-echo.json": true, "mutual-tls.json": true, "proxy-backend.json": true,
		"rooms.yaml": true, "poller.yaml": true, "node-red-tcp.yaml": true,
		"webchat.json": true, // in e2e, with browsers
		"rest.yaml":    true, // by its own test
	}
	palette := []string{"gateway.json", "library.json", "errors.json", "watchdog.json", "command.yaml",
		"subflow.json", "report.json", "csv-inbox.json", "mqtt-gateway.yaml"}
	for _, pattern := range []string{"*.json", "*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".test.yaml") || slices.Contains(palette, file) {
				continue
			}
			if !tested[file] {
				t.Errorf("%s has no test", file)
			}
			if list, problems := flowtests.Load(file); len(list) == 0 {
				t.Errorf("%s has no test of its own: %v", file, problems)
			}
		}
	}
}
