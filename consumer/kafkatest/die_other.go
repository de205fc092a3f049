//go:build !linux

package kafkatest

import "os/exec"

// dieWithParent does nothing: a test process that is killed leaves its brokers
// behind on this system.
func dieWithParent(*exec.Cmd) {}
