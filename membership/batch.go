package membership

import (
	"muster/consumer"
	"muster/schema"
)

// batch groups the events of the records at hand by user, each user's in the
// order of the records. Its memory is used again.
type batch struct {
	records  []consumer.Record
	origins  []schema.Origin // by record
	outcomes []outcome       // by record
	remedies []string        // by record, for dead letters
	index    map[schema.UserKey]int32
	users    []userSteps
	steps    []step
}

// userSteps is the chain of one user's steps.
type userSteps struct {
	key         schema.UserKey
	first, last int32
}

// step is one event for one user.
type step struct {
	event  *schema.Event
	record int32
	next   int32 // -1 = last
}

func newBatch() batch { return batch{index: map[schema.UserKey]int32{}} }

func (b *batch) reset(records []consumer.Record) {
	clear(b.index)
	clear(b.steps)
	b.records = records
	b.origins = append(b.origins[:0], make([]schema.Origin, len(records))...)
	b.outcomes = append(b.outcomes[:0], make([]outcome, len(records))...)
	b.remedies = append(b.remedies[:0], make([]string, len(records))...)
	b.users, b.steps = b.users[:0], b.steps[:0]
}

func (b *batch) add(user schema.UserKey, record int, e *schema.Event) {
	n := int32(len(b.steps))
	b.steps = append(b.steps, step{event: e, record: int32(record), next: -1})
	i, found := b.index[user]
	if !found {
		b.index[user] = int32(len(b.users))
		b.users = append(b.users, userSteps{key: user, first: n, last: n})
		return
	}
	b.steps[b.users[i].last].next = n
	b.users[i].last = n
}

// decode reads record i and shares its events out to their users.
func (t *task) decode(i int) {
	d, origin := t.reader.read(&t.batch.records[i])
	t.batch.origins[i] = origin
	switch {
	case d.DeadLetter != "":
		t.batch.outcomes[i] = outcome{outcomeDeadLetter, string(d.DeadLetter)}
		t.batch.remedies[i] = d.DeadLetterDetail
	case d.Ignored != "":
		t.batch.outcomes[i] = outcome{outcomeIgnored, d.Ignored}
	default:
		t.batch.outcomes[i] = outcome{what: outcomeUnchanged}
	}
	for j := range d.Events {
		e := &d.Events[j]
		t.batch.add(e.User, i, e)
		if e.Erase && e.AlsoErase != (schema.UserKey{}) {
			t.batch.add(e.AlsoErase, i, e)
		}
		for _, dropped := range e.Dropped {
			t.tally.dropped[droppedTrait{dropped.Key, dropped.Reason}]++
		}
	}
}
