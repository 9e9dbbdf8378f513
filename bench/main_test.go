package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/testrun"
)

// plainPorts, set in the environment to two ports, makes the test binary the
// plain server.
const plainPorts = "FLOWRUN_BENCH_PLAIN"

func TestMain(m *testing.M) {
	ports := os.Getenv(plainPorts)
	if ports == "" {
		os.Exit(m.Run())
	}
	if err := servePlain(ports); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// servePlain runs both plain servers until an interrupt.
func servePlain(ports string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var binary, line int
	if _, err := fmt.Sscan(ports, &binary, &line); err != nil {
		return fmt.Errorf("reading %s: %w", plainPorts, err)
	}
	results := make(chan error, 2)
	start := func(port int, serve func(context.Context, net.Listener) error) {
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			results <- err
			return
		}
		results <- serve(ctx, listener)
	}
	go start(binary, ServeBytes)
	go start(line, ServeLines)
	first := <-results
	stop()
	return errors.Join(first, <-results)
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// server is an echo server in a process of its own.
type server struct {
	process *testrun.Process
	ports   map[string]int // by mode
}

// startPlain runs the test binary as the plain server.
func startPlain(tb testing.TB) *server {
	tb.Helper()
	ports := testrun.FreePorts(tb, 2)
	executable, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", plainPorts, ports[0], ports[1]))
	return start(tb, cmd, ports)
}

// flows is an echo server for each mode.
const flows = `nodes:
  binary: {type: tab, label: binary}
  listen-binary: {type: tcp-listen, z: binary, host: 127.0.0.1, port: %d, mode: binary, wires: [[], send-binary]}
  send-binary: {type: tcp-send, z: binary, wires: [[], send-binary]}
  line: {type: tab, label: line}
  listen-line: {type: tcp-listen, z: line, host: 127.0.0.1, port: %d, mode: line, wires: [[], send-line]}
  send-line: {type: tcp-send, z: line, lineTerminator: lf, wires: [[], send-line]}
`

// startFlowrun builds flowrun and runs it with the echo flows.
func startFlowrun(tb testing.TB) *server {
	tb.Helper()
	dir := tb.TempDir()
	binary, err := testrun.Build(dir)
	if err != nil {
		tb.Fatal(err)
	}
	ports := testrun.FreePorts(tb, 2)
	file := filepath.Join(dir, "flows.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, flows, ports[0], ports[1]), 0o600); err != nil {
		tb.Fatal(err)
	}
	return start(tb, exec.Command(binary, "deploy", "--admin", "off", file), ports)
}

// start runs a server and waits until it listens on both ports.
func start(tb testing.TB, cmd *exec.Cmd, ports []int) *server {
	tb.Helper()
	s := &server{testrun.Start(tb, cmd), map[string]int{"binary": ports[0], "line": ports[1]}}
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for _, port := range ports {
		for {
			conn, err := net.Dial("tcp", address(port))
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				tb.Fatal(err)
			}
			<-retry.C
		}
	}
	return s
}
