package uploader

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// leave notes what is to be removed of a member who is out of an audience of unknown
// content: rows are those the exit came with, or else those that were wanted until now.
// Facebook may hold them, whoever sent them, so they are among the synced ones until a
// removal is confirmed (I4). true: the member changed.
func (a *audience) leave(m *member, rows []*musterpb.Row) bool {
	if len(rows) == 0 {
		rows = m.Desired
	}
	left := hashRows(rows)
	if len(rows) == 0 || bytes.Equal(left, m.LeftRows) {
		return false // nothing is known of who it is, or it was said before
	}
	m.LeftRows, m.Stranger = left, len(m.Synced) == 0
	m.Synced, m.ReplacedRows = union(m.Synced, rows), 0 // a replacement under way does not have all of them
	return true
}

// mayHoldStrangers reports whether Facebook may hold people whom Muster did not send.
// An existing audience may before it is linked: what exits say by then is kept.
func (a *audience) mayHoldStrangers() bool {
	if a.row.FacebookId != "" {
		return a.row.ContentUnknown
	}
	return a.options.FacebookID != "" || a.options.FacebookName != "" || a.row.StreamFacebookId != ""
}

// returned forgets what leave noted. Nobody knows whether Facebook has the rows, so they
// are sent.
func (m *member) returned() {
	if len(m.LeftRows) > 0 {
		m.LeftRows, m.Stranger, m.Batch = nil, false, unsettled
	}
}

// hashRows tells sets of rows apart, whatever their order.
func hashRows(rows []*musterpb.Row) []byte {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = schema.RowKey(r)
	}
	slices.Sort(keys)
	var all []byte
	for _, k := range keys {
		all = binary.AppendUvarint(all, uint64(len(k)))
		all = append(all, k...)
	}
	sum := sha256.Sum256(all)
	return sum[:16]
}
