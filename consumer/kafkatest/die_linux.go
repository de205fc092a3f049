package kafkatest

import (
	"os/exec"
	"syscall"
)

// DieWithParent has the kernel kill a process, not started yet, when the one that
// starts it dies.
func DieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
