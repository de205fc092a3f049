package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
)

// settings are the flags by which a command is configured.
type settings struct {
	environ []string
	file    string
	set     []string
	base    []config.Setting // what the flags are laid over
	named   []config.Setting // from flags that stand for one key
}

// add puts the flags on a command.
func (s *settings) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&s.file, "config", "c", "", "configuration file (YAML); default $MUSTER_CONFIG, else none")
	cmd.Flags().StringArrayVar(&s.set, "set", nil, "set one key of the configuration, as in window=15m; repeatable")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml") // fails only for a flag that does not exist
	_ = cmd.RegisterFlagCompletionFunc("set", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var keys []string
		for _, k := range config.Keys() {
			if k.Env != "" {
				keys = append(keys, cobra.CompletionWithDesc(k.Name+"=", k.Doc))
			}
		}
		return keys, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

// name makes a flag of its own for a key that is often given on the command line.
func (s *settings) name(cmd *cobra.Command, flag, key, usage string) {
	cmd.Flags().Func(flag, usage, func(value string) error {
		s.named = append(s.named, config.Setting{Flag: "--" + flag, Key: key, Value: value})
		return nil
	})
}

// load reads the configuration and judges it; all mistakes come back at once.
func (s *settings) load(secrets bool, judge func(*config.Config) error) (*config.Config, error) {
	in := config.Input{File: s.file, Environ: s.environ, WithoutSecrets: !secrets}
	if in.File == "" {
		in.File = s.variable("MUSTER_CONFIG")
	}
	in.Set = append(in.Set, s.base...)
	var errs []error
	for _, argument := range s.set {
		setting, err := config.ParseSet(argument)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		in.Set = append(in.Set, setting)
	}
	in.Set = append(in.Set, s.named...)
	c, err := config.Load(in)
	errs = append(errs, err)
	// A file that is missing or is no YAML would only bring errors of what it
	// was to give.
	if missing := new(config.Unreadable); !errors.As(err, &missing) {
		errs = append(errs, judge(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

func (s *settings) variable(name string) string {
	for _, entry := range s.environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// open opens the argument of a command, - being standard input.
func open(cmd *cobra.Command, args []string) (in interface{ Read([]byte) (int, error) }, done func() error, err error) {
	if len(args) == 0 || args[0] == "-" {
		return cmd.InOrStdin(), func() error { return nil }, nil
	}
	f, err := os.Open(args[0])
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}
