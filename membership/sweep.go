package membership

import (
	"bytes"
	"fmt"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// The bounds of one slice of a sweep.
const (
	maxSweepEmissions = 5_000
	maxSweepProfiles  = 20_000
	maxSweepLogBytes  = 4 << 20
)

// sweep is the emission of every member after a change of rules. It lives in
// memory only: an owner that finds no fingerprint, or another, begins anew.
type sweep struct {
	active bool
	next   []byte // the first user not yet done
}

// emitSlice emits the members of a slice of all users, and records the
// fingerprint after the last. It reports whether there is more to do.
func (t *task) emitSlice(tx *consumer.Tx) (more bool, err error) {
	if !t.sweep.active {
		return false, nil
	}
	profiles, emitted := 0, t.tally.emissions
	for entry, err := range tx.Scan(nil, t.sweep.next) {
		if err != nil {
			return false, fmt.Errorf("emit members anew: %w", err)
		}
		if profiles++; profiles > maxSweepProfiles || t.tally.emissions-emitted >= maxSweepEmissions || tx.LogBytes() >= maxSweepLogBytes {
			t.sweep.next = bytes.Clone(entry.Key)
			return true, nil
		}
		if err := t.emitProfile(tx, schema.UserKey(entry.Key), entry.Value); err != nil {
			return false, err
		}
	}
	t.sweep = sweep{}
	tx.SetFingerprint(t.fingerprint)
	return false, nil
}

// emitProfile emits every audience of one user, and forgets a user id that was
// kept while EXTERN_ID was on (I8).
func (t *task) emitProfile(tx *consumer.Tx, user schema.UserKey, stored []byte) error {
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(stored); err != nil {
		return fmt.Errorf("decode profile: %w", err)
	}
	if p.ExternId != "" && !t.o.Decoder.ExternID {
		p.ExternId = ""
		if err := t.put(tx, user, p); err != nil {
			return err
		}
	}
	t.after.reset(p)
	e := emitter{t: t, tx: tx, user: user, position: tx.Position()}
	e.everything(p)
	return nil
}
