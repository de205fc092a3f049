package schema

// deleteShape decodes type delete, the erasure of a user.
func (d *Decoder) deleteShape() fault {
	d.begin(typeDelete)
	id, anonymous := d.env.userID, false
	name := id
	if id == "" {
		id, anonymous = d.env.anonymousID, true
		name = d.anonymous(id)
	}
	if id == "" {
		return fault{NoUser, noUserDetail}
	}
	if f := d.checkKey(id, name); f.reason != "" {
		return f
	}
	d.erase(typeDelete, id, anonymous)
	return fault{}
}

// tombstone decodes a key without a value: an erasure where the source says so.
func (d *Decoder) tombstone() fault {
	if !d.source.TombstoneErases {
		return fault{}
	}
	if len(d.record.Key) == 0 {
		return fault{NoUser, "neither key nor value: nobody to erase"}
	}
	d.env = envelope{}
	d.begin("tombstone")
	d.erase("tombstone", string(d.record.Key), false)
	return fault{}
}

// erase adds the erasure of a user under both names an id can have: an
// erasure must reach what came in before the person signed in too.
func (d *Decoder) erase(typ, id string, anonymous bool) {
	user, also := d.keyer.Key(id), d.keyer.Key(d.anonymous(id))
	if anonymous {
		user, also = also, user
	}
	d.events = append(d.events, Event{Type: typ, User: user, AlsoErase: also, Stamp: d.draft.stamp, Erase: true})
	if d.watch != nil {
		if anonymous {
			id = d.anonymous(id)
		}
		d.watch.user(id)
		d.watch.end()
	}
}

// anonymous returns the name of the anonymous user of the id, valid until
// d.scratch is used again.
func (d *Decoder) anonymous(id string) string {
	d.scratch = append(append(d.scratch[:0], anonymousPrefix...), id...)
	return text(d.scratch)
}
