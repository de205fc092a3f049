package config

import "time"

// Erase says what the erasure of a user does beyond forgetting the user.
type Erase struct {
	Scope        string        `yaml:"scope" doc:"Where an erasure removes the person. audiences: from those that Muster keeps. account: from all audiences of each ad account in this file, also those that other teams and tools fill, lists that keep people out of advertising among them: only for whoever may decide that for all of them."`
	Suppress     bool          `yaml:"suppress" doc:"true: later events of a user who was erased are refused, counted as suppressed, for as long as this is on; what was refused does not come by turning it off. false: they build a new profile."`
	OverdueAfter time.Duration `yaml:"overdue_after" doc:"How long rows of an erased user may be at Facebook before /readyz, the log, metrics and muster audience show say so, 1h to 720h. Art. 12 (3) GDPR grants a month in all."`
}

// Accounts reports whether erasures reach audiences that Muster does not keep.
func (e *Erase) Accounts() bool { return e.Scope == EraseAccount }

func (e *Erase) check(p *problems) {
	if e.Scope != EraseAudiences && e.Scope != EraseAccount {
		p.add("erase.scope", e.Scope, "one of "+EraseAudiences+", "+EraseAccount,
			EraseAudiences+" reaches those that Muster keeps, "+EraseAccount+" also all others in the ad account, lists that keep people out of advertising included")
	}
	p.duration("erase.overdue_after", e.OverdueAfter, time.Hour, 720*time.Hour)
}
