package membership

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
)

// relay makes of an event the record that package repartition would write.
func relay(offset int64, e schema.Event, o schema.Origin) consumer.Record {
	var encoder schema.EventEncoder
	return consumer.Record{
		Topic: "muster.events", Partition: 4, Offset: offset, Time: epoch.AddDate(1, 0, 0), Key: e.User[:], Value: encoder.Append(nil, &e, o),
	}
}

func repartitionedTask(t *testing.T, o Options) *consumertest.Task {
	t.Helper()
	o.Repartitioned = true
	return consumertest.NewTask(t, consumertest.Options{New: New(o)})
}

// A dead letter names the record in its source; one that no stage of Muster wrote
// is named where it is.
func TestDeadLettersNameTheSource(t *testing.T) {
	t.Parallel()
	o := testOptions()
	o.MaxProfileBytes = 100
	k := repartitionedTask(t, o)
	user := schema.NewUserKeyer([]byte("secret")).Key("u1")
	origin := schema.Origin{Topic: "identify", Partition: 7, Offset: 42, Time: epoch, Size: 999}
	large := schema.Event{Type: "identify", User: user, Stamp: schema.Stamp{TimeMs: epoch.UnixMilli()}, Sets: []schema.SetUpdate{
		{Key: schema.Email, Values: [][]byte{make([]byte, 32), append(make([]byte, 31), 1), append(make([]byte, 31), 2)}},
	}}
	foreign := consumer.Record{Topic: "muster.events", Partition: 4, Offset: 1, Key: []byte("jane@example.com"), Value: []byte(`{"type":"identify"}`)}
	noKey := foreign
	noKey.Offset, noKey.Key = 2, nil
	k.Process(relay(0, large, origin), foreign, noKey)
	want := []consumer.DeadLetter{
		{Reason: "profile_too_large", Topic: "identify", Partition: 7, Offset: 42, Size: 999, KeyHash: fmt.Sprintf("%x", user[:8])},
		{Reason: "not_an_event", Topic: "muster.events", Partition: 4, Offset: 1, Size: 19},
		{Reason: "not_an_event", Topic: "muster.events", Partition: 4, Offset: 2, Size: 19},
	}
	if d := cmp.Diff(want, k.DeadLetters()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// The moment of an erasure is the source record's, not the copy's: what was said
// between the two is kept.
func TestErasureHasTheSourcesTime(t *testing.T) {
	t.Parallel()
	k := repartitionedTask(t, testOptions())
	user := schema.UserKey{1}
	said := func(after time.Duration, in bool) schema.Event {
		return schema.Event{Type: "track", User: user, Stamp: schema.Stamp{TimeMs: epoch.Add(after).UnixMilli()}, Memberships: []schema.Membership{{Audience: "a", In: in}}}
	}
	origin := schema.Origin{Topic: "identify", Time: epoch}
	k.Process(relay(0, said(-time.Hour, true), origin))
	k.Process(relay(1, schema.Event{Type: "delete", User: user, Erase: true, Stamp: schema.Stamp{TimeMs: epoch.Add(-time.Minute).UnixMilli()}}, origin))
	k.Process(relay(2, said(time.Second, true), origin))
	k.Process(relay(3, said(0, false), origin)) // erased
	var last musterpb.MemberRows
	for _, e := range k.Emissions() {
		last.Reset()
		if err := last.UnmarshalVT(e.Value); err != nil {
			t.Fatal(err)
		}
	}
	if !last.In {
		t.Error("the user is out: the erasure covered what was said after it")
	}
}
