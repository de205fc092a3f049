package schema

import (
	"bytes"
	"testing"
)

func benchmarkIdentifiers() *Identifiers {
	sum := func(c byte) []byte { return bytes.Repeat([]byte{c}, 32) }
	ids := &Identifiers{Emails: [][]byte{sum(1), sum(2)}, Phones: [][]byte{sum(3)}, MADIDs: [][]byte{sum(4)[:16]}}
	for k := FN; k <= Country; k++ {
		ids.Single[k] = sum(byte(k))
	}
	ids.Single[Country] = []byte("us")
	return ids
}

func BenchmarkRows(b *testing.B) {
	ids := benchmarkIdentifiers()
	b.ReportAllocs()
	for b.Loop() {
		Rows(ids, DefaultKeys)
	}
}

func BenchmarkRowKey(b *testing.B) {
	row := Rows(benchmarkIdentifiers(), DefaultKeys)[0]
	b.ReportAllocs()
	for b.Loop() {
		RowKey(row)
	}
}

func BenchmarkAppendUploaded(b *testing.B) {
	for _, c := range []struct {
		name  string
		key   Key
		value []byte
	}{
		{"hash", Email, bytes.Repeat([]byte{1}, 32)},
		{"code", Country, []byte("us")},
		{"madid", MADID, bytes.Repeat([]byte{1}, 16)},
	} {
		b.Run(c.name, func(b *testing.B) {
			dst := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				AppendUploaded(dst, c.key, c.value)
			}
		})
	}
}
