package membership

import (
	"muster/consumer"
	"muster/schema"
)

// reader says what records mean and where they stood in their sources.
type reader interface {
	read(*consumer.Record) (schema.Decoded, schema.Origin)
	// keyHash names the key of a record in dead letters: a keyed hash, for a record
	// of a user the beginning of the user's key; "" where there is none (I8).
	keyHash(*consumer.Record) string
}

// sourceReader reads the sources themselves, keyed by user.
type sourceReader struct {
	decoder *schema.Decoder
	keyer   *schema.UserKeyer
}

func (s *sourceReader) read(r *consumer.Record) (schema.Decoded, schema.Origin) {
	d := s.decoder.Decode(schema.SourceRecord{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Key: r.Key, Value: r.Value,
	})
	return d, originOf(r)
}

func (s *sourceReader) keyHash(r *consumer.Record) string { return s.keyer.Short(r.Key) }

// eventReader reads the events that package repartition decoded and keyed by
// user. Their stamps were made from the original records.
type eventReader struct{}

func (eventReader) read(r *consumer.Record) (schema.Decoded, schema.Origin) {
	e, origin, err := schema.DecodeEvent(r.Key, r.Value)
	if err != nil { // somebody else writes to the topic
		return schema.Decoded{DeadLetter: schema.NotAnEvent}, originOf(r)
	}
	return schema.Decoded{Events: []schema.Event{e}}, origin
}

// keyHash leaves out the key of what is not ours: it may be anything.
func (eventReader) keyHash(r *consumer.Record) string {
	e, _, err := schema.DecodeEvent(r.Key, r.Value)
	if err != nil {
		return ""
	}
	return e.User.Short()
}

func originOf(r *consumer.Record) schema.Origin {
	return schema.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Size: len(r.Value)}
}
