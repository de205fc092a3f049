package uploader

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"golang.org/x/sync/singleflight"

	"muster/uploader/facebook"
)

// directory answers which audience of an account has a marker. One listing, all
// pages of it, serves all tasks of the process, so that a thousand keys cost as
// many reads as one. It is safe for concurrent use.
type directory struct {
	facebook Facebook
	budget   *budget

	group    singleflight.Group
	mu       sync.Mutex
	listings map[facebook.AccountID]listing
}

// listing is what an account held at some moment after began.
type listing struct {
	began    time.Time
	byMarker map[marker]facebook.AudienceID
	byName   map[string][]facebook.AudienceID
	filled   map[facebook.AudienceID]bool // it had members once
	all      int                          // with those of others, and those made since
}

func newDirectory(f Facebook, b *budget) *directory {
	return &directory{facebook: f, budget: b, listings: make(map[facebook.AccountID]listing)}
}

// find looks a marker up in a listing that began at since or later: an audience
// that was created before since is in it. "" = there is none. filled: it had members
// once.
func (d *directory) find(ctx context.Context, account facebook.AccountID, m marker, since time.Time) (id facebook.AudienceID, filled bool, err error) {
	l, err := d.listing(ctx, account, since)
	id = l.byMarker[m]
	return id, l.filled[id], err
}

// named looks a name up likewise, byte for byte. Names are not unique.
func (d *directory) named(ctx context.Context, account facebook.AccountID, name string, since time.Time) ([]facebook.AudienceID, error) {
	l, err := d.listing(ctx, account, since)
	return l.byName[name], err
}

func (d *directory) listing(ctx context.Context, account facebook.AccountID, since time.Time) (listing, error) {
	for {
		d.mu.Lock()
		l, ok := d.listings[account]
		d.mu.Unlock()
		if ok && !l.began.Before(since) {
			return l, nil
		}
		// A listing that began before since is waited for, and then another one is
		// made. One that ended with the task that asked for it is made again.
		_, err, shared := d.group.Do(string(account), func() (any, error) { return nil, d.list(ctx, account) })
		if err != nil && !(shared && ctx.Err() == nil && facebook.ClassOf(err) == facebook.Withheld) {
			return listing{}, err
		}
	}
}

// size is how many audiences an account holds.
func (d *directory) size(account facebook.AccountID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.listings[account].all
}

// made counts an audience that was created after the listing.
func (d *directory) made(account facebook.AccountID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.listings[account]
	l.all++
	d.listings[account] = l
}

// outdate has an account listed anew for the next look-up: an audience that was made
// after the listing is not known any more.
func (d *directory) outdate(account facebook.AccountID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.listings, account)
}

// list reads all pages. A page that fails for the moment is asked for again.
func (d *directory) list(ctx context.Context, account facebook.AccountID) error {
	l := listing{began: time.Now(), byMarker: make(map[marker]facebook.AudienceID), byName: make(map[string][]facebook.AudienceID), filled: make(map[facebook.AudienceID]bool)}
	for after := ""; ; {
		page, err := d.page(ctx, account, after)
		if err != nil {
			return err
		}
		l.all += len(page.Audiences)
		for _, a := range page.Audiences {
			l.byName[a.Name] = append(l.byName[a.Name], a.ID)
			l.filled[a.ID] = !a.ContentUpdated.IsZero()
			if m := markerIn(a.Description); m != "" {
				l.add(m, a.ID)
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listings[account] = l
	return nil
}

func (d *directory) page(ctx context.Context, account facebook.AccountID, after string) (facebook.Page, error) {
	wait := backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(time.Minute))
	return backoff.RetryWithData(func() (facebook.Page, error) {
		page, err := d.facebook.AudiencePage(ctx, account, after)
		d.budget.learn(account, page.Usage, err, time.Now())
		if err != nil && facebook.ClassOf(err) != facebook.Transient {
			err = backoff.Permanent(err)
		}
		return page, err
	}, backoff.WithContext(wait, ctx))
}

// add keeps the lowest id where two audiences bear one marker: whoever lists
// them chooses the same.
func (l *listing) add(m marker, id facebook.AudienceID) {
	if old, ok := l.byMarker[m]; ok && cmp.Or(cmp.Compare(len(old), len(id)), cmp.Compare(old, id)) <= 0 {
		return
	}
	l.byMarker[m] = id
}
