package uploader

import (
	"testing"
)

// BenchmarkSize is what 20,000 members of an audience take, once sent: on the disk of
// their owner, and of the changelog in Kafka, before its own compression. An op is
// all of them.
func BenchmarkSize(b *testing.B) {
	for b.Loop() {
		k := benchTask(b, new(instant))
		k.Process(benchRecords(b, 1, true)...)
		sendAll(b, k)
		b.ReportMetric(float64(k.Log().KeptBytes())/benchMembers, "changelog-B/member")
		b.ReportMetric(float64(k.TableBytes())/benchMembers, "table-B/member")
	}
}
