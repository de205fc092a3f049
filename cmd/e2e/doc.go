// Package e2e holds the end-to-end tests: a generated event stream goes through
// a broker and several replicas of the worker into the Graph API emulator, while
// replicas come, go and crash and Facebook fails in every way it has. In the end
// every audience must hold what the model says, row by row.
//
// The same scenario runs on an emulated broker with the replicas in the test
// process, and on an Apache Kafka with each replica a process of the built
// binary. Nothing waits for a time: every step waits for what it needs to see.
package e2e
