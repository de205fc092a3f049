package membership

import (
	"bytes"
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// Users of whom nothing was heard for Options.ForgetAfter are forgotten. Whether a
// profile is that old follows from its newest stamp and the clock alone; one that
// is counts as without consent (see view), whoever looks at it and when. So events
// that are read again build the profile up, without anybody being told that the
// user is in an audience, until one that is new enough comes or the profile is
// forgotten again (I1).
//
// A slow pass through all profiles finds the old ones: it tells their audiences,
// and once that is acknowledged the profile is deleted. It rests while records of
// before the takeover are read: the next of them may be new enough.
const (
	agingSlice = 2_000            // profiles
	agingEvery = time.Second      // between slices
	agingPass  = 6 * time.Hour    // between passes
	agingRest  = 10 * time.Minute // after a record of before the takeover
)

// agedTold is the derived key's value of a user whose audiences have been told; see
// erasureTold.
var agedTold = []byte{2}

// aging is how far the pass has come. It lives in memory only.
type aging struct {
	next   []byte    // the first user not yet looked at
	at     time.Time // no slice before
	cutoff int64     // profiles without a stamp at or after it are old, milliseconds
}

// clock brings the cutoff up to the present, for all views of a call.
func (t *task) clock() {
	if t.o.ForgetAfter > 0 {
		t.aging.cutoff = time.Now().Add(-t.o.ForgetAfter).UnixMilli()
		t.before.cutoff, t.after.cutoff = t.aging.cutoff, t.aging.cutoff
	}
}

// aged reports whether nothing was heard of a user since cutoff, 0 = never.
func aged(p *musterpb.Profile, cutoff int64) bool { return cutoff > 0 && latest(p) < cutoff }

// rest keeps the pass from forgetting what is being read again.
func (a *aging) rest() { a.at = time.Now().Add(agingRest) }

// age looks at a slice of all profiles and says when the next one is due.
func (t *task) age(tx *consumer.Tx) (next time.Time, err error) {
	now := time.Now()
	switch {
	case t.o.ForgetAfter == 0:
		return time.Time{}, nil
	case now.Before(t.aging.at):
		return t.aging.at, nil
	}
	profiles, emitted, told := 0, t.tally.emissions, 0
	next = now.Add(agingPass)
	var from []byte
	for entry, err := range tx.Scan(nil, t.aging.next) {
		if err != nil {
			return time.Time{}, fmt.Errorf("look for old profiles: %w", err)
		}
		if profiles++; profiles > agingSlice || t.tally.emissions-emitted >= maxSweepEmissions {
			from, next = bytes.Clone(entry.Key), now.Add(agingEvery)
			break
		}
		old, err := t.ageProfile(tx, schema.UserKey(entry.Key), entry.Value)
		if err != nil {
			return time.Time{}, err
		}
		if old {
			told++
		}
	}
	t.aging.next, t.aging.at = from, next
	if told > 0 {
		return now, nil // to delete them
	}
	return next, nil
}

// ageProfile tells the audiences of a profile if it is old.
func (t *task) ageProfile(tx *consumer.Tx, user schema.UserKey, stored []byte) (old bool, err error) {
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(stored); err != nil {
		return false, fmt.Errorf("decode profile: %w", err)
	}
	if !aged(p, t.aging.cutoff) || onlyErased(p) {
		return false, nil
	}
	if busy, err := tx.Derived(user[:]); err != nil || busy != nil {
		return false, err // an erasure of it comes first
	}
	t.after.reset(p)
	e := emitter{t: t, tx: tx, user: user, position: tx.Position()}
	e.everything(p)
	tx.PutDerived(user[:], agedTold)
	return true, nil
}

// forgetAged deletes a profile whose audiences have been told, unless something
// was heard of the user meanwhile. That there was an erasure is not forgotten.
func (t *task) forgetAged(tx *consumer.Tx, user schema.UserKey) error {
	tx.DeleteDerived(user[:])
	p, err := load(tx, user)
	switch {
	case err != nil:
		return err
	case !aged(p, t.aging.cutoff) || latest(p) == 0 || onlyErased(p):
		return nil
	case p.ErasedAtMs > 0:
		err = t.put(tx, user, &musterpb.Profile{ErasedAtMs: p.ErasedAtMs})
	default:
		tx.Delete(bytes.Clone(user[:]))
	}
	t.tally.forgotten++
	return err
}

// onlyErased reports whether a profile is only what is left after an erasure.
func onlyErased(p *musterpb.Profile) bool {
	return p.ErasedAtMs > 0 && latest(p) == p.ErasedAtMs && p.ExternId == ""
}
