package kafkatest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// startTimeout bounds one start of a cluster; on an idle machine it takes 6 s.
const startTimeout = 90 * time.Second

// Cluster is a running Apache Kafka.
type Cluster struct {
	nodes []*Node
	dir   string
	ports *portBlock
}

// Addrs are the addresses of all brokers, as host:port.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.Addr()
	}
	return addrs
}

// Nodes are the cluster's processes.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Thaw lets a frozen node go on, and returns when the whole cluster is complete.
func (c *Cluster) Thaw(ctx context.Context, n *Node) error {
	n.signal(syscall.SIGCONT)
	return c.ready(ctx)
}

// Restart starts a killed node again on its old address and data, and returns
// when the whole cluster is complete.
func (c *Cluster) Restart(ctx context.Context, n *Node) error {
	if err := n.start(); err != nil {
		return err
	}
	return c.ready(ctx)
}

// open formats and starts the nodes and waits until they answer.
func open(ctx context.Context, o Options, jars, dir string) (*Cluster, error) {
	each := 2 + 2*o.Doors
	ports, err := takePorts(each * o.Nodes)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, ports: ports}
	for i := range o.Nodes {
		own := ports.ports[each*i : each*(i+1)]
		c.nodes = append(c.nodes, &Node{
			id: i + 1, port: own[0], controllerPort: own[1], doors: doorsOf(own[2:]),
			dir: filepath.Join(dir, fmt.Sprintf("node-%d", i+1)), jars: jars,
		})
	}
	id := newClusterID()
	var g errgroup.Group
	for _, n := range c.nodes {
		g.Go(func() error {
			if err := n.format(id, properties(o, n.id, c.nodes, filepath.Join(n.dir, "data"))); err != nil {
				return err
			}
			return n.start()
		})
	}
	if err := g.Wait(); err != nil {
		c.kill()
		return nil, err
	}
	if err := c.ready(ctx); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// ready waits until every broker knows of every other.
func (c *Cluster) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for _, n := range c.nodes {
		if err := n.ready(ctx, len(c.nodes)); err != nil {
			return err
		}
	}
	return nil
}

// ready asks the broker for its metadata until it lists all brokers.
func (n *Node) ready(ctx context.Context, brokers int) error {
	transport := &kafka.Transport{DialTimeout: time.Second}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(n.Addr()), Transport: transport, Timeout: 2 * time.Second}
	var last error
	for n.alive() {
		meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		switch {
		case err == nil && len(meta.Brokers) == brokers:
			return nil
		case err != nil:
			last = err
		default:
			last = fmt.Errorf("%d of %d brokers", len(meta.Brokers), brokers)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for node %d: %w: %w", n.id, ctx.Err(), last)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("wait for node %d: the process ended, see %s", n.id, n.Log())
}

// kill ends all nodes and gives their ports back.
func (c *Cluster) kill() {
	for _, n := range c.nodes {
		n.Kill()
	}
	c.ports.release()
}

// removeData deletes all that the nodes stored, but not their logs.
func (c *Cluster) removeData() error {
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, os.RemoveAll(filepath.Join(n.dir, "data")))
	}
	return errors.Join(errs...)
}

// newClusterID is a random id in the form Kafka wants: 16 bytes, base64.
func newClusterID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never returns an error
	b[0] &= 0x7f           // no leading dash, which the tool would take for a flag
	return base64.RawURLEncoding.EncodeToString(b[:])
}
