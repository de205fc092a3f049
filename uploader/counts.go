package uploader

import (
	"encoding/binary"

	"muster/schema"
	"muster/schema/musterpb"
)

// counts of one audience, kept beside its members.
type counts struct {
	members     int64 // in the audience
	unmatchable int64 // of them, without rows
	desired     int64 // rows
	synced      int64 // rows Facebook may hold, of whatever Facebook audience
	refused     int64 // members with refused rows
	stored      int64 // member rows in the table
	pending     int64 // members with something to send
	owed        int64 // members with nothing but refused removals
	leaving     int64 // synced rows of members without desired ones, strangers excepted
	strangers   int64 // synced rows of people whom nobody knew Facebook to have
	erasing     int64 // members of erased users with rows to go
	pendingRows int64 // to add or remove, of the pending members

	keys [schema.NumKeys]int64 // members who have rows with the identifier
	why  [numWhy]int64         // members without rows
}

// numWhy is the number of reasons for which a member has no rows, and none.
const numWhy = int(musterpb.Unmatchable_UNMATCHABLE_NOT_CHOSEN) + 1

func (c *counts) change(was, is *facts) {
	for _, x := range []struct {
		f    *facts
		sign int64
	}{{was, -1}, {is, +1}} {
		c.members += x.sign * one(x.f.in)
		c.unmatchable += x.sign * one(x.f.unmatchable)
		c.desired += x.sign * int64(x.f.desired)
		c.synced += x.sign * int64(x.f.synced)
		if x.f.stranger {
			c.strangers += x.sign * int64(x.f.synced)
		}
		if x.f.desired == 0 && !x.f.stranger {
			c.leaving += x.sign * int64(x.f.synced)
		}
		c.erasing += x.sign * one(x.f.erasedMs != 0)
		c.refused += x.sign * one(x.f.refused)
		c.stored += x.sign * one(x.f.exists)
		for k := range c.keys {
			c.keys[k] += x.sign * one(x.f.keys.Has(schema.Key(k)))
		}
		if x.f.unmatchable && int(x.f.why) < numWhy {
			c.why[x.f.why] += x.sign
		}
	}
}

func (c *counts) needs(w work, by int64) {
	switch w.need {
	case pending:
		c.pending += by
		c.pendingRows += by * int64(w.rows)
	case owing:
		c.owed += by
	case clean:
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (c *counts) fields() []*int64 {
	all := []*int64{&c.members, &c.unmatchable, &c.desired, &c.synced, &c.refused, &c.stored, &c.pending, &c.owed, &c.leaving, &c.strangers, &c.erasing}
	for k := range c.keys {
		all = append(all, &c.keys[k])
	}
	for w := range c.why {
		all = append(all, &c.why[w])
	}
	return append(all, &c.pendingRows)
}

func (c *counts) encode() []byte {
	var b []byte
	for _, f := range c.fields() {
		b = binary.AppendVarint(b, *f)
	}
	return b
}

func decodeCounts(b []byte) counts {
	var c counts
	for _, f := range c.fields() {
		v, n := binary.Varint(b)
		if n <= 0 {
			break
		}
		*f, b = v, b[n:]
	}
	return c
}
