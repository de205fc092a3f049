package uploader

import (
	"math"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
)

// window sends one delta of an audience: removals, then adds; where Facebook
// refused a removal because of the audience's size, both once more.
type window struct {
	started time.Time
	closes  time.Time // when it was due; later than started where it uses spare capacity
	span    trace.Span
	op      op
	again   bool // the second round
	refused bool // a removal of this round was refused
	owed    bool // removals that are owed are tried too
	restate bool // a pass of adds left members to be added again behind it
	pass    pass
	batch   *batch   // gathered, waiting or in flight
	halves  []*batch // of a split batch, the next one last
	splits  int      // because of bad requests
}

// pass is one way through the audience's dirty members. Rows with and without
// EXTERN_ID take a pass each, as they share no request.
type pass struct {
	from       []byte // the first dirty key not looked at
	done       bool
	withExtern bool
	other      bool // met rows for the other pass

	// The slow re-send goes through all members: from where it stood, left of
	// them in its first pass, to the same place in its second.
	resend bool
	resync int64 // the resync that this is, as in the audience's row; 0 = none
	left   int
	until  []byte
	ended  bool // came to the last member
}

// holds reports whether a batch belongs to the window.
func (w *window) holds(number int64) bool {
	if w == nil {
		return false
	}
	for _, b := range append(w.halves[:len(w.halves):len(w.halves)], w.batch) {
		if b != nil && b.number == number {
			return true
		}
	}
	return false
}

// advance moves the window on as far as it goes now and says when to look again.
func (t *task) advance(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	if !a.flight && t.twoSpaces(a) {
		t.abandon(a, now, blockTwoSpaces)
		return time.Time{}, nil
	}
	leaves := a.row.Forgetting || a.remapped()
	if a.row.FacebookId == "" && !leaves {
		return t.find(tx, a, now)
	}
	if !leaves {
		if ok, next := t.suits(tx, a, now); !ok {
			return next, nil
		}
	}
	for w := a.window; ; {
		switch {
		case a.flight:
			return time.Time{}, nil
		case a.row.Paused:
			t.abandon(a, now, "paused")
			return time.Time{}, nil
		case a.row.Replace != nil, a.row.Forgetting, a.remapped():
			t.abandon(a, now, "another order")
			return now, nil
		case w.batch != nil && w.batch.ready:
			return t.send(tx, a, w.batch, now)
		case len(w.halves) > 0:
			last := len(w.halves) - 1
			w.batch, w.halves = w.halves[last], w.halves[:last]
		case !w.pass.done:
			switch {
			case t.stopped:
				return time.Time{}, nil
			case t.slice == 0:
				return now, nil
			}
			t.resyncs(a)
			if err := t.gather(tx, a); err != nil {
				return time.Time{}, err
			}
		case w.pass.other && !w.pass.withExtern:
			second := pass{withExtern: true, resend: w.pass.resend, resync: w.pass.resync, until: w.pass.from}
			if w.pass.ended {
				second.left = math.MaxInt
			}
			w.pass = second
		case w.pass.resend:
			t.resent(a, now)
		case w.op == removing:
			w.op, w.pass = adding, pass{}
		case w.restate:
			w.pass, w.restate = pass{}, false
		case t.resendQuota(a, now) > 0:
			w.pass = pass{resend: true, resync: a.row.ResyncMs, left: t.resendQuota(a, now)}
		case w.refused && !w.again:
			w.op, w.pass, w.again, w.refused = removing, pass{}, true, false
		default:
			t.endWindow(a)
			return time.Time{}, nil
		}
	}
}

// openWindow begins a window; its span is linked to the producers' traces.
func (t *task) openWindow(a *audience, now time.Time) {
	a.window = &window{
		started: now,
		closes:  t.closes(a),
		span:    t.telemetry.window(t.ctx, a),
		owed:    a.owedDue(t.options.OwedEvery, now),
	}
	t.resync(a, now)
	t.touch(a)
}

// endWindow closes a window that ran to its end.
func (t *task) endWindow(a *audience) {
	w := a.window
	a.row.Windows++
	a.row.WindowStartedMs = w.started.UnixMilli()
	a.row.Block = nil
	a.changed = true
	a.unsentSince = time.Time{}
	if a.counts.pending > 0 {
		a.unsentSince = w.started
	}
	a.window = nil
	t.telemetry.windowEnded(w, t.now())
	t.touch(a)
}

// abandon gives a window up. Its batches stay open, so that the next one sends
// again what they may not have done.
func (t *task) abandon(a *audience, until time.Time, reason string) {
	a.holdUntil = until
	t.budget.forgetAudience(a)
	if a.window == nil {
		return // a replacement waits likewise
	}
	t.telemetry.windowAbandoned(a.window, t.now(), reason)
	a.window = nil
	t.touch(a)
}

// due reports whether a window is to be opened now, or when to look again; the
// zero time means not before something changes.
func (t *task) due(a *audience, now time.Time) (bool, time.Time) {
	if a.options.LeaveOut || a.row.Paused || t.stopped || t.twoSpaces(a) {
		return false, time.Time{}
	}
	at := t.dueAt(a, now)
	if at.IsZero() {
		return false, at
	}
	at = later(later(at, t.budget.opens(a.account(), now)), later(a.holdUntil, a.blockedUntil))
	return !now.Before(at), at
}

// dueAt returns when an audience may have a window: when one closes, or sooner when
// a batch is full and there is room. The zero time means never.
func (t *task) dueAt(a *audience, now time.Time) time.Time {
	at := t.closes(a)
	if a.counts.pending >= int64(t.options.MaxRows) && t.budget.easy(a.account(), now) {
		at = sooner(at, time.UnixMilli(a.row.WindowStartedMs).Add(t.options.Quiet))
	}
	return at
}

// closes returns when an audience's present window closes; the zero time means
// never. What cannot be sent by then is sent later, with what has come meanwhile.
func (t *task) closes(a *audience) time.Time {
	var at time.Time
	if a.counts.pending > 0 {
		at = a.boundary()
		if a.row.Windows == 0 {
			at = sooner(at, a.lastChange.Add(t.options.Quiet))
		}
	}
	if a.counts.owed > 0 {
		at = sooner(at, later(a.boundary(), time.UnixMilli(a.row.OwedTriedMs).Add(t.options.OwedEvery)))
	}
	if a.row.FacebookId != "" && !a.kindIsRight() {
		at = sooner(at, a.boundary()) // it is told though nothing is to be sent
	}
	if resync := a.resyncAt(); !resync.IsZero() {
		at = sooner(at, later(a.boundary(), resync))
	}
	if resend := t.resendAt(a); !resend.IsZero() {
		at = sooner(at, later(a.boundary(), resend))
	}
	return at
}

// boundary is the end of the window period after the one in which the last
// window began. Audiences are spread over the period by a hash of their keys, so
// that they do not all call at once.
func (a *audience) boundary() time.Time {
	last := a.row.WindowStartedMs
	if last == 0 {
		last = a.row.FirstSeenMs
	}
	period := max(a.options.Window.Milliseconds(), 1)
	phase := int64(xxhash.Sum64String(a.key) % uint64(period))
	return time.UnixMilli(((last-phase)/period+1)*period + phase)
}

func (a *audience) owedDue(every time.Duration, now time.Time) bool {
	return a.counts.owed > 0 && !now.Before(time.UnixMilli(a.row.OwedTriedMs).Add(every))
}
