package main

import (
	"fmt"
	"io"
	"time"

	"muster/schema/musterpb"
)

// accountLoad is how busy an ad account is, as the replica sees it that has the
// audience.
type accountLoad struct {
	UsedPercent      float64   `json:"used_percent"`
	Tier             string    `json:"tier,omitempty"`
	WaitingAudiences int64     `json:"waiting_audiences"`
	WaitingRows      int64     `json:"waiting_rows"`
	Opens            time.Time `json:"opens,omitzero"`
}

func loadOf(s *musterpb.AudienceStatus) *accountLoad {
	l := s.AccountLoad
	if s.Account == "" || l == nil {
		return nil
	}
	return &accountLoad{
		UsedPercent: l.UsedPercent, Tier: l.Tier, WaitingAudiences: l.WaitingAudiences, WaitingRows: l.WaitingRows, Opens: unixMilli(l.OpensMs),
	}
}

func (l *accountLoad) text(now time.Time) string {
	tier := ""
	if l.Tier != "" {
		tier = " (" + l.Tier + ")"
	}
	text := fmt.Sprintf("%.0f %% of Facebook's limit used%s; %d audiences with %d rows wait", l.UsedPercent, tier, l.WaitingAudiences, l.WaitingRows)
	if l.Opens.After(now) {
		text += "; next request in " + l.Opens.Sub(now).Round(time.Second).String()
	}
	return text
}

// listAccounts prints how busy the accounts are, by the last word on each.
func listAccounts(w io.Writer, all map[string]*musterpb.AudienceStatus, now time.Time) error {
	last := map[string]*musterpb.AudienceStatus{}
	for _, key := range keysOf(all) {
		s := all[key]
		if loadOf(s) != nil && s.UpdatedMs >= last[s.Account].GetUpdatedMs() {
			last[s.Account] = s
		}
	}
	for _, account := range keysOf(last) {
		if _, err := fmt.Fprintf(w, "act_%s: %s, said %s\n", account, loadOf(last[account]).text(now), ago(unixMilli(last[account].UpdatedMs), now)); err != nil {
			return err
		}
	}
	return nil
}
