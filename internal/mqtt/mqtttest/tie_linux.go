package mqtttest

import (
	"os/exec"
	"syscall"
)

// tie has the kernel end a process with the test's, which may end without its
// cleanup: by a panic or its time limit.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
