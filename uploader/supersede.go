package uploader

import (
	"slices"

	"muster/consumer"
	"muster/schema/musterpb"
)

// supersede takes rows out of a member's synced ones without a request, and logs
// it. Facebook keeps the weak values of the row that was sent last among those
// with the same strong ones, which may be a row that now goes: other members
// that desire such a row are unsettled, and so sent again. (A removal would have
// found them as survivors.)
func (t *task) supersede(tx *consumer.Tx, a *audience, m *member, rows []*musterpb.Row) error {
	for _, row := range rows {
		if slices.ContainsFunc(m.Desired, func(d *musterpb.Row) bool { return sameStrong(d, row) }) {
			continue // the member's own row was sent after it
		}
		k, v := anyStrong(row)
		err := t.sharers(tx, a, m.user, k, v, func(other *member) (bool, error) {
			if other.Batch == unsettled || !slices.ContainsFunc(other.Desired, func(d *musterpb.Row) bool { return sameStrong(d, row) && !d.EqualVT(row) }) {
				return true, nil
			}
			other.Batch = unsettled
			a.window.restate = true
			t.slice = max(t.slice-1, 0) // a write counts as a look
			return true, t.put(tx, a, other)
		})
		if err != nil {
			return err
		}
	}
	m.Synced = without(m.Synced, rows)
	t.counted.row(rowSuperseded, len(rows))
	return t.put(tx, a, m)
}
