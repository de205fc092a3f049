package repartition

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
)

const (
	secret     = "a secret of the test"
	partitions = 7
)

var epoch = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func testOptions() Options {
	return Options{
		Decoder: schema.DecoderOptions{UserKeySecret: []byte(secret), Sources: map[string]schema.SourceOptions{
			"users": {TombstoneErases: true, Audience: "list"},
		}},
		EventsTopic: "muster.events", EventsPartitions: partitions,
	}
}

func record(offset int64, key, value string) consumer.Record {
	r := consumer.Record{Topic: "users", Partition: 3, Offset: offset, Time: epoch}
	if key != "" {
		r.Key = []byte(key)
	}
	if value != "" {
		r.Value = []byte(value)
	}
	return r
}

// told is an emission as a test compares it.
type told struct {
	User   string
	Type   string
	Erase  bool
	In     bool
	Stamp  schema.Stamp
	Origin schema.Origin
}

// hear decodes emissions and holds that each went to its user's partition.
func hear(t *testing.T, emissions []consumer.Emission, users ...string) []told {
	t.Helper()
	keyer := schema.NewUserKeyer([]byte(secret))
	names := map[schema.UserKey]string{}
	for _, u := range users {
		names[keyer.Key(u)] = u
	}
	var all []told
	for _, m := range emissions {
		e, origin, err := schema.DecodeEvent(m.Key, m.Value)
		if err != nil {
			t.Fatal(err)
		}
		if m.Topic != "muster.events" || m.Partition != schema.UserPartition(e.User, partitions) {
			t.Errorf("%s: to %s/%d", names[e.User], m.Topic, m.Partition)
		}
		x := told{names[e.User], e.Type, e.Erase, false, e.Stamp, origin}
		for _, a := range e.Memberships {
			x.In = a.In
		}
		x.Origin.Time = origin.Time.UTC()
		all = append(all, x)
	}
	return all
}

