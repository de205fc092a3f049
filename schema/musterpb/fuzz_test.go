package musterpb

import (
	"bytes"
	"testing"
)

// message is what is stored or passed on in protobuf.
type message interface {
	MarshalVT() ([]byte, error)
	UnmarshalVT([]byte) error
}

// FuzzStored: no bytes break a decoder, and what it made of them is encoded and
// decoded without a change.
func FuzzStored(f *testing.F) {
	makers := []func() message{
		func() message { return new(Profile) }, func() message { return new(MemberRows) },
		func() message { return new(Member) }, func() message { return new(Audience) },
		func() message { return new(UserEvent) }, func() message { return new(AudienceStatus) },
		func() message { return new(Command) }, func() message { return new(Replica) },
	}
	row := &Row{Email: bytes.Repeat([]byte{7}, 32), Fn: bytes.Repeat([]byte{8}, 32)}
	for kind, m := range []message{
		&Profile{ErasedAtMs: 5, Registers: []*Register{{Key: 1, Value: []byte("x"), TimeMs: 3}}},
		&MemberRows{Incarnation: 1, Position: 2, In: true, Rows: []*Row{row}},
		&Member{Desired: []*Row{row}, SyncedIsDesired: true, Batch: 9},
		&Audience{FacebookId: "1", Open: []int64{1, 2}},
		&UserEvent{Topic: "identify", Sets: []*SetUpdate{{Key: 1, Values: [][]byte{row.Email}}}, TrackingOff: []uint32{1}},
		&AudienceStatus{State: "blocked", Block: &Block{Reason: "reauth"}, History: []*RowTotals{{HourMs: 1, Added: 2}}},
		&Command{Verb: Verb_VERB_RETRY, AtMs: 5, Account: "1"},
		&Replica{Host: "a", State: "ready", Tasks: []*TaskNote{{Stage: "uploader", Lag: []*Tally{{Of: "t", Count: 1}}}}},
	} {
		b, err := m.MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(kind), b)
	}
	f.Add(uint8(0), []byte{0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		m := makers[int(kind)%len(makers)]()
		if m.UnmarshalVT(data) != nil {
			return
		}
		once, err := m.MarshalVT()
		if err != nil {
			t.Fatalf("encode what was decoded: %v", err)
		}
		again := makers[int(kind)%len(makers)]()
		if err := again.UnmarshalVT(once); err != nil {
			t.Fatalf("decode what was encoded: %v", err)
		}
		twice, err := again.MarshalVT()
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("encoded as %x, then as %x: %v", once, twice, err)
		}
	})
}
