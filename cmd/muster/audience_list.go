package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/status"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/schema/musterpb"
)

func newAudienceList(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the audiences of all replicas",
		Example: `  muster audience list --config muster.yaml
  muster audience list --config muster.yaml --json | jq '.[] | select(.state == "blocked")'`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				all, err := worker.Audiences(ctx, cluster, c)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), lines(all))
				}
				if err := listAudiences(cmd.OutOrStdout(), lines(all), time.Now()); err != nil {
					return err
				}
				return listAccounts(cmd.OutOrStdout(), all, time.Now())
			})
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// audienceLine is what is shown of an audience.
type audienceLine struct {
	Audience     string    `json:"audience"`
	Name         string    `json:"name,omitempty"`
	State        string    `json:"state"`
	PausedBy     []string  `json:"paused_by,omitempty"` // configuration, command
	Reason       string    `json:"reason,omitempty"`    // of the problem, as docs/states.md names it
	Problem      string    `json:"problem,omitempty"`
	Remedy       string    `json:"remedy,omitempty"`
	Alarms       []string  `json:"alarms,omitempty"`
	OrderRefused string    `json:"order_refused,omitempty"` // why the last order was not obeyed
	ToObey       string    `json:"order_remedy,omitempty"`
	Unknown      bool      `json:"content_unknown,omitempty"` // Facebook may hold people whom Muster did not send
	Replace      string    `json:"replace,omitempty"`         // what a replacement under way is doing
	NotReplaced  string    `json:"not_replaced,omitempty"`
	ToReplace    string    `json:"to_replace,omitempty"` // what to do about that
	Account      string    `json:"account,omitempty"`
	FacebookID   string    `json:"facebook_id,omitempty"`
	Members      int64     `json:"members"`
	Unmatchable  int64     `json:"unmatchable"`
	Rows         int64     `json:"rows"`      // that should be at Facebook
	RowsAt       int64     `json:"rows_held"` // that Facebook may hold
	Pending      int64     `json:"pending"`   // members that differ
	Owed         int64     `json:"owed"`      // members whose removal Facebook refuses
	Refused      int64     `json:"refused"`   // members with refused rows
	Erasing      int64     `json:"erasures_pending"`
	Overdue      int64     `json:"erasures_overdue"`
	Erasure      time.Time `json:"oldest_erasure,omitzero"` // that is pending
	ToErase      string    `json:"overdue_remedy,omitempty"`
	Leaving      int64     `json:"rows_leaving"` // of members that keep none
	Windows      int64     `json:"windows"`
	LastWindow   time.Time `json:"last_window,omitzero"`
	Unsent       time.Time `json:"oldest_unsent,omitzero"`
	Updated      time.Time `json:"updated"`

	Load  *status.Load `json:"account_load,omitempty"`
	Match *match       `json:"match,omitempty"`
}

func lines(all map[string]*musterpb.AudienceStatus) []audienceLine {
	list := make([]audienceLine, 0, len(all))
	for _, key := range keysOf(all) {
		s := all[key]
		list = append(list, audienceLine{
			Audience: key, Name: s.Name, State: s.State, PausedBy: s.PausedBy, Reason: s.Block.GetReason(), Problem: s.Block.GetTitle(), Remedy: s.Block.GetRemedy(), Alarms: s.Alarms,
			OrderRefused: s.OrderRefused.GetTitle(), ToObey: s.OrderRefused.GetRemedy(), Unknown: s.ContentUnknown, Replace: s.Replace, NotReplaced: s.ReplaceFailed.GetTitle(), ToReplace: s.ReplaceFailed.GetRemedy(),
			Account: s.Account, FacebookID: s.FacebookId, Members: s.Members, Unmatchable: s.Unmatchable,
			Rows: s.Desired, RowsAt: s.Synced, Pending: s.Pending, Owed: s.Owed, Refused: s.Refused, Leaving: s.Leaving,
			Erasing: s.Erasing, Overdue: s.ErasuresOverdue, Erasure: status.Moment(s.OldestErasureMs), ToErase: s.OverdueRemedy,
			Windows: s.Windows, LastWindow: status.Moment(s.WindowStartedMs), Unsent: status.Moment(s.OldestUnsentMs), Updated: status.Moment(s.UpdatedMs),
			Load: status.LoadOf(s), Match: matchOf(s),
		})
	}
	return list
}

func keysOf(all map[string]*musterpb.AudienceStatus) []string { return slices.Sorted(maps.Keys(all)) }

func listAudiences(w io.Writer, list []audienceLine, now time.Time) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "AUDIENCE\tSTATE\tMEMBERS\tPENDING\tOWED\tREFUSED\tLAST WINDOW\tFACEBOOK")
	for _, a := range list {
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", a.Audience, a.State, a.Members, a.Pending, a.Owed, a.Refused, ago(a.LastWindow, now), a.FacebookID)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, a := range list {
		if a.Overdue > 0 {
			fmt.Fprintf(w, "%s: %d erasures are overdue. %s\n", a.Audience, a.Overdue, a.ToErase)
		}
		if text := status.Paused(a.Audience, a.PausedBy); text != "" {
			fmt.Fprintf(w, "%s: %s\n", a.Audience, text)
		}
		if a.Problem != "" {
			fmt.Fprintf(w, "%s: %s (%s). %s\n", a.Audience, a.Problem, a.Reason, a.Remedy)
		}
		if a.Unknown {
			fmt.Fprintf(w, "%s: %s\n", a.Audience, status.ContentUnknown(a.Audience))
		}
	}
	return nil
}

// ago is how long ago something was, as a person reads it.
func ago(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return now.Sub(at).Round(time.Second).String() + " ago"
}

func writeJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
