package uploader

import (
	"bytes"
	"encoding/json"
	"testing"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// FuzzMember holds that no stored member breaks the diff, that the diff touches
// nothing but what is desired or synced, and that a member is the same after it
// was stored again.
func FuzzMember(f *testing.F) {
	a, b := parseRow("email:1 phone:2 fn:x"), parseRow("email:1 fn:y")
	for _, m := range []*musterpb.Member{
		{Desired: []*musterpb.Row{a}, Synced: []*musterpb.Row{a}, In: true, Batch: 3},
		{Desired: []*musterpb.Row{a}, Synced: []*musterpb.Row{b}, Refused: [][]byte{rowHash(a)}},
		{Synced: []*musterpb.Row{a, b}, Owed: true, EmptiedMs: 9},
	} {
		value, err := encodeMember(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(value, true)
		f.Add(value, false)
	}
	f.Fuzz(func(t *testing.T, value []byte, confirmed bool) {
		m, err := decodeMember(value)
		if err != nil {
			return
		}
		p := planOf(m, confirmed)
		for _, r := range p.add {
			if !hasRow(m.Desired, r) {
				t.Errorf("adds %v, which is not desired", r)
			}
		}
		for _, r := range p.remove {
			if !hasRow(m.Synced, r.synced) || hasRow(m.Desired, r.synced) {
				t.Errorf("removes %v, which is not synced, or desired", r.synced)
			}
		}
		for _, r := range p.drop {
			if !hasRow(m.Synced, r) || hasRow(m.Desired, r) {
				t.Errorf("drops %v, which is not synced, or desired", r)
			}
		}
		was := factsOf(m)
		stored, err := encodeMember(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeMember(stored)
		if err != nil {
			t.Fatalf("decode what was encoded: %v", err)
		}
		if is := factsOf(again); is.synced != was.synced || is.desired != was.desired || !sameRows(again.Synced, m.Synced) || !sameRows(again.Desired, m.Desired) {
			t.Errorf("%v is stored as %v", m, again)
		}
	})
}

// FuzzCounts holds that counts are read as they were written, and that no bytes
// break the reading.
func FuzzCounts(f *testing.F) {
	f.Add((&counts{members: 5, unmatchable: 1, desired: 4, synced: -3, refused: 2, stored: 1 << 40, pending: 7, owed: 6}).encode())
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := decodeCounts(b)
		if again := decodeCounts(c.encode()); again != c {
			t.Errorf("%+v is written as %+v", c, again)
		}
	})
}

// FuzzPayload holds that whatever rows hold, the request is JSON of one cell a
// column, and that Facebook's word on a row finds it again.
func FuzzPayload(f *testing.F) {
	f.Add([]byte("u\"1\\\x00\u2028\xff"), bytes.Repeat([]byte{7}, 32), []byte("us"), bytes.Repeat([]byte{9}, 16), "1.5")
	f.Add([]byte("<&>"), []byte("no hash"), []byte("nowhere"), []byte("no id"), "")
	f.Fuzz(func(t *testing.T, extern, email, country, madid []byte, value string) {
		row := new(musterpb.Row)
		for k, v := range map[schema.Key][]byte{
			schema.ExternID: extern, schema.Email: email, schema.Country: country, schema.MADID: madid, schema.LookalikeValue: []byte(value),
		} {
			schema.SetValue(row, k, v)
		}
		b := batchOf(row)
		o := AudienceOptions{ValueBased: len(value)%2 == 0}
		if len(madid)%2 == 0 {
			o.DataProcessing = DataProcessing{Options: []string{"LDU"}, Country: len(country), State: len(email)}
		}
		b.shape = o.shape()
		b.encode("7")
		var rows [][]json.RawMessage
		if err := json.Unmarshal(b.payload.Data, &rows); err != nil || len(rows) != 1 || len(rows[0]) != len(b.payload.Schema) {
			t.Fatalf("%v is sent as %s: %v", row, b.payload.Data, err)
		}
		for i, k := range b.payload.Schema {
			var n float64
			if k == "LOOKALIKE_VALUE" && (json.Unmarshal(rows[0][i], &n) != nil || n < 0) {
				t.Fatalf("value %q is sent as %s", value, rows[0][i])
			}
		}
		escaped, err := json.Marshal(rows[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := b.rejected([]facebook.InvalidRow{{Hash: facebook.HashRow(escaped)}})[row]; !ok {
			t.Errorf("%s does not find its row again", escaped)
		}
	})
}
