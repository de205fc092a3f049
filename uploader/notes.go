package uploader

import (
	"errors"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// How many of the last requests, and of those that failed, are told of an audience.
const (
	notedRequests = 10
	notedErrors   = 5
)

// notes are an audience's last requests, oldest first. They go with the owner: the
// next one begins anew.
type notes struct {
	requests []*musterpb.RequestNote
	errors   []*musterpb.RequestNote
}

// graphCall is one request while it is made.
type graphCall struct {
	op    facebook.Op
	rows  int
	began time.Time
	took  time.Duration
	err   error
}

func newGraphCall(op facebook.Op, rows int) *graphCall {
	return &graphCall{op: op, rows: rows, began: time.Now()}
}

// done is called by the request's goroutine.
func (c *graphCall) done(err error) { c.err, c.took = err, time.Since(c.began) }

// note keeps a request that was answered, or not, by whichever error.
func (a *audience) note(c *graphCall, now time.Time) {
	n := &musterpb.RequestNote{AtMs: now.UnixMilli(), Op: string(c.op), Rows: int64(c.rows), Millis: c.took.Milliseconds()}
	if c.err != nil {
		n.Class = facebook.Unclassified.String()
		if e, ok := errors.AsType[*facebook.Error](c.err); ok {
			n.Class, n.Title, n.Remedy = e.Class.String(), e.Title, e.Remedy
			n.Status, n.Code, n.Subcode, n.TraceId = int32(e.Status), int32(e.Code), int32(e.Subcode), e.TraceID
		}
		a.notes.errors = last(append(a.notes.errors, n), notedErrors)
	}
	a.notes.requests = last(append(a.notes.requests, n), notedRequests)
}

// last drops all but the last n. What was shown before is not written over.
func last(list []*musterpb.RequestNote, n int) []*musterpb.RequestNote {
	return list[max(0, len(list)-n):len(list):len(list)]
}
