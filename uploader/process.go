package uploader

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// The outcomes of a record: each has exactly one.
const (
	recordApplied    = "applied"     // what is desired changed
	recordVersion    = "version"     // only the version did
	recordUnchanged  = "unchanged"   // the very same again
	recordStale      = "stale"       // older than what is stored
	recordTombstone  = "tombstone"   // says nothing: an emptied member's last trace
	recordTwoSources = "two_sources" // of another source partition: an alarm
	recordDeadLetter = "dead_letter"
)

// Process applies emissions of the membership stage. Several of one member cost
// one write.
func (t *task) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	b := intake{task: t, tx: tx, members: make(map[string]*arrival)}
	for i := range records {
		take := b.apply
		if records[i].Topic == t.options.Commands {
			take = b.obey
		}
		outcome, err := take(&records[i])
		if err != nil {
			return fmt.Errorf("apply %s/%d@%d: %w", records[i].Topic, records[i].Partition, records[i].Offset, err)
		}
		t.counted.record(outcome)
	}
	t.countIn(tx)
	for _, m := range b.order {
		if m.changed {
			if err := t.put(tx, m.audience, m.member); err != nil {
				return err
			}
		}
	}
	for _, gone := range b.removals { // of members as the batch leaves them
		if err := t.unsettle(tx, gone); err != nil {
			return fmt.Errorf("unsettle members of ad account %s: %w", gone.Account, err)
		}
	}
	return t.flush(tx)
}

// intake is one batch of records on its way into the table.
type intake struct {
	task    *task
	tx      *consumer.Tx
	members map[string]*arrival
	order   []*arrival
	// removals are to be looked at when all members are logged.
	removals []*musterpb.AccountRemoval
}

// arrival is a member that records of the batch speak of.
type arrival struct {
	*member
	audience *audience
	changed  bool
}

func (b *intake) apply(r *consumer.Record) (outcome string, err error) {
	if schema.Reserved(r.Key) {
		return b.reserved(r)
	}
	key, user, err := schema.ParseMemberKey(r.Key)
	if err != nil {
		return b.deadLetter(r), nil
	}
	if r.Value == nil {
		return recordTombstone, nil
	}
	rows := new(musterpb.MemberRows)
	if err := rows.UnmarshalVT(r.Value); err != nil {
		return b.deadLetter(r), nil
	}
	m, err := b.member(string(r.Key), key, user)
	if err != nil {
		return "", err
	}
	return b.merge(m, rows, r), nil
}

func (b *intake) member(recordKey, key string, user schema.UserKey) (*arrival, error) {
	if m := b.members[recordKey]; m != nil {
		return m, nil
	}
	t := b.task
	a, err := t.audience(b.tx, key)
	if err != nil {
		return nil, err
	}
	if !a.logged {
		// An audience's row stands before its members, where they are looked for.
		a.row.FirstSeenMs, a.row.AddOnly = t.now().UnixMilli(), a.options.AddOnly
		t.touch(a)
		if err := t.log(b.tx, a); err != nil {
			return nil, err
		}
	}
	m, err := t.load(b.tx, a, user)
	if err != nil {
		return nil, err
	}
	arrived := &arrival{member: m, audience: a}
	b.members[recordKey] = arrived
	b.order = append(b.order, arrived)
	return arrived, nil
}

