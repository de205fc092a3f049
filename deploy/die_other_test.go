//go:build !linux

package deploy

import "os/exec"

// dieWithTest does nothing: a test that dies leaves its processes behind.
func dieWithTest(*exec.Cmd) {}
