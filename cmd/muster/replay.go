package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

// replay is one command line of muster replay.
type replay struct {
	confirmation
	stage     string
	topics    []string
	partition int
	to        string
	toOffset  int64
}

func newReplay(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var r replay
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Have events read again",
		Long: `Move the committed offsets of a stage's consumer group, so that the worker reads its
input again from there: after a correction of the configuration, or when a source was
filled anew. The offsets end where kafka-consumer-groups.sh --reset-offsets would put
them with --to-earliest, --to-datetime or --to-offset.

Reading again changes nothing that is right: events are applied by their own time, so
what was said later still counts, erased users stay erased, and only what now comes out
differently is sent to Facebook.

All replicas that run the stage must be stopped: a running one would commit its own
offsets over the new ones. While the group has members the command refuses and names
them; --dry-run works at any time.

A target may lie ahead of where the group stands, as with Kafka's own tool. What is
skipped is never read: the table shows how much that is. Numbers of records are upper
bounds; compaction and transactions leave holes.`,
		Example: `  muster replay --config muster.yaml --to earliest --dry-run
  muster replay --config muster.yaml --to earliest
  muster replay --config muster.yaml --to 2026-11-20T10:00:00Z --topic identify --yes
  muster replay --config muster.yaml --to-offset 120000 --topic identify --partition 3
  muster replay --config muster.yaml --stage uploader --to earliest`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, err := r.target(cmd)
			if err != nil {
				return &usageError{err}
			}
			if err := r.check(cmd, ""); err != nil {
				return err
			}
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			readings, err := r.inputs(c)
			if err != nil {
				return &usageError{err}
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				return r.run(ctx, cmd, cluster, readings, target)
			})
		},
	}
	s.add(cmd)
	r.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&r.to, "to", "", "earliest, or a time as in 2026-11-20T10:00:00Z: the first record not older, the end if there is none")
	flags.Int64Var(&r.toOffset, "to-offset", 0, "this offset, or the nearest that the partition has")
	flags.StringArrayVar(&r.topics, "topic", nil, "input topic of the stage; repeatable; default all")
	flags.IntVar(&r.partition, "partition", -1, "this partition only")
	flags.StringVar(&r.stage, "stage", config.StageMembership, "stage whose input is read again: membership (the sources) or uploader (the members topic)")
	completeStages(cmd, "stage")
	return cmd
}

// completeStages completes a flag by the names of the stages.
func completeStages(cmd *cobra.Command, flag string) {
	// Fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(stageNames, cobra.ShellCompDirectiveNoFileComp))
}

var stageNames = []string{config.StageMembership, config.StageUploader}

// target reads --to and --to-offset.
func (r *replay) target(cmd *cobra.Command) (consumer.RewindTarget, error) {
	none := consumer.RewindTarget{}
	byOffset := cmd.Flags().Changed("to-offset")
	switch {
	case byOffset == (r.to != ""):
		return none, errors.New("want one of --to earliest, --to TIME and --to-offset N; see muster replay --help")
	case byOffset && r.toOffset < 0:
		return none, fmt.Errorf("--to-offset %d: want 0 or more", r.toOffset)
	case byOffset:
		return consumer.RewindTarget{Offset: &r.toOffset}, nil
	case r.to == "earliest":
		return none, nil
	}
	at, err := time.Parse(time.RFC3339, r.to)
	if err != nil {
		return none, fmt.Errorf("--to %q: want earliest, or a time with its zone as in 2026-11-20T10:00:00Z", r.to)
	}
	if at.Before(time.Unix(0, 0)) {
		return none, fmt.Errorf("--to %s: want 1970 or later; for all there is use --to earliest", r.to)
	}
	return consumer.RewindTarget{Time: at}, nil
}

