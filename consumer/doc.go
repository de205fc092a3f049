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
// owner's writes (I3, KIP-98): there is no moment at which two owners write.
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
