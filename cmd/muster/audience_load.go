package main

import (
	"fmt"
	"io"
	"time"

	"muster/cmd/internal/status"
	"muster/schema/musterpb"
)

func loadText(l *status.Load, now time.Time) string {
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
	for _, a := range status.Accounts(all) {
		if _, err := fmt.Fprintf(w, "act_%s: %s, said %s\n", a.ID, loadText(&a.Load, now), ago(a.Said, now)); err != nil {
			return err
		}
	}
	return nil
}
