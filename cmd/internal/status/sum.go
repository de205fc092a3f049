package status

// Sum is everything in a few numbers.
type Sum struct {
	Audiences int   `json:"audiences"`
	Stopped   int   `json:"stopped"` // audiences to which nothing is sent until somebody acts
	Members   int64 `json:"members"`
	Pending   int64 `json:"pending"`
	Replicas  int   `json:"replicas"`
	Working   int   `json:"working"` // replicas that do all their work that nobody blocks
	Lag       int64 `json:"lag"`     // records behind
	Letters   int64 `json:"dead_letters"`
}

// sum adds up what is in an overview.
func (o *Overview) sum() (s Sum) {
	s.Audiences, s.Replicas = len(o.Audiences), len(o.Replicas)
	for _, a := range o.Audiences {
		s.Members += a.Members
		s.Pending += a.Pending
		if a.Stopped() {
			s.Stopped++
		}
	}
	for _, r := range o.Replicas {
		if r.State == StateGone {
			continue // others have its tasks
		}
		if r.State == "ready" || r.State == "blocked" {
			s.Working++
		}
		for _, t := range r.Tasks {
			s.Lag += t.Lag
		}
	}
	for _, l := range o.DeadLetters {
		s.Letters += l.Records
	}
	return s
}
