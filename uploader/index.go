package uploader

import (
	"encoding/binary"
	"fmt"
	"slices"

	"muster/consumer"
	"muster/schema"
)

// The spaces of derived keys: local, never logged, rebuilt by Restore.
//
//	D audience NUL user           → work: members that differ. May hold clean ones:
//	                                a diff that meets one removes it.
//	S audience NUL strongKey user → "": members with a synced row that has the value
//	B audience NUL batch          → number of members that carry the batch
//	C audience                    → counts
//	E time audience NUL user      → "": members that were emptied, by time
//	W audience                    → "": every member must be looked at
//	X audience NUL time user      → "": pending erasures, by time
//	A audience NUL user           → whether the steps of an erasure are told
//	G key                         → whether what is over, or refused, is told of an
//	                                erasure in an ad account
const (
	spaceDirty    = 'D'
	spaceStrong   = 'S'
	spaceCarriers = 'B'
	spaceCounts   = 'C'
	spaceEmptied  = 'E'
	spaceSweep    = 'W'
	spaceErased   = 'X'
	spaceAudit    = 'A'
	spaceEntries  = 'G'
)

func derivedKey(space byte, audience string, rest ...byte) []byte {
	b := make([]byte, 0, 2+len(audience)+len(rest))
	b = append(b, space)
	b = append(b, audience...)
	b = append(b, 0)
	return append(b, rest...)
}

func wholeKey(space byte, audience string) []byte {
	return append([]byte{space}, audience...)
}

func dirtyKey(audience string, user schema.UserKey) []byte {
	return derivedKey(spaceDirty, audience, user[:]...)
}

func strongIndexKey(audience string, s strongKey, user schema.UserKey) []byte {
	return append(derivedKey(spaceStrong, audience, s[:]...), user[:]...)
}

func carriersKey(audience string, batch int64) []byte {
	return binary.BigEndian.AppendUint64(derivedKey(spaceCarriers, audience), uint64(batch))
}

func emptiedKey(ms int64, audience string, user schema.UserKey) []byte {
	b := binary.BigEndian.AppendUint64([]byte{spaceEmptied}, uint64(ms))
	return append(b, schema.MemberKey(audience, user)...)
}

func erasedKey(ms int64, audience string, user schema.UserKey) []byte {
	return append(binary.BigEndian.AppendUint64(derivedKey(spaceErased, audience), uint64(ms)), user[:]...)
}

func auditKey(audience string, user schema.UserKey) []byte {
	return append([]byte{spaceAudit}, schema.MemberKey(audience, user)...)
}

func entryKey(key []byte) []byte { return append([]byte{spaceEntries}, key...) }

// index brings the derived keys of one member from was to is.
func (t *task) index(tx *consumer.Tx, a *audience, user schema.UserKey, was, is *facts, w work) error {
	if was != is {
		for _, s := range was.strong {
			if !slices.Contains(is.strong, s) {
				tx.DeleteDerived(strongIndexKey(a.key, s, user))
			}
		}
		for _, s := range is.strong {
			if !slices.Contains(was.strong, s) {
				tx.PutDerived(strongIndexKey(a.key, s, user), nil)
			}
		}
		if was.emptiedMs != is.emptiedMs {
			if was.emptiedMs != 0 {
				tx.DeleteDerived(emptiedKey(was.emptiedMs, a.key, user))
			}
			if is.emptiedMs != 0 {
				tx.PutDerived(emptiedKey(is.emptiedMs, a.key, user), nil)
			}
		}
		if was.erasedMs != is.erasedMs {
			if was.erasedMs != 0 {
				tx.DeleteDerived(erasedKey(was.erasedMs, a.key, user))
			}
			if is.erasedMs != 0 {
				tx.PutDerived(erasedKey(is.erasedMs, a.key, user), nil)
			}
		}
		if was.audit && !is.audit {
			tx.DeleteDerived(auditKey(a.key, user))
		}
		a.carry(was, is)
		a.counts.change(was, is)
	}
	return t.setWork(tx, a, user, w)
}

// setWork keeps the dirty key and its counts together.
func (t *task) setWork(tx *consumer.Tx, a *audience, user schema.UserKey, w work) error {
	key := dirtyKey(a.key, user)
	value, err := tx.Derived(key)
	if err != nil {
		return fmt.Errorf("read dirty key: %w", err)
	}
	old := decodeWork(value)
	t.touch(a)
	if old == w {
		return nil
	}
	a.counts.needs(old, -1)
	a.counts.needs(w, +1)
	if w.need == clean {
		tx.DeleteDerived(key)
		return nil
	}
	tx.PutDerived(key, w.encode())
	if w.need == pending && a.unsentSince.IsZero() {
		a.unsentSince = t.now()
	}
	return nil
}

// memberPrefix is what the keys of an audience's members begin with.
func memberPrefix(audience string) []byte { return append([]byte(audience), 0) }
