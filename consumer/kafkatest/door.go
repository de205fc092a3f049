package kafkatest

import (
	"strconv"
	"strings"
)

// Door is a further listener of a node that tells its clients to come to
// another address: a proxy listens there and hands on to Listen. Clients that
// begin at the same door of every node stay with these doors, so that each
// group of clients can be cut off by itself.
type Door struct {
	Listen     string // where the broker listens, as host:port
	Advertised string // where clients are sent; free until somebody listens there
}

// Doors are the node's further listeners.
func (n *Node) Doors() []Door { return n.doors }

// DoorAddrs are the advertised addresses of one door of all brokers.
func (c *Cluster) DoorAddrs(door int) []string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.doors[door].Advertised
	}
	return addrs
}

func doorsOf(ports []int) []Door {
	doors := make([]Door, 0, len(ports)/2)
	for i := 0; i+1 < len(ports); i += 2 {
		doors = append(doors, Door{Listen: loopback(ports[i]), Advertised: loopback(ports[i+1])})
	}
	return doors
}

// listeners adds the doors to the properties of a node.
func (n *Node) listeners(p map[string]string) {
	protocols := []string{"PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"}
	for i, d := range n.doors {
		name := "DOOR" + strconv.Itoa(i)
		protocols = append(protocols, name+":PLAINTEXT")
		p["listeners"] += "," + name + "://" + d.Listen
		p["advertised.listeners"] += "," + name + "://" + d.Advertised
	}
	p["listener.security.protocol.map"] = strings.Join(protocols, ",")
	p["inter.broker.listener.name"] = "PLAINTEXT"
}
