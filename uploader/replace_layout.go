package uploader

import (
	"bytes"
	"slices"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// layout is the schema of a replace session, in the fixed order of the keys.
type layout []schema.Key

func layoutOf(names []string) layout {
	var l layout
	for _, name := range names {
		if k, ok := schema.ParseKey(name); ok {
			l = append(l, k)
		}
	}
	return l
}

func (l layout) names() []string {
	names := make([]string, len(l))
	for i, k := range l {
		names[i] = k.String()
	}
	return names
}

// fit returns rows as a session of this layout can send them: without other keys, and
// without those rows that then have no strong one, or a blank EXTERN_ID in the schema.
func (l layout) fit(rows []*musterpb.Row) []*musterpb.Row {
	extern := slices.Contains(l, schema.ExternID)
	var fitted []*musterpb.Row
	for _, r := range rows {
		if extern && !hasExternID(r) {
			continue
		}
		cut := r
		for k := range schema.Key(schema.NumKeys) {
			if len(schema.Value(r, k)) > 0 && !slices.Contains(l, k) {
				if cut == r {
					cut = r.CloneVT()
				}
				schema.SetValue(cut, k, nil)
			}
		}
		if hasAnyStrong(cut) && !hasRow(fitted, cut) {
			fitted = append(fitted, cut)
		}
	}
	return fitted
}

// tally is what the rows of an audience have, all together.
type tally struct {
	keys           schema.KeySet
	with, without  int64 // rows by whether they have an EXTERN_ID
	nothingBesides int64 // rows with an EXTERN_ID and no other strong key
	bytes          int64
}

func (c *tally) add(s shape, rows []*musterpb.Row) {
	c.keys |= keysOf(rows)
	for _, r := range rows {
		if !hasExternID(r) {
			c.without++
			continue
		}
		c.with++
		if !slices.ContainsFunc(strongKeys[:], func(k schema.Key) bool { return k != schema.ExternID && len(schema.Value(r, k)) > 0 }) {
			c.nothingBesides++
		}
	}
	c.bytes += int64(s.bytesOf(rows))
}

// layout is the schema in which the most rows can be sent: with EXTERN_ID only where
// every row has one, for a blank one makes a row invalid.
func (c *tally) layout(s shape) layout {
	var l layout
	for k := range schema.Key(schema.NumKeys) {
		if s.carries(k, c.keys.Has(k)) && (k != schema.ExternID || c.without == 0) {
			l = append(l, k)
		}
	}
	return l
}

// rows is how many rows a session of layout l has.
func (c *tally) rows(l layout) int64 {
	if slices.Contains(l, schema.ExternID) {
		return c.with
	}
	return c.with - c.nothingBesides + c.without
}

// countRows looks at a slice of the members that a replacement sends. true: that was
// the last one.
func (t *task) countRows(tx *consumer.Tx, a *audience) (bool, error) {
	p, shape := a.replacing, a.options.shape()
	for e, err := range tx.Scan(memberPrefix(a.key), p.from) {
		if err != nil {
			return false, err
		}
		if t.slice == 0 {
			return false, nil
		}
		t.slice--
		m, err := t.loadAt(tx, a, e.Key)
		if err != nil {
			return false, err
		}
		p.tally.add(shape, accepted(m.Member))
		p.from = append(bytes.Clone(e.Key), 0)
	}
	return true, nil
}

// loadAt is load for the key that a scan of members came to.
func (t *task) loadAt(tx *consumer.Tx, a *audience, key []byte) (*member, error) {
	_, user, err := schema.ParseMemberKey(key)
	if err != nil {
		return nil, err
	}
	return t.load(tx, a, user)
}
