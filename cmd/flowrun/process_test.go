package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// process is a flowrun that runs.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // of standard error; closed at its end
	log   []string    // what has been read of them
	ended bool

	awaited map[int]bool // lines of log that await has returned
}

// start runs a flowrun in a directory; the test's cleanup ends it.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("flowrun", args...), lines: make(chan string, 1000), awaited: map[int]bool{}}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), raceExit)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		if !p.ended {
			_ = p.cmd.Process.Kill() // it may have ended by itself
			p.wait()
		}
		if t.Failed() {
			t.Logf("flowrun %s:\n%s", strings.Join(args, " "), strings.Join(p.log, "\n"))
		}
	})
	return p
}

// await waits for a log line that matches, and that no earlier await has
// returned, and returns its submatches. Flows run in parallel, so the order of
// the lines is open.
func (p *process) await(pattern string) []string {
	p.t.Helper()
	re, timeout := regexp.MustCompile(pattern), time.After(patience)
	for at := 0; ; at++ {
		if at == len(p.log) && !p.readLine(timeout) {
			p.t.Fatalf("flowrun did not log %q", pattern)
		}
		if match := re.FindStringSubmatch(p.log[at]); match != nil && !p.awaited[at] {
			p.awaited[at] = true
			return match
		}
	}
}

// readLine adds a line to the log; false if there is none in time.
func (p *process) readLine(timeout <-chan time.Time) bool {
	select {
	case line, open := <-p.lines:
		if open {
			p.log = append(p.log, line)
		}
		return open
	case <-timeout:
		return false
	}
}

// stop sends SIGINT.
func (p *process) stop() {
	p.t.Helper()
	if runtime.GOOS == "windows" {
		p.t.Skip("Windows sends no signals to other processes")
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
}

// wait reads the rest of the log and returns the exit code.
func (p *process) wait() int {
	p.t.Helper()
	timeout := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer timeout.Stop()
	for line := range p.lines {
		p.log = append(p.log, line)
	}
	p.ended = true
	if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// logged tells whether the log read so far has a line with the text.
func (p *process) logged(text string) bool {
	return strings.Contains(strings.Join(p.log, "\n"), text)
}

// freePort returns a TCP port of the loopback that nobody uses.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// echoFlow is an echo server for lines; each line gets the prefix.
func echoFlow(port int, id string) string {
	return fmt.Sprintf(`[
  {"id": "%[2]s-tab", "type": "tab", "label": "Echo"},
  {"id": "%[2]s-listen", "type": "tcp-listen", "z": "%[2]s-tab", "name": "Server", "host": "127.0.0.1", "port": %[1]d, "wires": [[], ["%[2]s-send"]]},
  {"id": "%[2]s-send", "type": "tcp-send", "z": "%[2]s-tab", "wires": [[], ["%[2]s-send"]]}
]`, port, id)
}

// write writes a file of a test.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dial connects to a port of the loopback.
func dial(t *testing.T, port int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// expectEcho sends a text and wants it back.
func expectEcho(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("echo of %q is %q, %v", text, got, err)
	}
}
