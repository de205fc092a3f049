package uploader

import (
	"bytes"
	"time"

	"muster/consumer"
	"muster/schema"
)

// callOff ends the erasures of an account that the configuration does not ask for any more.
func (t *task) callOff(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time, err error) {
	if e.lookAt.IsZero() || now.Before(e.lookAt) {
		return e.lookAt, nil
	}
	for entry, err := range tx.Scan(schema.AccountErasurePrefix(string(e.account)), e.from) {
		if err != nil {
			return time.Time{}, err
		}
		if t.slice == 0 {
			return now, nil
		}
		t.slice--
		x, err := readEntry(entry)
		if err != nil {
			return time.Time{}, err
		}
		e.from = append(bytes.Clone(entry.Key), 0)
		switch at := time.UnixMilli(x.SinceMs).Add(CalledOffAfter); {
		case x.over():
		case now.Before(at):
			e.again = sooner(e.again, at)
		default:
			t.auditEntry(x, schema.AuditCalledOff, int64(len(x.Rows)))
			x.CalledOff, x.Rows = true, nil
			if err := t.putEntry(tx, x); err != nil {
				return time.Time{}, err
			}
		}
	}
	e.lookAt, e.from, e.again = e.again, nil, time.Time{}
	e.overdue.lookAt = now
	return e.lookAt, nil
}
