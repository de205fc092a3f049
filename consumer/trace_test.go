package consumer

import (
	"testing"

	"github.com/segmentio/kafka-go"
)

func TestTraceIsCarriedWhenSampled(t *testing.T) {
	t.Parallel()
	const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for value, want := range map[string]string{
		sampled: sampled,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00": "",
		"jane@example.com": "",
		"":                 "",
	} {
		got := ""
		for _, h := range TraceOf([]kafka.Header{{Key: "email", Value: []byte("x")}, {Key: TraceHeader, Value: []byte(value)}}) {
			got += h.Key + string(h.Value)
		}
		if want != "" {
			want = TraceHeader + want
		}
		if got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
