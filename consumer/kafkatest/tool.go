package kafkatest

import (
	"context"
	"fmt"
	"os/exec"
)

// Tool runs one of Kafka's own command line tools, given by its class, against
// the cluster and returns what it printed.
func (c *Cluster) Tool(ctx context.Context, class string, args ...string) (string, error) {
	n := c.nodes[0]
	java := n.java(append([]string{class}, args...)...)
	cmd := exec.CommandContext(ctx, java.Path, java.Args[1:]...)
	cmd.Dir = java.Dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("run %s: %w\n%s", class, err, out)
	}
	return string(out), nil
}
