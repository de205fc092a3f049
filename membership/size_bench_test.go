package membership

import (
	"fmt"
	"testing"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// BenchmarkSize is what 20,000 users with an email, a phone, a name and three
// audiences take: on the disk of their owner, of the changelog in Kafka before its own
// compression, and of muster.members likewise. An op is all of them.
func BenchmarkSize(b *testing.B) {
	const users, audiences = 20_000, 3
	for b.Loop() {
		k := consumertest.NewTask(b, consumertest.Options{New: New(testOptions())})
		var records []consumer.Record
		for i := range users * audiences {
			id, at := fmt.Sprintf("u%d", i/audiences), epoch.Add(time.Duration(i)*time.Millisecond)
			records = append(records, consumer.Record{Topic: "users", Offset: int64(i), Time: at, Key: []byte(id), Value: fmt.Appendf(nil,
				`{"type":"identify","userId":%q,"messageId":"m%d","timestamp":%q,"traits":{"email":"%s@example.com","phone":"+1202309%04d","first_name":"Jane","last_name":"Doe","country":"US","a%d":true},"context":{"personas":{"computation_class":"audience","computation_key":"a%d"}}}`,
				id, i, at.Format(time.RFC3339Nano), id, i/audiences%10_000, i%audiences, i%audiences)})
			if len(records) == 1_000 {
				k.Process(records...)
				records = nil
			}
		}
		emitted := map[string]int{} // by key: the last one stays
		for _, e := range k.Emissions() {
			emitted[string(e.Key)] = len(e.Key) + len(e.Value)
		}
		total := 0
		for _, n := range emitted {
			total += n
		}
		b.ReportMetric(float64(k.Log().KeptBytes())/users, "changelog-B/user")
		b.ReportMetric(float64(total)/users, "members-B/user")
		b.ReportMetric(float64(k.TableBytes())/users, "table-B/user")
		if len(emitted) != users*audiences {
			b.Fatalf("%d members, want %d", len(emitted), users*audiences)
		}
	}
}
