package kafkatest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken from below the range that Linux gives to outgoing connections
// (32768 and up): a node that is started again finds its port still free.
const (
	firstPort = 20_000
	lastPort  = 32_000
	blockSize = 60
)

// portBlock is a run of ports that is one cluster's alone, in this process and
// in others, while its first is listened on: a node that is down and a door that
// nobody serves hold no port themselves.
type portBlock struct {
	guard net.Listener
	ports []int
}

// takePorts finds a block with n loopback ports that nobody listens on.
func takePorts(n int) (*portBlock, error) {
	const blocks = (lastPort - firstPort) / blockSize
	for _, i := range rand.Perm(blocks) {
		first := firstPort + i*blockSize
		guard, err := net.Listen("tcp", loopback(first))
		if err != nil {
			continue
		}
		if free := freePorts(first+1, first+blockSize); len(free) >= n {
			return &portBlock{guard: guard, ports: free[:n]}, nil
		}
		_ = guard.Close() // nothing was accepted
	}
	return nil, fmt.Errorf("find %d free ports side by side: %w", n, errNoPorts)
}

var errNoPorts = errors.New("none between 20000 and 32000")

func (b *portBlock) release() { _ = b.guard.Close() }

// freePorts lists the ports that can be listened on.
func freePorts(from, to int) (free []int) {
	for port := from; port < to; port++ {
		if l, err := net.Listen("tcp", loopback(port)); err == nil {
			_ = l.Close() // nothing was accepted
			free = append(free, port)
		}
	}
	return free
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
