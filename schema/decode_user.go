package schema

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	anonymousPrefix = "anon:"
	rowPrefix       = "row:"
)

const (
	noUserDetail     = "the event has neither userId nor anonymousId"
	notKeyedDetail   = "the record key is not the event's user: key the source by userId (anonymousId where there is none), or set sources[].repartition: true"
	noKeyDetail      = "the record has no key: key the source by userId (anonymousId where there is none), or set sources[].repartition: true"
	userNotKeyDetail = "an event of the batch has another user than the record key: write one batch a user, or set sources[].repartition: true"
	rowKeyDetail     = "rows without a user cannot be shared out by this key: set sources[].repartition: true, or give the source one partition"
)

// fault is the reason why an event cannot be used, with a detail for a person.
// The zero fault is none.
type fault struct {
	reason DeadLetterReason
	detail string
}

// identify finds the user of the event and checks that the record is keyed by
// it: state is kept by partition, so all events of a user must meet in one.
// ignored is set for an anonymous user that is not wanted.
func (d *Decoder) identify() (f fault, ignored bool) {
	id, raw := d.env.userID, d.env.userID
	if id == "" {
		if d.env.anonymousID == "" {
			return fault{NoUser, noUserDetail}, false
		}
		raw = d.env.anonymousID
		d.scratch = append(append(d.scratch[:0], anonymousPrefix...), raw...)
		id = text(d.scratch)
		if d.opts.Anonymous == AnonymousIgnore {
			return fault{}, true
		}
	}
	if f := d.checkKey(raw, id); f.reason != "" {
		return f, false
	}
	d.setUser(id)
	if d.opts.ExternID && d.env.userID != "" {
		d.draft.externID = string([]byte(raw))
	}
	return fault{}, false
}

// checkKey holds the record key against the user, given as the event has it and
// as Muster names it; both are good keys for an anonymous user.
func (d *Decoder) checkKey(raw, id string) fault {
	key := text(d.record.Key)
	switch {
	case d.anyKey || key != "" && (key == raw || key == id):
		return fault{}
	case key == "":
		return fault{NotKeyed, noKeyDetail}
	case d.inBatch:
		return fault{UserNotKey, userNotKeyDetail}
	default:
		return fault{NotKeyed, notKeyedDetail}
	}
}

func (d *Decoder) setUser(id string) {
	d.draft.user = d.keyer.Key(id)
	if d.watch != nil {
		d.watch.user(id)
	}
}

// identifyRow makes a user of a row that has none: the hash of its first strong
// identifier within the audience. Called when the row's values are gathered.
func (d *Decoder) identifyRow(audience, externID string) fault {
	key, value := ExternID, []byte(externID)
	for _, k := range [...]Key{Email, Phone, MADID} {
		if len(value) > 0 {
			break
		}
		key, value = k, d.firstValue(k)
	}
	if len(value) == 0 {
		return fault{reason: NoUser, detail: "the row has no usable EXTERN_ID, EMAIL, PHONE or MADID"}
	}
	b := append(append(d.scratch[:0], audience...), 0)
	b = append(append(b, key.String()...), 0)
	b = AppendUploaded(b, key, value)
	sum := sha256.Sum256(b)
	b = hex.AppendEncode(append(b[:0], rowPrefix...), sum[:])
	d.scratch = b
	if !d.anyKey && d.opts.Partitions != 1 && string(d.record.Key) != string(b) {
		return fault{NotKeyed, rowKeyDetail}
	}
	d.setUser(text(b))
	if d.opts.ExternID {
		d.draft.externID = string([]byte(externID))
	}
	return fault{}
}
