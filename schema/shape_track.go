package schema

// trackShape decodes a track: one made for an audience, a reverse-ETL row, or a
// plain one.
func (d *Decoder) trackShape(typ string) fault {
	if d.env.personas.present || audienceKeyOf(d.env.properties) != "" {
		return d.audienceTrack(typ)
	}
	if in, ok := reverseETL(d.env.event); ok && d.source.Audience != "" {
		return d.reverseETLTrack(typ, in)
	}
	return d.plainTrack(typ)
}

func (d *Decoder) audienceTrack(typ string) fault {
	d.begin(typ)
	m, claimed, f := d.membership(d.env.properties)
	if f.reason != "" {
		return f
	}
	f, ignored := d.identify()
	if f.reason != "" || ignored {
		return f
	}
	d.places[0].find(d.traits, "properties", d.env.properties)
	d.places[1].find(d.traits, "context.traits", d.env.contextTraits)
	d.claim(m, claimed)
	d.profile(d.places[:], true)
	d.end()
	return fault{}
}

// reverseETL reads the names that reverse ETL gives to changes of a row.
func reverseETL(event string) (in, ok bool) {
	switch event {
	case "new", "updated":
		return true, true
	case "deleted":
		return false, true
	default:
		return false, false
	}
}

func (d *Decoder) reverseETLTrack(typ string, in bool) fault {
	d.begin(typ)
	f, ignored := d.identify()
	if f.reason != "" || ignored {
		return f
	}
	d.places[0].find(d.traits, "properties", d.env.properties)
	d.claim(Membership{Audience: d.source.Audience, In: in}, true)
	d.profile(d.places[:1], false)
	d.end()
	return fault{}
}

// plainTrack reads what a track says of the person in passing: context.traits
// and consent. Its properties are of the thing done. Never a dead letter: most
// tracks are not meant for Muster at all.
func (d *Decoder) plainTrack(typ string) fault {
	if d.env.contextTraits == nil && d.env.consent == nil {
		return fault{}
	}
	d.begin(typ)
	if f, ignored := d.identify(); f.reason != "" || ignored {
		return fault{}
	}
	d.places[0].find(d.traits, "context.traits", d.env.contextTraits)
	d.profile(d.places[:1], false)
	if len(d.draft.registers)+len(d.draft.sets)+len(d.draft.values)+len(d.draft.consents)+len(d.draft.dropped) == 0 {
		return fault{}
	}
	d.end()
	return fault{}
}
