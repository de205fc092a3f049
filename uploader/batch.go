package uploader

import (
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.opentelemetry.io/otel/trace"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// op is what a request does.
type op uint8

const (
	removing op = iota
	adding
	replacingAll
)

func (o op) String() string {
	switch o {
	case removing:
		return "removing"
	case replacingAll:
		return "replacing"
	}
	return "adding"
}

// batch is the rows of one request. Its members carry its number in the log
// before it is sent, and the audience's row lists the number as open.
type batch struct {
	number int64
	op     op
	shape  shape // of its rows
	items  []item
	rows   int
	bytes  int // at most, encoded
	// strong are the strong values whose other members carry the number already.
	strong map[strongKey]bool
	ready  bool   // no more members
	layout layout // of the session it belongs to; nil = what its rows have

	payload *facebook.Payload // encoded when first sent
	tries   int
	waits   *backoff.ExponentialBackOff
	sendAt  time.Time // not before

	span     trace.Span    // from when it was ready; nil = none, or ended
	since    time.Time     // since when the next try waits; zero = there is one under way
	waited   time.Duration // of all tries
	attempts int           // tries, those included that do not count against MaxTries
}

// item is what a batch has of one member.
type item struct {
	user       schema.UserKey
	erasedAtMs int64 // of an erasure that goes to a whole ad account
	rows       []*musterpb.Row
	removals   []removal // for removing: what leaves synced with the rows, in their order
	// survivors share a strong value with the rows and carry the number too.
	survivors []schema.UserKey
}

func newBatch(o op) *batch { return &batch{op: o, strong: make(map[strongKey]bool)} }

// fits reports whether rows have room in the batch. The first always fit.
func (b *batch) fits(rows []*musterpb.Row, maxRows, maxBytes int) bool {
	return b.rows == 0 || b.rows+len(rows) <= maxRows && b.bytes+b.shape.bytesOf(rows) <= maxBytes
}

func (b *batch) append(i item) {
	b.items = append(b.items, i)
	b.rows += len(i.rows)
	b.bytes += b.shape.bytesOf(i.rows)
}

// bytesOf is the most that rows take when encoded.
func (s *shape) bytesOf(rows []*musterpb.Row) int {
	n := len(rows) * len(s.tail)
	for _, r := range rows {
		n += 4 + 3*schema.NumKeys
		for k := range schema.Key(schema.NumKeys) {
			switch v := schema.Value(r, k); {
			case len(v) == 0:
			case k.Hashed():
				n += 64
			case k == schema.MADID:
				n += 36
			default:
				n += 6 * len(v) // every byte escaped
			}
		}
	}
	return n
}

// halve parts the batch in two that have no numbers yet.
func (b *batch) halve() (first, second *batch) {
	first, second = newBatch(b.op), newBatch(b.op)
	first.shape, second.shape = b.shape, b.shape
	for i, it := range b.items {
		if i < len(b.items)/2 {
			first.append(it)
		} else {
			second.append(it)
		}
	}
	first.ready, second.ready = true, true
	return first, second
}

// wait returns how long to wait before the next try.
func (b *batch) wait(o *Options) time.Duration {
	if b.waits == nil {
		b.waits = backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(o.RetryBase), backoff.WithMaxInterval(o.RetryMax),
			backoff.WithMultiplier(2), backoff.WithMaxElapsedTime(0))
	}
	return b.waits.NextBackOff()
}
