package kafkatest

import (
	"context"
	"net"
	"strconv"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Fake is an emulated cluster in the test process.
type Fake struct {
	*kfake.Cluster
	// Addrs are the brokers, as host:port.
	Addrs []string
	// Dial reaches the brokers; nil means that any dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// StartFake starts an emulated broker on the loopback interface and ends it
// with the test. Further options go to kfake; by default it has one broker and
// creates no topics by itself.
func StartFake(t testing.TB, opts ...kfake.Opt) *Fake {
	t.Helper()
	return startFake(t, nil, append([]kfake.Opt{kfake.NumBrokers(1)}, opts...))
}

// virtualPorts are the ports of a virtual cluster; the network is the test's
// own, so that they are free.
var virtualPorts = []int{9092, 9093, 9094}

// StartVirtual starts three emulated brokers on a network in memory. Inside a
// testing/synctest bubble everything that talks to them must use Dial, and
// close its connections before the bubble ends.
func StartVirtual(t testing.TB, opts ...kfake.Opt) *Fake {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	return startFake(t, network.DialContext, append([]kfake.Opt{
		kfake.NumBrokers(len(virtualPorts)), kfake.Ports(virtualPorts...), kfake.ListenFn(network.Listen),
	}, opts...))
}

func startFake(t testing.TB, dial func(context.Context, string, string) (net.Conn, error), opts []kfake.Opt) *Fake {
	t.Helper()
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatalf("start an emulated cluster: %v", err)
	}
	t.Cleanup(c.Close)
	f := &Fake{Cluster: c, Addrs: c.ListenAddrs(), Dial: dial}
	if dial != nil {
		for i, port := range virtualPorts {
			f.Addrs[i] = net.JoinHostPort("localhost", strconv.Itoa(port))
		}
	}
	return f
}

// Client returns a client of the cluster that closes its connections at the end
// of the test, before the cluster ends.
func (f *Fake) Client(t testing.TB) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{Dial: f.Dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(f.Addrs...), Transport: transport}
}

// Client returns a client of the cluster for the test.
func (c *Cluster) Client(t testing.TB) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(c.Addrs()...), Transport: transport}
}
