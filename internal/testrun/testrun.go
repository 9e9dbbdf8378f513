// Package testrun runs the flowrun binary as a process of its own, for tests
// and benchmarks that look at it from outside.
package testrun

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/freeport"
)

// patience is how long a process may take to stop.
const patience = 20 * time.Second

// Build compiles cmd/flowrun into dir and returns the path of the binary.
func Build(dir string) (string, error) {
	binary := filepath.Join(dir, "flowrun")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "github.com/flowrun/flowrun/cmd/flowrun")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building flowrun: %w\n%s", err, out)
	}
	return binary, nil
}

// FreePorts returns n different ports on 127.0.0.1 that nobody uses for TCP or
// UDP; see [freeport.Pool].
func FreePorts(tb testing.TB, n int) []int {
	tb.Helper()
	ports, err := new(freeport.Pool).Take(n)
	if err != nil {
		tb.Fatal(err)
	}
	return ports
}

// Process is a running flowrun.
type Process struct {
	tb      testing.TB
	cmd     *exec.Cmd
	log     bytes.Buffer
	stopped bool
}

// Start runs the command. It is interrupted at the end of the test, which fails
// if it does not end soon and well. What it logged is shown if the test fails.
func Start(tb testing.TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p := &Process{tb: tb, cmd: cmd}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	if err := cmd.Start(); err != nil {
		tb.Fatalf("starting %s: %v", cmd.Path, err)
	}
	tb.Cleanup(func() {
		p.Stop()
		if tb.Failed() {
			tb.Logf("%s logged:\n%s", filepath.Base(cmd.Path), p.log.Bytes())
		}
	})
	return p
}

// PID returns the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop interrupts the process and waits for its end.
func (p *Process) Stop() {
	p.tb.Helper()
	if p.stopped {
		return
	}
	p.stopped = true
	interrupted := p.cmd.Process.Signal(os.Interrupt) == nil
	if !interrupted { // Windows has no such signal
		_ = p.cmd.Process.Kill()
	}
	kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (interrupted || !errors.As(err, &exit)) {
		p.tb.Errorf("%s did not end well: %v", filepath.Base(p.cmd.Path), err)
	}
}
