// Package membership is the first stage: it joins what is known of a user with
// the audiences the user is in, and tells the uploader, whenever that changes,
// which rows of the user belong in an audience.
//
//	source records ──decode──► events ──group by user──► merge ──► profile (table,
//	(keyed by user)                                        │       changelog)
//	                                                       └─────► member row sets
//	                                                               (by audience)
//
// Where the sources are not keyed by user, package repartition decodes them and
// writes the events to a topic that is; this stage then reads that one topic, and
// all else is the same (Options.Repartitioned).
//
// # Authority
//
// The changelog of profiles is authoritative for what is known of users; the
// table is its copy; member row sets are derived from it by the rules (chosen
// identifiers, consent, caps) and can be emitted again at any time. Records are
// authoritative for nothing once their offsets are committed.
//
// A profile holds, for one user: a register for each single-valued key, and one for
// each trait that gives a value-based audience its values; for each many-valued key
// one set for each source; the membership of each audience; the consent of each
// category; the platforms on which ad tracking was switched off; the moment of the
// last erasure. Each part has a stamp (event time, tie-break).
//
// # Invariants
//
// I1, replay is free. Every part is last-writer-wins by stamp, so merging is
// commutative, associative and idempotent, and equal states have equal bytes:
//
//   - Registers, memberships and consents: the highest stamp stays, a cleared
//     register too. An equal stamp is the same event: it overwrites, so that a
//     replay with corrected rules repairs. In a set it takes back what that event
//     said before. Different values at one stamp therefore never meet but in a
//     repair, where the one read last is meant to win.
//   - Sets: the stamp of the newest replacement, and of the values said at or
//     after it the ten highest by (latest stamp, value). Both bounds only rise and
//     cut from below, so it does not matter when they cut.
//   - Tracking switched off: mobile ids of the platform with a stamp at or before
//     are void, whenever they come.
//   - The cap on the union of sources is applied when rows are made, and never
//     stored.
//
// Two things are not free of order, on purpose. An erasure covers every stamp that
// the profile holds when it comes, as clocks run ahead: it errs on the side of
// erasing. And a profile that is full refuses what comes last.
//
// An erasure applies if its own moment, the later of its record's and its event's
// time, is after erased-at. Otherwise it is one that was applied already, being
// read again, and must not forget what was said since. Limit: of two erasures
// within five minutes the second does not cover an event between them if clocks
// running ahead had moved erased-at beyond it.
//
// I2, log first. A batch costs one read and at most one write a user, and none
// where nothing changed. A newer stamp is a change, even on an equal value: an
// event between the two, coming late, must lose.
//
// I7, nothing stops for one record. Each record ends in exactly one outcome:
// applied, unchanged, ignored by type, or a dead letter with its reason. A bad
// trait costs that trait.
//
// I8, no direct identifiers. Events arrive hashed and users as keys; the user id
// is stored only while EXTERN_ID is on, and removed when it no longer is. No log,
// error or attribute holds anything of an event but its type.
//
// # Emissions
//
// A version is (incarnation, position of the profile's record), or the task's last
// position where the profile was not rewritten: it only grows for a user, across
// owners too. A user who is in an audience without rows cannot be matched; one
// without consent is out, and said to be withdrawn: removed even where members are
// only added. Consent is the last word on each category; none is no. The first word on
// an audience is emitted even if it is an exit. Where Facebook may hold people whom
// Muster did not send (Options.Existing, or an event that names the Facebook audience)
// an exit carries the user's rows, consent or not, for it is by them that such a one is
// removed.
//
// A record that a former owner may have processed (Record.Replay) has all that it
// touches emitted, changed or not: every audience of the user if it carries
// profile data, else the audiences it names.
//
// # Erasure
//
//	profile ──erase──► emptied, audiences still named ──told──► only {erased-at}
//
// With Options.Suppress that is the end: whatever is said later of the user is
// refused (outcome suppressed), for as long as erased-at stands, which is for ever.
// It is free of order: an erasure covers what came before it, and nothing comes
// after. Who had come back before it was turned on is like any other user, until
// the next erasure: an exit must never be refused to one who is in.
//
// With Options.EraseAccounts an erasure is also said as a whole, under a key of no
// audience and to the partition that the user falls to, with all rows by which Facebook
// may find the person: it is to be removed from audiences that Muster does not keep. The rows are
// taken before the profile is emptied, and stay in it as the audiences do. An erasure
// that is read again does not apply, so says nothing; of a later one of the same user there
// is nothing to be said but what was heard between the two, and where that is nothing the topic
// of audits is told so.
//
// The audiences, the rows, and what the topic of audits is to hear, are forgotten only after the emissions that empty them were
// acknowledged; until then a later owner could not know whom to tell. A derived
// key says which profiles are on the way, and Restore makes it anew.
//
// # Age
//
// With Options.ForgetAfter a profile whose newest stamp is older than that counts
// as without consent, and a slow pass tells its audiences so and then deletes it
// (aging.go). The record's tombstone leaves nothing of the user but, after an
// erasure, erased-at. Age follows from stamps and the clock alone: old events that
// are read again build a profile up without anybody being told that the user is in
// an audience, until a new one comes, which has all of it said, or the next pass.
// The pass rests for ten minutes after each record of before the takeover; where
// such records come more slowly, what a user said before a gap may be forgotten
// between two of them.
//
// # Change of rules
//
// A fingerprint of all that decides the rows is recorded in the fence. An owner
// that finds another one withdraws it, emits every member in slices, and records
// its own at the end. Normalising happens when events are decoded: a new default
// country or date order changes old values only by a replay of the sources, and so
// does a value trait that nothing read before.
//
// # Failures
//
//	crash or fault                what is left          what heals it
//	----------------------------  --------------------  -----------------------------------
//	before the changelog          nothing               records are read again
//	logged, not (all) emitted     a silent change       Replay: everything touched is said
//	emitted, table not written    table behind          restored; the rest is I1
//	table written, offsets old    records read again    I1, Replay
//	somebody else's record in     a key of no user      refused at takeover, with its
//	the changelog                                       position and the remedy
//	erasure logged, not told      audiences named       Replay, and Tick tells it
//	erasure told, not forgotten   audiences named       Tick forgets them
//	erasure logged, topic of      Profile.erasure       Tick tells it, maybe twice; a
//	audits not told                                     replay after that tells nothing
//	old profile told, not deleted derived key           the pass comes by again
//	erasure logged, rows not said   Profile.erased_rows   Tick says it, maybe twice
//	half of a sweep               no fingerprint        the next owner begins anew
//	options changed back          no fingerprint        the same
//	source not keyed by user      dead letters, alarm   sources[].repartition: true
//	profile beyond its limit      dead letter           nothing; smaller events still apply
package membership
