package model

// Audiences with shapes of their own.
const (
	journeyV1   = "j_o_first_purchase__opened_email_dje83h" // true and false are texts
	journeyV2   = "journey_name__step_name_8943l"           // without a value: present is in
	journeyStep = "journey_step_members"
)

// enter puts a person into an audience.
func (s *Stream) enter(p *person) {
	if p.topic == "" && !p.anonymous && s.rand.IntN(8) == 0 {
		s.warehouse(p, true)
		return
	}
	audience := s.audience()
	p.in[audience] = true
	s.move(p, audience, true)
}

// exit takes a person out of an audience, usually one the person is in.
func (s *Stream) exit(p *person) {
	audience := s.audience()
	for i := range s.audiences {
		a := s.audiences[(i+p.n)%len(s.audiences)]
		if p.in[a] && s.rand.IntN(10) > 0 {
			audience = a
			break
		}
	}
	switch {
	case audience == journeyV2: // never exits
		s.enrich(p)
	case p.in[AudienceWarehouse] && p.topic == "":
		s.warehouse(p, false)
	default:
		delete(p.in, audience)
		s.move(p, audience, false)
	}
}

// audience picks one; some are far larger than others.
func (s *Stream) audience() string {
	n := len(s.audiences)
	return s.audiences[min(s.rand.IntN(n), s.rand.IntN(n))]
}

// move makes the event that says in or out.
func (s *Stream) move(p *person, audience string, in bool) {
	s.send(p, p.topicFor(TopicMembership), s.membership(p, audience, in))
}

func (s *Stream) membership(p *person, audience string, in bool) *draft {
	switch audience {
	case journeyV1:
		return s.journeyV1(p, in)
	case journeyV2:
		return s.journeyV2(p)
	case journeyStep:
		return s.track(p, "journey_step", journeyStep, in, "This Is A Test Event")
	}
	switch s.rand.IntN(6) {
	case 0:
		return s.byKey(p, audience, in)
	case 1:
		return s.byName(p, audience, in)
	case 2, 3:
		return s.identify(p, audience, in)
	default:
		return s.track(p, "audience", audience, in, "Audience "+map[bool]string{true: "Entered", false: "Exited"}[in])
	}
}

func (s *Stream) identify(p *person, audience string, in bool) *draft {
	d := s.draft("identify", p)
	d.personas("audience", audience)
	traits := object{audience: in}
	if !p.nameless && s.rand.IntN(2) == 0 {
		s.trait(d, traits, email, "email", p.lastEmail(s.rand))
	}
	d.json["traits"] = traits
	d.fact.In[audience] = in
	return d
}

// track is Engage's form, at times with the person's traits in the properties
// or in the context.
func (s *Stream) track(p *person, class, audience string, in bool, event string) *draft {
	d := s.draft("track", p)
	d.json["event"] = event
	d.personas(class, audience)
	properties := object{"audience_key": audience, audience: in}
	d.json["properties"] = properties
	d.fact.In[audience] = in
	if p.nameless {
		return d
	}
	switch s.rand.IntN(3) {
	case 0:
		d.name(s.rand, properties)
		d.address(s.rand, properties)
		s.trait(d, properties, email, "email", p.lastEmail(s.rand))
	case 1:
		e, f := p.lastEmail(s.rand), p.newPhone(s.rand, true)
		d.context["traits"] = object{"email": e.raw, "phone": f.raw}
		d.say(email, fromTrait, "", e)
		d.say(phone, fromTrait, "", f)
		d.externalID("email", e.raw)
		d.say(email, fromExternalID, "", e)
	}
	return d
}

// byKey has no class: a boolean under the audience's key is the sign.
func (s *Stream) byKey(p *person, audience string, in bool) *draft {
	d := s.draft("track", p)
	d.json["event"] = "Segment Sync"
	d.personas(pick(s.rand, []string{"", "Default"}), audience)
	d.json["properties"] = object{"audience_key": audience, audience: in}
	d.fact.In[audience] = in
	return d
}

// byName has neither class nor boolean: the event's name is the sign.
func (s *Stream) byName(p *person, audience string, in bool) *draft {
	d := s.draft("track", p)
	d.json["event"] = map[bool]string{true: "Audience Entered", false: "Audience Exited"}[in]
	d.json["properties"] = object{"audience_key": audience}
	d.fact.In[audience] = in
	return d
}

func (s *Stream) journeyV1(p *person, in bool) *draft {
	d := s.draft("track", p)
	d.json["event"] = "Audience Entered" // in both cases: the value decides
	d.personas("audience", journeyV1)
	d.json["properties"] = object{journeyV1: map[bool]string{true: "true", false: "false"}[in]}
	d.fact.In[journeyV1] = in
	return d
}

func (s *Stream) journeyV2(p *person) *draft {
	d := s.draft("track", p)
	d.json["event"] = "Journey Step Reached"
	d.personas("journey_step", journeyV2)
	properties := object{
		"journey_context":  object{"triggering_event": object{"organization": "Pied Piper"}},
		"journey_metadata": object{"journey_id": "2GKsjADZkD", "epoch_id": "yiC2qPZNIS"},
	}
	if !p.nameless {
		s.trait(d, properties, email, "email", p.lastEmail(s.rand))
	}
	d.json["properties"] = properties
	d.fact.In[journeyV2] = true
	return d
}

// warehouse makes an event of reverse ETL; its topic names the audience.
func (s *Stream) warehouse(p *person, in bool) {
	d := s.draft("track", p)
	delete(d.json, "context")
	d.json["event"] = pick(s.rand, map[bool][]string{true: {"new", "updated"}, false: {"deleted"}}[in])
	properties := object{}
	if in && !p.nameless {
		s.trait(d, properties, email, "email", p.newEmail(s.rand))
	}
	d.json["properties"] = properties
	d.fact.In[AudienceWarehouse] = in
	p.in[AudienceWarehouse] = in
	s.send(p, TopicWarehouse, d)
}

// batch makes one record of several events of a person.
func (s *Stream) batch(p *person) {
	if s.skewed(p) {
		s.atOnce(p)
		return
	}
	now := s.now
	var events []any
	for range 3 {
		d := s.membership(p, s.audience(), s.rand.IntN(2) == 0)
		s.restamp(d)
		events = append(events, d.json)
		s.truth.add(d.fact)
		s.now = s.now.Add(1e6)
	}
	s.deliver(p.topicFor(TopicMembership), p.user(), s.keyOf(p), encode(object{"batch": events}), true)
	s.now = now
}
