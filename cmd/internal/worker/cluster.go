package worker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"muster/cmd/internal/config"
	"muster/consumer"
)

// Cluster is the configured Kafka cluster. It reads the files that the
// configuration names and does not connect. Of the options it uses Dial and
// Logger.
func Cluster(c *config.Config, o Options) (*consumer.Cluster, error) {
	tlsConfig, err := tlsOf(c.Kafka.TLS)
	if err != nil {
		return nil, fmt.Errorf("prepare TLS to Kafka: %w", err)
	}
	mechanism, err := saslOf(c.Kafka.SASL)
	if err != nil {
		return nil, fmt.Errorf("prepare the login to Kafka: %w", err)
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return consumer.NewCluster(consumer.ClusterOptions{
		Brokers:        c.Kafka.Brokers,
		ClientID:       c.Kafka.ClientID,
		TLS:            tlsConfig,
		SASL:           mechanism,
		Dial:           o.Dial,
		RequestTimeout: c.Kafka.RequestTimeout,
		FencingRemedy:  fencingRemedy(c),
		Logger:         logger,
	}), nil
}

// fencingRemedy is the command that grants transactional ids. muster topics create
// --print prints it among the others.
func fencingRemedy(c *config.Config) string {
	principal := "muster"
	if c.Kafka.SASL.Username != "" {
		principal = c.Kafka.SASL.Username
	}
	return fmt.Sprintf("kafka-acls.sh --bootstrap-server %s --add --allow-principal 'User:%s' --operation Write --operation Describe "+
		"--transactional-id '%s-' --resource-pattern-type prefixed; the next takeover or daily renewal uses it",
		strings.Join(c.Kafka.Brokers, ","), principal, c.Group)
}

func tlsOf(t config.TLS) (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify,
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New(t.CAFile + ": no certificate in PEM form; put the authority's certificate there")
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", t.CertFile, t.KeyFile, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func saslOf(s config.SASL) (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: s.Password.Reveal()}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, s.Username, s.Password.Reveal())
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, s.Username, s.Password.Reveal())
	default:
		return nil, nil
	}
}
