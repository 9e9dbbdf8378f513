package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain makes the test binary the plain server when StartPlain runs it.
func TestMain(m *testing.M) {
	if served, err := ServePlain(); served {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// A server built with the race detector would sleep a second before its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// server is an echo server in a process of its own.
type server struct {
	*Process
	addrs map[string]string // by mode
}

func startPlain(tb testing.TB) *server {
	tb.Helper()
	p, at, err := StartPlain(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, p) })
	return &server{p, map[string]string{"binary": at.TCP, "line": at.TCP, "udp": at.UDP}}
}

// flows is an echo server for each mode.
const flows = `nodes:
  binary: {type: tab, label: binary}
  listen-binary: {type: tcp-listen, z: binary, host: 127.0.0.1, port: "${BINARY}", mode: binary, wires: [[], send-binary]}
  send-binary: {type: tcp-send, z: binary, wires: [[], send-binary]}
  line: {type: tab, label: line}
  listen-line: {type: tcp-listen, z: line, host: 127.0.0.1, port: "${LINE}", mode: line, wires: [[], send-line]}
  send-line: {type: tcp-send, z: line, lineTerminator: lf, wires: [[], send-line]}
`

// startFlowrun builds flowrun and runs it with the echo flows.
func startFlowrun(tb testing.TB) *server {
	tb.Helper()
	dir := tb.TempDir()
	binary, err := Build(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	addrs, err := FreeAddrs(2)
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(dir, "flows.yaml")
	if err := os.WriteFile(file, []byte(flows), 0o600); err != nil {
		tb.Fatal(err)
	}
	env := []string{"BINARY=" + port(addrs[0]), "LINE=" + port(addrs[1])}
	p, err := Start(env, binary, "deploy", "--admin", "off", file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, p) })
	if err := p.WaitListening(tb.Context(), addrs...); err != nil {
		tb.Fatal(err)
	}
	return &server{p, map[string]string{"binary": addrs[0], "line": addrs[1]}}
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

func stop(tb testing.TB, p *Process) {
	if err := p.Stop(); err != nil {
		tb.Error(err)
	}
}
