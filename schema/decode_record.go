package schema

import "time"

// SourceRecord is one record of an input topic. Key and Value are only read,
// and only until Decode returns.
type SourceRecord struct {
	Topic     string
	Partition int
	Offset    int64
	Time      time.Time // zero or before 1970 = the record has none
	Key       []byte
	Value     []byte // nil = tombstone
}

// Decoded is what became of one record. Exactly one of Events, Ignored and
// DeadLetter is set. A record is taken whole or not at all: one bad event of a
// batch makes the batch a dead letter.
type Decoded struct {
	// Events of the record, in its order. They share no memory with the record
	// and stay valid; their values must not be written to.
	Events []Event
	// Ignored is the type of a record that has nothing to say here: "page",
	// "tombstone", …
	Ignored string
	// DeadLetter is the reason why the record cannot be used.
	DeadLetter DeadLetterReason
	// DeadLetterDetail says more to a person. It holds nothing of the record's
	// content (I8).
	DeadLetterDetail string
}
