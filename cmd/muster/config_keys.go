package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
)

func newConfigKeys() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "List all keys with default, variable and meaning",
		Example: `  muster config keys | grep -A3 window
  muster config keys --markdown`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if markdown {
				_, err := io.WriteString(cmd.OutOrStdout(), reference(config.Keys()))
				return err
			}
			return listKeys(cmd.OutOrStdout(), config.Keys())
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the page docs/configuration.md")
	return cmd
}

func listKeys(w io.Writer, keys []config.Key) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, k := range keys {
		fmt.Fprintf(out, "%s\n", k.Name)
		if k.Default != "" {
			fmt.Fprintf(out, "  default\t%s\n", k.Default)
		}
		if k.Env != "" {
			fmt.Fprintf(out, "  variable\t%s\n", k.Env)
		}
		fmt.Fprintf(out, "  meaning\t%s\n", k.Doc)
	}
	return out.Flush() // errors of writing stay until here
}

// reference is the page of all keys, a table for each group of them.
func reference(keys []config.Key) string {
	var b strings.Builder
	b.WriteString(`# Configuration

Every key, made by ` + "`muster config keys --markdown`" + `. ` + "`muster config init`" + ` writes a file of them.

A key is given in the YAML file named by ` + "`--config`" + ` or ` + "`MUSTER_CONFIG`" + `, as an environment variable, or as a flag. Flags win
over the environment, the environment over the file. The variable of ` + "`kafka.brokers`" + ` is ` + "`MUSTER_KAFKA_BROKERS`" + `, and so on; the flag is
` + "`--set kafka.brokers=a:9092,b:9092`" + `. Keys of one source or audience (` + "`sources[].start`, `audiences.<key>.window`" + `) have
neither, but the whole list or map does, as YAML. ` + "`muster config check`" + ` names every mistake there is.
`)
	groups, of := []string{""}, map[string][]config.Key{} // what stands in none comes first
	for _, k := range keys {
		g := groupOf(k.Name)
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
		of[g] = append(of[g], k)
	}
	plain := strings.NewReplacer("|", `\|`, "<", "&lt;")
	for _, g := range groups {
		title := "General"
		if g != "" {
			title = "`" + g + "`"
		}
		fmt.Fprintf(&b, "\n## %s\n\n| key | default | |\n|---|---|---|\n", title)
		for _, k := range of[g] {
			value := ""
			if k.Default != "" {
				value = "`" + k.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, value, plain.Replace(k.Doc))
		}
	}
	return b.String()
}

// groupOf is the key of the list, map or section that a key is in.
func groupOf(name string) string {
	i := strings.LastIndex(name, ".")
	return name[:max(i, 0)]
}
