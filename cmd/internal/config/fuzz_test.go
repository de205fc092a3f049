package config

import (
	"os"
	"strings"
	"testing"
)

// FuzzLoad: no file breaks the loading or judging of a configuration, and every
// mistake in it is told in one line that begins with the file's name.
func FuzzLoad(f *testing.F) {
	example, err := os.ReadFile("../../../muster.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("kafka: {brokers: [a, b]}\nwindow: 1h\n"))
	f.Add([]byte("sources: &a [*a]\n"))
	f.Add([]byte("audiences: {x: {identifiers: [EMAIL], window: -1}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := Defaults()
		c.origins = origins{}
		mistakes := c.readText("muster.yaml", text)
		for _, err := range mistakes {
			if said := err.Error(); !strings.HasPrefix(said, "muster.yaml") || strings.ContainsAny(said, "\r\n") {
				t.Errorf("mistake told as %q", said)
			}
		}
		if len(mistakes) == 0 {
			_ = c.Validate() // that it returns is what is asked
		}
	})
}

// FuzzSettings: no variable and no flag breaks the loading, and secrets given by
// them are in no mistake.
func FuzzSettings(f *testing.F) {
	f.Add("MUSTER_WINDOW", "15m", "stages=uploader")
	f.Add("MUSTER_KAFKA_BROKERS", "a:9092, b:9092", "audiences={x: {name: X}}")
	f.Add("MUSTER_SOURCES", "[{topic: identify, start: earliest}]", "sources=[")
	f.Add("MUSTER_SERVICE_PORT", "1", "=")
	f.Add("MUSTER_USER_KEY_SECRET", "hushhushhush", "user_key_secret_file=x")
	f.Fuzz(func(t *testing.T, name, value, flag string) {
		in := Input{Environ: []string{name + "=" + value}, WithoutSecrets: true}
		s, err := ParseSet(flag)
		if err == nil {
			in.Set = []Setting{s}
		}
		c, mistakes := Load(in)
		if mistakes == nil {
			mistakes = c.Validate()
		}
		for _, secret := range []Secret{c.UserKeySecret, c.Kafka.SASL.Password, c.Facebook.AccessToken, c.Facebook.AppSecret, c.Page.Token} {
			if strings.HasPrefix(secret.Reveal(), "hushhush") && mistakes != nil && strings.Contains(mistakes.Error(), secret.Reveal()) {
				t.Errorf("a secret in %q", mistakes)
			}
		}
	})
}
