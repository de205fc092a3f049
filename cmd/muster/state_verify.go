package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/schema"
)

// verifier is one command line of muster state verify.
type verifier struct {
	stage      string
	partitions []int
	samples    int
}

func newStateVerify(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var v verifier
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare local tables with their changelogs",
		Long: `Read changelog partitions from Kafka and compare them with the tables in state_dir, key
by key. A table must be a prefix of its changelog: being behind is right (a stopped
worker's table lacks at least its own release record), any difference up to its position
is not. Tables and changelogs are only read. The exit status is 1 when a table differs or
could not be compared.

MISSING keys are in the changelog only, EXTRA ones in the table only, DIFFERENT ones have
another value. OVERWRITTEN keys cannot be compared: they were written again after the
table's position, and compaction took the record that the table has. A table further
behind than the changelog's delete.retention.ms (7 days) may have EXTRA keys whose
deletion is no longer in the changelog.

A worker locks its tables while it runs. Stop the replica, or copy the directory of a
table (cp -r) and point --state-dir at the copy: at STATE_DIR/STAGE/PARTITION. A copy that
was taken while the worker wrote may not open; take another. Keys that a worker derives
from a table are not compared: they depend on when it did what, and it mends them itself.

A table that differs can be deleted: the worker restores it from Kafka. Users are shown
by the first digits of their keyed hash. About 40 bytes of memory a key are needed.`,
		Example: `  muster state verify --config muster.yaml
  muster state verify --config muster.yaml --stage membership --partition 3
  cp -r /var/lib/muster/uploader /tmp/copy/ && muster state verify --config muster.yaml --state-dir /tmp/copy`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if v.stage != "" && !slices.Contains(stageNames, v.stage) {
				return &usageError{fmt.Errorf("--stage %q: want %s", v.stage, strings.Join(stageNames, " or "))}
			}
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			tables, err := v.tables(c)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				return v.run(ctx, cmd, c, cluster, tables)
			})
		},
	}
	s.add(cmd)
	s.name(cmd, "state-dir", "state_dir", "directory of the local tables (key state_dir)")
	_ = cmd.MarkFlagDirname("state-dir") // fails only for a flag that does not exist
	cmd.Flags().StringVar(&v.stage, "stage", "", "membership or uploader; default both")
	cmd.Flags().IntSliceVar(&v.partitions, "partition", nil, "partitions to compare; repeatable; default all that are in state_dir")
	cmd.Flags().IntVar(&v.samples, "samples", 10, "how many differences of a kind to name for each table")
	completeStages(cmd, "stage")
	return cmd
}

// stageTable is one table to compare.
type stageTable struct {
	stage     string
	partition int
}

func (t stageTable) String() string { return fmt.Sprintf("%s/%d", t.stage, t.partition) }

// tables are those that the flags ask for.
func (v *verifier) tables(c *config.Config) ([]stageTable, error) {
	var tables []stageTable
	for _, stage := range stageNames {
		if v.stage != "" && v.stage != stage {
			continue
		}
		partitions := v.partitions
		if len(partitions) == 0 {
			var err error
			if partitions, err = consumer.TablesOnDisk(nil, c.StateDir, stage); err != nil {
				return nil, err
			}
		}
		for _, p := range partitions {
			tables = append(tables, stageTable{stage, p})
		}
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("no tables in %s: name the worker's directory with --state-dir; a worker that never had a task has none", c.StateDir)
	}
	return tables, nil
}

// verified is a compared table.
type verified struct {
	stageTable
	report *consumer.TableReport
	err    error
}

func (v *verifier) run(ctx context.Context, cmd *cobra.Command, c *config.Config, cluster *consumer.Cluster, tables []stageTable) error {
	results := make([]verified, len(tables))
	for i, t := range tables {
		results[i].stageTable = t
		results[i].report, results[i].err = v.verify(ctx, cmd.ErrOrStderr(), c, cluster, t)
	}
	if err := showVerified(cmd.OutOrStdout(), results); err != nil {
		return err
	}
	var errs []error
	differing := 0
	for _, r := range results {
		switch {
		case r.err != nil:
			errs = append(errs, fmt.Errorf("verify %s: %w", r.stageTable, r.err))
		case r.report.Differs():
			differing++
		}
	}
	if differing > 0 {
		errs = append(errs, fmt.Errorf("%d of %d tables differ from their changelogs; stop the worker and delete their directories in %s, it restores them from Kafka", differing, len(tables), c.StateDir))
	}
	return errors.Join(errs...)
}

