package graphtest

import (
	"slices"
	"time"
)

// identify finds what the request is about and completes its journal entry.
func (s *Server) identify(c *call) {
	c.account = s.accounts[c.route.account]
	if a := s.audiences[c.route.object]; a != nil {
		c.audience, c.account = a, a.account
	}
	e := c.entry
	e.Method, e.Op = c.method, c.op
	if c.account != nil {
		e.Account = c.account.ID
	}
	if c.payload != nil {
		e.Rows, e.Invalid = c.payload.received, c.payload.invalid
	}
}

// watch notes what a right client would not do.
func (s *Server) watch(c *call) {
	if c.payload != nil {
		for _, l := range c.payload.lapses {
			if l.kind == BlankColumn && c.op == OpReplace {
				continue // a session has one schema, whatever a single batch has
			}
			s.violate(c.entry, l.kind, l.detail)
		}
		if c.audience != nil && !c.audience.valueBased && c.payload.has(keyValue) {
			s.violate(c.entry, ValueUnasked, "")
		}
	}
	if _, inURL := c.tokenText(); inURL && slices.Contains(graphOps, c.op) {
		s.violate(c.entry, TokenInURL, "")
	}
	if c.oldVersion(s.opts.OldestVersion) {
		s.violate(c.entry, OldVersion, c.route.version)
	}
	if c.account != nil && c.account.told[c.entry.Client].ignored(c.entry.Start) {
		s.violate(c.entry, WhileThrottled, "")
	}
	if c.op == OpCreate {
		s.watchMarker(c)
	}
	if c.audience != nil && c.op.writes() {
		s.watchOverlap(c)
		s.watchUnknown(c)
	}
}

// watchMarker compares the description of a new audience with those of the account: the
// description carries the marker by which a client finds its audiences again.
func (s *Server) watchMarker(c *call) {
	marker := c.params.text("description")
	if marker == "" || c.account == nil {
		return
	}
	for _, a := range s.audiencesOf(c.account) {
		if a.fields["description"] == marker {
			s.violate(c.entry, DuplicateMarker, "first audience "+a.id)
			return
		}
	}
}

func (s *Server) watchOverlap(c *call) {
	for _, other := range s.journal.live {
		if other.entry == c.entry || other.entry.Audience != c.entry.Audience || !other.entry.Op.writes() || s.forgotten(other.entry) {
			continue
		}
		kind := Overlap
		if c.op.opposes(other.entry.Op) {
			kind = OppositeInFlight
		}
		other.overlaps = append(other.overlaps, newViolation(c.entry, kind, "with "+string(other.entry.Op)))
	}
}

// forgotten reports whether a request is so old that its client, if it still lives, has
// given it up and rested since: a frozen one keeps its connection for as long as it likes.
func (s *Server) forgotten(e *Entry) bool {
	w := s.opts.UnknownAnswerWindow
	return w > 0 && time.Since(e.Start) >= 2*w
}

func (s *Server) watchUnknown(c *call) {
	a := c.audience
	a.unknown = slices.DeleteFunc(a.unknown, func(u unknownAnswer) bool {
		return time.Since(u.at) >= s.opts.UnknownAnswerWindow
	})
	for _, u := range a.unknown {
		if c.op.opposes(u.op) {
			s.violate(c.entry, OppositeAfterUnknown, "after "+string(u.op))
			return
		}
	}
}
