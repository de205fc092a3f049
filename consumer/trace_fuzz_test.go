package consumer

import (
	"testing"

	"github.com/segmentio/kafka-go"
)

// FuzzTrace: a producer's traceparent is passed on in its one valid form or not
// at all, and nothing else of a header is (I8).
func FuzzTrace(f *testing.F) {
	f.Add([]byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
	f.Add([]byte("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"))
	f.Add([]byte("jane@example.com"))
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, h := range TraceOf([]kafka.Header{{Key: TraceHeader, Value: value}}) {
			if h.Key != TraceHeader || len(h.Value) != len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") {
				t.Errorf("%q is passed on as %s: %q", value, h.Key, h.Value)
			}
		}
	})
}
