package uploader

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

const (
	// maxSessions is how many replace sessions are begun before the list is sent in the
	// ordinary way instead.
	maxSessions = 3
	// replaceWithin is how long after it was asked for a replacement is given up.
	replaceWithin = 24 * time.Hour
	// sessionShare is the share of a session's life that a replacement may be expected
	// to take: what else the account needs, and repeats, want the rest.
	sessionShare = 0.8

	blockReplace = "replace"
)

// replacing is what the task knows of a replacement under way; the logged part is
// musterpb.Replace. doc.go draws its states.
type replacing struct {
	span   trace.Span
	from   []byte // the first member not looked at
	tally  tally  // while they are counted
	layout layout // of the session
	batch  *batch // gathered, waiting or in flight
	last   bool   // the batch is the session's last one
	spare  item   // of the batch before, for a last one that nobody is left for

	unanswered bool // a try of the batch was not answered
	polls      int
	pollAt     time.Time
}

// askReplace is what a person's command does. What is refused changes nothing.
func (t *task) askReplace(a *audience, askedMs int64) {
	a.row.ReplaceFailed = t.mayReplace(a, a.counts.desired, 0)
	switch {
	case a.row.ReplaceFailed != nil:
		t.options.Logger.Warn("the audience is not replaced", "audience", a.key, "problem", a.row.ReplaceFailed.Title, "remedy", a.row.ReplaceFailed.Remedy)
	case a.row.Replace == nil:
		a.row.Replace = &musterpb.Replace{AskedMs: askedMs}
	}
}

// mayReplace returns why so many rows, of so many bytes where that is known, cannot
// take the place of what the audience holds; nil if they can.
func (t *task) mayReplace(a *audience, rows, bytes int64) *musterpb.Block {
	resync := "To send the full list again without removing anybody, run muster resync " + a.key + "."
	no := func(remedy, title string, args ...any) *musterpb.Block {
		return &musterpb.Block{Reason: blockReplace, Title: fmt.Sprintf(title, args...), Remedy: remedy, SinceMs: t.now().UnixMilli()}
	}
	switch {
	case a.options.LeaveOut:
		return no("Let it be synchronised first: sync, include and exclude in the configuration.", "the audience is left out")
	case a.options.AddOnly:
		return no(resync, "the audience is add_only, and a replacement removes members")
	case a.row.Paused:
		return no("Run muster audience resume "+a.key+" first.", "the audience is paused")
	case a.row.FacebookId == "":
		return no("Wait until it has one; an audience that Muster makes is filled whole.", "the audience has no Facebook audience yet")
	case rows == 0:
		return no("Nothing is needed: who leaves is removed.", "nobody in the audience has an identifier that can be sent")
	case rows >= facebook.MaxReplace:
		return no(resync, "%d rows are wanted, and Facebook replaces fewer than 100 million", rows)
	}
	requests := max(ceil(rows, int64(t.budget.rows(a.account(), t.options.MaxRows))), ceil(bytes, int64(t.options.MaxBatchBytes)))
	takes := time.Duration(requests) * t.budget.pace(a.account())
	if allowed := time.Duration(sessionShare * float64(facebook.SessionLife)); takes > allowed {
		return no(resync, "%d rows need %d requests, which take about %s at the pace that ad account %s allows; to be done within Facebook's 90 minutes they may take %s",
			rows, requests, takes.Round(time.Minute), a.account(), allowed)
	}
	return nil
}

func ceil(n, by int64) int64 { return (n + by - 1) / by }

// replace moves a replacement on as far as it goes now and says when to look again.
func (t *task) replace(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	r := a.row.Replace
	t.takeUp(a)
	late := now.After(time.UnixMilli(r.AskedMs).Add(replaceWithin))
	switch {
	case a.flight, t.stopped:
		return time.Time{}, nil
	case late && (r.Broken || r.Session == 0):
		t.endReplace(a, t.notReplaced(a, cmp.Or(r.Problem, "it did not come about within a day")))
		return now, nil
	case !r.Broken && a.options.AddOnly:
		t.breakOff(a, "the audience is add_only now", true)
		return now, nil
	case !r.Broken && late:
		t.breakOff(a, "it did not end within a day", true)
		return now, nil
	case a.options.LeaveOut, a.row.Paused, !r.Broken && t.twoSpaces(a):
		t.budget.forgetAudience(a)
		return time.Time{}, nil
	case now.Before(a.blockedUntil):
		return a.blockedUntil, nil
	case r.Broken || r.Last && r.Answered == r.Sent:
		return t.poll(tx, a, now), nil
	}
	if ok, next := t.suits(tx, a, now); !ok {
		return next, nil
	}
	if r.Session == 0 {
		return t.prepare(tx, a, now)
	}
	return t.sendReplace(tx, a, now)
}

// takeUp goes on with what the log says of a replacement: the former owner's, or one
// that was just asked for.
func (t *task) takeUp(a *audience) {
	if a.replacing != nil {
		return
	}
	r := a.row.Replace
	a.replacing = &replacing{span: t.telemetry.replacing(t.ctx, a), layout: layoutOf(r.Keys), from: append(memberPrefix(a.key), r.Reached...)}
	if r.Sent > r.Answered && !r.Broken {
		t.breakOff(a, "the answer to a batch went down with a replica", false)
	}
}

