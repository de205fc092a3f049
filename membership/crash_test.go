package membership

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
)

// A crash at any step of the commit of any batch, and whatever way the records
// are then cut into batches, leaves the uploader with what it would have without.
func TestCrashesAreSurvived(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		records := drawRecords(r, rapid.IntRange(1, 12).Draw(r, "records"), "u1", "u2")
		calm, stormy := newUploader(), newUploader()
		k := newTestTask(t)
		for i := range records {
			k.Process(records[i])
			settleTicks(k)
			calm.hear(r, k.Emissions())
		}

		k = newTestTask(t)
		committed, replayBelow := 0, 0
		for committed < len(records) {
			n := rapid.IntRange(1, len(records)-committed).Draw(r, "batch")
			batch := append([]consumer.Record(nil), records[committed:committed+n]...)
			for i := range batch {
				batch[i].Replay = committed+i < replayBelow
			}
			if rapid.IntRange(0, 2).Draw(r, "crash") > 0 {
				step := rapid.SampledFrom([]consumer.Step{consumer.BeforeLog, consumer.AfterLog, consumer.AfterEmit, consumer.AfterTable}).Draw(r, "step")
				k.FailAt(step)
				if err := k.ProcessErr(batch...); err != nil {
					stormy.hear(r, k.Emissions())
					if rapid.Bool().Draw(r, "wipe") {
						k.Wipe()
					}
					k.Takeover()
					// All records there are were written before this owner came.
					replayBelow = len(records)
					tickOrCrash(r, k)
					stormy.hear(r, k.Emissions())
					continue
				}
				k.Takeover() // it had nothing to commit at that step
				replayBelow = len(records)
			} else {
				k.Process(batch...)
			}
			committed += n
			tickOrCrash(r, k)
			stormy.hear(r, k.Emissions())
		}
		settleTicks(k)
		stormy.hear(r, k.Emissions())
		stormy.mustAgree(r, calm)
	})
}

func newTestTask(t *testing.T) *consumertest.Task {
	return consumertest.NewTask(t, consumertest.Options{New: New(crashOptions())})
}

func crashOptions() Options {
	o := testOptions()
	o.EraseAccounts = true
	return o
}

func settleTicks(k *consumertest.Task) {
	for !k.Tick().IsZero() {
	}
}

// tickOrCrash lets the task do none, some or all of its ticks, or crash in one.
func tickOrCrash(r *rapid.T, k *consumertest.Task) {
	for range rapid.IntRange(0, 3).Draw(r, "ticks") {
		k.Tick()
	}
	if rapid.IntRange(0, 3).Draw(r, "crash in tick") == 0 {
		k.FailAt(rapid.SampledFrom([]consumer.Step{consumer.AfterLog, consumer.AfterEmit}).Draw(r, "tick step"))
		_, err := k.TickErr()
		if err == nil {
			k.FailAt(-1)
			return
		}
		k.Takeover()
	}
}

// drawRecords draws n records of the users and of three audiences, in log order.
func drawRecords(r *rapid.T, n int, users ...string) []consumer.Record {
	records := make([]consumer.Record, n)
	for i := range records {
		user := rapid.SampledFrom(users).Draw(r, "user")
		late := time.Duration(rapid.IntRange(0, 3).Draw(r, "late")) * time.Second
		at := epoch.Add(time.Duration(i) * time.Second)
		value := fmt.Sprintf(`"userId":%q,"messageId":"m%d","timestamp":%q`, user, i, at.Add(-late).Format(time.RFC3339))
		audience := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "audience")
		email := rapid.SampledFrom([]string{"a@example.com", "b@example.com"}).Draw(r, "email")
		in := rapid.Bool().Draw(r, "in")
		switch rapid.IntRange(0, 7).Draw(r, "kind") {
		case 0:
			value = fmt.Sprintf(`{"type":"delete",%s}`, value)
		case 1, 2:
			value = fmt.Sprintf(`{"type":"identify",%s,"traits":{"email":%q}}`, value, email)
		case 3:
			value = fmt.Sprintf(`{"type":"track","event":"x",%s,"properties":{"audience_key":%q,%q:%v,"email":%q}}`, value, audience, audience, in, email)
		default:
			value = fmt.Sprintf(`{"type":"track","event":"x",%s,"properties":{"audience_key":%q,%q:%v}}`, value, audience, audience, in)
		}
		records[i] = consumer.Record{Topic: "users", Offset: int64(i), Time: at, Key: []byte(user), Value: []byte(value)}
	}
	return records
}

// uploader keeps of each member what has the highest version, as the second
// stage does, and of each user, under a key without an audience, the rows of all
// erasures: a crash may have one of them say what another would have.
type uploader map[string]*musterpb.MemberRows

func newUploader() uploader { return uploader{} }

func (u uploader) hear(t fatal, emissions []consumer.Emission) {
	for _, e := range emissions {
		m := &musterpb.MemberRows{}
		if err := m.UnmarshalVT(e.Value); err != nil {
			t.Fatalf("unmarshal: %v", err)
		}
		if erasure, ok := schema.ParseErasureKey(e.Key); ok {
			all := u[string(erasure.User[:])]
			for _, r := range m.Rows {
				if !slices.ContainsFunc(all.GetRows(), r.EqualVT) {
					all = &musterpb.MemberRows{Rows: slices.SortedFunc(slices.Values(append(all.GetRows(), r)), func(a, b *musterpb.Row) int { return cmp.Compare(schema.RowKey(a), schema.RowKey(b)) })}
				}
			}
			u[string(erasure.User[:])] = all
			continue
		}
		if old := u[string(e.Key)]; old == nil || m.Position >= old.Position {
			u[string(e.Key)] = m
		}
	}
}

// mustAgree compares without versions. A member nobody ever spoke of is the same
// as one who is out: a replay may name what an erasure had covered already.
func (u uploader) mustAgree(t fatal, want uploader) {
	for key, m := range want {
		got := u[key]
		if got == nil || !sameMember(got, m) {
			t.Fatalf("%q: got %v, want %v", key, got, m)
		}
	}
	for key, m := range u {
		if want[key] == nil && (m.In || len(m.Rows) > 0) {
			t.Fatalf("%q: got %v, want none", key, m)
		}
	}
}
