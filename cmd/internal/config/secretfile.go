package config

import (
	"os"
	"strings"
)

const fileSuffix = "_file"

// readSecrets replaces each secret by the content of its file. The access token
// is left to its user, who reads it again when it changes.
func (c *Config) readSecrets() []error {
	p := &problems{origins: c.origins}
	for _, s := range []struct {
		key    string
		secret *Secret
		file   string
		later  bool
	}{
		{"user_key_secret", &c.UserKeySecret, c.UserKeySecretFile, false},
		{"kafka.sasl.password", &c.Kafka.SASL.Password, c.Kafka.SASL.PasswordFile, false},
		{"facebook.access_token", &c.Facebook.AccessToken, c.Facebook.AccessTokenFile, true},
		{"page.token", &c.Page.Token, c.Page.TokenFile, false},
		{"facebook.app_secret", &c.Facebook.AppSecret, c.Facebook.AppSecretFile, false},
	} {
		if s.file == "" {
			continue
		}
		if *s.secret != "" {
			p.add(s.key+fileSuffix, s.file, "only one of "+s.key+" and "+s.key+fileSuffix, "remove one of the two")
			continue
		}
		if s.later {
			continue
		}
		p.readable(s.key+fileSuffix, s.file)
		text, err := os.ReadFile(s.file)
		if err != nil {
			continue // said by readable
		}
		if *s.secret = Secret(strings.TrimSpace(string(text))); *s.secret == "" {
			p.add(s.key+fileSuffix, s.file, "a file that is not empty", "put the secret there")
		}
	}
	return p.list
}
