package uploader

import (
	"encoding/binary"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// plan is what turns synced into desired for one member.
type plan struct {
	// drop are synced rows that leave without a request: superseded, each strong
	// value of theirs is in a row that is desired and confirmed.
	drop   []*musterpb.Row
	remove []removal
	add    []*musterpb.Row
}

// removal takes one synced row, or the strong values of it that have left, out
// of Facebook.
type removal struct {
	synced *musterpb.Row
	send   *musterpb.Row
	// rest stays synced after the removal: what is left of the row when some
	// strong values of it are still desired. nil = nothing.
	rest *musterpb.Row
}

// need is what a plan comes to.
type need uint8

const (
	clean   need = iota // nothing
	owing               // removals that Facebook has refused, and nothing else
	pending             // something to send or to drop
)

// planOf is the plan for a member of the audience as it is configured: where it is
// only added to, nobody is removed but who was erased, before coming back as well,
// or has withdrawn consent.
func (a *audience) planOf(m *musterpb.Member) plan {
	p := planOf(m, a.confirmed(m.Batch))
	if a.options.AddOnly && !m.Erased && !m.Withdrawn && m.ErasedMs == 0 {
		p.remove = nil
	}
	return p
}

// planOf compares what is desired of a member with what Facebook may hold.
// confirmed: the last batch that touched the member is not open, so what is
// both desired and synced is in Facebook; otherwise all that is desired is sent
// again. A member without anything to do is clean.
func planOf(m *musterpb.Member, confirmed bool) plan {
	var p plan
	if confirmed && len(m.Refused) == 0 && sameRows(m.Desired, m.Synced) {
		return p
	}
	var holds []*musterpb.Row // desired, sent and confirmed
	for _, d := range m.Desired {
		switch {
		case isRefused(m.Refused, d):
		case confirmed && holdsRow(m, d):
			holds = append(holds, d)
		default:
			p.add = append(p.add, d)
		}
	}
	for _, s := range m.Synced {
		if hasRow(m.Desired, s) {
			continue
		}
		if len(m.Desired) == 0 {
			p.remove = append(p.remove, removal{synced: s, send: s})
			continue
		}
		here, gone := splitStrong(s, m.Desired)
		switch {
		case gone != nil && here != nil:
			p.remove = append(p.remove, removal{synced: s, send: gone, rest: residue(s, gone)})
		case gone != nil:
			p.remove = append(p.remove, removal{synced: s, send: gone})
		case supersedes(holds, s):
			p.drop = append(p.drop, s)
		}
	}
	return p
}

// holdsRow reports whether Facebook has the desired row d as it is. Synced stands
// in the order of sending: a row that was sent later, shares a strong value with
// d and is no longer desired may have changed d's weak values.
func holdsRow(m *musterpb.Member, d *musterpb.Row) bool {
	i := slices.IndexFunc(m.Synced, d.EqualVT)
	if i < 0 {
		return false
	}
	for _, s := range m.Synced[i+1:] {
		if here, _ := splitStrong(s, []*musterpb.Row{d}); here != nil && !hasRow(m.Desired, s) {
			return false
		}
	}
	return true
}

// supersedes reports whether every strong value of row is in rows.
func supersedes(rows []*musterpb.Row, row *musterpb.Row) bool {
	_, gone := splitStrong(row, rows)
	return gone == nil
}

// need sums the plan up; owed says that its removals were refused before.
func (p plan) need(owed bool) need {
	switch {
	case len(p.add) > 0 || len(p.drop) > 0 || (len(p.remove) > 0 && !owed):
		return pending
	case len(p.remove) > 0:
		return owing
	}
	return clean
}

// work is a need and how many rows it is about.
type work struct {
	need need
	rows int
}

func (p plan) work(owed bool) work {
	w := work{need: p.need(owed)}
	if w.need == pending {
		w.rows = len(p.add) + len(p.remove)
	}
	return w
}

// encode is as a dirty key has it: one byte, and the rows where there are some.
func (w work) encode() []byte {
	b := []byte{byte(w.need)}
	if w.rows > 0 {
		b = binary.AppendUvarint(b, uint64(w.rows))
	}
	return b
}

func decodeWork(b []byte) work {
	if len(b) == 0 {
		return work{}
	}
	rows, _ := binary.Uvarint(b[1:]) // none: 0
	return work{need(b[0]), int(rows)}
}

// hasExternID: rows with and without EXTERN_ID never share a request, because a
// blank one makes a row invalid where the schema has the key.
func hasExternID(row *musterpb.Row) bool { return len(row.ExternId) > 0 }

// evenExternID makes removals fit into one request: where some have an
// EXTERN_ID and some not, it is left out of those that have another strong key.
// Those that have none wait for another batch.
func evenExternID(removals []removal) []removal {
	with := 0
	for _, r := range removals {
		if hasExternID(r.send) {
			with++
		}
	}
	if with == 0 || with == len(removals) {
		return removals
	}
	var even []removal
	for _, r := range removals {
		if hasExternID(r.send) {
			stripped := r.send.CloneVT()
			schema.SetValue(stripped, schema.ExternID, nil)
			if !hasAnyStrong(stripped) {
				continue
			}
			r.send = stripped
		}
		even = append(even, r)
	}
	return even
}

func hasAnyStrong(row *musterpb.Row) bool {
	for _, k := range strongKeys {
		if len(schema.Value(row, k)) > 0 {
			return true
		}
	}
	return false
}
