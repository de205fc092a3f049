package worker

import (
	"strings"
	"testing"
	"time"

	"muster/cmd/internal/config"
	"muster/schema"
)

// TestErasureOfARow: a row without a user is erased by the name that muster explain
// gives it: the erasure reaches the very user as whom the row was read.
func TestErasureOfARow(t *testing.T) {
	t.Parallel()
	c := config.Defaults()
	c.Sources = []config.Source{{Topic: "rows", Repartition: true}}
	const row = `{"type":"record","action":"insert","fields":{"EMAIL":"a@example.com"},"context":{"externalId":[{"type":"FB_CUSTOM_AUDIENCE-77"}]}}`
	decoder, _, err := erasureReader(c)
	if err != nil {
		t.Fatal(err)
	}
	user := func(key, value string) schema.UserKey {
		t.Helper()
		read := decoder.Decode(schema.SourceRecord{Topic: "rows", Time: time.Now(), Key: []byte(key), Value: []byte(value)})
		if len(read.Events) != 1 {
			t.Fatalf("%s: %s %s", value, read.DeadLetter, read.DeadLetterDetail)
		}
		return read.Events[0].User
	}
	normaliser, err := schema.NewNormaliser(NormaliserOptions(c))
	if err != nil {
		t.Fatal(err)
	}
	o := DecoderOptions(c)
	o.Normaliser = normaliser
	x, err := schema.NewExplainer(schema.ExplainerOptions{Decoder: o})
	if err != nil {
		t.Fatal(err)
	}
	explained := x.Explain(schema.SourceRecord{Topic: "rows", Time: time.Now(), Value: []byte(row)})
	name := explained[0].User
	if !strings.HasPrefix(name, "row:") {
		t.Fatalf("explained as %q", name)
	}
	records, err := Erasures(c, "rows", []string{name}, false, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if row, erased := user(name, row), user(string(records[0].Key), string(records[0].Value)); row != erased {
		t.Errorf("the row is user %x, and %x is erased", row, erased)
	}
	if _, err := Erasures(c, "rows", []string{name}, true, time.Now()); err == nil || !strings.Contains(err.Error(), "--anonymous") || strings.Contains(err.Error(), name) {
		t.Errorf("a row as an anonymousId: %v", err)
	}
}
