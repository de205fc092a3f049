package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema"
)

func newAudit(environ []string) *cobra.Command {
	s := settings{environ: environ}
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

Users are named there by their keys (user_key_secret makes them), never by their ids; a
record holds no identifier and no hash of one. With - the users are read from standard
input, one a line. After a crash a step may stand there twice. Records are kept for
topics.audit_retention.`,
		Example: `  muster audit --config muster.yaml
  muster audit --config muster.yaml - < users.txt
  muster audit --config muster.yaml | jq 'select(.step == "refused")'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateKafka(), c.ValidateEvents()) })
			if err != nil {
				return err
			}
			var keys map[string]bool // none = of all users
			if len(args) > 0 {
				users, err := readUsers(cmd.InOrStdin(), args)
				if err != nil {
					return err
				}
				keys = userKeys(c, users)
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				return listAudit(ctx, cmd.OutOrStdout(), cluster, c.Topic(config.TopicAudit), keys)
			})
		},
	}
	s.add(cmd)
	return cmd
}

// userKeys returns the keys of records of users, by whichever of their ids.
func userKeys(c *config.Config, users []string) map[string]bool {
	keyer := schema.NewUserKeyer([]byte(c.UserKeySecret.Reveal()))
	keys := map[string]bool{}
	for _, user := range users {
		for _, id := range []string{user, "anon:" + user} {
			key := keyer.Key(id)
			keys[hex.EncodeToString(key[:])] = true
		}
	}
	return keys
}

func listAudit(ctx context.Context, w io.Writer, cluster *consumer.Cluster, topic string, keys map[string]bool) error {
	counts, err := cluster.Partitions(ctx, topic)
	if err != nil {
		return err
	}
	for p := range counts[topic] {
		start, end, err := cluster.Bounds(ctx, topic, p)
		if err != nil {
			return err
		}
		for r, err := range cluster.Records(ctx, topic, p, start, end) {
			if err != nil {
				return fmt.Errorf("read audit: %w", err)
			}
			if keys != nil && !keys[string(r.Key)] {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s\n", r.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
