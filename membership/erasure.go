package membership

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// An erased profile goes on naming its audiences until the emissions that empty
// them are acknowledged: should they be lost, a later owner still knows what to
// say. A derived key, the user's, says how far that is. It is local and becomes
// visible after the emissions of its transaction were acknowledged (I2), so it
// never says too much; when the table is lost, Restore makes it anew.
var (
	erasureUntold = []byte{0} // the emissions may be lost: say them again
	erasureTold   = []byte{1} // they were acknowledged: forget the audiences
)

// maxErasures is how many erasures one Tick moves on.
const maxErasures = 500

// erasedAtField is the number of Profile.erased_at_ms.
const erasedAtField protowire.Number = 7

// Restore keeps the derived keys of erasures. A key that is no user's is refused
// here, where its position is told: later all keys of the table are taken for
// users'. A tombstone leaves none in the table.
func (t *task) Restore(tx *consumer.Tx, key, value []byte) error {
	if len(key) != schema.UserKeySize && value != nil {
		return fmt.Errorf("restore profile: key of %d bytes, want a user key of %d: somebody else writes to the changelog; let only Muster write there, and have compaction drop the record by a tombstone for its key", len(key), schema.UserKeySize)
	}
	if !everErased(value) {
		return nil
	}
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(value); err != nil {
		return fmt.Errorf("decode profile: %w", err)
	}
	if forget(p) {
		tx.PutDerived(key, erasureUntold)
	} else {
		tx.DeleteDerived(key)
	}
	return nil
}

// everErased looks for erased_at_ms in an encoded profile without decoding it.
func everErased(profile []byte) bool {
	for len(profile) > 0 {
		number, _, n := protowire.ConsumeField(profile)
		if number == erasedAtField || n < 0 { // what is broken is for the decoder to say
			return true
		}
		profile = profile[n:]
	}
	return false
}

// finishErasures moves erasures on by a step each: tells what may be untold,
// then forgets what is told. It reports whether there is more to do.
func (t *task) finishErasures(tx *consumer.Tx) (more bool, err error) {
	done := 0
	for entry, err := range tx.ScanDerived(nil, nil) {
		if err != nil {
			return false, fmt.Errorf("find erasures: %w", err)
		}
		if done++; done > maxErasures {
			return true, nil
		}
		user := schema.UserKey(entry.Key)
		if string(entry.Value) == string(agedTold) {
			if err := t.forgetAged(tx, user); err != nil {
				return false, err
			}
			continue
		}
		if told := string(entry.Value) == string(erasureTold); !told {
			more = true
			err = t.tellErasure(tx, user)
		} else {
			err = t.forgetErasure(tx, user)
		}
		if err != nil {
			return false, err
		}
	}
	return more, nil
}

func (t *task) tellErasure(tx *consumer.Tx, user schema.UserKey) error {
	p, err := load(tx, user)
	if err != nil {
		return err
	}
	t.tellAudit(tx, user, p)
	t.tellAccounts(tx, user, p, tx.Position())
	t.after.reset(p)
	e := emitter{t: t, tx: tx, user: user, position: tx.Position()}
	for _, a := range p.Memberships {
		if forgotten(p, a) {
			e.emit(a.Audience, t.after.member(a))
		}
	}
	tx.PutDerived(user[:], erasureTold)
	return nil
}

func (t *task) forgetErasure(tx *consumer.Tx, user schema.UserKey) error {
	p, err := load(tx, user)
	if err != nil {
		return err
	}
	if forget(p) {
		if err := t.put(tx, user, p); err != nil {
			return err
		}
	}
	tx.DeleteDerived(user[:])
	return nil
}

// load returns the stored profile of a user, an empty one if there is none.
func load(tx *consumer.Tx, user schema.UserKey) (*musterpb.Profile, error) {
	stored, err := tx.Value(user[:])
	if err != nil {
		return nil, fmt.Errorf("load profile: %w", err)
	}
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(stored); err != nil {
		return nil, fmt.Errorf("decode profile: %w", err)
	}
	return p, nil
}

// put logs the profile of a user.
func (t *task) put(tx *consumer.Tx, user schema.UserKey, p *musterpb.Profile) error {
	b, err := p.MarshalVT()
	if err != nil {
		return fmt.Errorf("encode profile: %w", err)
	}
	tx.Put(user[:], b)
	t.tally.profiles++
	return nil
}
