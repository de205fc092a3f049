package uploader

import (
	"bytes"
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// maxTold is how many entries one Tick tells of: each may have members of many audiences
// looked for, in every task.
const maxTold = 100

// tellErasures tells, of entries that are over or were refused, the topic of audits and,
// where Facebook has removed people, all tasks of the stage (everywhere.go). Only
// then are the rows forgotten: entries that are over are dropped. It reports whether there
// is more to do.
func (t *task) tellErasures(tx *consumer.Tx) (more bool, err error) {
	removed := make(map[facebook.AccountID]*removedEverywhere)
	n := 0
	for d, err := range tx.ScanDerived([]byte{spaceEntries}, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > maxTold {
			more = true
			break
		}
		key := bytes.Clone(d.Key[1:])
		account, id, err := schema.ParseAccountErasureKey(key)
		if err != nil {
			return false, err
		}
		x, err := t.entry(tx, facebook.AccountID(account), id)
		switch {
		case err != nil:
			return false, err
		case x == nil:
			tx.DeleteDerived(entryKey(key))
			continue
		case bytes.Equal(d.Value, auditTold):
			if err := t.forgetTold(tx, x); err != nil {
				return false, err
			}
			continue
		}
		t.tellEntry(tx, account, x)
		if x.Removed {
			r := removed[facebook.AccountID(account)]
			if r == nil {
				r = &removedEverywhere{first: id}
				removed[facebook.AccountID(account)] = r
			}
			r.rows = append(r.rows, strongAlone(x.Rows)...)
		}
		tx.PutDerived(entryKey(key), auditTold)
		more = true
	}
	for _, account := range t.erasers {
		if r := removed[account.account]; r != nil {
			if err := t.sayRemoved(tx, account.account, r); err != nil {
				return false, err
			}
		}
	}
	return more, nil
}

// forgetTold drops an entry that is over, and has one that is not forget its steps.
func (t *task) forgetTold(tx *consumer.Tx, x *entry) error {
	tx.DeleteDerived(entryKey(x.key))
	if x.over() {
		tx.Delete(x.key)
		return nil
	}
	x.Audit = nil
	return t.putEntry(tx, x)
}

func (t *task) tellEntry(tx *consumer.Tx, account string, x *entry) {
	for _, s := range x.Audit {
		record := schema.Audit{
			At: time.UnixMilli(s.AtMs).UTC(), Step: s.Step, Installation: t.options.Installation, Account: account, Rows: s.Rows,
		}
		key, value := record.Encode(x.erasure.User)
		tx.Emit(consumer.Emission{Topic: t.options.Audit, Partition: t.info.Partition, Key: key, Value: value})
	}
}

// removedEverywhere are the strong values of erased users whom Facebook has removed.
type removedEverywhere struct {
	first schema.Erasure // names them
	rows  []*musterpb.Row
}

// strongAlone returns the strong values of rows, as rows.
func strongAlone(rows []*musterpb.Row) []*musterpb.Row {
	var all []*musterpb.Row
	for _, r := range rows {
		if _, strong := splitStrong(r, nil); strong != nil {
			all = append(all, strong)
		}
	}
	return all
}

// sayRemoved tells every task of the stage.
func (t *task) sayRemoved(tx *consumer.Tx, account facebook.AccountID, r *removedEverywhere) error {
	value, err := (&musterpb.AccountRemoval{Account: string(account), Rows: r.rows}).MarshalVT()
	if err != nil {
		return fmt.Errorf("encode account removal: %w", err)
	}
	for p := range t.info.Partitions {
		tx.Emit(consumer.Emission{
			Topic: t.options.Members, Partition: p, Key: schema.AccountRemovalKey(string(account), r.first), Value: value,
		})
	}
	return nil
}
