package exec

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/flowrun/flowrun/flow"
)

// process is a command that runs.
type process struct {
	cmd    *exec.Cmd
	group  group
	stdin  *os.File    // nothing is written to it; it stays open, as in Node.js
	output [2]*os.File // standard output and error

	mu   sync.Mutex
	gone bool // it has ended, and its id may be another's
}

// chunkSize is how much of a process's output is read at once.
const chunkSize = 64 * 1024

// start starts a command. It takes about a millisecond; its caller needs the
// process id at once, so it does not happen in the background.
func start(cmd *exec.Cmd, hide bool) (*process, error) {
	p := &process{cmd: cmd}
	var ends []*os.File // the other ends of the pipes are the child's
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err == nil {
			ends = append(ends, r, w)
		}
		return r, w, err
	}
	in, stdin, err1 := pipe()
	stdout, out, err2 := pipe()
	stderr, errOut, err3 := pipe()
	err := errors.Join(err1, err2, err3)
	if err == nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errOut
		p.stdin, p.output = stdin, [2]*os.File{stdout, stderr}
		p.group.prepare(cmd, hide)
		if err = cmd.Start(); err == nil {
			err = p.group.started(cmd)
		}
	}
	if err != nil {
		closeAll(ends...)
		return nil, fmt.Errorf("starting the command: %w", err)
	}
	closeAll(in, out, errOut)
	return p, nil
}

// id returns the process id.
func (p *process) id() int { return p.cmd.Process.Pid }

// read calls f with what the process prints, and with 0 or 1 for the output on
// which it prints it, until both are closed: by the process, and by all that it
// has started and left them to. An output is closed when f says no. There are
// two goroutines that call f, one for each output.
func (p *process) read(f func(port int, data []byte) bool) {
	var both sync.WaitGroup
	for port, from := range p.output {
		both.Go(func() {
			buffer := make([]byte, chunkSize)
			for wanted := true; wanted; {
				n, err := from.Read(buffer)
				wanted = (n == 0 || f(port, bytes.Clone(buffer[:n]))) && err == nil
			}
			closeAll(from)
		})
	}
	both.Wait()
}

// wait returns how the process has ended, when it has. It is called after read.
func (p *process) wait() ending {
	_ = p.cmd.Wait() // the state says more than the error
	closeAll(p.stdin)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	if p.cmd.ProcessState == nil {
		return ending{number: -1}
	}
	return p.group.ending(p.cmd.ProcessState)
}

// signal sends a signal by its name, SIGTERM or SIGINT, to the process and what
// it has started. A name that is none is a *flow.Error, as in Node.js. A process
// that has ended gets none.
func (p *process) signal(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return nil
	}
	return p.group.signal(p.cmd.Process, name)
}

// end ends the process for good, and the reading of what others may still print
// on its outputs.
func (p *process) end() {
	_ = p.signal("SIGKILL") // it may have ended by now
	closeAll(p.output[:]...)
}

// ending is how a process has ended.
type ending struct {
	number int    // the exit code, or what is wrong if it is negative
	signal string // that has killed it; empty if none has
}

// code returns the exit code as flows see it: null if a signal came first.
func (e ending) code() flow.Value {
	if e.signal != "" {
		return flow.Null{}
	}
	return float64(e.number)
}

func (e ending) failed() bool { return e.signal != "" || e.number != 0 }

// program returns the command that runs a program without a shell. On Windows
// there is one, because only it knows the commands that are no programs.
func program(args []string) *exec.Cmd {
	if isWindows {
		return shell(strings.Join(args, " "))
	}
	return exec.Command(args[0], args[1:]...)
}

// closeAll closes pipes. There is nothing to do about an error: what was
// written has been read.
func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
