// Package model makes an event stream and says, by itself, what Facebook has to
// hold when all of it was processed. The end-to-end tests and the demo compare
// the worker's work with it.
//
// It is independent: it imports nothing of schema, consumer, membership or
// uploader. It does not parse what it generates either. Every event is written
// together with its meaning, a [Fact]: which user, at which event time, in or
// out of which audiences, which identifiers as they are to be uploaded. [Truth]
// sorts the facts of a user by event time and applies them one after the other;
// there is no merging by stamps, no table, no window.
//
// Uploaded values come from testdata/vectors.json, which a person can check by
// eye and with sha256sum. Only emails and phones that the generator makes by
// counting ("u000001.0@example.com"), and so are normalised from the start, are
// hashed here.
//
// [Stream] gives the records in the order of arrival, which is not the order of
// event time: some are late, some are swapped with others, some come twice. A
// user's records of all topics go to one partition. Times are those of a clock
// of its own that ticks with every event, so no two events of a user have one
// time; where clocks are skewed, some have, which speak of different audiences.
// Nothing depends on ties.
//
// What is said about one user after an erasure arrives in the topic of the
// erasure, after it: an erasure covers all that was known when it was
// processed, so that the order between topics would matter otherwise.
package model
