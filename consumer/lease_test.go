package consumer

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Each clock ends the lease by itself: the wall clock after a suspension, in
// which the monotonic one stood still; the monotonic one when the wall clock was
// set back.
func TestLeaseEndsOnEitherClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wallAhead time.Duration
		l := newGroupLease(30*time.Second, 40*time.Second)
		l.now = func() moment {
			m := bothClocks()
			m.wall = m.wall.Add(wallAhead)
			return m
		}
		check := func(what string, may bool) {
			t.Helper()
			err := l.MayAct()
			if (err == nil) != may || (err != nil && !errors.Is(err, errLost)) {
				t.Errorf("%s: %v, may act: want %t", what, err, may)
			}
		}
		check("before the first heartbeat", false)
		l.renew(l.now())
		check("renewed", true)
		time.Sleep(29*time.Second - 1)
		check("just before the end", true)
		time.Sleep(time.Nanosecond)
		check("at the end", false)

		l.renew(l.now())
		wallAhead += 29 * time.Second
		check("after a suspension", false)
		wallAhead -= time.Hour
		check("wall clock set back", true)
		time.Sleep(29 * time.Second)
		check("wall clock set back, time passed", false)
	})
}
