package config

import "time"

// Erase says what the erasure of a user does beyond forgetting the user.
type Erase struct {
	Suppress     bool          `yaml:"suppress" doc:"true: later events of a user who was erased are refused, counted as suppressed, for as long as this is on; what was refused does not come by turning it off. false: they build a new profile."`
	OverdueAfter time.Duration `yaml:"overdue_after" doc:"How long rows of an erased user may be at Facebook before /readyz, the log, metrics and muster audience show say so, 1h to 720h. Art. 12 (3) GDPR grants a month in all."`
}

func (e *Erase) check(p *problems) {
	p.duration("erase.overdue_after", e.OverdueAfter, time.Hour, 720*time.Hour)
}
