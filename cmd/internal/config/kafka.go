package config

import (
	"net"
	"strconv"
	"time"
)

// Kafka says how to reach the cluster.
type Kafka struct {
	Brokers           []string      `yaml:"brokers" doc:"Brokers to start from, host:port each. Required."`
	ClientID          string        `yaml:"client_id" doc:"Name by which the brokers' logs and quotas know this client."`
	RequestTimeout    time.Duration `yaml:"request_timeout" doc:"Time for one request to a broker, 1s to 5m. Requests are repeated, so this is not the time until an outage is an error."`
	SessionTimeout    time.Duration `yaml:"session_timeout" doc:"Time without heartbeat after which the brokers give a replica's tasks to others, 1s to 30m and within the brokers' group.min/max.session.timeout.ms. The lease of uploads ends before it."`
	HeartbeatInterval time.Duration `yaml:"heartbeat_interval" doc:"Time between heartbeats of the group, 100ms to a third of session_timeout."`
	RebalanceTimeout  time.Duration `yaml:"rebalance_timeout" doc:"Time the members of a group have to join again when one comes or goes, 1s to 30m. A member drains for up to 10s of it."`
	TLS               TLS           `yaml:"tls"`
	SASL              SASL          `yaml:"sasl"`
}

// TLS of connections to brokers.
type TLS struct {
	Enabled            bool   `yaml:"enabled" doc:"Speak TLS to the brokers."`
	CAFile             string `yaml:"ca_file" doc:"PEM file of the authorities that sign the brokers' certificates. Empty: the system's."`
	CertFile           string `yaml:"cert_file" doc:"PEM file of the client certificate, with key_file. Empty: none."`
	KeyFile            string `yaml:"key_file" doc:"PEM file of the client certificate's key."`
	ServerName         string `yaml:"server_name" doc:"Name expected in the brokers' certificates. Empty: the host connected to."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" doc:"Accept any certificate. Whoever stands between can then read and change everything."`
}

// SASL is the login to brokers.
type SASL struct {
	Mechanism    string `yaml:"mechanism" doc:"plain, scram-sha-256 or scram-sha-512. Empty: no login. plain without TLS shows the password to the network."`
	Username     string `yaml:"username" doc:"User of the login."`
	Password     Secret `yaml:"password" doc:"Password of the login."`
	PasswordFile string `yaml:"password_file" doc:"File to read password from, once, at start; white space around it is dropped."`
}

func (k *Kafka) check(p *problems) {
	const remedy = "name one or more brokers, such as kafka:9092"
	if len(k.Brokers) == 0 {
		p.add("kafka.brokers", "", "one or more host:port", remedy)
	}
	for i, b := range k.Brokers {
		if !hostPort(b, 1) {
			p.add(index("kafka.brokers", i), b, "host:port", remedy)
		}
	}
	p.duration("kafka.request_timeout", k.RequestTimeout, time.Second, 5*time.Minute)
	p.duration("kafka.session_timeout", k.SessionTimeout, time.Second, 30*time.Minute)
	p.duration("kafka.rebalance_timeout", k.RebalanceTimeout, time.Second, 30*time.Minute)
	if k.HeartbeatInterval < 100*time.Millisecond || k.HeartbeatInterval > k.SessionTimeout/3 {
		p.add("kafka.heartbeat_interval", k.HeartbeatInterval, "100ms to a third of kafka.session_timeout ("+k.SessionTimeout.String()+")",
			"two heartbeats may get lost before a session ends; shorten it or lengthen the session")
	}
	k.TLS.check(p)
	k.SASL.check(p)
}

func (t *TLS) check(p *problems) {
	if !t.Enabled {
		for _, f := range []struct{ key, value string }{
			{"ca_file", t.CAFile}, {"cert_file", t.CertFile}, {"key_file", t.KeyFile}, {"server_name", t.ServerName},
		} {
			if f.value != "" {
				p.add("kafka.tls."+f.key, f.value, "nothing while kafka.tls.enabled is false", "set kafka.tls.enabled: true, or remove the key")
			}
		}
		return
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		p.add("kafka.tls.cert_file", t.CertFile, "both of cert_file and key_file, or neither", "name the other file too")
	}
	p.readable("kafka.tls.ca_file", t.CAFile)
	p.readable("kafka.tls.cert_file", t.CertFile)
	p.readable("kafka.tls.key_file", t.KeyFile)
}

func (s *SASL) check(p *problems) {
	p.oneOf("kafka.sasl.mechanism", s.Mechanism, "", "plain", "scram-sha-256", "scram-sha-512")
	switch {
	case s.Mechanism == "" && (s.Username != "" || s.Password != ""):
		p.add("kafka.sasl.mechanism", "", "plain, scram-sha-256 or scram-sha-512 when there is a user or a password", "name the mechanism the brokers ask for, or remove the login")
	case s.Mechanism != "" && s.Username == "":
		p.add("kafka.sasl.username", "", "a user name with "+s.Mechanism, "name the user")
	}
	if s.Mechanism != "" && s.Password == "" && s.PasswordFile == "" {
		p.add("kafka.sasl.password", "", "a password with "+s.Mechanism, "give kafka.sasl.password_file or MUSTER_KAFKA_SASL_PASSWORD")
	}
}

// hostPort reports whether s is host:port with a port from lowest on. The host
// may be empty only for listeners, which allow port 0.
func hostPort(s string, lowest int) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || (host == "" && lowest > 0) {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= lowest && n <= 65535
}
