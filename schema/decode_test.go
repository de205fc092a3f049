package schema

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newTestDecoder(t *testing.T, opts DecoderOptions) *Decoder {
	t.Helper()
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		t.Fatal(err)
	}
	opts.Normaliser, opts.UserKeySecret = normaliser, []byte("secret")
	d, err := NewDecoder(opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecoderOptionProblems(t *testing.T) {
	t.Parallel()
	_, err := NewDecoder(DecoderOptions{
		MaxEventBytes: -1,
		MaxValues:     -1,
		ExtraTraits:   map[Key][]string{ExternID: {"id"}, NumKeys: {"x"}},
		Sources:       map[string]SourceOptions{"t": {Audience: "a\x00b"}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"UserKeySecret", "Normaliser", "MaxEventBytes", "MaxValues", "EXTERN_ID", "key number 16", "Sources[t].Audience"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// TestTooLarge holds that a value beyond the limit is not looked at: it costs
// no memory of its size.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	d := newTestDecoder(t, DecoderOptions{})
	event := func(size int) []byte {
		const head, tail = `{"type":"identify","userId":"u1","traits":{"bio":"`, `"}}`
		return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
	}
	for _, c := range []struct {
		size int
		want DeadLetterReason
	}{{MaxEventBytes, ""}, {MaxEventBytes + 1, TooLarge}, {5 << 20, TooLarge}} {
		r := SourceRecord{Key: []byte("u1"), Value: event(c.size)}
		if got := d.Decode(r); got.DeadLetter != c.want {
			t.Errorf("%d bytes: dead letter %q, want %q", c.size, got.DeadLetter, c.want)
		}
	}
}

func TestNotUTF8(t *testing.T) {
	t.Parallel()
	d := newTestDecoder(t, DecoderOptions{})
	got := d.Decode(SourceRecord{Key: []byte("u1"), Value: []byte("{\"type\":\"identify\",\"userId\":\"u1\",\"x\":\"\xff\"}")})
	if got.DeadLetter != NotJSON {
		t.Errorf("decoded to %+v, want %s", got, NotJSON)
	}
}

// TestEventsStay holds that events neither change when the Decoder goes on nor
// when the record's memory is used again.
func TestEventsStay(t *testing.T) {
	t.Parallel()
	d, fresh := newTestDecoder(t, DecoderOptions{ExternID: true}), newTestDecoder(t, DecoderOptions{ExternID: true})
	var kept, want []Decoded
	for name, events := range exampleEvents(t) {
		for _, e := range events {
			for _, key := range []string{"u123", "97980cfea0067", "u1", "user1", "test-user-67"} {
				value := bytes.Clone(e)
				r := SourceRecord{Topic: name, Key: []byte(key), Value: value}
				kept = append(kept, d.Decode(r))
				clear(value)
				clear(r.Key)
				want = append(want, fresh.Decode(SourceRecord{Topic: name, Key: []byte(key), Value: e}))
				fresh = newTestDecoder(t, DecoderOptions{ExternID: true})
			}
		}
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("events changed (-fresh +kept):\n%s", diff)
	}
}

// TestTie holds that the tie-break is the messageId's where there is one, and
// the record's place otherwise, told apart within a batch.
func TestTie(t *testing.T) {
	t.Parallel()
	d := newTestDecoder(t, DecoderOptions{})
	decode := func(value string, offset int64) []uint64 {
		var ties []uint64
		got := d.Decode(SourceRecord{Topic: "t", Offset: offset, Key: []byte("u"), Value: []byte(value)})
		for i := range got.Events {
			ties = append(ties, got.Events[i].Stamp.Tie)
		}
		return ties
	}
	const with, without = `{"type":"identify","userId":"u","messageId":"m1"}`, `{"type":"identify","userId":"u"}`
	if a, b := decode(with, 1), decode(with, 2); !cmp.Equal(a, b) {
		t.Errorf("one messageId has ties %x and %x", a, b)
	}
	if a, b := decode(without, 1), decode(without, 1); !cmp.Equal(a, b) {
		t.Errorf("one record has ties %x and %x", a, b)
	}
	if a, b := decode(without, 1), decode(without, 2); cmp.Equal(a, b) {
		t.Errorf("two records have one tie %x", a)
	}
	if got := decode(`{"batch":[`+without+`,`+without+`]}`, 1); len(got) != 2 || got[0] == got[1] {
		t.Errorf("two events of a batch have ties %x, want two", got)
	}
}

// TestListRemovalWins holds that a row that is both added and removed by one
// list is out, in whatever order the two are merged.
func TestListRemovalWins(t *testing.T) {
	t.Parallel()
	d := newTestDecoder(t, DecoderOptions{Partitions: 1, Sources: map[string]SourceOptions{"t": {Audience: "vip"}}})
	for _, id := range []string{"m1", "m2", "m3", "m4"} {
		got := d.Decode(SourceRecord{Topic: "t", Key: []byte("k"), Time: time.UnixMilli(1), Value: []byte(
			`{"type":"audiencelist","messageId":"` + id + `","properties":{"listData":{"add":[{"EMAIL":"a@example.com"}],"remove":[{"EMAIL":"A@example.com"}]}}}`)})
		if len(got.Events) != 2 || got.Events[0].User != got.Events[1].User {
			t.Fatalf("decoded to %+v, want two events of one user", got)
		}
		if got.Events[1].Memberships[0].In || got.Events[1].Stamp.Compare(got.Events[0].Stamp) <= 0 {
			t.Errorf("%s: the removal %+v is not newer than %+v", id, got.Events[1].Stamp, got.Events[0].Stamp)
		}
	}
}

func TestPlainNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "-5": "-5", "12023095976": "12023095976", "98765432109876543210": "98765432109876543210",
		"1.2023095976e10": "12023095976", "1.2E+3": "1200", "2138.0": "2138", "12.50": "12.5", "5e-1": "0.5",
		"125e-2": "1.25", "-1.5e1": "-15", "0.0": "0", "1e41": "1e41", "1e-400": "1e-400", "0.001e3": "1",
	} {
		if got := plainNumber(in); got != want {
			t.Errorf("plainNumber(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestWholeSurrogates(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"plain"`: `"plain"`, `"\u00e9"`: `"\u00e9"`, `"\ud83d\ude00"`: `"\ud83d\ude00"`, `"\uD83D\uDE00"`: `"\uD83D\uDE00"`,
		`"\ud83d"`: `"\ufffd"`, `"\ude00"`: `"\ufffd"`, `"\ud83d\ud83d\ude00"`: `"\ufffd\ud83d\ude00"`, `"\ud83dx\n"`: `"\ufffdx\n"`,
		`"\\ud83d"`: `"\\ud83d"`, `"\ud83d\u0041"`: `"\ufffd\u0041"`,
	} {
		if got := string(wholeSurrogates([]byte(in))); got != want {
			t.Errorf("wholeSurrogates(%s) = %s, want %s", in, got, want)
		}
	}
}
