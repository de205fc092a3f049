package uploader

import (
	"bytes"
	"fmt"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// entry is the state of one erasure in one ad account while a call works on it.
type entry struct {
	*musterpb.AccountErasure
	key     []byte
	erasure schema.Erasure
}

func (x *entry) over() bool { return x.Removed || x.CalledOff }

// untold reports whether others are to be told something of it: eraser_tell.go.
func (x *entry) untold() bool { return x.over() || len(x.Audit) > 0 }

// entry reads an entry; nil if there is none.
func (t *task) entry(tx *consumer.Tx, account facebook.AccountID, id schema.Erasure) (*entry, error) {
	key := schema.AccountErasureKey(string(account), id)
	value, err := tx.Value(key)
	if err != nil || value == nil {
		return nil, err
	}
	return decodeEntry(key, id, value)
}

func decodeEntry(key []byte, id schema.Erasure, value []byte) (*entry, error) {
	x := &entry{AccountErasure: new(musterpb.AccountErasure), key: key, erasure: id}
	if err := x.UnmarshalVT(value); err != nil {
		return nil, fmt.Errorf("read erasure in an ad account: %w", err)
	}
	return x, nil
}

// putEntry logs an entry.
func (t *task) putEntry(tx *consumer.Tx, x *entry) error {
	value, err := x.MarshalVT()
	if err != nil {
		return fmt.Errorf("encode erasure in an ad account: %w", err)
	}
	tx.Put(x.key, value)
	if x.untold() {
		tx.PutDerived(entryKey(x.key), auditUntold)
	}
	return nil
}

// restoreEntry brings the derived key of an entry along.
func restoreEntry(tx *consumer.Tx, key, value []byte) error {
	_, id, err := schema.ParseAccountErasureKey(key)
	if err != nil {
		return fmt.Errorf("restore uploads: %w", err)
	}
	if value != nil {
		x, err := decodeEntry(key, id, value)
		if err != nil {
			return err
		}
		if x.untold() {
			tx.PutDerived(entryKey(key), auditUntold)
			return nil
		}
	}
	tx.DeleteDerived(entryKey(key))
	return nil
}

// readEntry reads an entry that a scan has found.
func readEntry(e consumer.Entry) (*entry, error) {
	key := bytes.Clone(e.Key)
	_, id, err := schema.ParseAccountErasureKey(key)
	if err != nil {
		return nil, err
	}
	return decodeEntry(key, id, e.Value)
}

// eachEntry has f change the entries of a batch that are not over, and logs them.
func (t *task) eachEntry(tx *consumer.Tx, e *eraser, b *batch, f func(*entry, item)) error {
	for _, it := range b.items {
		x, err := t.entry(tx, e.account, schema.Erasure{User: it.user, AtMs: it.erasedAtMs})
		switch {
		case err != nil:
			return err
		case x == nil, x.over():
			continue
		}
		f(x, it)
		if err := t.putEntry(tx, x); err != nil {
			return err
		}
	}
	return nil
}

// auditEntry notes a step that the topic of audits is to be told of.
func (t *task) auditEntry(x *entry, step string, rows int64) {
	if t.options.Audit != "" {
		x.Audit = append(x.Audit, &musterpb.AuditStep{Step: step, Rows: rows, AtMs: t.now().UnixMilli()})
	}
}
