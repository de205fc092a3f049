package graphtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxHang bounds how long a request is kept without an answer.
const maxHang = 10 * time.Minute

// reply is what comes back: an answer after a delay, or a cut connection.
type reply struct {
	status      int
	contentType string
	header      http.Header
	body        []byte
	code        int
	subcode     int
	delay       time.Duration
	reset       bool // cut the connection after the delay
	redirect    string
}

// redirect is the result of an operation that sends a browser on.
type redirect string

func jsonReply(v any) *reply {
	if to, ok := v.(redirect); ok {
		return &reply{status: http.StatusFound, redirect: string(to), contentType: "text/html"}
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("graphtest: encode answer: " + err.Error())
	}
	return &reply{status: http.StatusOK, contentType: "application/json", body: b}
}

// traceID names a request to its client as the journal does.
func traceID(seq int64) string { return fmt.Sprintf("EmuTrace%012d", seq) }

func errorReply(e *graphError, seq int64) *reply {
	e.TraceID = traceID(seq)
	rep := &reply{
		status: e.Status, code: e.Code, subcode: e.Subcode,
		contentType: "application/json; charset=UTF-8", body: e.body(), header: make(http.Header),
	}
	rep.header.Set("WWW-Authenticate", fmt.Sprintf("OAuth \"Facebook Platform\" \"invalid_request\" %q", e.Message))
	return rep
}

// deliver waits and answers. The journal entry is closed before the first byte goes out,
// so that the client's next request can never seem to overlap this one.
func (s *Server) deliver(w http.ResponseWriter, c *call, rep *reply) {
	if !sleep(c.http.Context(), rep.delay) {
		s.leave(c, Abandoned)
		panic(http.ErrAbortHandler)
	}
	if rep.reset {
		s.leave(c, Reset)
		cut(w)
	}
	s.leave(c, Answered)
	h := w.Header()
	for k, v := range rep.header {
		h[k] = v
	}
	h.Set("Content-Type", rep.contentType)
	h.Set("Cache-Control", "private, no-cache, no-store, must-revalidate")
	h.Set("facebook-api-version", c.version(s.opts.OldestVersion))
	trace := traceID(c.entry.Seq)
	h.Set("x-fb-trace-id", trace)
	h.Set("x-fb-request-id", trace)
	h.Set("x-fb-rev", "1000000001")
	if c.oldVersion(s.opts.OldestVersion) {
		h.Set("X-Ad-Api-Version-Warning", fmt.Sprintf("The call has been auto-upgraded to %s as %s has been deprecated.",
			s.opts.OldestVersion, c.route.version))
	}
	if rep.redirect != "" {
		h.Set("Location", rep.redirect)
	}
	h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body) // the client may be gone, which is its own affair
}

// leave closes the journal entry and remembers an answer the client did not get.
func (s *Server) leave(c *call, outcome Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.journal.end(c.entry, outcome) {
		s.note(v)
	}
	if outcome != Answered {
		c.entry.Status = 0
	}
	s.tally.byStatus[c.entry.Status]++
	a := c.audience
	if a == nil || !c.entry.Op.onMembers() {
		return
	}
	if outcome != Answered {
		at := c.entry.End
		if late := c.entry.Start.Add(s.opts.UnknownAnswerWindow); at.After(late) {
			at = late // the client gave it up then, or is frozen
		}
		a.unknown = append(a.unknown, unknownAnswer{c.entry.Op, at, c.entry.Client})
	} else if c.due.After(a.floor) {
		a.floor = c.due
	}
}

// sleep waits and reports whether the client is still there.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// resetter is a ResponseWriter that can pretend a cut connection.
type resetter interface{ reset() }

// cut ends the connection with a TCP reset, by whatever means the writer offers, and
// does not return.
func cut(w http.ResponseWriter) {
	if r, ok := w.(resetter); ok {
		r.reset()
	} else if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // without it the client sees a tidy end of stream, also an error
			}
			_ = conn.Close()
		}
	}
	panic(http.ErrAbortHandler)
}
