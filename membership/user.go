package membership

import (
	"bytes"
	"fmt"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// user merges all that the batch says of one user: one read, at most one write.
func (t *task) user(tx *consumer.Tx, u *userSteps) error {
	stored, err := tx.Value(u.key[:])
	if err != nil {
		return fmt.Errorf("load profile: %w", err)
	}
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(stored); err != nil {
		return fmt.Errorf("decode profile: %w", err)
	}
	t.merge.reset(p)
	old := aged(p, t.aging.cutoff)
	size := len(stored)
	var heard heard
	for at := u.first; at >= 0; {
		record := t.batch.steps[at].record
		end := at
		for end >= 0 && t.batch.steps[end].record == record {
			end = t.batch.steps[end].next
		}
		size = t.record(at, end, size)
		heard.record(t.batch.steps, at, end, &t.batch.records[record])
		at = end
	}
	for k, n := range t.merge.overCap {
		if n > 0 {
			t.tally.dropped[droppedTrait{schema.Key(k), schema.DropOverCap}] += int64(n)
		}
	}
	heard.all = heard.all || old && !aged(t.merge.p, t.aging.cutoff) // heard of again: none of it was said
	return t.write(tx, u.key, stored, &heard)
}

// write logs the profile if it changed and emits what the uploader must hear.
func (t *task) write(tx *consumer.Tx, key schema.UserKey, stored []byte, h *heard) error {
	p, position := t.merge.p, tx.Position()
	if t.merge.dirty {
		b, err := p.MarshalVT()
		if err != nil {
			return fmt.Errorf("encode profile: %w", err)
		}
		if !bytes.Equal(b, stored) {
			position = tx.Put(bytes.Clone(key[:]), b)
			t.tally.profiles++
		}
	}
	if t.merge.erased && (len(p.Memberships) > 0 || p.Erasure != nil || p.ErasedRows != nil) {
		t.tellAudit(tx, key, p)
		t.tellAccounts(tx, key, p, position)
		tx.PutDerived(key[:], erasureTold)
	}
	e := emitter{t, tx, key, position, h.trace}
	switch t.after.reset(p); {
	case h.all, t.merge.erased: // what an earlier erasure said may be lost too
		e.everything(p)
	case t.merge.identity:
		if err := e.differences(p, stored); err != nil {
			return err
		}
	default:
		e.touched(p)
	}
	e.replayed(p, h)
	return nil
}

// heard gathers what a batch's records demand to be said of one user whether or
// not it changed, and the trace context to say it under.
type heard struct {
	all       bool     // every audience of the user
	audiences []string // these
	trace     []kafka.Header
}

// record notes a record's steps, from at up to but without end. For a record
// that a former owner may have processed, what that one emitted may be lost: all
// that the record touches is said again. Profile data touches every audience.
func (h *heard) record(steps []step, at, end int32, r *consumer.Record) {
	if trace := consumer.TraceOf(r.Headers); trace != nil {
		h.trace = trace // of several, the last
	}
	if !r.Replay {
		return
	}
	for ; at != end; at = steps[at].next {
		e := steps[at].event
		if e.Erase || e.ExternID != "" || len(e.Registers)+len(e.Values)+len(e.Sets)+len(e.TrackingOff)+len(e.Consents) > 0 {
			h.all = true
		}
		for i := range e.Memberships {
			h.audiences = append(h.audiences, e.Memberships[i].Audience)
		}
	}
}
