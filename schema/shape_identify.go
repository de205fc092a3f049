package schema

// identifyShape decodes an identify: profile data, and membership when
// context.personas or traits.audience_key says so.
func (d *Decoder) identifyShape() fault {
	d.begin(typeIdentify)
	m, claimed, f := d.membership(d.env.traits)
	if f.reason != "" {
		return f
	}
	f, ignored := d.identify()
	if f.reason != "" || ignored {
		return f
	}
	d.places[0].find(d.traits, "traits", d.env.traits)
	d.places[1].find(d.traits, "context.traits", d.env.contextTraits)
	d.claim(m, claimed)
	d.profile(d.places[:], true)
	d.end()
	return fault{}
}

// profile reads profile data and consent: from the traits of the places and,
// with ids, from context.device and context.externalIds.
func (d *Decoder) profile(places []place, ids bool) {
	d.draft.accumulate = d.env.personas.present
	var dev device
	if ids {
		dev = d.env.readDevice()
		d.tracking(&dev)
	}
	d.registers(d.traits, places)
	d.sets(d.traits, places)
	d.values(d.traits, places)
	if ids {
		d.externalIDs()
		d.deviceID(&dev)
	}
	d.consents()
}
