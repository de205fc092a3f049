package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
)

// starter is what a new configuration is given, for a person to correct.
var starter = []config.Setting{
	{Flag: "config init", Key: "kafka.brokers", Value: "localhost:9092"},
	{Flag: "config init", Key: "sources", Value: "[{topic: identify}, {topic: audience-membership}]"},
	{Flag: "config init", Key: "user_key_secret_file", Value: "user_key_secret"},
	{Flag: "config init", Key: "facebook.ad_account", Value: ""},
	{Flag: "config init", Key: "facebook.access_token_file", Value: "access_token"},
}

func newConfigInit() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "init [FILE|-]",
		Short: "Write a commented configuration file",
		Long: `Write a configuration file, muster.yaml if none is named, with every key there is, its
default and its meaning as comments; what every installation must set is filled in as far
as it can be. --set fills in more, and --config takes the values of an existing file, so
that the keys of a newer version can be read beside them. A file that is there already is
left alone. Secrets are never written: name the files that hold them.`,
		Example: `  muster config init
  muster config init muster.yaml --set kafka.brokers=kafka:9092 --set facebook.ad_account=1234567890
  muster config init --config muster.yaml - | less`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.file == "" {
				s.base = starter
			}
			c, err := s.load(false, func(*config.Config) error { return nil }) // check judges it
			if err != nil {
				return err
			}
			path := "muster.yaml"
			if len(args) > 0 {
				path = args[0]
			}
			if path == "-" {
				return c.WriteCommented(cmd.OutOrStdout())
			}
			var text bytes.Buffer
			if err := c.WriteCommented(&text); err != nil {
				return err
			}
			if err := writeNew(path, text.Bytes()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s; next: fill in facebook.ad_account, then muster config check --config %s\n", path, path)
			return err
		},
	}
	s.add(cmd)
	return cmd
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it holds no secrets
	if errors.Is(err, fs.ErrExist) {
		return &usageError{fmt.Errorf("%s is there already and is left alone: name another file, or - to see the text", path)}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