// prepare counts the members' rows and begins the session if it can be done with.
func (t *task) prepare(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	r, p := a.row.Replace, a.replacing
	if over := a.unknown.over(t.options.RequestTimeout); now.Before(over) {
		return over, nil // it would change what replaces it
	}
	counted, err := t.countRows(tx, a)
	if err != nil || !counted {
		return now, err
	}
	p.layout = p.tally.layout(a.options.shape())
	rows := p.tally.rows(p.layout)
	if refused := t.mayReplace(a, rows, p.tally.bytes); refused != nil {
		t.options.Logger.Warn("the audience is not replaced", "audience", a.key, "problem", refused.Title, "remedy", refused.Remedy)
		t.endReplace(a, refused)
		return now, nil
	}
	r.Session, r.Keys, r.Total = newSession(), p.layout.names(), rows
	r.Batch = int64(tx.Next()) // the number that openBatch gives
	r.Tries++
	p.from = memberPrefix(a.key)
	t.options.Logger.Info("replacing the audience", "audience", a.key, "rows", rows, "try", r.Tries)
	if _, err := t.openBatch(tx, a); err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// newSession makes up a session id, which must be unique in the ad account.
func newSession() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return int64(max(binary.BigEndian.Uint64(b[:])&math.MaxInt64, 1))
}

// breakOff gives the session up; what it may still do at Facebook is waited for.
func (t *task) breakOff(a *audience, problem string, final bool) {
	r, p := a.row.Replace, a.replacing
	t.options.Logger.Warn("a replace session is given up", "audience", a.key, "try", r.Tries, "problem", problem)
	r.Broken, r.Problem, r.Final = true, problem, final
	p.batch.end(problem)
	p.batch, p.polls, p.pollAt = nil, 0, t.now().Add(pollBase)
	a.changed = true
	t.touch(a)
	if r.Sent == 0 {
		t.sessionOver(a)
	}
}

// sessionOver follows a session that was given up and does nothing any more: another
// one, or the ordinary way.
func (t *task) sessionOver(a *audience) {
	r := a.row.Replace
	if r.Final || r.Tries >= maxSessions {
		t.endReplace(a, t.notReplaced(a, r.Problem))
		return
	}
	a.row.Replace = &musterpb.Replace{AskedMs: r.AskedMs, Tries: r.Tries}
	a.replacing.span.End()
	a.replacing = nil
	a.changed = true
	t.touch(a)
}

// notReplaced tells a person why, and has all that is desired sent again if a session
// was begun: who was not in it may have lost their place.
func (t *task) notReplaced(a *audience, problem string) *musterpb.Block {
	b := &musterpb.Block{
		Reason: blockReplace, SinceMs: t.now().UnixMilli(), Title: "the audience was not replaced: " + problem,
		Remedy: "To try again, run muster resync " + a.key + " --replace.",
	}
	if a.row.Replace.Tries > 0 {
		a.row.ResyncMs, a.row.ResentTo = b.SinceMs, nil
		b.Remedy = "The full list is sent again in the ordinary way. " + b.Remedy
	}
	t.options.Logger.Error("the audience was not replaced", "audience", a.key, "problem", problem, "remedy", b.Remedy)
	return b
}

// sessionEnds is when Facebook has ended the session at the latest, whoever looks
// after it; the zero time if none is begun.
func (a *audience) sessionEnds() time.Time {
	r := a.row.Replace
	if r.GetSent() == 0 {
		return time.Time{}
	}
	return time.UnixMilli(r.StartedMs).Add(facebook.SessionLife)
}

// endReplace ends a replacement; failed says why it did not come about.
func (t *task) endReplace(a *audience, failed *musterpb.Block) {
	if a.replacing != nil {
		a.replacing.batch.end("the replacement ended")
		a.replacing.span.End()
	}
	a.row.Replace, a.replacing = nil, nil
	a.row.ReplaceFailed = failed
	a.changed = true
	t.touch(a)
}

// replaced: Facebook holds what the session sent and nothing else.
func (t *task) replaced(tx *consumer.Tx, a *audience, now time.Time) error {
	r := a.row.Replace
	t.options.Logger.Info("the audience is replaced", "audience", a.key, "batches", r.Answered)
	a.row.Since = r.Batch
	a.row.Open = slices.DeleteFunc(a.row.Open, func(n int64) bool { return n <= r.Batch })
	a.row.ResyncMs, a.row.ResentTo, a.row.ResentMs, a.row.ResyncedMs = 0, nil, now.UnixMilli(), now.UnixMilli()
	a.row.OwedTriedMs, a.row.ContentUnknown = 0, false
	a.row.Block = nil
	t.endReplace(a, nil)
	t.lookAtAll(tx, a)
	return t.log(tx, a)
}

// replaceText says what a replacement is doing.
func (a *audience) replaceText() string {
	switch r := a.row.Replace; {
	case r == nil:
		return ""
	case r.Broken:
		return "waiting for Facebook to end a session that was given up: " + r.Problem
	case r.Session == 0:
		return "counting"
	case r.Last && r.Answered == r.Sent:
		return "waiting for Facebook to finish"
	default:
		return fmt.Sprintf("sending about %d rows, %d requests done", r.Total, r.Answered)
	}
}
