package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// Options of a real cluster.
type Options struct {
	// Nodes is 1 (default) or 3. With three, topics are replicated to all and a
	// write needs two.
	Nodes int
	// Doors is how many further listeners each node has; see [Door].
	Doors int
	// Properties are added to each node's server.properties.
	Properties map[string]string
}

// attempts is how often a start is tried with other ports.
const attempts = 3

// Start starts one node of Apache Kafka for the test.
func Start(t testing.TB) *Cluster {
	t.Helper()
	return StartCluster(t, Options{})
}

// StartCluster starts an Apache Kafka for the test and ends it with the test.
// Without Java or Maven it skips the test, or fails it where CI is true.
func StartCluster(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := Open(t.Context(), o)
	if errors.Is(err, errMissing) && !inCI() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close(t) })
	return c
}

// Open starts an Apache Kafka that lives until Close. ctx bounds the start only.
func Open(ctx context.Context, o Options) (*Cluster, error) {
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	jars, err := fetchJars()
	if err != nil {
		return nil, err
	}
	var tries []error
	for n := range attempts {
		dir, err := os.MkdirTemp("", "kafkatest-")
		if err != nil {
			return nil, fmt.Errorf("make directory of the cluster: %w", err)
		}
		c, err := open(ctx, o, jars, dir)
		if err == nil {
			return c, nil
		}
		tries = append(tries, fmt.Errorf("start Kafka, try %d: %w", n+1, err), os.RemoveAll(dir))
	}
	return nil, errors.Join(tries...)
}

// Close kills the nodes and deletes all they wrote.
func (c *Cluster) Close() error {
	c.kill()
	if err := os.RemoveAll(c.dir); err != nil {
		return fmt.Errorf("remove directory of the cluster: %w", err)
	}
	return nil
}

// close kills the nodes; the logs of a failed test stay.
func (c *Cluster) close(t testing.TB) {
	var err error
	if t.Failed() {
		c.kill()
		err = c.removeData()
		for _, n := range c.nodes {
			t.Logf("log of broker %d: %s", n.id, n.Log())
		}
	} else {
		err = c.Close()
	}
	if err != nil {
		t.Errorf("clean up after the cluster: %v", err)
	}
}

func inCI() bool {
	ci, err := strconv.ParseBool(os.Getenv("CI"))
	return err == nil && ci
}
