package model

// profile makes a plain identify: what its traits say of emails, phones and
// mobile ids replaces what traits said before.
func (s *Stream) profile(p *person, first bool) {
	d := s.draft("identify", p)
	traits := object{"plan": "pro"}
	d.json["traits"] = traits
	if !p.nameless {
		s.contacts(p, d, traits, first)
	}
	r := s.rand
	if first || r.IntN(3) == 0 {
		d.name(r, traits)
	}
	if r.IntN(3) == 0 {
		d.gender(r, traits)
	}
	if r.IntN(3) == 0 {
		d.birth(r, traits)
	}
	topic := TopicIdentify
	if p.n%4 == 0 {
		topic = TopicProfiles
	}
	s.send(p, p.topicFor(topic), d)
}

// contacts adds emails and so on; somebody new gets at least one.
func (s *Stream) contacts(p *person, d *draft, traits object, first bool) {
	r := s.rand
	address := r.IntN(2) == 0
	if address {
		d.address(r, traits)
	}
	n := r.IntN(10)
	if first {
		n = 0
	}
	if n < 4 {
		s.trait(d, traits, email, "email", p.newEmail(r))
	}
	switch {
	case n == 4: // gone
		traits["email"] = pick(r, []any{nil, "", "  "})
		d.say(email, fromTrait, "")
	case n == 5: // no email: the old one stays
		traits["email"] = "nobody at example.com"
	case n == 6: // two at once
		a, b := p.newEmail(r), p.newEmail(r)
		traits["email"] = []any{a.raw, b.raw}
		d.say(email, fromTrait, "", a, b)
	}
	switch r.IntN(4) {
	case 0:
		key := pick(r, []string{"phone", "phone_number", "phonenumber", "phoneNumber"})
		s.trait(d, traits, phone, key, p.newPhone(r, !address))
	case 1:
		if !first {
			traits["phone"] = nil
			d.say(phone, fromTrait, "")
		}
	}
	switch r.IntN(12) {
	case 0:
		traits["idfa"] = "00000000-0000-0000-0000-000000000000" // none
	case 1:
		m := p.newMADID(r)
		traits["idfa"] = m.raw
		d.say(madid, fromTrait, "ios", m)
	case 2:
		m := p.newMADID(r)
		traits[pick(r, []string{"aaid", "gaid"})] = m.raw
		d.say(madid, fromTrait, "android", m)
	case 3:
		m := p.newMADID(r)
		traits["madid"] = m.raw
		d.say(madid, fromTrait, "", m)
	case 4:
		s.externalIDs(p, d)
	}
}

func (s *Stream) trait(d *draft, place object, key, name string, w written) {
	place[name] = w.raw
	d.say(key, fromTrait, "", w)
}

// externalIDs adds identifiers that always accumulate, and some that are none.
func (s *Stream) externalIDs(p *person, d *draft) {
	e, m := p.newEmail(s.rand), p.newMADID(s.rand)
	d.externalID("email", e.raw)
	d.say(email, fromExternalID, "", e)
	d.externalID("android.idfa", m.raw)
	d.say(madid, fromExternalID, "android", m)
	d.externalID("ios.idfa", "AB1234CD-E123-12FG-J123-000000000000") // no hex
	d.externalID("user_id", p.id)
	if s.rand.IntN(2) == 0 {
		f := p.newPhone(s.rand, false)
		d.externalID("phone", f.raw)
		d.say(phone, fromExternalID, "", f)
	}
}

// device makes an identify that tells of a phone or tablet, at times that its
// owner switched tracking off.
func (s *Stream) device(p *person) {
	if p.nameless {
		s.ignored(p)
		return
	}
	platform := pick(s.rand, []string{"ios", "android"})
	m := p.newMADID(s.rand)
	on := s.rand.IntN(4) > 0
	d := s.draft("identify", p)
	d.json["traits"] = object{}
	d.context["device"] = object{
		"type": pick(s.rand, map[string][]string{"ios": {"ios", "iOS"}, "android": {"android", "Android"}}[platform]),
		"id":   "B5372DB0-C21E-11E4-8DFC-AA07A5B093DB", "advertisingId": m.raw, "adTrackingEnabled": on,
	}
	if on {
		d.say(madid, fromDevice, platform, m)
	} else {
		d.fact.NoTrack = []string{platform}
	}
	s.send(p, p.topicFor(TopicIdentify), d)
}

// enrich makes an event of a computed trait: profile data without membership,
// which adds an email to those known.
func (s *Stream) enrich(p *person) {
	if p.nameless {
		s.ignored(p)
		return
	}
	d := s.draft("identify", p)
	d.personas(pick(s.rand, []string{"trait", "computed_trait"}), "lifetime_value")
	traits := object{"lifetime_value": 12.5}
	d.json["traits"] = traits
	emails := 1
	if p.collector {
		emails = 4
	}
	var list []any
	var said []written
	for range emails {
		w := p.newEmail(s.rand)
		list, said = append(list, w.raw), append(said, w)
	}
	traits["email"] = list
	d.say(email, fromTrait, "", said...)
	if s.rand.IntN(3) == 0 {
		s.trait(d, traits, phone, "phone", p.newPhone(s.rand, true))
	}
	s.send(p, p.topicFor(TopicMembership), d)
}
