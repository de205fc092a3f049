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
)

// freePorts finds n loopback ports that nobody listens on.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer l.Close() // at the end, so that no port is found twice
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("find free ports: none between 20000 and 32000")
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
