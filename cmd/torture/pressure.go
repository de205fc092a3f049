package main

import (
	"time"

	"muster/uploader/facebook/graphtest"
)

// pressure is how often a run came to the places where order matters. A run that
// never did proves little.
type pressure struct {
	Unanswered int `json:"unanswered"` // changes of members whose answer nobody got
	Opposites  int `json:"opposites"`  // of them, those whose opposite came as soon as it may
	Handovers  int `json:"handovers"`  // changes of an audience's owner between two requests
}

// pressureOf reads it from the journal. soon is how soon after the end of a
// request an opposite one was held back by it.
func pressureOf(journal []graphtest.Entry, soon time.Duration) (p pressure) {
	last := make(map[string]graphtest.Entry)                  // by audience
	open := make(map[string]map[graphtest.Op]graphtest.Entry) // unanswered ones
	for _, e := range journal {
		if e.Op != graphtest.OpAdd && e.Op != graphtest.OpRemove {
			continue
		}
		if before, ok := last[e.Audience]; ok && before.Client != e.Client {
			p.Handovers++
		}
		last[e.Audience] = e
		opposite := graphtest.OpAdd
		if e.Op == graphtest.OpAdd {
			opposite = graphtest.OpRemove
		}
		if u, ok := open[e.Audience][opposite]; ok {
			delete(open[e.Audience], opposite)
			if e.Start.Sub(u.End) < soon {
				p.Opposites++
			}
		}
		if e.Outcome != graphtest.Answered {
			p.Unanswered++
			if open[e.Audience] == nil {
				open[e.Audience] = make(map[graphtest.Op]graphtest.Entry)
			}
			open[e.Audience][e.Op] = e
		}
	}
	return p
}

func (p *pressure) add(o pressure) {
	p.Unanswered += o.Unanswered
	p.Opposites += o.Opposites
	p.Handovers += o.Handovers
}
