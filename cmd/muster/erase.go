package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

// eraser is one command line of muster erase.
type eraser struct {
	confirmation
	topic     string
	partition int
	anonymous bool
}

func newErase(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var e eraser
	cmd := &cobra.Command{
		Use:   "erase USER… | -",
		Short: "Erase users everywhere",
		Long: `Write the event that erases a user, {"type":"delete","userId":"…"}, keyed by the user,
to a source topic. The worker then forgets all it knows of the user, has the rows removed
from every Facebook audience, and keeps only that and when the user was erased, so that
older events, a replay included, do not bring the user back. Later events do. The source
topic keeps its own older records of the user: erase those, too, where they come from.

The worker keeps a user in the task of the partition where the user's records are. Which
that is was decided by whoever produces them, by a partitioner unknown here; an erasure
in another partition would erase nothing. So the event is written to every partition of
the topic. Where the user is unknown it does no harm: it leaves a note of a few bytes.
Whoever knows the partition can name it with --partition. One source is enough: the
sources are partitioned alike, and the worker joins them.

A row that came without a user (RudderStack's records and lists) is a user of its own in
each of its audiences, row: and a hash. muster explain tells it for the event that brought
the row, and this command takes it like any other id; name one for each audience.

With - the users are read from standard input, one a line: so their ids stand neither in
the shell's history nor in the list of processes. Ids are not repeated in what is printed.
The principal of this command needs the right to write to the topic; the worker does not.`,
		Example: `  muster erase --config muster.yaml u123
  muster erase --config muster.yaml --yes - < users.txt
  muster erase --config muster.yaml --dry-run u123 u124
  muster erase --config muster.yaml --anonymous 9f2c6a1e-…
  muster erase --config muster.yaml --topic identify --partition 3 u123
  muster explain --config muster.yaml rows.jsonl | jq -r .user | muster erase --config muster.yaml --yes -`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			taken := ""
			if slices.Contains(args, "-") {
				taken = "the users come from standard input"
			}
			if err := e.check(cmd, taken); err != nil {
				return err
			}
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateKafka(), c.ValidateEvents()) })
			if err != nil {
				return err
			}
			if err := e.complete(c); err != nil {
				return &usageError{err}
			}
			users, err := readUsers(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			records, err := worker.Erasures(c, e.topic, users, e.anonymous, time.Now())
			if err != nil {
				return &usageError{err}
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				return e.run(ctx, cmd, cluster, records)
			})
		},
	}
	s.add(cmd)
	e.add(cmd)
	cmd.Flags().StringVar(&e.topic, "topic", "", "source topic to write to; default the first of the configuration")
	cmd.Flags().IntVar(&e.partition, "partition", -1, "write to this partition only; default every partition")
	cmd.Flags().BoolVar(&e.anonymous, "anonymous", false, "the ids are anonymousIds of users without a userId")
	return cmd
}

// complete checks topic and partition against the configuration.
func (e *eraser) complete(c *config.Config) error {
	if e.partition < -1 {
		return fmt.Errorf("--partition %d: want 0 or more", e.partition)
	}
	var sources []string
	for _, s := range c.Sources {
		sources = append(sources, s.Topic)
	}
	if e.topic == "" {
		e.topic = sources[0]
	}
	if !slices.Contains(sources, e.topic) {
		return fmt.Errorf("--topic %q: it is no source of the worker, so nobody would read it; want %s", e.topic, strings.Join(sources, ", "))
	}
	return nil
}

// readUsers returns the users of the arguments, - being the lines of in, each
// once. Empty lines are nobody.
func readUsers(in io.Reader, args []string) ([]string, error) {
	var users []string
	seen := map[string]bool{}
	add := func(user string) {
		if !seen[user] {
			users = append(users, user)
		}
		seen[user] = true
	}
	for _, a := range args {
		if a != "-" {
			add(a)
			continue
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			if lines.Text() != "" {
				add(lines.Text())
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
	}
	if len(users) == 0 {
		return nil, &usageError{errors.New("standard input names no user: want one a line")}
	}
	return users, nil
}

func (e *eraser) run(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, records []consumer.Message) error {
	counts, err := cluster.Partitions(ctx, e.topic)
	if err != nil {
		return err
	}
	n := counts[e.topic]
	if e.partition >= n {
		return &usageError{fmt.Errorf("--partition %d: topic %q has 0 to %d", e.partition, e.topic, n-1)}
	}
	var partitions []int
	for p := range n {
		if e.partition < 0 || e.partition == p {
			partitions = append(partitions, p)
		}
	}
	where := fmt.Sprintf("every partition of %s (%d)", e.topic, n)
	if e.partition >= 0 {
		where = fmt.Sprintf("partition %d of %s", e.partition, e.topic)
	}
	if e.dryRun {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "would erase %d users: %d records to %s\n", len(records), len(records)*len(partitions), where)
		return err
	}
	if err := e.ask(cmd, fmt.Sprintf("Erase %d users by records to %s? It cannot be taken back.", len(records), where)); err != nil {
		return err
	}
	return e.write(ctx, cmd.OutOrStdout(), cluster, partitions, records)
}

// write goes on after an error, says what was written where, and returns all
// errors.
func (e *eraser) write(ctx context.Context, w io.Writer, cluster *consumer.Cluster, partitions []int, records []consumer.Message) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "TOPIC\tPARTITION\tWRITTEN\tSTATE")
	var errs []error
	for _, p := range partitions {
		written, err := cluster.Append(ctx, e.topic, p, records)
		state := "ok"
		if err != nil {
			errs = append(errs, err)
			state = "failed"
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%s\n", e.topic, p, written, state)
	}
	if err := out.Flush(); err != nil {
		errs = append(errs, fmt.Errorf("write: %w", err))
	}
	if len(errs) > 0 {
		errs = append(errs, errors.New("not every partition has the erasures; once the cause is mended run the same command again, it may be repeated"))
	}
	return errors.Join(errs...)
}
