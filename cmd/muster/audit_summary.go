package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"text/tabwriter"
	"time"

	"muster/consumer"
	"muster/schema"
)

// sameErasure is how far the moments of one erasure may lie apart in the partitions
// that it is written to.
const sameErasure = time.Minute

// erased is what the steps of one erasure come to.
type erased struct {
	user              string
	at                time.Time // of the first request
	values, audiences int64
	last              map[string]string // audience → its last step
	everywhere        map[string]bool   // ad account → it was removed from all audiences there
}

func (e *erased) known() bool {
	return e.values > 0 || e.audiences > 0 || len(e.last)+len(e.everywhere) > 0
}

// is counts the audiences whose last step is this one.
func (e *erased) is(step string) (n int) {
	for _, last := range e.last {
		if last == step {
			n++
		}
	}
	return n
}

// accounts counts the ad accounts of which all audiences have lost the user.
func (e *erased) accounts() (n int) {
	for _, removed := range e.everywhere {
		if removed {
			n++
		}
	}
	return n
}

// summariseAudit writes a line for each erasure. names has the key that stands for a
// user by each of the user's keys; nil = all users, each under the own key.
func summariseAudit(w io.Writer, records iter.Seq2[consumer.Record, error], names map[string]string) error {
	var steps []schema.Audit
	for r, err := range records {
		if err != nil {
			return err
		}
		var a schema.Audit
		if err := json.Unmarshal(r.Value, &a); err != nil {
			return fmt.Errorf("read audit: %s/%d@%d: %w", r.Topic, r.Partition, r.Offset, err)
		}
		a.User = cmp.Or(names[a.User], a.User)
		steps = append(steps, a)
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "ERASED (UTC)\tUSER\tVALUES\tAUDIENCES\tREMOVED\tNOTHING HELD\tREFUSED\tRETURNED\tFORGOTTEN\tACCOUNTS")
	unknown := 0
	for _, e := range erasures(steps) {
		if names == nil && !e.known() {
			unknown++
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", e.at.UTC().Format("2006-01-02 15:04:05"), e.user, e.values, e.audiences,
			e.is(schema.AuditRemoved), e.is(schema.AuditNothingHeld), e.is(schema.AuditRefused), e.is(schema.AuditReturned), e.is(schema.AuditForgotten), e.accounts())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if unknown > 0 {
		_, err := fmt.Fprintf(w, "and %d ids of which nothing was known\n", unknown)
		return err
	}
	return nil
}

// erasures folds steps, in order of time: requests that lie close together are one
// erasure of their user, and an audience's step is of the latest one before it. Steps
// that stand there twice count once.
func erasures(steps []schema.Audit) []*erased {
	slices.SortStableFunc(steps, func(a, b schema.Audit) int {
		// A request is written by another task than what follows from it.
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Audience, b.Audience))
	})
	var all []*erased
	latest := map[string]*erased{}
	counted := map[schema.Audit]bool{}
	for _, s := range steps {
		e := latest[s.User]
		if requested := s.Step == schema.AuditRequested; e == nil || requested && s.At.Sub(e.at) > sameErasure {
			e = &erased{user: s.User, at: s.At, last: map[string]string{}, everywhere: map[string]bool{}}
			latest[s.User] = e
			all = append(all, e)
		}
		switch {
		case s.Step == schema.AuditNothingKnown: // follows from a request that knew nothing
			continue
		case s.Account != "":
			e.everywhere[s.Account] = s.Step == schema.AuditRemoved
			continue
		case s.Step != schema.AuditRequested:
			e.last[s.Audience] = s.Step
			continue
		}
		s.At = time.Time{} // when it was told, which after a crash is told twice
		if !counted[s] {
			counted[s] = true
			e.values += s.Values
			e.audiences += s.Audiences
		}
	}
	return all
}
