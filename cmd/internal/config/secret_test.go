package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"muster/cmd/internal/config"
)

// I8: no way of printing a configuration shows a secret.
func TestSecretsArePrintedNowhere(t *testing.T) {
	t.Parallel()
	const secret = "do-not-print-me-anywhere"
	c := config.Defaults()
	c.UserKeySecret, c.Kafka.SASL.Password, c.Facebook.AccessToken, c.Facebook.AppSecret, c.Page.Token = secret, secret, secret, secret, secret
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&out, verb+"\n", c.UserKeySecret)
		fmt.Fprintf(&out, verb+"\n", *c)
		fmt.Fprintf(&out, verb+"\n", c.Facebook)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("configuration", "config", c, "secret", c.UserKeySecret)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("configuration", "config", c, "secret", c.UserKeySecret)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Show(&out); err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("printed:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), "user_key_secret: (secret)") {
		t.Errorf("Show does not say that there is a secret:\n%s", out.String())
	}
}

// What Show writes can be read again.
func TestShowIsAConfiguration(t *testing.T) {
	t.Parallel()
	c, err := load(t, good+"audiences: {vip: {name: VIP, window: 15m}}\nextra_traits: {PHONE: [m]}\n", config.Input{})
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := c.Show(&first); err != nil {
		t.Fatal(err)
	}
	again, err := load(t, first.String(), config.Input{})
	if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "user_key_secret") {
		t.Errorf("want just the redacted secret to be refused, got %v", err)
	}
	if err := again.Show(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("first:\n%s\nsecond:\n%s", first.String(), second.String())
	}
}