func (v *verifier) verify(ctx context.Context, progress io.Writer, c *config.Config, cluster *consumer.Cluster, t stageTable) (*consumer.TableReport, error) {
	changelog := worker.StageChangelog(c, t.stage)
	counts, err := cluster.Partitions(ctx, changelog)
	if err != nil {
		return nil, err
	}
	if t.partition < 0 || t.partition >= counts[changelog] {
		return nil, fmt.Errorf("topic %q has partitions 0 to %d: a table of another partition is not of this cluster, or of another topics.prefix", changelog, counts[changelog]-1)
	}
	dir := consumer.TablePath(c.StateDir, t.stage, t.partition)
	said := time.Now()
	report, err := cluster.Verify(ctx, consumer.VerifyOptions{
		Changelog: changelog, Partition: t.partition, Dir: dir, Samples: v.samples,
		Progress: func(done, total int64) {
			if time.Since(said) >= time.Second {
				said = time.Now()
				fmt.Fprintf(progress, "%s: read %d of %d changelog positions (%d %%)\n", t, done, total, 100*done/total)
			}
		},
	})
	switch {
	case errors.Is(err, consumer.ErrTableInUse):
		return nil, fmt.Errorf("%w: stop the replica, or copy %s and point --state-dir at the copy", err, dir)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: there is no such table in state_dir", err)
	}
	return report, err
}

func showVerified(w io.Writer, results []verified) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "STAGE\tPARTITION\tPOSITION\tBEHIND\tEQUAL\tMISSING\tEXTRA\tDIFFERENT\tOVERWRITTEN\tSTATE")
	for _, r := range results {
		if r.err != nil {
			fmt.Fprintf(out, "%s\t%d\t-\t-\t-\t-\t-\t-\t-\tnot compared\n", r.stage, r.partition)
			continue
		}
		state := "ok"
		if r.report.Differs() {
			state = "differs"
		}
		n, position := r.report.Counts, "-"
		if r.report.Position != consumer.NoPosition {
			position = strconv.FormatInt(int64(r.report.Position), 10)
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.stage, r.partition, position, r.report.Behind(),
			r.report.Equal, n[consumer.Missing], n[consumer.Extra], n[consumer.Different], r.report.Overwritten, state)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	for _, r := range results {
		if r.err != nil {
			continue
		}
		for _, p := range r.report.Problems {
			fmt.Fprintf(out, "%s: %s\n", r.stageTable, p)
		}
		for _, d := range r.report.Samples {
			at := "no record in the changelog"
			if d.Position != consumer.NoPosition {
				at = fmt.Sprintf("changelog position %d", d.Position)
			}
			fmt.Fprintf(out, "%s: %s: %s (%s)\n", r.stageTable, d.Kind, describeKey(r.stage, d.Key), at)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// describeKey names a table's key without giving a user's key away (I8).
func describeKey(stage string, key []byte) string {
	user := func(k []byte) string { return "user " + hex.EncodeToString(k[:4]) + "…" }
	switch audience, u, err := schema.ParseMemberKey(key); {
	case stage == config.StageMembership && len(key) == schema.UserKeySize:
		return user(key)
	case stage == config.StageUploader && err == nil:
		return fmt.Sprintf("audience %q, %s", audience, user(u[:]))
	case stage == config.StageUploader && !slices.Contains(key, 0):
		return fmt.Sprintf("audience %q", key)
	case stage == config.StageUploader:
		if account, e, err := schema.ParseAccountErasureKey(key); err == nil {
			return fmt.Sprintf("erasure in ad account %s, %s", account, user(e.User[:]))
		}
	}
	return fmt.Sprintf("a key of %d bytes that the stage does not write", len(key))
}
