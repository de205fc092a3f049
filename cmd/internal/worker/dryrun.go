package worker

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/cespare/xxhash/v2"

	"muster/uploader"
	"muster/uploader/facebook"
)

// dryRun is a Facebook that is read and never written to: it says what would be
// written, and counts it. It names every method itself: a new one must be thought
// about. The client below it lets no write out either (facebook.Options.ReadOnly).
type dryRun struct {
	real uploader.Facebook
	log  *slog.Logger

	mu   sync.Mutex
	done map[facebook.AudienceID]*DryAudience
}

var _ uploader.Facebook = (*dryRun)(nil)

// DryAudience is what a dry run would have written to one audience.
type DryAudience struct {
	Name     string
	ID       facebook.AudienceID // of an audience that would be created, one of the dry run's own
	Created  bool
	Requests int
	Added    int // rows
	Removed  int // rows

	valueBased bool
}

func newDryRun(real uploader.Facebook, log *slog.Logger) *dryRun {
	return &dryRun{real: real, log: log, done: make(map[facebook.AudienceID]*DryAudience)}
}

func (d *dryRun) of(id facebook.AudienceID) *DryAudience {
	a := d.done[id]
	if a == nil {
		a = &DryAudience{ID: id}
		d.done[id] = a
	}
	return a
}

// report is what would have been written so far, by id.
func (d *dryRun) report() []DryAudience {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []DryAudience
	for _, id := range slices.Sorted(maps.Keys(d.done)) {
		if a := d.done[id]; a.Requests > 0 {
			all = append(all, *a)
		}
	}
	return all
}

func (d *dryRun) Credential() uint64 { return d.real.Credential() }

// AudiencePage is read from Facebook. It tells the names of audiences.
func (d *dryRun) AudiencePage(ctx context.Context, account facebook.AccountID, after string, fields ...string) (facebook.Page, error) {
	page, err := d.real.AudiencePage(ctx, account, after, fields...)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range page.Audiences {
		d.of(a.ID).Name = a.Name
	}
	return page, err
}

// Audience is read from Facebook, which knows nothing of those that would be
// created.
func (d *dryRun) Audience(ctx context.Context, id facebook.AudienceID, fields ...string) (facebook.Audience, facebook.Usage, error) {
	d.mu.Lock()
	a := *d.of(id)
	d.mu.Unlock()
	if a.Created {
		return facebook.Audience{
			ID: id, Name: a.Name, ValueBased: a.valueBased, Lower: -1, Upper: -1,
			Operation: facebook.Status{Code: facebook.OperationNormal},
		}, facebook.Usage{}, nil
	}
	return d.real.Audience(ctx, id, fields...)
}

// CreateAudience gives the audience an id that Facebook has not given: its ids have
// no more than 18 digits.
func (d *dryRun) CreateAudience(_ context.Context, account facebook.AccountID, n facebook.NewAudience) (facebook.AudienceID, facebook.Usage, error) {
	id := facebook.AudienceID("99" + strconv.FormatUint(xxhash.Sum64String(string(account)+"\x00"+n.Description), 10))
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.of(id)
	a.Name, a.Created, a.valueBased = n.Name, true, n.ValueBased
	a.Requests++
	d.log.Info("dry run: would create an audience", "name", n.Name, "account", account)
	return id, facebook.Usage{}, nil
}

// AddUsers adds nothing.
func (d *dryRun) AddUsers(_ context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(id).Added += p.Rows
	return d.would("add", id, p), nil
}

// ReplaceUsers replaces nothing.
func (d *dryRun) ReplaceUsers(_ context.Context, id facebook.AudienceID, p facebook.Payload, _ facebook.Session) (facebook.UsersResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(id).Added += p.Rows
	return d.would("replace", id, p), nil
}

// DeleteAudience deletes nothing.
func (d *dryRun) DeleteAudience(_ context.Context, id facebook.AudienceID) (facebook.Usage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.of(id)
	a.Requests++
	d.log.Info("dry run: would delete an audience", "name", a.Name, "facebook_id", id)
	return facebook.Usage{}, nil
}

// RemoveUsers removes nothing.
func (d *dryRun) RemoveUsers(_ context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(id).Removed += p.Rows
	return d.would("remove", id, p), nil
}

// RemoveEverywhere removes nothing. It has no place in the report, which is by audience.
func (d *dryRun) RemoveEverywhere(_ context.Context, account facebook.AccountID, p facebook.Payload) (facebook.UsersResult, error) {
	d.log.Info("dry run: would remove rows of erased users from all audiences, other people's too", "account", account, "rows", p.Rows, "keys", p.Schema)
	return facebook.UsersResult{NumReceived: p.Rows}, nil
}

func (d *dryRun) would(verb string, id facebook.AudienceID, p facebook.Payload) facebook.UsersResult {
	a := d.of(id)
	a.Requests++
	d.log.Info("dry run: would "+verb+" rows", "name", a.Name, "facebook_id", id, "rows", p.Rows, "keys", p.Schema)
	return facebook.UsersResult{AudienceID: id, NumReceived: p.Rows}
}
