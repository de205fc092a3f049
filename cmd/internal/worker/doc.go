// Package worker wires the parts of Muster into one process, in the order in
// which data flows:
//
//	telemetry → http server → Kafka cluster → topics → repartition → membership → uploader
//
// [New] checks the configuration and does no I/O. [Worker.Run] waits for Kafka,
// for as long as it takes and saying so, makes or checks the topics, runs the
// configured stages until its context ends, then drains them and stops in the
// opposite order. It returns an error only for what no waiting mends.
//
// # Readiness
//
// /livez answers 200 while the process runs. /readyz answers with the state as
// JSON:
//
//	 starting ──► restoring ──► ready ◄──► blocked
//	                 ▲            │
//	                 └─ degraded ◄┘
//
//	state      status  meaning
//	starting   503     waiting for Kafka, or for the topics
//	restoring  503     a task is taking over or reading its changelog
//	degraded   503     a task failed and is about to be tried again
//	blocked    200     something needs a person: a source that is not keyed by
//	                   its users, a member of two source partitions, an offset
//	                   that Kafka no longer has, a token that Facebook does not
//	                   accept. A restart would not help, and everything else
//	                   goes on (I7)
//	ready      200     all tasks of this replica run, be it none; a reason says
//	                   so where brokers do not fence former owners
//
// Nothing here is global: several workers can run in one process, each with its
// own logger, meters and transport. Package graphtest and kfake are the caller's
// business, never this package's.
package worker
