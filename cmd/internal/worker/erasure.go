package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema"
)

// erasure is the event that erases a user, in Segment's form.
type erasure struct {
	Type        string `json:"type"`
	UserID      string `json:"userId,omitempty"`
	AnonymousID string `json:"anonymousId,omitempty"`
	MessageID   string `json:"messageId"`
	Timestamp   string `json:"timestamp"`
}

// Erasures are the records for a source topic that have the users erased, keyed
// by user as sources must be. Each is read as the worker will read it first: one
// that would not erase exactly its user is an error. Errors name users by their
// number, never by their id (I8).
func Erasures(c *config.Config, topic string, users []string, anonymous bool, at time.Time) ([]consumer.Message, error) {
	decoder, keyer, err := erasureReader(c)
	if err != nil {
		return nil, err
	}
	records := make([]consumer.Message, len(users))
	var errs []error
	for i, user := range users {
		e := erasure{Type: "delete", MessageID: "muster-erase-" + uuid.NewString(), Timestamp: at.UTC().Format("2006-01-02T15:04:05.000Z07:00")}
		name := user
		if anonymous {
			e.AnonymousID, name = user, "anon:"+user
		} else {
			e.UserID = user
		}
		value, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode erasure: %w", err)
		}
		records[i] = consumer.Message{Key: []byte(user), Value: value}
		if err := checkID(user, anonymous); err != nil {
			errs = append(errs, fmt.Errorf("user %d of %d: %w", i+1, len(users), err))
			continue
		}
		read := decoder.Decode(schema.SourceRecord{Topic: topic, Time: at, Key: records[i].Key, Value: value})
		if len(read.Events) != 1 || !read.Events[0].Erase || read.Events[0].User != keyer.Key(name) {
			errs = append(errs, fmt.Errorf("user %d of %d: the worker would not take the erasure (%s %s)", i+1, len(users), read.DeadLetter, read.DeadLetterDetail))
		}
	}
	return records, errors.Join(errs...)
}

// checkID finds what makes an id another user's, or nobody's.
func checkID(id string, anonymous bool) error {
	switch {
	case anonymous && strings.HasPrefix(id, "row:"):
		return errors.New("a row without a user is no anonymousId: leave out --anonymous")
	case id == "":
		return errors.New("empty id")
	case strings.TrimSpace(id) != id:
		return errors.New("white space around the id: it would be another user; remove it")
	case !utf8.ValidString(id):
		return errors.New("id is not UTF-8: no event can name it")
	}
	return nil
}

// erasureReader decodes as the worker does. Erasures need no secret to be
// recognised, so that whoever erases users need not have it.
func erasureReader(c *config.Config) (*schema.Decoder, *schema.UserKeyer, error) {
	normaliser, err := schema.NewNormaliser(NormaliserOptions(c))
	if err != nil {
		return nil, nil, err
	}
	o := DecoderOptions(c)
	o.Normaliser = normaliser
	o.UserKeySecret = []byte("any secret does")
	d, err := schema.NewDecoder(o)
	if err != nil {
		return nil, nil, err
	}
	return d, schema.NewUserKeyer(o.UserKeySecret), nil
}
