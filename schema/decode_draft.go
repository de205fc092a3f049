package schema

// draft is an event in the making. Its slices are used again and again; end
// copies them out.
type draft struct {
	typ         string
	user        UserKey
	externID    string
	stamp       Stamp
	hint        Hint
	accumulate  bool   // the event has context.personas: traits add, and replace nothing
	audienceKey string // the member that says the membership is no trait

	memberships []Membership
	registers   []RegisterUpdate
	sets        []setDraft
	values      []ValueUpdate
	trackingOff []Platform
	consents    []ConsentUpdate
	dropped     []Dropped
}

func (d *draft) reset(typ string) {
	*d = draft{
		typ:         typ,
		memberships: d.memberships[:0],
		registers:   d.registers[:0],
		sets:        d.sets[:0],
		values:      d.values[:0],
		trackingOff: d.trackingOff[:0],
		consents:    d.consents[:0],
		dropped:     d.dropped[:0],
	}
}

// drop notes that the value at a trait could not be used. Path and trait are
// names Muster knows, never text of the event (I8).
func (d *draft) drop(k Key, path, trait string, reason DropReason) {
	where := path
	if trait != "" {
		where = path + "." + trait
	}
	d.dropped = append(d.dropped, Dropped{Key: k, Trait: where, Reason: reason})
}

// end turns the draft into an event.
func (d *Decoder) end() {
	e := &d.draft
	sets := d.endSets() // may drop values
	d.events = append(d.events, Event{
		Type:        e.typ,
		User:        e.user,
		ExternID:    e.externID,
		Stamp:       e.stamp,
		Memberships: d.memberSlab.clone(e.memberships),
		Registers:   d.registerSlab.clone(e.registers),
		Sets:        sets,
		Values:      d.updateSlab.clone(e.values),
		TrackingOff: d.platformSlab.clone(e.trackingOff),
		Consents:    d.consentSlab.clone(e.consents),
		Dropped:     d.droppedSlab.clone(e.dropped),
	})
	if d.watch != nil {
		d.watch.end()
	}
}
