package repartition

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// batches returns records without keys: half restate the profile, half enter or
// leave an audience.
func batches() []consumer.Record {
	records := make([]consumer.Record, 1000)
	for i := range records {
		id := fmt.Sprintf("u%d", i*7919%20_000)
		at := epoch.Add(time.Duration(i) * time.Millisecond)
		stamp := fmt.Sprintf(`"userId":%q,"messageId":"m%d","timestamp":%q`, id, i, at.Format(time.RFC3339Nano))
		value := fmt.Sprintf(`{"type":"identify",%s,"traits":{"email":"%s@example.com","phone":"+12023095976","first_name":"Jane","last_name":"Doe","country":"US","state":"NY","zip":"10001"}}`, stamp, id)
		if i%2 == 0 {
			value = fmt.Sprintf(`{"type":"track","event":"x",%s,"properties":{"audience_key":"a%d","a%d":%v}}`, stamp, i%20, i%20, i%3 == 0)
		}
		records[i] = record(int64(i), "", value)
		records[i].Time = at
	}
	return records
}

// BenchmarkProcess is 1,000 records through a whole commit, Kafka left out.
func BenchmarkProcess(b *testing.B) {
	k := consumertest.NewTask(b, consumertest.Options{New: New(testOptions())})
	records := batches()
	b.ReportAllocs()
	for b.Loop() {
		k.Process(records...)
		b.StopTimer()
		k.Emissions()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRecord is decoding and encoding alone.
func BenchmarkRecord(b *testing.B) {
	p, err := New(testOptions())(consumer.TaskInfo{})
	if err != nil {
		b.Fatal(err)
	}
	records := batches()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Process(context.Background(), new(consumer.Tx), records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "events/s")
}
