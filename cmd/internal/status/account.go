package status

import (
	"time"

	"muster/schema/musterpb"
)

// Account is how busy an ad account is, by the last word on it.
type Account struct {
	ID               string    `json:"account"`
	UsedPercent      float64   `json:"used_percent"` // of Facebook's limits
	Tier             string    `json:"tier,omitempty"`
	WaitingAudiences int64     `json:"waiting_audiences"`
	WaitingRows      int64     `json:"waiting_rows"`
	Opens            time.Time `json:"opens,omitzero"` // no request before
	Said             time.Time `json:"said"`
}

func accountOf(s *musterpb.AudienceStatus) Account {
	l := s.AccountLoad
	return Account{
		ID: s.Account, UsedPercent: l.UsedPercent, Tier: l.Tier, WaitingAudiences: l.WaitingAudiences, WaitingRows: l.WaitingRows,
		Opens: moment(l.OpensMs), Said: moment(s.UpdatedMs),
	}
}
