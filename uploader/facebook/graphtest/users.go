package graphtest

import (
	"hash/fnv"
	"strconv"
	"time"
)

// users answers POST and DELETE /{audience}/users. The rows are checked now and applied
// later.
func (s *Server) users(c *call) (any, *graphError) {
	a, p := c.audience, c.payload
	if err := s.acceptable(c); err != nil {
		return nil, err
	}
	if a.replace != nil {
		return nil, errReplaceInProgress()
	}
	if c.op == OpRemove && s.opts.LowSizeGuard {
		gone, size := s.wouldRemove(a, p.rows, c.now), s.matched(a)
		if gone > 0 && size-gone < minDelivery {
			return nil, errLowSize()
		}
	}
	ses, err := s.enterSession(c)
	if err != nil {
		return nil, err
	}
	s.accept(c)
	if c.op == OpAdd {
		a.source, a.sourceOp = p.source, true
		a.invalid = float64(p.invalid) / float64(p.received)
	}
	a.enqueue(operation{seq: c.entry.Seq, op: c.op, rows: p.rows, due: c.due})
	s.settle(a, c.now)
	return received(a.id, p, ses), nil
}

// acceptable holds the rules that depend on the audience.
func (s *Server) acceptable(c *call) *graphError {
	a, p := c.audience, c.payload
	if c.op != OpReplace && c.now.Sub(a.created) < s.opts.CreateLag {
		return errMissingEdge("users")
	}
	if a.flagged {
		return errFlagged()
	}
	if a.source != "" && a.source != p.source {
		return oauthError(2650, 0, "(#2650) Failed to update the custom audience: This audience was created from data source "+
			"%s, which does not support data source %s.", a.source, p.source)
	}
	if a.valueBased && !p.has(keyValue) {
		return oauthError(100, 0, "(#100) Value-Based Custom Audience requires LOOKALIKE_VALUE attribute.")
	}
	return nil
}

// accept fixes when the rows of a call are applied: in order of arrival, unless a fault
// holds them or reordering is on; never before rows that were already answered.
func (s *Server) accept(c *call) {
	c.due = c.now.Add(s.opts.ApplyDelay + c.fault.holdBack())
	if span := s.opts.ReorderSpan; span > 0 {
		c.due = c.due.Add(time.Duration(s.rand.Int64N(int64(span) + 1)))
	}
	if c.audience != nil && c.due.Before(c.audience.floor) {
		c.due = c.audience.floor
	}
}

// receipt is the answer to rows.
type receipt struct {
	AudienceID string            `json:"audience_id"`
	SessionID  string            `json:"session_id"`
	Received   int               `json:"num_received"`
	Invalid    int               `json:"num_invalid_entries"`
	Samples    map[string]string `json:"invalid_entry_samples"`
}

func received(audience string, p *payload, ses *session) receipt {
	r := receipt{AudienceID: audience, Received: p.received, Invalid: p.invalid, Samples: p.samples}
	if ses != nil {
		r.SessionID, r.Received, r.Invalid = strconv.FormatInt(ses.id, 10), ses.received, ses.invalid
		return r
	}
	// Recorded traffic shows one session id for all requests of a schema.
	h := fnv.New64a()
	h.Write([]byte(p.schemaText()))
	r.SessionID = strconv.FormatUint(h.Sum64()>>1, 10)
	return r
}

// forget answers DELETE /act_{id}/usersofanyaudience.
func (s *Server) forget(c *call) (any, *graphError) {
	s.accept(c)
	for _, a := range s.audiencesOf(c.account) {
		s.settle(a, c.now)
		due := c.due
		if due.Before(a.floor) {
			due = a.floor
		}
		a.enqueue(operation{seq: c.entry.Seq, op: OpForget, rows: c.payload.rows, due: due})
		s.settle(a, c.now)
	}
	return received(c.account.ID, c.payload, nil), nil
}
