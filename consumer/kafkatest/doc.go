// Package kafkatest starts brokers for tests: a real Apache Kafka in processes
// of its own, or an emulation inside the test process.
//
// A real broker shows what the emulation hides (record batches that compaction
// left empty, the fencing window before a new owner's first record, slow
// coordinators of a fresh cluster); the emulation starts in no time and runs in
// a testing/synctest bubble. What matters is tested on both.
//
// # A real broker
//
// [Start] and, outside of tests, [Open] need Java 17 and Maven on the path. Maven copies the
// jars that pom.xml names from Maven Central into the user's cache directory, once per
// version of pom.xml; a lock file keeps test processes that run at the same
// time from doing it twice. A cluster is one or three KRaft nodes, each broker
// and controller at once, each a process of its own with its data in a
// temporary directory.
//
//	missing Java or Maven        the test is skipped, or fails where CI=true
//	a port is taken meanwhile    the start is repeated with other ports
//	the test process dies        the kernel kills the nodes (Linux)
//	the test fails               the nodes' logs are kept, the test says where
//
// [Cluster.Tool] runs one of Kafka's own command line tools against it, to compare
// with what they do.
//
// # An emulated broker
//
// [StartFake] listens on the loopback interface, [StartVirtual] on a network in
// memory that a synctest bubble can see through.
package kafkatest
