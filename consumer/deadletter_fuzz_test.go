package consumer

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/segmentio/kafka-go/protocol"
)

// FuzzDeadLetter holds that a dead letter is one line of JSON that says what it
// was given.
func FuzzDeadLetter(f *testing.F) {
	f.Add("not_json", "identify", 3, int64(7), "00ff", 12)
	f.Add("bad_record", "a\n\xff<\"", -1, int64(-1), "", 0)
	f.Fuzz(func(t *testing.T, reason, topic string, partition int, offset int64, key string, size int) {
		d := DeadLetter{Reason: reason, Topic: topic, Partition: partition, Offset: offset, KeyHash: key, Size: size}
		value, err := protocol.ReadAll(d.record().Value)
		if err != nil {
			t.Fatal(err)
		}
		var again DeadLetter
		if err := json.Unmarshal(value, &again); err != nil || bytes.ContainsAny(value, "\r\n") {
			t.Fatalf("%+v is written as %s: %v", d, value, err)
		}
		if utf8.ValidString(reason) && utf8.ValidString(topic) && utf8.ValidString(key) && again != d {
			t.Errorf("%+v is read as %+v", d, again)
		}
	})
}
