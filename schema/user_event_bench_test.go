package schema

import "testing"

// benchEvent is an identify with a full profile.
func benchEvent() Event {
	hash := make([]byte, 32)
	e := Event{Type: "identify", User: UserKey{1}, Stamp: Stamp{1_790_000_000_000, 1 << 60}}
	for _, k := range []Key{FN, LN, CT, ZIP} {
		e.Registers = append(e.Registers, RegisterUpdate{k, hash})
	}
	e.Registers = append(e.Registers, RegisterUpdate{Country, []byte("us")}, RegisterUpdate{ST, []byte("ny")})
	e.Sets = []SetUpdate{{Key: Email, Values: [][]byte{hash}, Replace: true}, {Key: Phone, Values: [][]byte{hash}, Replace: true}}
	e.Memberships = []Membership{{Audience: "high_value_customers", In: true, Space: "spa_1"}}
	return e
}

func BenchmarkEncodeEvent(b *testing.B) {
	var encoder EventEncoder
	e, buf := benchEvent(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = encoder.Append(buf[:0], &e, Origin{Topic: "identify", Offset: 1 << 30})
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

func BenchmarkDecodeEvent(b *testing.B) {
	var encoder EventEncoder
	e := benchEvent()
	value := encoder.Append(nil, &e, Origin{Topic: "identify", Offset: 1 << 30})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DecodeEvent(e.User[:], value); err != nil {
			b.Fatal(err)
		}
	}
}
