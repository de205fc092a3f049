package uploader

import (
	"testing"

	"muster/schema/musterpb"
)

// The tests here are of what lies between two features.

// TestReplacedRowsAreStored: which of a member's rows a replacement has is not lost where
// those that are synced happen to be those that are desired, in another order.
func TestReplacedRowsAreStored(t *testing.T) {
	t.Parallel()
	refused, sent := parseRow("email:refused"), parseRow("email:sent")
	m := member{Member: &musterpb.Member{In: true, Desired: []*musterpb.Row{sent, refused}, Synced: []*musterpb.Row{sent, refused}, Batch: 5}}
	m.replaceBy([]*musterpb.Row{sent}, 7)
	value, err := encodeMember(m.Member)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := decodeMember(value)
	if err != nil {
		t.Fatal(err)
	}
	a := &audience{row: &musterpb.Audience{Since: 7}}
	if a.present(stored); len(stored.Synced) != 1 || !stored.Synced[0].EqualVT(sent) {
		t.Errorf("after the replacement synced is %v, want the row that was sent", stored.Synced)
	}
}
