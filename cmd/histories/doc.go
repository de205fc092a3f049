// Package histories has no code, only tests: the whole worker in a
// testing/synctest bubble, with Kafka, Facebook, network and disks in memory, so
// that an hour passes at once and a replica can lose its power at any store
// operation. Random histories are played against the model; a seed makes the same
// history again, as far as goroutines let it.
//
// HISTORIES is how many are played, from seed FIRST_SEED on (see make histories);
// SEED plays that one alone and shows what the replicas say.
package histories
