package uploader

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// With Options.EraseAccounts an erasure also goes to each ad account as a whole: Facebook
// removes the person from all audiences there, other people's too. The membership stage
// says it under a key of its own, with the user's rows. The task that the user's key
// falls to logs an entry for each account, and only the entry says what is still to be done:
//
//	said ──► pending ──► removed ──► told ──► dropped
//	            │ ▲        by a confirmed request
//	            │ └── refused, once told; tried again every OwedEvery
//	            └──────► called off: not configured any more, for CalledOffAfter
//
// Nothing keeps the rows for longer: when the entry is logged, what said it gets its
// tombstone in the topic of members; when it is over and told (eraser_tell.go), the entry
// gets its own. A request may be repeated without harm, so a crash costs at most a second
// one. Said again after that, by a replay of the topic before its compaction, it is
// carried out again.

// CalledOffAfter is how long an erasure that the configuration does not ask for is kept:
// a replica with the former or the next configuration may still run.
const CalledOffAfter = time.Hour

// eraser has the erasures of one ad account carried out, in as few requests as may be. It
// lives in memory only and belongs to its task.
type eraser struct {
	account facebook.AccountID
	pending bool // there may be entries that are not over

	// A pass looks for what is to be sent. No pass before lookAt; the zero time = not
	// before the next erasure is said.
	lookAt    time.Time
	from      []byte    // the first entry that the pass has not looked at
	again     time.Time // the next pass, as far as this one knows
	gathering *batch
	retriedMs int64 // what was refused before is tried again at once

	batches  []*batch // the first is sent next; more where one was halved
	splits   int      // of them, for being bad
	sendAt   time.Time
	unknown  time.Time // until then a request without an answer may take effect
	flight   bool
	lastCall time.Time
	block    *musterpb.Block // what a person must mend
	refused  bool            // for single users
	failures consumer.Repeats

	overdue overdue
}

// retry ends the waiting for a person, and for what was refused to be tried again.
func (e *eraser) retry(now time.Time) {
	e.sendAt, e.lastCall, e.retriedMs = time.Time{}, time.Time{}, now.UnixMilli()
	e.lookAt, e.again = now, now
}

// accounts are the ad accounts of the configuration, sorted.
func (o *Options) accounts() []facebook.AccountID {
	all := map[facebook.AccountID]bool{o.Account: true}
	for _, a := range o.Audiences {
		if a.Account != "" {
			all[a.Account] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// wants reports whether the configuration has erasures reach the whole account.
func (o *Options) wants(account facebook.AccountID) bool {
	return o.EraseAccounts && slices.Contains(o.accounts(), account)
}

func (t *task) eraser(account facebook.AccountID) *eraser {
	for _, e := range t.erasers {
		if e.account == account {
			return e
		}
	}
	e := &eraser{account: account}
	e.failures.Patience = patience
	t.erasers = append(t.erasers, e)
	return e
}

// readErasers finds the accounts that have entries.
func (t *task) readErasers(tx *consumer.Tx) error {
	for from, more := []byte(nil), true; more; {
		more = false
		for entry, err := range tx.Scan(schema.AccountErasurePrefix(""), from) {
			if err != nil {
				return err
			}
			account, _, err := schema.ParseAccountErasureKey(entry.Key)
			if err != nil {
				return err
			}
			e := t.eraser(facebook.AccountID(account))
			e.pending, e.lookAt = true, t.now()
			prefix := schema.AccountErasurePrefix(account)
			prefix[len(prefix)-1]++ // behind all of the account's
			from, more = prefix, true
			break
		}
	}
	return nil
}

// tickErasers moves the erasures of all accounts on and says when to look again.
func (t *task) tickErasers(tx *consumer.Tx, now time.Time) (next time.Time, err error) {
	more, err := t.tellErasures(tx)
	if err != nil {
		return time.Time{}, err
	}
	if more {
		next = now
	}
	for _, e := range t.erasers {
		for _, move := range []func(*consumer.Tx, *eraser, time.Time) (time.Time, error){t.stepEraser, t.watchEraser} {
			at, err := move(tx, e, now)
			if err != nil {
				return time.Time{}, fmt.Errorf("account %s: %w", e.account, err)
			}
			next = sooner(next, at)
		}
	}
	return next, nil
}

// erased takes in an erasure that is said as a whole: an entry for each account. Of a
// later configuration's accounts nothing is known here, and they are not asked.
func (t *task) erased(tx *consumer.Tx, id schema.Erasure, rows []*musterpb.Row) (outcome string, err error) {
	outcome = recordUnchanged
	rows = oneExternID(rows)
	for _, account := range t.options.accounts() {
		x, err := t.entry(tx, account, id)
		switch {
		case err != nil:
			return "", err
		case x == nil:
			x = &entry{
				AccountErasure: &musterpb.AccountErasure{Rows: rows, SinceMs: t.now().UnixMilli()},
				key:            schema.AccountErasureKey(string(account), id), erasure: id,
			}
		case len(without(rows, x.Rows)) == 0:
			continue
		default:
			x.Rows = oneExternID(union(x.Rows, rows))
			x.Removed, x.CalledOff = false, false // that was of fewer rows
		}
		if err := t.putEntry(tx, x); err != nil {
			return "", err
		}
		outcome = recordApplied
		e, now := t.eraser(account), t.now()
		// Who is erased at about the same time goes in one request.
		e.pending, e.lookAt = true, sooner(e.lookAt, now.Add(t.options.Quiet))
		e.again = sooner(e.again, now.Add(t.options.Quiet)) // a pass under way may be behind it
		if e.overdue.oldest.IsZero() {
			e.overdue.lookAt = now
		}
	}
	return outcome, nil
}

// oneExternID gives all rows of a user the EXTERN_ID that some of them have: it is one,
// and a request has it in all of its rows or in none.
func oneExternID(rows []*musterpb.Row) []*musterpb.Row {
	i := slices.IndexFunc(rows, hasExternID)
	if i < 0 {
		return rows
	}
	all := make([]*musterpb.Row, 0, len(rows))
	for _, r := range rows {
		if !hasExternID(r) {
			r = r.CloneVT()
			r.ExternId = rows[i].ExternId
		}
		all = append(all, r)
	}
	return all
}
