package uploader

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// Rejection is a row that Facebook did not take, as Options.Rejected has it: JSON,
// for kafka-console-consumer and alike. It holds no value of the row, hashed or not
// (I8); the user key is the one under which the changelogs know the user.
type Rejection struct {
	Audience string    `json:"audience"`
	User     string    `json:"user"` // hex
	Keys     []string  `json:"keys"` // that had a value, such as EMAIL
	Op       string    `json:"op"`   // adding, removing
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

// badRequest is the reason of a row with which Facebook takes no request, "" being
// an answer without a code.
func badRequest(code int) string {
	if code == 0 {
		return "bad_request"
	}
	return fmt.Sprintf("bad_request_%d", code)
}

// reject tells of a row that Facebook did not take. Rows that were told and are
// tried again, because what is desired changed, are told again.
func (t *task) reject(tx *consumer.Tx, a *audience, user schema.UserKey, row *musterpb.Row, op op, reason string, now time.Time) {
	t.counted.reject(t.telemetry.labels.ofCounter(a.key, a.row.FacebookId), reason)
	if t.options.Rejected == "" {
		return
	}
	r := Rejection{Audience: a.key, User: hex.EncodeToString(user[:]), Op: op.String(), Reason: reason, At: now.UTC()}
	for k := range schema.Key(schema.NumKeys) {
		if len(schema.Value(row, k)) > 0 {
			r.Keys = append(r.Keys, k.String())
		}
	}
	value, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("encode rejection: %v", err)) // plain fields always encode
	}
	tx.Emit(consumer.Emission{Topic: t.options.Rejected, Partition: t.info.Partition, Key: []byte(a.key), Value: value})
}
