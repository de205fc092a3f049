package kafkatest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// properties makes a node's server.properties. Failure detection is far faster
// than Kafka's defaults, so that a test that kills a node waits for seconds.
func properties(o Options, id int, nodes []*Node, dataDir string) string {
	n := nodes[id-1]
	voters := make([]string, len(nodes))
	for i, peer := range nodes {
		voters[i] = fmt.Sprintf("%d@%s", i+1, loopback(peer.controllerPort))
	}
	replicas := strconv.Itoa(len(nodes))
	minISR := strconv.Itoa((len(nodes) + 1) / 2)
	p := map[string]string{
		"process.roles":                                    "broker,controller",
		"node.id":                                          strconv.Itoa(id),
		"controller.quorum.voters":                         strings.Join(voters, ","),
		"listeners":                                        "PLAINTEXT://" + n.Addr() + ",CONTROLLER://" + loopback(n.controllerPort),
		"advertised.listeners":                             "PLAINTEXT://" + n.Addr(),
		"controller.listener.names":                        "CONTROLLER",
		"log.dirs":                                         dataDir,
		"default.replication.factor":                       replicas,
		"min.insync.replicas":                              minISR,
		"offsets.topic.replication.factor":                 replicas,
		"offsets.topic.num.partitions":                     "4",
		"transaction.state.log.replication.factor":         replicas,
		"transaction.state.log.min.isr":                    minISR,
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.replication.factor": replicas,
		"share.coordinator.state.topic.min.isr":            minISR,
		"group.initial.rebalance.delay.ms":                 "0",
		"group.min.session.timeout.ms":                     "1000",
		"broker.session.timeout.ms":                        "3000",
		"broker.heartbeat.interval.ms":                     "500",
		"auto.create.topics.enable":                        "false",
		"log.cleaner.dedupe.buffer.size":                   "8388608",
	}
	n.listeners(p)
	maps.Copy(p, o.Properties)
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&b, "%s=%s\n", k, p[k])
	}
	return b.String()
}

// logConfig sends the node's log to its standard output.
const logConfig = `<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d %p %c - %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="out"/></Root>
    <Logger name="org.apache.kafka.common.config" level="WARN"/>
    <Logger name="kafka.server.KafkaConfig" level="WARN"/>
  </Loggers>
</Configuration>
`
