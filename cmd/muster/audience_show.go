package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/status"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/schema/musterpb"
)

// historyShown is how many hours of the history are shown.
const historyShown = 24

func newAudienceShow(environ []string) *cobra.Command {
	s := settings{environ: environ}
	cmd := &cobra.Command{
		Use:     "show AUDIENCE",
		Short:   "Show one audience, with the last day by hour",
		Example: `  muster audience show --config muster.yaml vip`,
		Args:    arguments(cobra.ExactArgs(1)),

		ValidArgsFunction: completeAudience(&s),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				all, err := worker.Audiences(ctx, cluster, c)
				if err != nil {
					return err
				}
				status := all[args[0]]
				if status == nil {
					return errUnknownAudience(args[0], all)
				}
				line := lines(map[string]*musterpb.AudienceStatus{args[0]: status})[0]
				return showAudience(cmd.OutOrStdout(), line, status.History, time.Now())
			})
		},
	}
	s.add(cmd)
	return cmd
}

func showAudience(w io.Writer, a audienceLine, history []*musterpb.RowTotals, now time.Time) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(name string, format string, args ...any) {
		fmt.Fprintf(out, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("audience", "%s", a.Audience)
	if a.Name != "" {
		row("name", "%s", a.Name)
	}
	row("state", "%s, said %s", a.State, ago(a.Updated, now))
	if text := status.Paused(a.Audience, a.PausedBy); text != "" {
		row("to do", "%s", text)
	}
	if a.Problem != "" {
		row("problem", "%s (%s)", a.Problem, a.Reason)
		row("to do", "%s", a.Remedy)
	}
	for _, alarm := range a.Alarms {
		row("alarm", "%s", alarm)
	}
	if a.OrderRefused != "" {
		row("last order", "refused: %s", a.OrderRefused)
		row("to do", "%s", a.ToObey)
	}
	if a.Unknown {
		row("content", "%s", status.ContentUnknown(a.Audience))
	}
	if a.Replace != "" {
		row("replace", "%s", a.Replace)
	}
	if a.NotReplaced != "" {
		row("replace", "%s", a.NotReplaced)
		row("to do", "%s", a.ToReplace)
	}
	if a.FacebookID != "" {
		row("facebook", "%s in act_%s", a.FacebookID, a.Account)
	}
	row("members", "%d, of them %d without an identifier", a.Members, a.Unmatchable)
	row("rows", "%d wanted, %d at Facebook at most, %d of them leaving", a.Rows, a.RowsAt, a.Leaving)
	row("waiting", "%d members differ, %d removals are owed, %d members have refused rows", a.Pending, a.Owed, a.Refused)
	if a.Erasing > 0 {
		row("erasures", "%d pending, the oldest %s, %d overdue", a.Erasing, ago(a.Erasure, now), a.Overdue)
	}
	if a.Overdue > 0 {
		row("to do", "%s", a.ToErase)
	}
	row("windows", "%d, the last %s", a.Windows, ago(a.LastWindow, now))
	if !a.Unsent.IsZero() {
		row("oldest unsent", "%s", ago(a.Unsent, now))
	}
	for _, line := range a.Match.text(a.Members, now) {
		row(line.name, "%s", line.text)
	}
	if a.Load != nil {
		row("ad account", "%s", loadText(a.Load, now))
	}
	if len(history) > 0 {
		fmt.Fprintln(out, "\nHOUR (UTC)\tADDED\tREMOVED\tREFUSED\tREQUESTS")
	}
	for _, h := range history[max(0, len(history)-historyShown):] {
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\n", time.UnixMilli(h.HourMs).UTC().Format("2006-01-02 15:04"), h.Added, h.Removed, h.Refused, h.Requests)
	}
	return out.Flush() // errors of writing stay until here
}
