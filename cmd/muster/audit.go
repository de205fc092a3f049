package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema"
)

func newAudit(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var summary bool
	cmd := &cobra.Command{
		Use:   "audit [USER… | -]",
		Short: "List the steps of erasures",
		Long: `Print what is recorded of erasures, of all users or of the given ones, a JSON object a
line. Steps are in order for one user and one audience:

  requested     what was known of the user is forgotten, and the audiences are told
  removed       Facebook has confirmed that the user's rows are gone from the audience
  nothing_held  it held no rows of this user alone
  refused       Facebook refuses to remove them for now; it is tried again
  returned      the same rows were said of the user again before they were removed
  forgotten     the audience was forgotten before they were removed: Facebook may hold them

With erase.scope account, removed and refused are also said of an ad account, which is all
audiences in it, and:

  nothing_known  nothing was known by which Facebook could find the person; it is not asked
  called_off     erase.scope, or the ad account, is not configured any more; perhaps not removed

Users are named there by their keys (user_key_secret makes them), never by their ids; a
record holds no identifier and no hash of one. With - the users are read from standard
input, one a line. After a crash a step may stand there twice. Records are kept for
topics.audit_retention.

An erasure is written to every partition of a source, and for the user's id as both userId
and anonymousId: so there are steps requested that know nothing of the user. With --summary
there is one line for each erasure instead: what was known of the user in all, how many
audiences were told, at how many of them the last step was which, and from how many ad
accounts the user was removed as a whole. Audiences that say
nothing had not known the user for a week, or are not done yet. Without users, erasures of
which nothing was known are counted in the last line only.`,
		Example: `  muster audit --config muster.yaml
  muster audit --config muster.yaml - < users.txt
  muster audit --config muster.yaml --summary
  muster audit --config muster.yaml | jq 'select(.step == "refused")'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateKafka(), c.ValidateEvents()) })
			if err != nil {
				return err
			}
			var keys map[string]string // none = of all users
			if len(args) > 0 {
				users, err := readUsers(cmd.InOrStdin(), args)
				if err != nil {
					return err
				}
				keys = userKeys(c, users)
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				records := audits(ctx, cluster, c.Topic(config.TopicAudit), keys)
				if summary {
					return summariseAudit(cmd.OutOrStdout(), records, keys)
				}
				return listAudit(cmd.OutOrStdout(), records)
			})
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&summary, "summary", false, "one line for each erasure")
	return cmd
}

// userKeys returns the keys of records of users, by whichever of their ids, each with
// the one that stands for the user.
func userKeys(c *config.Config, users []string) map[string]string {
	keyer := schema.NewUserKeyer([]byte(c.UserKeySecret.Reveal()))
	keys := map[string]string{}
	for _, user := range users {
		first := keyer.Key(user)
		for _, id := range []string{user, "anon:" + user} {
			key := keyer.Key(id)
			keys[hex.EncodeToString(key[:])] = hex.EncodeToString(first[:])
		}
	}
	return keys
}

// audits are the steps of the users with the given keys, of all where keys is nil.
func audits(ctx context.Context, cluster *consumer.Cluster, topic string, keys map[string]string) iter.Seq2[consumer.Record, error] {
	return func(yield func(consumer.Record, error) bool) {
		for r, err := range cluster.TopicRecords(ctx, topic) {
			if err != nil {
				yield(r, fmt.Errorf("read audit: %w", err))
				return
			}
			if _, wanted := keys[string(r.Key)]; (wanted || keys == nil) && !yield(r, nil) {
				return
			}
		}
	}
}

func listAudit(w io.Writer, records iter.Seq2[consumer.Record, error]) error {
	for r, err := range records {
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n", r.Value); err != nil {
			return err
		}
	}
	return nil
}
