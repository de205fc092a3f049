package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"muster/consumer"
	"muster/schema"
)

// TestAuditSummary: an erasure is one line, however many partitions and ids it was
// written for, and however often a crash had a step told.
func TestAuditSummary(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return time.Unix(1_800_000_000+int64(seconds), 0).UTC() }
	requested := func(user string, seconds int, values, audiences int64) schema.Audit {
		return schema.Audit{At: at(seconds), ErasedAt: at(0), Step: schema.AuditRequested, User: user, Values: values, Audiences: audiences}
	}
	known := requested("u", 1, 3, 2)
	toldAgain := known
	toldAgain.At = at(9)
	back := requested("u", 500, 1, 1)
	back.ErasedAt = at(500)
	steps := []schema.Audit{
		{At: at(6), Step: schema.AuditRemoved, User: "u", Audience: "a", Rows: 2},
		{At: at(4), Step: schema.AuditRefused, User: "u", Audience: "a", Rows: 2},
		{At: at(3), Step: schema.AuditNothingHeld, User: "u", Audience: "b"},
		{At: at(510), Step: schema.AuditRefused, User: "u", Audience: "a", Rows: 1},
		{At: at(5), Step: schema.AuditRefused, User: "u", Account: "1", Rows: 2},
		{At: at(7), Step: schema.AuditRemoved, User: "u", Account: "1", Rows: 2},
		{At: at(7), Step: schema.AuditRefused, User: "u", Account: "2", Rows: 2},
		{At: at(1), Step: schema.AuditNothingKnown, User: "anon u"}, {At: at(1), Step: schema.AuditNothingKnown, User: "v"},
		requested("u", 0, 0, 0), known, toldAgain, requested("anon u", 0, 0, 0), requested("anon u", 2, 0, 0),
		requested("v", 0, 0, 0), back,
	}
	records := func(yield func(consumer.Record, error) bool) {
		for _, s := range steps {
			value, err := json.Marshal(s)
			if !yield(consumer.Record{Value: value}, err) {
				return
			}
		}
	}
	const header = "ERASED (UTC) USER VALUES AUDIENCES REMOVED NOTHING HELD REFUSED RETURNED FORGOTTEN ACCOUNTS "
	for _, test := range []struct {
		name  string
		names map[string]string
		want  string
	}{
		{"all users", nil, header + "2027-01-15 08:00:00 u 3 2 1 1 0 0 0 1 2027-01-15 08:08:20 u 1 1 0 0 1 0 0 0 and 2 ids of which nothing was known"},
		{"by both ids of each", map[string]string{"u": "u", "anon u": "u", "v": "v", "anon v": "v"},
			header + "2027-01-15 08:00:00 u 3 2 1 1 0 0 0 1 2027-01-15 08:00:00 v 0 0 0 0 0 0 0 0 2027-01-15 08:08:20 u 1 1 0 0 1 0 0 0"},
	} {
		var out strings.Builder
		if err := summariseAudit(&out, records, test.names); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	broken := func(yield func(consumer.Record, error) bool) {
		yield(consumer.Record{Topic: "muster.audit", Value: []byte("{")}, nil)
	}
	if err := summariseAudit(new(strings.Builder), broken, nil); err == nil || !strings.Contains(err.Error(), "muster.audit/0@0") {
		t.Errorf("a record that is no audit: %v", err)
	}
}
