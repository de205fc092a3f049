// Package consumer is Muster's engine: it runs stages of the shape
//
//	input topics → one table → output topics
//
// on Kafka, and knows nothing of audiences. A stage is a Processor; package
// consumer gives it records, a table it can trust, and one commit per batch.
//
// # A task
//
// A stage's work is cut into tasks, one per partition p. The owner of a task
// owns partition p of every input topic (they are co-partitioned: equal counts,
// equal keys), partition p of the changelog, and the local Table, which is a
// copy of that changelog partition in Pebble. One goroutine runs a task; it is
// the only writer of everything the task owns, so there are no locks around
// state. Replicas are members of one consumer group per stage; Kafka is the
// only coordinator and the only durable store.
//
// A stage that keeps nothing (StageOptions.Stateless) has an empty table and a
// changelog of fences: its input may get more partitions at any time.
//
// # Log first (I2)
//
// What one call of the Processor writes is a Tx. It is committed in this order:
//
//  1. the changelog has acknowledged its records
//  2. the output topics have acknowledged emissions and dead letters
//  3. the table takes the records and their position, in one batch, unsynced
//  4. the group commits the source offsets
//  5. AfterCommit functions run: requests to the outside start here
//
// So the table is always a prefix of the changelog, and losing it, or its tail,
// costs time and nothing else. Crashes:
//
//	crash                     left behind           the next owner
//	before 1                  nothing               reads the records again
//	between 1 and 2           a silent change       restores it; reads the records
//	                                                again with Replay set; emits
//	between 2 and 3           changelog ahead       restores the tail
//	between 3 and 4           offsets old           reads again; applying is
//	                                                idempotent (I1)
//	table loses its tail      older position        restores the tail
//	table is gone, foreign,   none, or ErrWipe      restores everything
//	broken or too old
//	changelog made anew       no fence              begins the inputs again
//	somebody else wrote       strays                leaves them out, writes their
//	(without fencing)                               keys again
//	first restore broken off  a part of the table   goes on there, if the record up
//	                                                to which it came is still in the log
//	disk takes no writes      whatever was synced   the process ends; restores the tail
//
// # Takeover
//
//	joining ──► restoring ──► running ──► draining ──► released
//	                ▲            │            │
//	                └── error ───┴── lost ────┴──► dropped, nothing written
//
// A new owner asks the group whether it still belongs to the generation, gets a
// new producer epoch for the task (Owner, Log.Open), restores the table to the
// changelog's end, writes a fence, and restores what the former owner wrote
// before the fence took hold. From the fence on, brokers refuse the former
// owner's writes (I3, KIP-98): there is no moment at which two owners write. For
// brokers that do not, see "Without fencing".
// The fence also names the changelog's incarnation, the time of its first
// fence: a table of another incarnation, or one ahead of its log, is wiped. So
// is one whose last known fence is no longer where it was.
//
// The owner then notes the end of each input. Records below it are handed to
// the Processor with Replay set: a former owner may have logged what they say
// and died before emitting it, so the stage emits all they touch. A task that
// never had an owner has no such records.
//
// A takeover may take longer than the rebalance time-out without starving: it ends
// with revocation, so that its member comes to the rebalance in time, and what was
// restored by then stays.
//
// # Positions
//
// Tx.Put returns the position a record will have, before it is written. This
// holds because only the owner writes the partition: the log answers each
// append with the position of its first record, and any other answer than the
// predicted one ends the ownership. Positions only grow, across owners too, so
// (incarnation, position) can version what a stage emits, and Tx.Next can number
// what it does.
//
// # Without fencing
//
// Some brokers grant no transactional id. A producer then takes what they do grant
// (Guard), the Cluster says once what that costs and what mends it, and
// TaskStatus.Guard and muster.task.unfenced keep it visible:
//
//	guard     needs                          a former owner   a repeated request
//	epoch     Write on the transactional id  is refused       is stored once
//	sequence  a producer id (Kafka 3.0: any  can write        is stored once
//	          topic's Write; before that
//	          IdempotentWrite on the cluster)
//	position  Write on the topics            can write        can be stored twice
//
// Where others can write, a record names in a header the position it is meant for,
// the one that was predicted, and counts there only. Anywhere else it is a stray,
// for everybody who reads the changelog. So an append is one only if its writer knew
// all of the log before it: a request of a former owner that slept, a late one of
// one's own and the second copy of a repeated one change nothing, fence renewals,
// fingerprints and releases included. Only the fence of a takeover counts wherever
// it is; the takeover then restores up to it.
//
// An owner meets a stray as it meets any foreign record: its next append, or the look
// at the end once a minute, is not where it should be. It then emits nothing and
// commits nothing, and the task is taken over anew, which begins by asking the group: a
// former owner ends there. What the owner appended itself at the wrong place is a
// stray, too; its input is read again. The takeover leaves strays out of the table
// and, behind its fence, writes their keys again with what the table says:
// compaction knows only the last record of a key, and would remove the one that
// counts. If that append is displaced, it all begins again. Strays not yet written
// again are remembered with the table's position, so that it may crash anywhere.
//
// What remains weaker than with fencing:
//
//   - Compaction may come first, if a stray lies there for longer than the topic's
//     min.compaction.lag.ms (6 hours) without any owner. For owners without the table
//     its key is then as if it had never been logged.
//   - Emissions and dead letters without a changelog record have no position. A
//     former owner that slept between the last look at its lease and the request
//     still sends them: emissions are versions that the new owner's exceed, or, of a
//     stage without state, copies equal to the byte. With guard position, both may be
//     there twice.
//   - A former owner that slept in its takeover writes its fence, which costs the
//     present owner a takeover. Its fingerprint stands if that owner dies before it
//     notices.
//   - Records of a replica with fencing count wherever they are: all replicas need
//     the same rights.
//   - In a copy of the changelog at other positions (a mirrored cluster) nothing counts
//     but fences: begin anew there, under another group.
//
// # Lease (I3)
//
// Fencing protects Kafka; it cannot protect anything outside. For that there is
// the Lease: this process's own heartbeats, each error-free answer good for the
// shorter of session and rebalance time-out, less a margin, counted from when
// the heartbeat was sent. Lease.MayAct looks at the monotonic and the wall clock
// and is asked before every write, and last in the HTTP round tripper. On revocation the engine keeps calling Tick until the
// Processor is no longer Busy, within the drain time-out; only then is a release
// record written. Start.CleanRelease tells the next owner, who waits otherwise.
//
// # Tools
//
// What an operator's commands do with a cluster, never a task: Cluster.PlanRewind
// and Rewind move the offsets of a group without members, to where Kafka's own
// tool would; Cluster.Verify holds a table against its changelog, reading both
// only; Cluster.Append writes without fence or sequence numbers.
//
// Verify knows a prefix when it sees one (I2): up to the table's position each
// key has its newest record's value. Compaction forgets older records of a key,
// so one that was written again above the position may have nothing left to
// compare with; it is counted as such. A log cleaner that works while Verify
// reads can make such a key look different; a second run tells.
//
// # Deliberately absent
//
// Transactions (epoch and sequence numbers are enough, and cost no markers),
// kafka.Reader (it panics on empty batches and jumps on OffsetOutOfRange:
// segmentio/kafka-go #1416), static membership, and any jump over lost records:
// DataLossError stops the task, and marks its committed offset, until its operator
// decides. A topic made anew that has already grown past the committed offset
// cannot be told from the old one by its offsets.
package consumer
