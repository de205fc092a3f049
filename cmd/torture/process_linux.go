package main

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the process when this one dies.
func dieWithParent(cmd *exec.Cmd) {
	// A group of its own: Ctrl-C is for this process, which ends its children.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