// merge makes what rows say the member's desired state, unless it is older.
func (b *intake) merge(m *arrival, rows *musterpb.MemberRows, r *consumer.Record) (outcome string) {
	t, a := b.task, m.audience
	if m.Incarnation != 0 && m.SourcePartition != rows.SourcePartition {
		t.options.Health.addTwoSources(a.key)
		t.alarm(a, alarmTwoSources)
		return recordTwoSources
	}
	newer := cmp.Or(cmp.Compare(rows.Incarnation, m.Incarnation), cmp.Compare(rows.Position, m.Position))
	if newer < 0 {
		return recordStale
	}
	t.learn(a, rows)
	desired := union(nil, rows.Rows)
	if !rows.In {
		desired = nil
	}
	same := sameRows(desired, m.Desired) && rows.In == m.In && rows.Erased == m.Erased && rows.Withdrawn == m.Withdrawn &&
		rows.Unmatchable == m.Unmatchable
	if same && newer == 0 {
		return recordUnchanged
	}
	switch {
	case rows.In:
		m.returned()
	case a.mayHoldStrangers() && a.leave(m.member, rows.Rows):
		same = false
		a.lastChange = t.now()
	}
	m.Incarnation, m.Position, m.SourcePartition = rows.Incarnation, rows.Position, rows.SourcePartition
	m.changed = true
	if same {
		return recordVersion
	}
	if !sameRows(desired, m.Desired) {
		if len(m.Refused) > 0 {
			// Refused rows may be in synced without being in Facebook.
			m.Refused, m.Batch = nil, unsettled
		}
		a.lastChange = t.now()
		a.links.add(r.Headers)
	}
	m.In, m.Erased, m.Withdrawn, m.Desired, m.Unmatchable = rows.In, rows.Erased, rows.Withdrawn, desired, rows.Unmatchable
	return recordApplied
}

// learn keeps what the stream says of the audience itself. The first word
// counts: a later name does not rename, a second space blocks.
func (t *task) learn(a *audience, rows *musterpb.MemberRows) {
	for _, x := range []struct {
		have *string
		said string
	}{
		{&a.row.Name, rows.Name}, {&a.row.Space, rows.Space},
		{&a.row.Computation, rows.Computation}, {&a.row.StreamFacebookId, rows.FacebookId},
	} {
		if *x.have == "" && x.said != "" {
			*x.have = x.said
			a.changed = true
			t.touch(a)
		}
	}
	t.learnSpace(a, rows.Space)
	t.learnComputation(a, rows.Computation)
}

// The alarms of an audience: what must not be and is not repaired by itself.
const (
	alarmTwoSources = "two_sources"     // a member comes from two source partitions
	alarmErasedHeld = "erased_but_held" // Facebook refuses to remove an erased user
)

// remedies say what a person has to do about an alarm, where it is one thing.
var remedies = map[string]string{
	alarmErasedHeld: "Facebook refuses to remove erased users while the audience is so small: it is tried again by itself; to have it done at once, delete the audience at Facebook, or have it grow above about 100 matched people, then run muster retry of it",
	alarmTwoSources: "records of one user come from several source partitions: key the sources by user and give them one partition count, or set sources[].repartition: true on all of them, with another group and topics.prefix",
}

// AlarmRemedy is what a person has to do about an alarm; "" for one that is not known.
func AlarmRemedy(alarm string) string { return remedies[alarm] }

// alarm counts, logs each alarm once an audience, and keeps it in the row.
func (t *task) alarm(a *audience, kind string) {
	t.telemetry.alarm(t.ctx, kind)
	if slices.Contains(a.row.Alarms, kind) {
		return
	}
	a.row.Alarms = append(a.row.Alarms, kind)
	a.changed = true
	t.touch(a)
	t.options.Logger.Error("audience alarm", "audience", a.key, "alarm", kind, "partition", t.info.Partition, "remedy", remedies[kind])
}

func (b *intake) deadLetter(r *consumer.Record) string {
	b.tx.DeadLetter(consumer.DeadLetter{
		Reason: string(schema.BadRecord), Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		KeyHash: keyHash(r.Key), Size: len(r.Value),
	})
	return recordDeadLetter
}

func keyHash(key []byte) string {
	if len(key) == 0 {
		return ""
	}
	var sum [8]byte
	h := xxhash.Sum64(key)
	for i := range sum {
		sum[i] = byte(h >> (56 - 8*i))
	}
	return hex.EncodeToString(sum[:])
}
