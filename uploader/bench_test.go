package uploader

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// instant is a Facebook that answers at once.
type instant struct{ rows int }

func (f *instant) CreateAudience(context.Context, facebook.AccountID, facebook.NewAudience) (facebook.AudienceID, facebook.Usage, error) {
	return "1", facebook.Usage{}, nil
}

func (f *instant) AudiencePage(context.Context, facebook.AccountID, string, ...string) (facebook.Page, error) {
	return facebook.Page{}, nil
}

func (f *instant) Audience(_ context.Context, id facebook.AudienceID, _ ...string) (facebook.Audience, facebook.Usage, error) {
	return facebook.Audience{ID: id}, facebook.Usage{}, nil
}

func (f *instant) AddUsers(_ context.Context, _ facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	f.rows += p.Rows
	return facebook.UsersResult{NumReceived: p.Rows}, nil
}

func (f *instant) Credential() uint64 { return 0 }

func (f *instant) RemoveUsers(_ context.Context, _ facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	f.rows += p.Rows
	return facebook.UsersResult{NumReceived: p.Rows}, nil
}

const benchMembers = 20_000

func benchRecords(b *testing.B, version int, in bool) []consumer.Record {
	b.Helper()
	records := make([]consumer.Record, benchMembers)
	for i := range records {
		m := &musterpb.MemberRows{Incarnation: 1, Position: int64(version), In: in}
		if in {
			r := parseRow(fmt.Sprintf("email:e%d phone:p%d fn:f%d ln:l%d", i, i, version, i%100))
			r.Country = []byte("us")
			m.Rows = append(m.Rows, r)
		}
		value, err := m.MarshalVT()
		if err != nil {
			b.Fatal(err)
		}
		records[i] = consumer.Record{Topic: "m", Offset: int64(i), Key: schema.MemberKey("a", userKey(fmt.Sprint(i))), Value: value}
	}
	return records
}

func (f *instant) RemoveEverywhere(_ context.Context, _ facebook.AccountID, p facebook.Payload) (facebook.UsersResult, error) {
	return facebook.UsersResult{NumReceived: p.Rows}, nil
}

func (f *instant) ReplaceUsers(_ context.Context, id facebook.AudienceID, p facebook.Payload, _ facebook.Session) (facebook.UsersResult, error) {
	return f.AddUsers(context.Background(), id, p)
}

func (f *instant) DeleteAudience(context.Context, facebook.AudienceID) (facebook.Usage, error) {
	return facebook.Usage{}, nil
}

func benchTask(b *testing.B, f Facebook) *consumertest.Task {
	b.Helper()
	maker, err := New(Options{
		Facebook: f, Installation: "bench", Account: "1", Topic: "s", Window: time.Millisecond, Quiet: time.Nanosecond,
		ResendOver: -1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	return consumertest.NewTask(b, consumertest.Options{New: maker})
}

// sendAll ticks until all is sent.
func sendAll(b *testing.B, k *consumertest.Task) {
	b.Helper()
	for {
		next := k.Tick()
		a := k.Processor().(*task).audiences["a"]
		if a.counts.pending == 0 && a.window == nil {
			return
		}
		select {
		case <-k.Processor().Wake():
		case <-time.After(time.Until(next)):
		}
	}
}

// BenchmarkProcess applies changed members; an op is one record.
func BenchmarkProcess(b *testing.B) {
	k := benchTask(b, new(instant))
	b.ReportAllocs()
	for done, version := 0, 1; done < b.N; version++ {
		b.StopTimer()
		records := benchRecords(b, version, true)
		b.StartTimer()
		for i := 0; i < len(records) && done < b.N; i += 1000 {
			k.Process(records[i : i+1000]...)
			done += 1000
		}
	}
}

// BenchmarkSync takes members through diff, log, encoding and settlement; an op
// is one row. A removal's row follows an add's.
func BenchmarkSync(b *testing.B) {
	f := new(instant)
	k := benchTask(b, f)
	var cpu time.Duration
	b.ReportAllocs()
	for version := 1; f.rows < b.N; version++ {
		b.StopTimer()
		k.Process(benchRecords(b, version, version%2 == 1)...)
		b.StartTimer()
		began := cpuTime(b)
		sendAll(b, k)
		cpu += cpuTime(b) - began
	}
	b.ReportMetric(float64(f.rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(f.rows), "cpu-ns/row")
}

// BenchmarkEncode encodes full batches; an op is one row.
func BenchmarkEncode(b *testing.B) {
	full := newBatch(adding)
	for i := range 10_000 {
		r := parseRow(fmt.Sprintf("email:e%d phone:p%d fn:f%d ln:l%d", i, i, i, i%100))
		r.Country = []byte("us")
		full.append(item{rows: []*musterpb.Row{r}})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += full.rows {
		full.encode("1")
		b.SetBytes(int64(len(full.payload.Data) / full.rows))
	}
}
