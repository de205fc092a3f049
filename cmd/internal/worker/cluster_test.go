package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/cmd/internal/config"
)

func TestSASL(t *testing.T) {
	t.Parallel()
	for mechanism, want := range map[string]string{"": "", "plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"} {
		m, err := saslOf(config.SASL{Mechanism: mechanism, Username: "u", Password: "p"})
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if m != nil {
			name = m.Name()
		}
		if name != want {
			t.Errorf("%s: got %s, want %s", mechanism, name, want)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	if c, err := tlsOf(config.TLS{CAFile: "not read"}); c != nil || err != nil {
		t.Errorf("not enabled: %v %v", c, err)
	}
	c, err := tlsOf(config.TLS{Enabled: true, ServerName: "kafka"})
	if err != nil || c.ServerName != "kafka" || c.InsecureSkipVerify {
		t.Errorf("enabled: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]config.TLS{
		"no certificate in PEM form": {Enabled: true, CAFile: empty},
		"empty.pem and":              {Enabled: true, CertFile: empty, KeyFile: empty},
	} {
		if _, err := tlsOf(broken); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFencingRemedy(t *testing.T) {
	t.Parallel()
	c := config.Defaults()
	c.Kafka.Brokers, c.Kafka.SASL.Username, c.Group = []string{"k1:9092", "k2:9092"}, "ads", "eu"
	want := "kafka-acls.sh --bootstrap-server k1:9092,k2:9092 --add --allow-principal 'User:ads' --operation Write --operation Describe " +
		"--transactional-id 'eu-' --resource-pattern-type prefixed; the next takeover or daily renewal uses it"
	if got := fencingRemedy(c); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
