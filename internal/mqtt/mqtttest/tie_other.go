//go:build !linux

package mqtttest

import "os/exec"

// tie does nothing where a process cannot be made to end with the test's.
func tie(*exec.Cmd) {}