// inputs are the topics to move in, with their groups.
func (r *replay) inputs(c *config.Config) ([]worker.Reading, error) {
	if !slices.Contains(stageNames, r.stage) {
		return nil, fmt.Errorf("--stage %q: want %s", r.stage, strings.Join(stageNames, " or "))
	}
	if r.partition < -1 {
		return nil, fmt.Errorf("--partition %d: want 0 or more", r.partition)
	}
	all := worker.Readings(c, r.stage)
	var names []string
	for _, in := range all {
		names = append(names, in.Topic)
	}
	for _, t := range r.topics {
		if !slices.Contains(names, t) {
			return nil, fmt.Errorf("--topic %q: stage %s does not read it; want %s", t, r.stage, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(all, func(in worker.Reading) bool {
		return len(r.topics) > 0 && !slices.Contains(r.topics, in.Topic)
	}), nil
}

// plan is what happens to one group.
type plan struct {
	group string
	moves []consumer.Move
}

// plans says what happens to each group, and why it cannot: active is the first
// refusal of a group that has members, which only a dry run outlives.
func (r *replay) plans(ctx context.Context, cluster *consumer.Cluster, readings []worker.Reading, target consumer.RewindTarget) (plans []plan, active, err error) {
	topics := map[string][]string{}
	var groups []string
	for _, in := range readings {
		if topics[in.Group] == nil {
			groups = append(groups, in.Group)
		}
		topics[in.Group] = append(topics[in.Group], in.Topic)
	}
	var partition *int
	if r.partition >= 0 {
		partition = &r.partition
	}
	for _, group := range groups {
		if err := cluster.Inactive(ctx, group); err != nil {
			if !r.dryRun || !errors.As(err, new(*consumer.ActiveGroupError)) {
				return nil, nil, err
			}
			active = cmp.Or(active, err)
		}
		moves, err := cluster.PlanRewind(ctx, group, topics[group], partition, target)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan{group, moves})
	}
	return plans, active, nil
}

func (r *replay) run(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, readings []worker.Reading, target consumer.RewindTarget) error {
	plans, active, err := r.plans(ctx, cluster, readings, target)
	if err != nil {
		return err
	}
	var moves []consumer.Move
	var groups []string
	for _, p := range plans {
		moves, groups = append(moves, p.moves...), append(groups, p.group)
	}
	if err := showMoves(cmd.OutOrStdout(), moves); err != nil {
		return err
	}
	if r.dryRun {
		if active != nil {
			cmd.PrintErrf("note: now it would be refused: %s\n", active)
		}
		return nil
	}
	if err := r.ask(cmd, question(groups, moves)); err != nil {
		return err
	}
	for _, p := range plans {
		if err := cluster.Rewind(ctx, p.group, p.moves); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "moved %d partitions of %s; what runs next begins there\n", len(moves), named(groups))
	return err
}

// named names groups in a sentence.
func named(groups []string) string {
	if len(groups) == 1 {
		return "group " + groups[0]
	}
	return "groups " + strings.Join(groups, ", ")
}

func question(groups []string, moves []consumer.Move) string {
	var again, skipped int64
	for _, m := range moves {
		again += m.Again()
		skipped += m.Skipped()
	}
	q := fmt.Sprintf("Move %d partitions of %s, to read %d records again", len(moves), named(groups), again)
	if skipped > 0 {
		q += fmt.Sprintf(" AND NEVER READ %d", skipped)
	}
	return q + "?"
}

func showMoves(w io.Writer, moves []consumer.Move) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "TOPIC\tPARTITION\tFROM\tTO\tRECORDS")
	for _, m := range moves {
		from, records := strconv.FormatInt(m.From, 10), "0"
		if m.From == consumer.NoOffset {
			from, records = "-", fmt.Sprintf("%d, first time", m.End-m.To)
		}
		if n := m.Again(); n > 0 {
			records = fmt.Sprintf("%d again", n)
		}
		if n := m.Skipped(); n > 0 {
			records = fmt.Sprintf("%d SKIPPED", n)
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%d\t%s\n", m.Topic, m.Partition, from, m.To, records)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
