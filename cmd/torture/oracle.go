package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
)

// quietFor is how long Facebook must hold what the events say, with nothing
// read and nothing sent meanwhile, before it counts.
const quietFor = 3 * time.Second

// converge waits until Facebook holds, for good, what the model says (I6), and
// returns how many rows were compared. That it never does is a fault of the worker.
func (r *run) converge(ctx context.Context, limit time.Duration) (rows int, err error) {
	wanted := r.stream.Truth().Members()
	for _, users := range wanted {
		for _, list := range users {
			rows += len(list)
		}
	}
	deadline := time.Now().Add(limit)
	var diffs []string
	var state string
	quiet, last := time.Time{}, -1
	for time.Now().Before(deadline) {
		if err := wait(ctx, 500*time.Millisecond); err != nil {
			return 0, err
		}
		var now int
		now, state, err = r.look(ctx)
		if err != nil || now != last {
			quiet, last = time.Time{}, now
			if err != nil {
				state, last = err.Error(), -1
			}
			continue
		}
		if quiet.IsZero() {
			quiet = time.Now()
		}
		if time.Since(quiet) < quietFor {
			continue
		}
		present, err := r.graph.present(ctx)
		if err != nil {
			return 0, err
		}
		if diffs = model.Compare(wanted, present, 20); len(diffs) == 0 {
			r.note("converged")
			return rows, nil
		}
		quiet = time.Time{}
	}
	if present, err := r.graph.present(ctx); err == nil {
		diffs = model.Compare(wanted, present, 20)
	}
	if len(diffs) == 0 {
		r.fault("after %s Facebook holds what the events say, but there is no quiet: %s", limit, state)
		return rows, nil
	}
	r.fault("after %s Facebook does not hold what the events say (%s): %s", limit, state, r.explain(diffs))
	return rows, nil
}

// look returns a number that changes while anything is going on, and an error
// while something certainly is.
func (r *run) look(ctx context.Context) (now int, state string, err error) {
	if err := r.revive(); err != nil {
		return 0, "", err
	}
	stats, err := r.graph.stats(ctx)
	if err != nil {
		return 0, "", err
	}
	if stats.InFlight > 0 || stats.Pending > 0 {
		return 0, "", fmt.Errorf("%d requests in flight, %d pending", stats.InFlight, stats.Pending)
	}
	for _, stage := range []string{config.StageMembership, config.StageUploader} {
		group, topics := r.stage(stage)
		n, err := lag(ctx, r.client, group, topics, r.plan.size.partitions)
		if err != nil {
			return 0, "", err
		}
		if n > 0 {
			return 0, "", fmt.Errorf("%s is %d records behind", group, n)
		}
	}
	return stats.Requests, fmt.Sprintf("all records read, %d requests", stats.Requests), nil
}

// explain tells of the first difference all that is known.
func (r *run) explain(diffs []string) string {
	truth := r.stream.Truth()
	var b strings.Builder
	fmt.Fprintf(&b, "%d differences or more, the first:\n%s", len(diffs), diffs[0])
	for _, user := range truth.Named(diffs[0]) {
		fmt.Fprintf(&b, "\nwhat the events say of %s:\n%s", user, truth.Story(user))
	}
	return b.String()
}

// judge holds the rest of what a good worker leaves behind.
func (r *run) judge(ctx context.Context) error {
	return errors.Join(r.judgeViolations(ctx), r.judgeAudiences(ctx), r.judgeDeadLetters(ctx), r.judgeOwners(ctx))
}

func (r *run) judgeViolations(ctx context.Context) error {
	list, err := r.graph.violations(ctx)
	if err != nil {
		return err
	}
	for i, v := range list {
		if i == 10 {
			r.fault("violation: … %d in all", len(list))
			break
		}
		r.fault("violation: %+v", v)
	}
	return nil
}

// judgeAudiences: a Facebook audience is made once a key, whatever crashes.
func (r *run) judgeAudiences(ctx context.Context) error {
	list, err := r.graph.audiences(ctx)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, a := range list {
		if a.Deleted {
			continue
		}
		if seen[a.Name] {
			r.fault("audience %s was created twice", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}
