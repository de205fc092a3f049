package schema

// values reads the value traits from the places, the first being heard before
// the second: what a value-based audience gives as LOOKALIKE_VALUE. An empty one
// clears it; one that is no number leaves it as it was.
func (d *Decoder) values(t *traitTable, places []place) {
	for _, tr := range t.values {
		var f finding
		for i := range places {
			p := &places[i]
			if v := p.slots[tr.slot]; v != nil && !d.isMembership(tr, v) && f.take(d.value(LookalikeValue, v, p, tr)) {
				break
			}
		}
		if f.value != nil || f.blank && !f.invalid {
			d.draft.values = append(d.draft.values, ValueUpdate{Trait: tr.path, Value: f.value})
		}
	}
}
