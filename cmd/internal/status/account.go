package status

import (
	"maps"
	"slices"
	"time"

	"muster/schema/musterpb"
)

// Load is how busy an ad account is, as one replica sees it.
type Load struct {
	UsedPercent      float64   `json:"used_percent"` // of Facebook's limits
	Tier             string    `json:"tier,omitempty"`
	WaitingAudiences int64     `json:"waiting_audiences"`
	WaitingRows      int64     `json:"waiting_rows"`
	Opens            time.Time `json:"opens,omitzero"` // no request before
}

// LoadOf returns what an audience's owner said of its ad account, nil where it said
// nothing.
func LoadOf(s *musterpb.AudienceStatus) *Load {
	l := s.AccountLoad
	if s.Account == "" || l == nil {
		return nil
	}
	return &Load{
		UsedPercent: l.UsedPercent, Tier: l.Tier, WaitingAudiences: l.WaitingAudiences, WaitingRows: l.WaitingRows, Opens: Moment(l.OpensMs),
	}
}

// Account is how busy an ad account is, by the last word on it.
type Account struct {
	ID string `json:"account"`
	Load
	Said time.Time `json:"said"`
}

// Accounts returns the ad accounts of audiences, by id: of each the last word on it.
func Accounts(audiences map[string]*musterpb.AudienceStatus) []Account {
	last := map[string]*musterpb.AudienceStatus{}
	for _, key := range slices.Sorted(maps.Keys(audiences)) {
		s := audiences[key]
		if s.Account != "" && s.AccountLoad != nil && s.UpdatedMs >= last[s.Account].GetUpdatedMs() {
			last[s.Account] = s
		}
	}
	accounts := []Account{}
	for _, id := range slices.Sorted(maps.Keys(last)) {
		accounts = append(accounts, Account{ID: id, Load: *LoadOf(last[id]), Said: Moment(last[id].UpdatedMs)})
	}
	return accounts
}
