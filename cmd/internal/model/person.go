package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// person is somebody about whom events are made.
type person struct {
	n         int
	id        string
	anonymous bool
	nameless  bool // never has an email, phone or mobile id
	collector bool // gathers more emails than are used

	made  map[string]int  // identifiers made so far, by key
	in    map[string]bool // audiences the person is in, as the generator last said
	topic string          // of an erasure: where all later events go
	times map[int64]bool  // event times that a wrong clock gave
}

func newPerson(n int) *person {
	p := &person{n: n, made: make(map[string]int), in: make(map[string]bool)}
	p.anonymous = n%50 == 7
	p.nameless = n%40 == 11
	p.collector = n%97 == 5
	p.id = fmt.Sprintf("u%06d", n)
	if p.anonymous {
		p.id = fmt.Sprintf("a%06d", n)
	}
	return p
}

// user is the person as Muster names it.
func (p *person) user() string {
	if p.anonymous {
		return "anon:" + p.id
	}
	return p.id
}

// written is one value as an event spells it and as it is uploaded.
type written struct {
	raw      any
	uploaded string
}

// newEmail makes an email that the person did not have, at times one that the
// whole household shares.
func (p *person) newEmail(r *rand.Rand) written {
	text := fmt.Sprintf("u%06d.%d@example.com", p.n, p.made[email])
	p.made[email]++
	if p.n%6 < 2 && r.IntN(3) == 0 {
		text = fmt.Sprintf("family%06d@example.com", p.n/6)
	}
	return p.spellEmail(r, text)
}

// lastEmail is the email made last, under another spelling.
func (p *person) lastEmail(r *rand.Rand) written {
	return p.spellEmail(r, fmt.Sprintf("u%06d.%d@example.com", p.n, max(0, p.made[email]-1)))
}

func (p *person) spellEmail(r *rand.Rand, text string) written {
	w := written{text, hashOf(text)}
	switch r.IntN(6) {
	case 0:
		w.raw = strings.ToUpper(text)
	case 1:
		w.raw = "  " + text + "\t"
	case 2:
		w.raw = w.uploaded // producers may hash by themselves
	}
	return w
}

// newPhone makes a US number. Its national spellings are read by the default
// country, so they come only where the event names no country.
func (p *person) newPhone(r *rand.Rand, national bool) written {
	number := 2_000_000 + p.n*16 + p.made[phone]%16
	p.made[phone]++
	if p.n%6 == 3 && r.IntN(3) == 0 {
		number = 9_000_000 + p.n/60 // an office
	}
	s := fmt.Sprintf("%07d", number)
	digits := "1415" + s
	w := written{"+" + digits, hashOf(digits)}
	if !national {
		return w
	}
	switch r.IntN(5) {
	case 0:
		w.raw = fmt.Sprintf("(415) %s-%s", s[:3], s[3:])
	case 1:
		w.raw = fmt.Sprintf("1-415-%s-%s", s[:3], s[3:])
	case 2:
		w.raw = 14150000000 + number
	case 3:
		w.raw = fmt.Sprintf("+1 415.%s.%s", s[:3], s[3:])
	}
	return w
}

// newMADID makes a mobile advertiser id.
func (p *person) newMADID(r *rand.Rand) written {
	id := fmt.Sprintf("%08x-%04x-4000-8000-%012x", 0x10000000+p.n*7919, p.made[madid], p.n)
	p.made[madid]++
	w := written{id, id}
	if r.IntN(2) == 0 {
		w.raw = strings.ToUpper(id)
	}
	return w
}
