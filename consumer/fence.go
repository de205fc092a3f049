package consumer

import (
	"encoding/json"
	"fmt"
)

// fenceKey is the changelog key of fence and release records. It begins with a
// NUL and so is no key of a table: audiences hold no NUL, user keys are longer.
var fenceKey = []byte("\x00muster-fence")

// fence is the record with which an owner takes a task over or gives it up.
// It is JSON so that an operator can read it with Kafka's own tools.
type fence struct {
	// Incarnation is the time of the changelog's first fence, in milliseconds
	// since the Unix epoch.
	Incarnation int64 `json:"incarnation"`
	Generation  int32 `json:"generation"`
	// Owner is random, so that no two fences are equal.
	Owner string `json:"owner"`
	// Fingerprint is that of the stage's output (Tx.SetFingerprint).
	Fingerprint []byte `json:"fingerprint,omitempty"`
	// Released is set when the owner gave the task up with nothing in flight.
	Released bool `json:"released,omitempty"`
}

func (f fence) write() Write {
	v, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("encode fence: %v", err)) // plain fields always encode
	}
	return Write{Key: fenceKey, Value: v}
}

func isFence(key []byte) bool { return string(key) == string(fenceKey) }

func decodeFence(r LogRecord) (fence, error) {
	var f fence
	if err := json.Unmarshal(r.Value, &f); err != nil {
		return fence{}, fmt.Errorf("decode fence at %d: %w", r.Position, err)
	}
	return f, nil
}
