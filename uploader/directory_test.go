package uploader

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

func TestMarker(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ключ", 300)
	other := describe("", "house", "other")
	for _, words := range []string{"", "kept", long, other, strings.Repeat("x", maxWords-20) + other} {
		for _, key := range []string{"a", "b", long, "[muster:0123]", ""} {
			d := describe(words, "house", key)
			if got := markerIn(d); got != markerOf("house", key) {
				t.Errorf("marker of %.20q in %q is %q", key, d, got)
			}
			if n := len([]rune(d)); n > 250 {
				t.Errorf("the description of %.20q has %d characters", key, n)
			}
		}
	}
	if markerOf("house", "a") == markerOf("other", "a") {
		t.Error("two installations share a marker")
	}
	if m := markerIn("made by hand [muster:xyz]"); m != "" {
		t.Errorf("marker %q in a foreign description", m)
	}
}

// pages is an account of n pages.
type pages struct {
	instant
	n     int
	calls atomic.Int64
	fail  atomic.Int64 // pages that fail first
}

func (p *pages) AudiencePage(ctx context.Context, _ facebook.AccountID, after string, _ ...string) (facebook.Page, error) {
	p.calls.Add(1)
	select {
	case <-ctx.Done():
		return facebook.Page{}, &facebook.Error{Class: facebook.Withheld}
	case <-time.After(time.Second):
	}
	if p.fail.Add(-1) >= 0 {
		return facebook.Page{}, &facebook.Error{Class: facebook.Transient}
	}
	i := 0
	_, _ = fmt.Sscan(after, &i)
	page := facebook.Page{Audiences: []facebook.Audience{{
		ID: facebook.AudienceID(fmt.Sprint(100 + i)), Description: describe("", "house", fmt.Sprint(i)),
	}}}
	if i+1 < p.n {
		page.Next = fmt.Sprint(i + 1)
	}
	return page, nil
}

// TestDirectory: one listing, all pages of it, serves all who ask; a listing that
// began too early is made anew.
func TestDirectory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &pages{n: 3}
		f.fail.Store(1)
		d := newDirectory(f, newTestBudget(noCredential))
		since := time.Now()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				want := facebook.AudienceID("")
				if i < 3 {
					want = facebook.AudienceID(fmt.Sprint(100 + i))
				}
				if id, _, err := d.find(t.Context(), "1", markerOf("house", fmt.Sprint(i)), since); id != want || err != nil {
					t.Errorf("find %d: %q, %v", i, id, err)
				}
			})
		}
		wg.Wait()
		if n := f.calls.Load(); n != 4 {
			t.Errorf("%d pages read, want 3 and one again", n)
		}
		if _, _, err := d.find(t.Context(), "1", "x", time.Now()); err != nil {
			t.Error(err)
		}
		if n := f.calls.Load(); n != 7 {
			t.Errorf("%d pages read, want another 3", n)
		}
	})
}

// TestDirectoryEnds: a listing that ended with one task is made again for another.
func TestDirectoryEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &pages{n: 2}
		d := newDirectory(f, newTestBudget(noCredential))
		since := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := d.find(ctx, "1", "x", since); err == nil {
				t.Error("the cancelled one found something")
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if id, _, err := d.find(t.Context(), "1", markerOf("house", "1"), since); id != "101" || err != nil {
				t.Errorf("find: %q, %v", id, err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
	})
}

func TestLowestOfTwo(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]facebook.AudienceID{{"9", "10", "11"}, {"11", "10", "9"}} {
		l := listing{byMarker: make(map[marker]facebook.AudienceID)}
		for _, id := range ids {
			l.add("m", id)
		}
		if l.byMarker["m"] != "9" {
			t.Errorf("%v: chose %s", ids, l.byMarker["m"])
		}
	}
}

// What a former owner in the same process was told of an account is too old for the
// next one: the audience that the former one was making is not in it.
func TestNextOwnerListsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{TakeoverWait: time.Minute, ResendOver: -1}, graphtest.Options{})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.TimeoutAfter, Match: graphtest.Match{Op: graphtest.OpCreate}})
		w.enter("x", "u1", "email:a")
		w.run(time.Minute + 10*time.Second)
		w.task.Takeover()
		w.run(5 * time.Minute)
		w.converged()
	})
}
