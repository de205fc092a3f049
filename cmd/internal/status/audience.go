package status

import (
	"time"

	"muster/schema/musterpb"
	"muster/uploader"
)

// Audience is what is shown of an audience at first sight.
type Audience struct {
	Key   string `json:"audience"`
	Name  string `json:"name,omitempty"`
	State string `json:"state"`
	// Paused says who has it paused, and how it goes on.
	Paused string `json:"paused,omitempty"`
	// Needs are what a person must know or do, the worst first.
	Needs      []Need    `json:"needs,omitempty"`
	Account    string    `json:"account,omitempty"`
	FacebookID string    `json:"facebook_id,omitempty"`
	Members    int64     `json:"members"`
	Pending    int64     `json:"pending"`   // members that differ from what Facebook has
	Rows       int64     `json:"rows"`      // that should be at Facebook
	RowsHeld   int64     `json:"rows_held"` // that Facebook may hold
	LastSync   time.Time `json:"last_sync,omitzero"`
	NextSync   time.Time `json:"next_sync,omitzero"`
	Unsent     time.Time `json:"oldest_unsent,omitzero"`
	Said       time.Time `json:"said"`
}

// Need is something that needs a person, or may.
type Need struct {
	What   string    `json:"what"`
	Reason string    `json:"reason,omitempty"` // by which docs/states.md has it
	Remedy string    `json:"remedy,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Stops: nothing is sent until it is seen to.
	Stops bool `json:"stops"`
}

// Title is the name, or the key of an audience without one.
func (a Audience) Title() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Key
}

// Stopped reports whether nothing is sent until somebody acts.
func (a Audience) Stopped() bool { return len(a.Needs) > 0 && a.Needs[0].Stops }

// Link is where Facebook shows the ad account's audiences; "" where there is none.
func (a Audience) Link() string {
	if a.FacebookID == "" || a.Account == "" {
		return ""
	}
	return "https://business.facebook.com/adsmanager/audiences?act=" + a.Account
}

func audienceOf(key string, s *musterpb.AudienceStatus) Audience {
	return Audience{
		Key: key, Name: s.Name, State: s.State, Paused: Paused(key, s.PausedBy), Needs: needsOf(key, s), Account: s.Account, FacebookID: s.FacebookId,
		Members: s.Members, Pending: s.Pending, Rows: s.Desired, RowsHeld: s.Synced,
		LastSync: Moment(s.WindowStartedMs), NextSync: Moment(s.NextWindowMs), Unsent: Moment(s.OldestUnsentMs), Said: Moment(s.UpdatedMs),
	}
}

func needsOf(key string, s *musterpb.AudienceStatus) (needs []Need) {
	add := func(b *musterpb.Block, stops bool) {
		if b != nil {
			needs = append(needs, Need{What: b.Title, Reason: b.Reason, Remedy: b.Remedy, Since: Moment(b.SinceMs), Stops: stops})
		}
	}
	add(s.Block, true)
	if s.ErasuresOverdue > 0 {
		needs = append(needs, Need{
			What:   Number(s.ErasuresOverdue) + " erasures are overdue: Facebook may still hold rows of erased users",
			Remedy: s.OverdueRemedy, Since: Moment(s.OldestErasureMs),
		})
	}
	for _, alarm := range s.Alarms {
		needs = append(needs, Need{What: "alarm " + alarm, Reason: alarm, Remedy: uploader.AlarmRemedy(alarm)})
	}
	add(s.OrderRefused, false)
	add(s.ReplaceFailed, false)
	if s.ContentUnknown {
		needs = append(needs, Need{
			What: contentUnknown, Remedy: toBeKnown(key),
		})
	}
	return needs
}
