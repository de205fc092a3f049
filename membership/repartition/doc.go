// Package repartition is the stage in front of membership for sources that are
// not keyed by their user, or not co-partitioned: it decodes their records and
// writes each event to a topic of Muster's own, keyed by user.
//
//	source A (4 partitions, no keys) ──► repartition A ─┐ muster.events
//	                                                    ├─(by user)──► membership
//	source B (3 partitions) ───────────► repartition B ─┘
//
// It is a stage like the others, one for each source, with a consumer group of
// its own. The sources need not have one partition count, as nothing is kept: its
// table is empty, and its changelog holds only the fences of its owners.
//
// # What is written
//
// The decoded, hashed event (schema.EventEncoder), never the source's record: the
// raw values stay in the source's topic (I8). The record's key is the user key,
// 16 bytes of a MAC; the partition follows from it. An erasure is written for
// each of the names a user can have. The raw user id is in an event only where
// EXTERN_ID is on.
//
// A record of several users (a batch, an audience list) becomes several records.
// A user without id (a RudderStack row) is the hash of the row's first strong
// identifier within its audience, as everywhere.
//
// Stamps are made here, from the record in the source: the tie-break is the hash
// of the messageId, else of the source's topic, partition and offset; an event
// time more than 5 minutes after the source record's is the record's. Membership
// must not and does not look at when the copy was written. The copy also carries
// the source's coordinates and time, for dead letters and for the moment of an
// erasure.
//
// # Authority and invariants
//
// The sources are authoritative; what is written can be written again at any
// time, and is after a crash, by a former owner that wakes up, or in a replay.
// The copies are equal to the byte, and applying an event twice changes nothing
// (I1). So nothing depends on the order in which copies are written, and a
// record needs no treatment of its own below the takeover's end (Record.Replay).
//
// I2: emissions and dead letters are acknowledged before the source's offset is
// committed: at least once, never lost. I7: each record ends in one outcome:
// relayed, ignored by type, or a dead letter with the source's coordinates.
// not_keyed and user_not_key cannot happen. A user's records of one source
// partition stay in their order.
//
// # All or none
//
// All sources of an installation are repartitioned, or none. Where a plain
// source's producer puts a user is its own business (clients hash differently),
// so that a mixture would have two tasks keep one profile. Turning it on or off
// moves users to other tasks in the same way: it takes a new topics.prefix and
// group, and the worker refuses to start otherwise.
//
// # Limits
//
// An erasure covers what the profile holds when the erasure comes (see
// membership, I1). Where the events of one user are spread over partitions,
// events said after the erasure may be read before it, the more so while a group
// first reads everything, and are then erased too: it errs on the side of
// erasing. The user's next event begins the profile anew.
//
// A change of how records are decoded reaches stored profiles by a replay of the
// sources, as without repartitioning; replaying muster.events would not do.
//
// # Failures
//
//	crash or fault             what is left           what heals it
//	-------------------------  ---------------------  ------------------------------
//	before the emissions       nothing                records are read again
//	some emissions written     copies                 written again; I1
//	written, offsets old       copies                 the same
//	former owner wakes up      late copies            the same
//	changelog or table lost    no fence               the next owner writes one
//	membership away for longer data loss in           a replay of the sources
//	than muster.events keeps   membership's input
//	source gets partitions     the stage refuses      its changelog gets as many:
//	                                                  the error says the command
package repartition
