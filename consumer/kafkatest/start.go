package kafkatest

import (
	"errors"
	"os"
	"strconv"
	"testing"
)

// Options of a real cluster.
type Options struct {
	// Nodes is 1 (default) or 3. With three, topics are replicated to all and a
	// write needs two.
	Nodes int
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
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	jars, err := fetchJars()
	if errors.Is(err, errMissing) && !inCI() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		dir, err := os.MkdirTemp("", "kafkatest-")
		if err != nil {
			t.Fatalf("make directory of the cluster: %v", err)
		}
		c, err := open(t.Context(), o, jars, dir)
		if err == nil {
			t.Cleanup(func() { c.close(t) })
			return c
		}
		if n == attempts {
			t.Fatalf("start Kafka, try %d: %v", n, err)
		}
		t.Logf("start Kafka, try %d: %v", n, err)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatalf("remove directory of the cluster: %v", err)
		}
	}
}

// close kills the nodes; the logs of a failed test stay.
func (c *Cluster) close(t testing.TB) {
	c.kill()
	var err error
	if t.Failed() {
		err = c.removeData()
		for _, n := range c.nodes {
			t.Logf("log of broker %d: %s", n.id, n.Log())
		}
	} else {
		err = os.RemoveAll(c.dir)
	}
	if err != nil {
		t.Errorf("clean up after the cluster: %v", err)
	}
}

func inCI() bool {
	ci, err := strconv.ParseBool(os.Getenv("CI"))
	return err == nil && ci
}
