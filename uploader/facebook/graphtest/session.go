package graphtest

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/valyala/fastjson"
)

// session is a client's upload session, of /users or /usersreplace.
type session struct {
	id       int64
	audience *audience
	op       Op
	schema   string
	started  time.Time
	ended    time.Time
	closed   bool
	received int
	invalid  int
}

// batch is the session parameter of a request.
type batch struct {
	session int64
	seq     int64
	last    bool
	total   int64
}

// readBatch reads the session parameter; nil when there is none.
func readBatch(in params) (*batch, *graphError) {
	if !in.has("session") {
		return nil, nil
	}
	v := in.object("session")
	if v.Type() != fastjson.TypeObject {
		return nil, errBadParam("session", "an array.")
	}
	b := &batch{last: isTrue(v.Get("last_batch_flag"))}
	var ok bool
	if b.session, ok = wholeNumber(v.Get("session_id")); !ok || b.session <= 0 {
		return nil, errBadParam("session_id", "a positive integer.")
	}
	if b.seq, ok = wholeNumber(v.Get("batch_seq")); !ok || b.seq < 1 {
		return nil, errBadParam("batch_seq", "an integer from 1.")
	}
	b.total, _ = wholeNumber(v.Get("estimated_num_total"))
	return b, nil
}

// enterSession counts a batch of /users into its session. What Facebook does on repeated
// batches is not documented; they are taken. For closed and timed-out sessions it says only
// that the batch is refused; the codes are those of /usersreplace.
func (s *Server) enterSession(c *call) (*session, *graphError) {
	b, err := readBatch(c.params)
	if b == nil || err != nil {
		return nil, err
	}
	ses, err := s.openSession(c, b)
	if err != nil {
		return nil, err
	}
	ses.take(c.payload, b, c.now)
	return ses, nil
}

func (s *Server) openSession(c *call, b *batch) (*session, *graphError) {
	ses := c.account.sessions[b.session]
	if ses == nil {
		ses = &session{id: b.session, audience: c.audience, op: c.op, schema: c.payload.schemaText(), started: c.now}
		c.account.sessions[b.session] = ses
		return ses, nil
	}
	switch {
	case ses.audience != c.audience || ses.op != c.op:
		return nil, errBadParam("session_id", "unique within the ad account.")
	case ses.closed:
		return nil, errSessionFinished()
	case s.overdue(ses, c.now):
		return nil, errSessionTimedOut()
	case ses.schema != c.payload.schemaText():
		return nil, errShape()
	}
	return ses, nil
}

func (s *Server) overdue(ses *session, now time.Time) bool {
	return now.Sub(ses.started) > s.opts.SessionTTL
}

func (ses *session) take(p *payload, b *batch, now time.Time) {
	ses.received += p.received
	ses.invalid += p.invalid
	if b.last {
		ses.closed, ses.ended = true, now
	}
}

// listSessions answers GET /{audience}/sessions.
func (s *Server) listSessions(c *call) (any, *graphError) {
	only, filtered := c.params.number("session_id")
	var list []*session
	for _, ses := range c.account.sessions {
		if ses.audience == c.audience && (!filtered || ses.id == only) {
			list = append(list, ses)
		}
	}
	slices.SortFunc(list, func(a, b *session) int { return cmp.Compare(b.id, a.id) })
	names := c.params.names("fields")
	if len(names) == 0 {
		names = sessionFields
	}
	data := make([]map[string]any, 0, len(list))
	for _, ses := range list {
		fields, err := project(ses.node(), names, "CustomAudienceSession")
		if err != nil {
			return nil, err
		}
		data = append(data, fields)
	}
	return map[string]any{"data": data}, nil
}

// sessionFields are shown when none are asked for; whether Facebook shows all is not
// documented.
var sessionFields = []string{"session_id", "stage", "progress", "start_time", "end_time", "num_received", "num_matched",
	"num_invalid_entries"}

// node gives all fields of a session. All are text, as the SDKs declare them.
func (ses *session) node() map[string]any {
	f := map[string]any{
		"session_id": strconv.FormatInt(ses.id, 10), "stage": "uploading", "progress": "0",
		"start_time":   strconv.FormatInt(ses.started.Unix(), 10),
		"num_received": strconv.Itoa(ses.received), "num_invalid_entries": strconv.Itoa(ses.invalid),
		"num_matched": strconv.Itoa(ses.received - ses.invalid), "end_time": nil,
	}
	if ses.closed {
		f["stage"], f["progress"], f["end_time"] = "processing", "50", strconv.FormatInt(ses.ended.Unix(), 10)
		if len(ses.audience.pending) == 0 {
			f["stage"], f["progress"] = "completed", "100"
		}
	}
	return f
}
