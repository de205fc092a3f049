package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// order is something a person asks of an audience's owner.
type order struct {
	verb        musterpb.Verb
	name        string
	short, long string
	example     string
	accounts    bool // an ad account will do, too
	// more, if set, adds flags and returns what they and the arguments after the audience
	// make of the command.
	more func(*cobra.Command) func(args []string, order *musterpb.Command) error
	args string // after the audience, as the usage line has them
	// aliases are other names of the command.
	aliases []string
	// question, if set, is put to a person before it is done.
	question func(audience string, s *musterpb.AudienceStatus) string
	// then, if set, is done after the owner has obeyed.
	then func(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, c *config.Config, audience string, s *musterpb.AudienceStatus) error
	// answer, if set, reads whether the owner's word means that it was done.
	answer func(audience string, s *musterpb.AudienceStatus) (done string, err error)
}

func newOrder(environ []string, o order) *cobra.Command {
	s := settings{environ: environ}
	var wait time.Duration
	use := strings.TrimSpace(o.name + " AUDIENCE " + o.args)
	prepare := func([]string, *musterpb.Command) error { return nil }
	example := fmt.Sprintf("  %s --config muster.yaml vip", o.example)
	if o.accounts {
		use += " | act_ACCOUNT"
		example += fmt.Sprintf("\n  %s --config muster.yaml act_1234567890", o.example)
	}
	if o.args != "" {
		example += " 23850000000000000"
	}
	var confirm confirmation
	cmd := &cobra.Command{
		Use: use, Aliases: o.aliases, Short: o.short, Example: example,
		Long: o.long + `

The order goes through Kafka to whichever replica owns the audience; the command waits
until that says it has obeyed. Exit status: 0 obeyed, 1 nobody has said so yet (the order
stays, and is obeyed as soon as a replica runs).`,
		Args:              arguments(cobra.ExactArgs(1 + len(strings.Fields(o.args)))),
		ValidArgsFunction: completeAudience(&s),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.question != nil {
				if err := confirm.check(cmd, ""); err != nil {
					return err
				}
			}
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				if o.accounts && strings.HasPrefix(args[0], "act_") {
					return o.toAccount(ctx, cmd, cluster, c, args[0])
				}
				command := &musterpb.Command{Verb: o.verb, Audience: args[0]}
				if err := prepare(args[1:], command); err != nil {
					return err
				}
				return o.toAudience(ctx, cmd, cluster, c, command, wait, &confirm)
			})
		},
	}
	s.add(cmd)
	cmd.Flags().DurationVar(&wait, "wait", orderWait, "longest wait for the owner's word")
	if o.question != nil {
		confirm.add(cmd)
	}
	if o.more != nil {
		prepare = o.more(cmd)
	}
	return cmd
}

func (o order) toAudience(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, c *config.Config, command *musterpb.Command, wait time.Duration, confirm *confirmation) error {
	audience := command.Audience
	all, err := worker.Audiences(ctx, cluster, c)
	if err != nil {
		return err
	}
	if all[audience] == nil {
		return errUnknownAudience(audience, all)
	}
	if command.FacebookId != "" {
		for other, s := range all {
			if other != audience && s.FacebookId == command.FacebookId {
				return &usageError{fmt.Errorf("%s %q: audience %q has Facebook audience %s: give each key one of its own", o.name, audience, other, command.FacebookId)}
			}
		}
	}
	if o.question != nil {
		question := o.question(audience, all[audience])
		if confirm.dryRun {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "would ask, and do: %s\n", question)
			return err
		}
		if err := confirm.ask(cmd, question); err != nil {
			return err
		}
	}
	status, err := worker.Command(ctx, cluster, c, command, wait)
	if err != nil {
		return err
	}
	if status == nil {
		return fmt.Errorf("%s %q: no replica has obeyed within %s: is one running with the uploader stage, and does its http.listen answer ready? The order stays and is obeyed as soon as one runs", o.name, audience, wait)
	}
	if r := status.OrderRefused; r != nil {
		return fmt.Errorf("%s %q: refused: %s. %s", o.name, audience, r.Title, r.Remedy)
	}
	done := "done"
	if o.answer != nil {
		if done, err = o.answer(audience, status); err != nil {
			return fmt.Errorf("%s %q: %w", o.name, audience, err)
		}
	}
	if _, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", o.name, audience, done); err != nil || o.then == nil {
		return err
	}
	return o.then(ctx, cmd, cluster, c, audience, status)
}

func (o order) toAccount(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, c *config.Config, name string) error {
	account, err := facebook.ParseAccountID(name)
	if err != nil {
		return &usageError{err}
	}
	n, err := worker.CommandAccount(ctx, cluster, c, string(account), o.verb)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s: told the owners of %d partitions\n", o.name, account.Node(), n)
	return err
}

// errUnknownAudience names the audience that was probably meant.
func errUnknownAudience(audience string, all map[string]*musterpb.AudienceStatus) error {
	hint := "muster audience list shows all"
	if near := config.Nearest(audience, keysOf(all)); near != "" {
		hint = "did you mean " + near + "?"
	}
	return &usageError{errors.New("audience " + fmt.Sprintf("%q", audience) + ": no replica knows it; " + hint)}
}
