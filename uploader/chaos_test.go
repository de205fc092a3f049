package uploader

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestChaos plays random histories: changes of few users who share identifiers,
// replacements, unknown answers and other faults, crashes at every step, lost tables, clean
// releases. When it is quiet, Facebook holds what is desired (I6), nothing was
// created twice and no opposite request followed an unknown answer too soon.
func TestChaos(t *testing.T) {
	t.Parallel()
	seeds := uint64(24)
	if text := os.Getenv("CHAOS_SEEDS"); text != "" {
		seeds, _ = strconv.ParseUint(text, 10, 64)
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { playChaos(t, rand.New(rand.NewPCG(seed, 1)), nil, 60) })
		})
	}
}

// playChaos plays a history of so many steps, on a disk of its own or on one that
// never fails.
func playChaos(t *testing.T, r *rand.Rand, disk *consumertest.Disk, steps int) {
	o := Options{
		Window: time.Minute, Quiet: 10 * time.Second, TakeoverWait: 25 * time.Second, SlowBeat: time.Minute,
		MaxRows: 1 + r.IntN(6), MaxSlice: 1 + r.IntN(7), OwedEvery: 2 * time.Minute, KeepEmptied: time.Hour,
		ResendOver: []time.Duration{-1, 20 * time.Minute}[r.IntN(2)], Commands: commandTopic,
	}
	if r.IntN(2) == 0 {
		o.Audiences = map[string]AudienceOptions{"a": {ResyncEvery: 10 * time.Minute}}
	}
	o.MaxRows = max(o.MaxRows, 3) // a member has up to two rows and their remains
	w := newWorldOn(t, disk, o, graphtest.Options{
		Seed: r.Uint64(), Latency: time.Duration(r.IntN(3)) * time.Second, ApplyDelay: time.Duration(r.IntN(3)) * time.Second,
		ReplaceDelay: time.Duration(r.IntN(5)) * time.Minute, SessionTTL: 10 * time.Minute,
		Random: graphtest.RandomFaults{Delay: 5 * time.Second, Rates: graphtest.EvenRates(0.3,
			graphtest.Code1, graphtest.Code2Transient, graphtest.HTTP503, graphtest.HTML500, graphtest.HTTP200Text, graphtest.Slow,
			graphtest.ResetBefore, graphtest.ResetAfter, graphtest.TimeoutBefore, graphtest.TimeoutAfter, graphtest.LowSize,
			graphtest.TooMany, graphtest.BadData, graphtest.Throttle17, graphtest.TokenExpired, graphtest.ReplaceInProgress,
			graphtest.ReplaceFails, graphtest.NotReplaced)},
	})
	w.crashes = true
	c := &chaos{world: w, r: r}
	for range steps {
		c.step()
	}
	w.graph.ClearFaults()
	if disk != nil {
		disk.Mend()
	}
	c.play(20 * time.Minute)
	c.play(20 * time.Minute) // a crash may have been left over
	// Rows that a bad request seemed to be at fault for wait for a change.
	for audience, users := range w.desired {
		for user, rows := range users {
			if rows != nil {
				c.process(w.says(audience, user, false))
				c.process(w.says(audience, user, true, rows...))
			}
		}
	}
	c.play(2 * time.Hour) // the crash may come only now
	w.run(2 * time.Hour)  // emptied members are forgotten meanwhile
	w.converged()
	c.settled()
}

type chaos struct {
	*world
	r *rand.Rand
}

func (c *chaos) step() {
	switch n := c.r.IntN(20); {
	case n < 9:
		c.change()
	case n == 16:
		c.replace()
	case n < 17:
		c.play(time.Duration(c.r.IntN(90)) * time.Second)
	case n == 17:
		c.task.FailAt(consumer.Step(c.r.IntN(4)))
	case n == 18:
		if c.r.IntN(2) == 0 {
			c.task.Wipe()
		}
		c.takeover()
	default:
		p := c.task.Processor()
		p.Stop()
		c.play(30 * time.Second)
		if !p.Busy() {
			if err := c.task.ReleaseErr(); err != nil && (c.disk == nil || !c.disk.Dead()) {
				c.t.Fatal(err)
			}
		}
		c.takeover()
	}
}

// replace asks for one of an audience, which may be under way already.
func (c *chaos) replace() {
	c.process(c.given(&musterpb.Command{
		Verb: musterpb.Verb_VERB_REPLACE, AtMs: time.Now().UnixMilli(), Audience: []string{"a", "b"}[c.r.IntN(2)],
	}))
}

// change has one user enter, leave or change; identifiers are few, so that users
// share them.
func (c *chaos) change() {
	audience := []string{"a", "b"}[c.r.IntN(2)]
	user := fmt.Sprintf("u%d", c.r.IntN(8))
	var rows []*musterpb.Row
	for range c.r.IntN(3) {
		text := fmt.Sprintf("email:e%d", c.r.IntN(6))
		switch c.r.IntN(4) {
		case 0:
			text = fmt.Sprintf("phone:p%d", c.r.IntN(4))
		case 1:
			text += fmt.Sprintf(" phone:p%d", c.r.IntN(4))
		}
		if user < "u3" {
			text += " extern_id:" + user
		}
		rows = append(rows, parseRow(fmt.Sprintf("%s fn:f%d", text, c.r.IntN(2))))
	}
	c.process(c.says(audience, user, len(rows) > 0, rows...))
}

// process applies a record as often as it takes: a crash leaves its offset
// uncommitted.
func (c *chaos) process(r consumer.Record) {
	c.t.Helper()
	for err := c.task.ProcessErr(r); err != nil; err = c.task.ProcessErr(r) {
		c.crashed(err)
	}
}

func (c *chaos) play(d time.Duration) {
	c.t.Helper()
	if err := c.runErr(d); err != nil {
		c.crashed(err)
	}
}

func (c *chaos) crashed(err error) {
	c.t.Helper()
	switch {
	case c.disk != nil && (c.disk.Dead() || c.disk.Failed()):
	case !errors.Is(err, consumertest.ErrCrash):
		c.t.Fatal(err)
	case c.r.IntN(2) == 0:
		c.task.Wipe()
	}
	c.takeover()
}

// takeover is the next owner's, on a disk that may fail meanwhile.
func (c *chaos) takeover() {
	c.t.Helper()
	if c.disk != nil {
		c.task.Recover()
		return
	}
	c.task.Takeover()
}

// idle waits for the windows that are open, of the slow re-send.
func (c *chaos) idle() {
	c.t.Helper()
	for range 1000 {
		if !slices.ContainsFunc(c.task.Processor().(*task).order, func(a *audience) bool { return a.window != nil }) {
			return
		}
		c.run(time.Second)
	}
	c.t.Fatal("windows stay open")
}

// settled checks the table against itself: nothing is pending, no batch open,
// and a restore from the changelog alone finds the same.
func (c *chaos) settled() {
	c.t.Helper()
	c.idle()
	before := c.task.Processor().(*task)
	for _, a := range before.order {
		if a.counts.pending != 0 || a.counts.owed != 0 || len(a.row.Open) != 0 {
			c.t.Errorf("audience %s: %d pending, %d owed, open %v: want none", a.key, a.counts.pending, a.counts.owed, a.row.Open)
		}
	}
	c.task.Wipe()
	c.task.Takeover()
	c.run(10 * time.Minute)
	c.idle()
	c.converged()
	for _, a := range before.order {
		if b := c.task.Processor().(*task).audiences[a.key]; b == nil || b.counts != a.counts {
			c.t.Errorf("audience %s: restored counts differ: %+v, %+v", a.key, a.counts, b)
		}
	}
}
