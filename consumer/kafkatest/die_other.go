//go:build !linux

package kafkatest

import "os/exec"

// DieWithParent does nothing: a test process that is killed leaves those that it
// started behind on this system.
func DieWithParent(*exec.Cmd) {}
