package schema

import (
	"testing"
	"time"
)

// BenchmarkDecode decodes an identify of some 800 bytes with 14 fields that
// Muster reads, from one user to the next.
func BenchmarkDecode(b *testing.B) {
	benchmarkDecode(b, "identify_profile", "97980cfea0067")
}

// BenchmarkDecodeMembership decodes what Engage sends most: an audience and an
// email.
func BenchmarkDecodeMembership(b *testing.B) {
	benchmarkDecode(b, "engage_identify_enter", "u123")
}

func benchmarkDecode(b *testing.B, example, key string) {
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewDecoder(DecoderOptions{UserKeySecret: []byte("secret"), Normaliser: normaliser})
	if err != nil {
		b.Fatal(err)
	}
	r := SourceRecord{Topic: "events", Time: time.Now(), Key: []byte(key), Value: exampleEvents(b)[example][0]}
	b.SetBytes(int64(len(r.Value)))
	b.ReportAllocs()
	for b.Loop() {
		if got := d.Decode(r); len(got.Events) != 1 {
			b.Fatalf("decoded to %+v", got)
		}
	}
}
