//go:build !unix

package uploader

import (
	"testing"
	"time"
)

// cpuTime is not known on this system.
func cpuTime(testing.TB) time.Duration { return 0 }
