package exec

import (
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/windows"
)

const isWindows = true

// shell returns the command that runs a command line in cmd.exe, as Node.js
// does. cmd.exe has rules of its own for quotes, so the line goes to it as it is.
func shell(line string) *exec.Cmd {
	program := os.Getenv("ComSpec")
	if program == "" {
		program = "cmd.exe"
	}
	cmd := exec.Command(program)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `"` + program + `" /d /s /c "` + line + `"`}
	return cmd
}

// group is a process and those that it has started: a job object.
type group struct {
	job    windows.Handle
	killed atomic.Pointer[string] // the signal that has ended it
}

func (*group) prepare(cmd *exec.Cmd, hide bool) { cmd.SysProcAttr.HideWindow = hide }

// started puts the process into a job. What it has started before, in the first
// moments of its life, is not in it.
func (g *group) started(cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return abandon(cmd, err)
	}
	g.job = job
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, process)
		_ = windows.CloseHandle(process)
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return abandon(cmd, err)
	}
	return nil
}

// abandon ends a process that is in no job.
func abandon(cmd *exec.Cmd, err error) error {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return err
}

// signal ends the group, whatever the signal: Windows has none.
func (g *group) signal(_ *os.Process, name string) error {
	g.killed.Store(&name)
	return windows.TerminateJobObject(g.job, 1)
}

// ending is called once, when the process has ended.
func (g *group) ending(state *os.ProcessState) ending {
	_ = windows.CloseHandle(g.job)
	if name := g.killed.Load(); name != nil {
		return ending{signal: *name}
	}
	return ending{number: state.ExitCode()}
}

// startCode returns what Node.js gives as the exit code of a command that could
// not be started. It is libuv's UV_ENOENT: the shell itself is missing then.
func startCode(error) int { return -4058 }
