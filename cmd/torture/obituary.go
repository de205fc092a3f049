package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keep writes what a failed run leaves beside its logs: the schedule, what
// happened when, Facebook's journal and audiences, and what the model says.
func (r *run) keep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	write := func(name string, v any, err error) {
		if err == nil {
			var b []byte
			if b, err = json.MarshalIndent(v, "", " "); err == nil {
				err = os.WriteFile(filepath.Join(r.dir, name), b, 0o600)
			}
		}
		errs = append(errs, err)
	}
	journal, err := r.graph.journal(ctx)
	write("journal.json", journal, err)
	violations, err := r.graph.violations(ctx)
	write("violations.json", violations, err)
	audiences, err := r.graph.audiences(ctx)
	write("audiences.json", audiences, err)
	present, err := r.graph.present(ctx)
	write("present.json", present, err)
	write("wanted.json", r.stream.Truth().Members(), nil)
	text := r.plan.String() + "\n" + strings.Join(r.diary, "\n") + "\n"
	errs = append(errs, os.WriteFile(filepath.Join(r.dir, "schedule.txt"), []byte(text), 0o600))
	return errors.Join(errs...)
}

// obituary tells of a failed run.
func (r *run) obituary() string {
	var b strings.Builder
	for _, f := range r.faults {
		fmt.Fprintf(&b, "\t%s\n", strings.ReplaceAll(f, "\n", "\n\t"))
	}
	fmt.Fprintf(&b, "schedule of seed %d:\n%s", r.plan.seed, r.plan)
	fmt.Fprintf(&b, "what happened:\n%s\n", strings.Join(r.diary, "\n"))
	fmt.Fprintf(&b, "logs, journal and model are in %s; again: make torture RUNS=1 SEED=%d\n", r.dir, r.plan.seed)
	return b.String()
}
