//go:build unix

package exec

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/flowrun/flowrun/flow"
	"golang.org/x/sys/unix"
)

const isWindows = false

// shell returns the command that runs a command line: in bash on Linux if it is
// there, as in Node-RED, else in sh.
func shell(line string) *exec.Cmd {
	const bash = "/bin/bash"
	if runtime.GOOS == "linux" {
		if _, err := os.Stat(bash); err == nil {
			return exec.Command(bash, "-c", line)
		}
	}
	return exec.Command("/bin/sh", "-c", line)
}

// group is a process and those that it has started: a process group.
type group struct{}

// prepare has a command run in a group of its own.
func (group) prepare(cmd *exec.Cmd, _ bool) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func (group) started(*exec.Cmd) error { return nil }

// signal sends a signal to the group.
func (group) signal(leader *os.Process, name string) error {
	number := unix.SignalNum(name)
	if number == 0 {
		return unknownSignal(name)
	}
	if err := syscall.Kill(-leader.Pid, number); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

func (group) ending(state *os.ProcessState) ending {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return ending{signal: unix.SignalName(status.Signal())}
	}
	return ending{number: state.ExitCode()}
}

// startCode returns what Node.js gives as the exit code of a command that could
// not be started: the negative error number.
func startCode(err error) int {
	var number syscall.Errno
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		number = syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		number = syscall.EACCES
	case !errors.As(err, &number):
		number = syscall.EIO
	}
	return -int(number)
}

func unknownSignal(name string) error {
	return &flow.Error{Name: "TypeError [ERR_UNKNOWN_SIGNAL]", Message: "Unknown signal: " + name, Code: "ERR_UNKNOWN_SIGNAL"}
}
