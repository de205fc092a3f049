package consumer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// ClusterOptions say how to reach a Kafka cluster.
type ClusterOptions struct {
	// Brokers are bootstrap addresses, host:port. At least one.
	Brokers []string
	// ClientID names this process in the brokers' logs and quotas. Default "muster".
	ClientID string
	TLS      *tls.Config    // nil = plain text
	SASL     sasl.Mechanism // nil = none
	// Dial opens connections; nil = the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// RequestTimeout bounds one request, waiting for acknowledgement included.
	// Default 10 s.
	RequestTimeout time.Duration
	// FencingRemedy is what an operator can do where brokers grant no transactional
	// id, for the warning. Default: the right that is missing.
	FencingRemedy string
	Logger        *slog.Logger // default slog.Default
}

// Cluster is a connection to Kafka, shared by the stages of a process. It is
// safe for concurrent use.
type Cluster struct {
	options   ClusterOptions
	transport *kafka.Transport
	client    *kafka.Client
	log       *slog.Logger
	unfenced  sync.Once // what warnUnfenced says
}

// NewCluster returns a Cluster. It does not connect.
func NewCluster(o ClusterOptions) *Cluster {
	if o.ClientID == "" {
		o.ClientID = "muster"
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.FencingRemedy == "" {
		o.FencingRemedy = "grant the principal Write and Describe on this transactional id; it is used from the next takeover on"
	}
	tr := &kafka.Transport{
		Dial:        o.Dial,
		DialTimeout: o.RequestTimeout / 2,
		ClientID:    o.ClientID,
		TLS:         o.TLS,
		SASL:        o.SASL,
		MetadataTTL: 5 * time.Second,
	}
	return &Cluster{
		options:   o,
		transport: tr,
		client:    &kafka.Client{Addr: kafka.TCP(o.Brokers...), Timeout: o.RequestTimeout, Transport: tr},
		log:       o.Logger,
	}
}

// Client returns the kafka-go client of the cluster.
func (c *Cluster) Client() *kafka.Client { return c.client }

// Close closes idle connections.
func (c *Cluster) Close() { c.transport.CloseIdleConnections() }

// dialer returns what kafka-go's groups connect with.
func (c *Cluster) dialer() *kafka.Dialer {
	return &kafka.Dialer{
		ClientID:      c.options.ClientID,
		Timeout:       c.options.RequestTimeout / 2,
		DualStack:     true,
		TLS:           c.options.TLS,
		SASLMechanism: c.options.SASL,
		DialFunc:      c.options.Dial,
	}
}

// ID returns the cluster's id. It retries what may pass, until ctx ends.
func (c *Cluster) ID(ctx context.Context) (id string, err error) {
	err = c.retry(ctx, "read cluster id", func(ctx context.Context) error {
		m, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{}})
		if err != nil {
			return err
		}
		id = m.ClusterID
		return nil
	})
	return id, err
}

// topicGrace is how long a topic may be unknown: brokers, and the client's own
// copy of what they know, learn late of one that was just made.
const topicGrace = 10 * time.Second

// Partitions returns how many partitions each topic has. A topic that does not
// exist, nor comes to be within topicGrace, is an error that names it.
func (c *Cluster) Partitions(ctx context.Context, topics ...string) (map[string]int, error) {
	var counts map[string]int
	began := time.Now()
	err := c.retry(ctx, "read partition counts", func(ctx context.Context) error {
		m, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
		if err != nil {
			return err
		}
		counts = make(map[string]int, len(topics))
		for _, t := range m.Topics {
			if t.Error != nil && !errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
				return fmt.Errorf("topic %q: %w", t.Name, t.Error)
			}
			counts[t.Name] = len(t.Partitions)
		}
		for _, name := range topics {
			if counts[name] > 0 {
				continue
			}
			if time.Since(began) < topicGrace {
				return fmt.Errorf("topic %q: %w", name, kafka.UnknownTopicOrPartition)
			}
			return backoff.Permanent(fmt.Errorf("topic %q does not exist: create it, or correct its name", name))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}
