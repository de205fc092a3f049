package config

import (
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// Show writes the configuration as YAML, defaults included, secrets redacted.
func (c *Config) Show(w io.Writer) error {
	text, err := yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = w.Write(text)
	return err
}
