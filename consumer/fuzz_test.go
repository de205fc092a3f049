package consumer

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

func FuzzDecodeFence(f *testing.F) {
	f.Add(fence{Incarnation: 1, Generation: 2, Owner: "o", Fingerprint: []byte("f"), Released: true}.write().Value)
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, value []byte) {
		got, err := decodeFence(LogRecord{Value: value})
		if err != nil {
			return
		}
		again, err := decodeFence(LogRecord{Value: got.write().Value})
		if err != nil || !bytes.Equal(again.Fingerprint, got.Fingerprint) || again.Owner != got.Owner || again.Released != got.Released {
			t.Errorf("%+v was read back as %+v, %v", got, again, err)
		}
	})
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add(meta{incarnation: 1, position: 2, fence: 1, owner: "o", current: 3}.encode())
	f.Add([]byte{tableFormat})
	f.Fuzz(func(t *testing.T, value []byte) {
		got, err := decodeMeta(value)
		if err == nil && !bytes.Equal(got.encode(), value) {
			t.Errorf("%x is %+v, which is %x", value, got, got.encode())
		}
	})
}

// Whatever a member reports of its tables, every task gets one owner.
func FuzzClaims(f *testing.F) {
	data, err := json.Marshal([]heldTask{{Partition: 1, Position: 7}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`[{"p":-1,"at":-9}]`))
	log := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, data []byte) {
		for p, owner := range assign(5, claims([]kafka.GroupMember{{ID: "a", UserData: data}, {ID: "b"}}, log)) {
			if owner != "a" && owner != "b" {
				t.Errorf("task %d is given to %q", p, owner)
			}
		}
	})
}

func FuzzAbortMarker(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, key []byte) {
		b := &protocol.ControlBatch{Records: protocol.NewRecordReader(kafka.Record{Key: protocol.NewBytes(key)})}
		want := len(key) >= 4 && key[2] == 0 && key[3] == 0
		if got := abortMarker(b); got != want {
			t.Errorf("%x: abort %t, want %t", key, got, want)
		}
	})
}

// What is written is read back, from any offset on.
func FuzzEncodeBatch(f *testing.F) {
	f.Add([]byte("k"), []byte("v"), int64(1), int16(2), int32(3), uint8(2))
	f.Fuzz(func(t *testing.T, key, value []byte, id int64, epoch int16, sequence int32, from uint8) {
		p := &producer{id: id, epoch: epoch}
		records := func() []kafka.Record {
			var rs []kafka.Record
			for range 4 {
				rs = append(rs, kafka.Record{Key: protocol.NewBytes(key), Value: protocol.NewBytes(value)})
			}
			return rs
		}
		raw, err := p.encode(sequence, records())
		if err != nil {
			t.Fatal(err)
		}
		var rs protocol.RecordSet
		if _, err := rs.ReadFrom(bytes.NewReader(raw)); err != nil {
			t.Fatalf("read back: %v", err)
		}
		from %= 5
		r := partitionReader{next: int64(from)}
		got := fetched{next: r.next}
		for b := range batches(rs.Records) {
			if err := r.batch(b, true, &got); err != nil {
				t.Fatal(err)
			}
		}
		if len(got.records) != 4-int(from) || got.next != 4 {
			t.Fatalf("from %d: %d records, next %d", from, len(got.records), got.next)
		}
		for _, rec := range got.records {
			if !cmp.Equal(rec.Key, key) || !cmp.Equal(rec.Value, value) {
				t.Errorf("read %x=%x, wrote %x=%x", rec.Key, rec.Value, key, value)
			}
		}
	})
}
