package membership

import (
	"fmt"
	"testing"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
)

// BenchmarkProcess is events of many users through a whole commit, in batches of
// 1,000: half restate the profile, half enter or leave an audience.
func BenchmarkProcess(b *testing.B) {
	benchmarkProcess(b, testOptions(), nil)
}

// BenchmarkProcessRepartitioned is the same events, decoded before.
func BenchmarkProcessRepartitioned(b *testing.B) {
	o := testOptions()
	if err := o.complete(); err != nil {
		b.Fatal(err)
	}
	d, err := schema.NewDecoder(o.Decoder)
	if err != nil {
		b.Fatal(err)
	}
	o.Repartitioned = true
	benchmarkProcess(b, o, func(r consumer.Record) consumer.Record {
		e := d.Decode(schema.SourceRecord{Topic: r.Topic, Offset: r.Offset, Time: r.Time, Key: r.Key, Value: r.Value}).Events[0]
		return relay(r.Offset, e, originOf(&r))
	})
}

func benchmarkProcess(b *testing.B, o Options, prepare func(consumer.Record) consumer.Record) {
	const users, batchLen = 20_000, 1_000
	k := consumertest.NewTask(b, consumertest.Options{New: New(o)})
	records := make([]consumer.Record, batchLen)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range records {
			n++
			id := fmt.Sprintf("u%d", n*7919%users)
			at := epoch.Add(time.Duration(n) * time.Millisecond)
			stamp := fmt.Sprintf(`"userId":%q,"messageId":"m%d","timestamp":%q`, id, n, at.Format(time.RFC3339Nano))
			value := fmt.Sprintf(`{"type":"identify",%s,"traits":{"email":"%s@example.com","phone":"+12023095976","first_name":"Jane","last_name":"Doe","country":"US","state":"NY","zip":"10001"}}`, stamp, id)
			if n%2 == 0 {
				value = fmt.Sprintf(`{"type":"track","event":"x",%s,"properties":{"audience_key":"a%d","a%d":%v}}`, stamp, n%20, n%20, n%3 == 0)
			}
			records[i] = consumer.Record{Topic: "users", Offset: int64(n), Time: at, Key: []byte(id), Value: []byte(value)}
			if prepare != nil {
				records[i] = prepare(records[i])
			}
		}
		k.Emissions()
		b.StartTimer()
		k.Process(records...)
	}
	b.ReportMetric(float64(b.N*batchLen)/b.Elapsed().Seconds(), "events/s")
}
