package membership

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
)

// Each record is counted once, when it is committed; a source that is not keyed
// by its user is complained of once, without a word of its content (I7, I8).
func TestEveryRecordHasOneOutcome(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	var log bytes.Buffer
	o := testOptions()
	o.Meter = metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.Health = &Health{}
	k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
	identify := `{"type":"identify","userId":"u1","messageId":"m","timestamp":"2026-11-20T10:00:00Z","traits":{"email":"jane@example.com","phone":"x"}}`
	var records []consumer.Record
	for i, r := range [][2]string{
		{"u1", identify}, {"u1", identify}, {"u1", `{"type":"page","userId":"u1"}`}, {"u1", "["},
		{"jane@example.com", identify}, {"jane@example.com", identify},
	} {
		records = append(records, consumer.Record{Topic: "users", Offset: int64(i), Time: epoch, Key: []byte(r[0]), Value: []byte(r[1])})
	}
	k.FailAt(consumer.AfterEmit)
	if k.ProcessErr(records...) == nil {
		t.Fatal("no crash")
	}
	k.Takeover()
	k.DeadLetters()
	k.Process(records...)
	want := map[string]int64{
		"records unchanged": 2, "records ignored page": 1,
		"records dead_letter not_json": 1, "records dead_letter not_keyed": 2, "dropped_traits PHONE invalid": 2,
	}
	if d := cmp.Diff(want, counted(t, reader)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := o.Health.NotKeyed()["users"]; got != 2 {
		t.Errorf("not keyed: %d, want 2", got)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "repartition") {
		t.Errorf("%d errors in the log, want 1 with the remedy:\n%s", n, &log)
	}
	letters := k.DeadLetters()
	if s := fmt.Sprint(log.String(), letters); strings.Contains(s, "jane") {
		t.Errorf("content shows: %s", s)
	}
	key := schema.NewUserKeyer([]byte("secret")).Key("u1")
	if want := fmt.Sprintf("%x", key[:8]); letters[0].KeyHash != want {
		t.Errorf("key hash %s, want %s", letters[0].KeyHash, want)
	}
}

func counted(t *testing.T, reader metric.Reader) map[string]int64 {
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
			name := strings.TrimPrefix(m.Name, "muster.membership.")
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
	_, err := New(Options{
		Keys: schema.KeysOf(schema.ExternID), MaxValues: -1, MaxProfileBytes: -1, RequireConsent: []string{""},
		AudienceKeys: map[string]schema.KeySet{"A": schema.KeysOf(schema.ExternID)}, Normaliser: schema.NormaliserOptions{DefaultCountry: "nowhere"},
	})(consumer.TaskInfo{Partitions: 1})
	for _, want := range []string{"MembersTopic", "MembersPartitions", "MaxValues", "MaxProfileBytes", "RequireConsent", "Keys:", "AudienceKeys[A]", "nowhere"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in: %v", want, err)
		}
	}
}

// A sweep beyond one slice that is cut by a crash begins anew and says all.
func TestSweepSurvivesCrash(t *testing.T) {
	t.Parallel()
	const users = maxSweepEmissions + 10
	o := testOptions()
	k := consumertest.NewTask(t, consumertest.Options{New: func(i consumer.TaskInfo) (consumer.Processor, error) { return New(o)(i) }})
	settleTicks(k)
	var records []consumer.Record
	for i := range users {
		id := fmt.Sprintf("u%d", i)
		records = append(records, consumer.Record{Topic: "users", Offset: int64(i), Time: epoch, Key: []byte(id), Value: fmt.Appendf(nil,
			`{"type":"track","event":"x","userId":%q,"properties":{"audience_key":"A","A":true,"email":"%s@example.com"}}`, id, id)})
	}
	k.Process(records...)
	k.Emissions()
	o.Keys = schema.KeysOf(schema.Email)
	k.Takeover()
	if k.Tick().IsZero() {
		t.Fatal("the sweep was done in one slice")
	}
	if n := len(k.Emissions()); n != maxSweepEmissions {
		t.Fatalf("first slice: %d emissions, want %d", n, maxSweepEmissions)
	}
	k.Takeover()
	settleTicks(k)
	members := map[string]int{}
	for _, e := range k.Emissions() {
		members[string(e.Key)]++
	}
	if len(members) != users {
		t.Fatalf("%d members, want %d", len(members), users)
	}
	for _, n := range members {
		if n != 1 {
			t.Fatalf("a member was emitted %d times", n)
		}
	}
	k.Takeover()
	if !k.Tick().IsZero() || len(k.Emissions()) > 0 {
		t.Error("the sweep was not over")
	}
}

// A record that is no profile's, whoever wrote it to the changelog, is refused at
// takeover; met later it would break the whole process.
func TestForeignChangelogRecord(t *testing.T) {
	t.Parallel()
	for _, value := range [][]byte{{}, {0x39, 1, 0, 0, 0, 0, 0, 0, 0}, nil} { // empty, erased at 1 ms, a tombstone
		log := new(consumertest.Log)
		o := testOptions()
		k := consumertest.NewTask(t, consumertest.Options{Log: log, New: func(i consumer.TaskInfo) (consumer.Processor, error) { return New(o)(i) }})
		settleTicks(k)
		w := log.Writer()
		if _, err := w.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Append(t.Context(), consumer.NoPosition, []consumer.Write{{Key: []byte("who?"), Value: value}}); err != nil {
			t.Fatal(err)
		}
		o.Keys = schema.KeysOf(schema.Email) // every member is looked at
		err := k.TakeoverErr()
		if err == nil {
			settleTicks(k)
			if value != nil {
				t.Error("a key of 4 bytes is taken for a user's")
			}
			continue
		}
		if said := err.Error(); !strings.Contains(said, "4 bytes") || strings.Contains(said, "who?") || value == nil {
			t.Errorf("value %x: error %q", value, said)
		}
	}
}

// Refused events of an erased user are counted as such, and no record twice.
func TestSuppressedIsCounted(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	o := testOptions()
	o.Meter, o.Suppress = metric.NewMeterProvider(metric.WithReader(reader)).Meter("test"), true
	k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
	for i, r := range [][2]string{
		{"u1", `{"type":"delete","userId":"u1","timestamp":"2026-11-20T10:00:00Z"}`},
		{"u1", `{"type":"identify","userId":"u1","timestamp":"2026-11-20T09:00:00Z","traits":{"email":"jane@example.com"}}`}, // forgotten
		{"u1", `{"type":"identify","userId":"u1","timestamp":"2026-11-20T10:00:01Z","traits":{"email":"jane@example.com"}}`},
		{"u2", `{"type":"identify","userId":"u2","timestamp":"2026-11-20T10:00:01Z","traits":{"email":"jane@example.com"}}`},
	} {
		k.Process(consumer.Record{Topic: "users", Offset: int64(i), Time: epoch, Key: []byte(r[0]), Value: []byte(r[1])})
	}
	if n := len(k.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	got := counted(t, reader)
	for name, want := range map[string]int64{"records applied": 2, "records unchanged": 1, "records suppressed": 1} {
		if got[name] != want {
			t.Errorf("%s: %d, want %d", name, got[name], want)
		}
	}
}