// Each user's event goes to the user's partition, whatever its record's key; the
// original coordinates and time go along.
func TestEventsAreKeyedByUser(t *testing.T) {
	t.Parallel()
	k := consumertest.NewTask(t, consumertest.Options{New: New(testOptions())})
	values := []string{
		`{"type":"identify","userId":"u1","messageId":"m1","timestamp":"2026-11-20T09:00:00Z","traits":{"email":"jane@example.com"}}`,
		`{"batch":[{"type":"identify","userId":"u1","traits":{"email":"a@example.com"}},{"type":"identify","anonymousId":"x","traits":{"email":"b@example.com"}}]}`,
		`{"type":"audiencelist","properties":{"listData":{"add":[{"EMAIL":"c@example.com"}],"remove":[{"EMAIL":"d@example.com"}]}}}`,
		`{"type":"delete","userId":"u2","timestamp":"2026-11-20T09:30:00Z"}`,
	}
	var records []consumer.Record
	for i, v := range values {
		records = append(records, record(int64(i), "", v))
	}
	records[0].Key = []byte("session-17")
	records = append(records, record(4, "u3", ""), record(5, "", `{"type":"page","userId":"u1"}`))
	k.Process(records...)

	row := func(email string) string { return rowOf(t, email) }
	c, d := row("c@example.com"), row("d@example.com")
	got := hear(t, k.Emissions(), "u1", "anon:x", c, d, "u2", "anon:u2", "u3", "anon:u3")
	var lines []string
	for _, x := range got {
		if x.Origin.Topic != "users" || x.Origin.Partition != 3 || !x.Origin.Time.Equal(epoch) || x.Origin.Size != len(records[x.Origin.Offset].Value) {
			t.Errorf("origin %+v", x.Origin)
		}
		lines = append(lines, fmt.Sprint(x.Origin.Offset, " ", x.User, " ", x.Type, " ", x.Erase, " ", x.In, " ", time.UnixMilli(x.Stamp.TimeMs).UTC().Format("15:04")))
	}
	want := []string{
		"0 u1 identify false false 09:00",
		"1 u1 identify false false 10:00",
		"1 anon:x identify false false 10:00",
		"2 " + c + " audiencelist false true 10:00",
		"2 " + d + " audiencelist false false 10:00",
		"3 u2 delete true false 09:30",
		"3 anon:u2 delete true false 09:30",
		"4 u3 tombstone true false 10:00",
		"4 anon:u3 tombstone true false 10:00",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// rowOf is the user of a row with this email in the audience list.
func rowOf(t *testing.T, email string) string {
	t.Helper()
	n, err := schema.NewNormaliser(schema.NormaliserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions().Decoder
	o.Normaliser, o.AnyKey = n, true
	x, err := schema.NewExplainer(schema.ExplainerOptions{Decoder: o})
	if err != nil {
		t.Fatal(err)
	}
	return x.Explain(schema.SourceRecord{Topic: "users", Value: fmt.Appendf(nil, `{"type":"record","action":"insert","fields":{"EMAIL":%q}}`, email)})[0].User
}

// What is written is what the source's own records decode to: nothing is stamped
// by when or where the copy was made. Repeats are equal to the byte.
func TestStampsAreTheSources(t *testing.T) {
	t.Parallel()
	o := testOptions()
	k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	decoder, err := schema.NewDecoder(o.Decoder)
	if err != nil {
		t.Fatal(err)
	}
	records := []consumer.Record{
		record(7, "", `{"type":"identify","userId":"u1","traits":{"email":"a@example.com"}}`), // tie by coordinates
		record(8, "", `{"type":"identify","userId":"u1","messageId":"m","timestamp":"2027-01-01T00:00:00Z","traits":{"email":"a@example.com"}}`),
	}
	k.Process(records...)
	first := k.Emissions()
	all := hear(t, first)
	for i, r := range records {
		want := decoder.Decode(schema.SourceRecord{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Value: r.Value}).Events[0].Stamp
		if got := all[i].Stamp; got != want || got.TimeMs != epoch.UnixMilli() {
			t.Errorf("record %d: stamp %v, want %v", r.Offset, got, want)
		}
	}
	k.Takeover()
	k.Process(records...)
	if d := cmp.Diff(first, k.Emissions()); d != "" {
		t.Errorf("a new owner writes something else:\n%s", d)
	}
}

// A crash at any step of a commit loses no event: after it all are there.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for step := consumer.BeforeLog; step <= consumer.AfterTable; step++ {
		k := consumertest.NewTask(t, consumertest.Options{New: New(testOptions())})
		records := []consumer.Record{record(0, "", `{"type":"identify","userId":"u1","traits":{"email":"a@example.com"}}`), record(1, "", "no JSON")}
		k.FailAt(step)
		if k.ProcessErr(records...) == nil {
			t.Fatalf("step %d: no crash", step)
		}
		if k.Log().Offsets() != nil {
			t.Errorf("step %d: offsets were committed", step)
		}
		k.Wipe()
		k.Takeover()
		k.Process(records...)
		if len(k.Emissions()) == 0 || len(k.DeadLetters()) == 0 {
			t.Errorf("step %d: lost", step)
		}
		for _, r := range k.Changelog() {
			if len(r.Key) == schema.UserKeySize {
				t.Errorf("step %d: the changelog holds more than fences", step)
			}
		}
	}
}

// Each record is counted once, when it is committed, and nothing that is written
// holds an identifier in the clear (I7, I8).
func TestOutcomesAndNoContent(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	o := testOptions()
	o.Meter = metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	identify := `{"type":"identify","userId":"jane-1","messageId":"jane-2","traits":{"email":"jane@example.com","phone":"x","first_name":"jane"}}`
	records := []consumer.Record{
		record(0, "", identify), record(1, "jane@example.com", identify), record(2, "", `{"type":"page","userId":"jane-1"}`),
		record(3, "jane@example.com", "["), record(4, "", `{"type":"identify","traits":{"email":"jane@example.com"}}`), record(5, "", ""),
	}
	records[0].Headers = []kafka.Header{{Key: "email", Value: []byte("jane@example.com")}, {Key: consumer.TraceHeader, Value: []byte(trace)}}
	k.FailAt(consumer.AfterEmit)
	if k.ProcessErr(records...) == nil {
		t.Fatal("no crash")
	}
	k.Takeover()
	k.Emissions()
	k.DeadLetters()
	k.Process(records...)
	want := map[string]int64{
		"records relayed": 2, "records ignored page": 1, "records dead_letter not_json": 1, "records dead_letter no_user": 2,
		"dropped_traits PHONE invalid": 2, "events": 2,
	}
	if d := cmp.Diff(want, counted(t, reader)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	emissions, letters := k.Emissions(), k.DeadLetters()
	if s := fmt.Sprint(emissions[0].Headers); s != fmt.Sprint([]kafka.Header{{Key: consumer.TraceHeader, Value: []byte(trace)}}) {
		t.Errorf("headers %s", s)
	}
	for _, e := range emissions {
		if bytes.Contains(append(e.Key, e.Value...), []byte("jane")) {
			t.Errorf("content shows in an event: %q", e.Value)
		}
	}
	if s := fmt.Sprint(letters); strings.Contains(s, "jane") {
		t.Errorf("content shows in a dead letter: %s", s)
	}
	key := schema.NewUserKeyer([]byte(secret)).Key("jane@example.com")
	if want := (consumer.DeadLetter{Reason: "not_json", Topic: "users", Partition: 3, Offset: 3, KeyHash: fmt.Sprintf("%x", key[:8]), Size: 1}); letters[0] != want {
		t.Errorf("dead letter %+v, want %+v", letters[0], want)
	}
}

func counted(t *testing.T, reader metric.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
			name := strings.TrimPrefix(m.Name, "muster.repartition.")
			for _, a := range []string{AttrOutcome, AttrType, AttrKey, AttrReason} {
				for _, kv := range p.Attributes.ToSlice() {
					if string(kv.Key) == a {
						name += " " + kv.Value.AsString()
					}
				}
			}
			counts[name] = p.Value
		}
	}
	return counts
}

// All mistakes in the options come at once.
func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Normaliser: schema.NormaliserOptions{DefaultCountry: "nowhere"}})(consumer.TaskInfo{})
	for _, want := range []string{"EventsTopic", "EventsPartitions", "nowhere"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in: %v", want, err)
		}
	}
	o := testOptions()
	o.Decoder.UserKeySecret = nil
	if _, err := New(o)(consumer.TaskInfo{}); err == nil || !strings.Contains(err.Error(), "UserKeySecret") {
		t.Errorf("got %v", err)
	}
}
