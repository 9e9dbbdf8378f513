//go:build unix

package conformance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// process is one flowrun. The fields below board are guarded by it.
type process struct {
	cmd    *exec.Cmd
	log    string // file with what it wrote to its standard output and error
	board  *board
	exited bool
	code   int // exit code, or minus the signal that ended it
}

// startProcess runs `flowrun deploy` in the folder dir.
func startProcess(b *board, binary, dir, flowFile, traceFile string, adminPort int) (*process, error) {
	p := &process{board: b, log: filepath.Join(dir, "flowrun.log")}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	p.cmd = exec.Command(binary, "deploy", flowFile, "--admin", "127.0.0.1:"+strconv.Itoa(adminPort), "--trace", traceFile)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.Env = append(os.Environ(), "TZ=UTC", "LANG=C.UTF-8")
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting flowrun: %w", err)
	}
	return p, nil
}

// watch notes when the process has exited.
func (p *process) watch() {
	_ = p.cmd.Wait() // the state says it all
	p.board.Update(func() {
		p.exited, p.code = true, p.cmd.ProcessState.ExitCode()
		if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			p.code = -int(status.Signal())
		}
	})
}

func (p *process) hasExited() bool {
	exited := false
	p.board.Look(func() { exited = p.exited })
	return exited
}

// stop asks the process to end, and kills it when it does not.
func (p *process) stop() error {
	const grace = 4 * time.Second
	exited := func() bool { return p.exited }
	if p.hasExited() {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may be gone by now
	if p.board.Wait(context.Background(), patience*grace, exited) {
		return nil
	}
	_ = p.cmd.Process.Kill()
	return fmt.Errorf("flowrun did not stop within %v of SIGTERM", patience*grace)
}

// output is what the process wrote.
func (p *process) output() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

var errorLine = regexp.MustCompile(`(?:RangeError|TypeError|Error)[^\n]*`)

// exit is how the process ended by itself, {"code", "error"}, or null.
func (p *process) exit() flow.Value {
	if !p.hasExited() {
		return flow.Null{}
	}
	var message flow.Value = flow.Null{}
	if line := errorLine.FindString(p.output()); line != "" {
		message = strings.TrimSpace(line)
	}
	return flow.NewObject("code", float64(p.code), "error", message)
}
