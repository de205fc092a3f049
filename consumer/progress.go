package consumer

import (
	"log/slog"
	"time"
)

// progressEvery is how often a restore says how far it is. What is done sooner says
// nothing.
const progressEvery = 10 * time.Second

// progress tells in the log how far a restore is. It is for one goroutine.
type progress struct {
	log   *slog.Logger
	began time.Time
	said  time.Time
}

func newProgress(log *slog.Logger) *progress {
	now := time.Now()
	return &progress{log: log, began: now, said: now}
}

// at takes how many changelog positions of all are behind; the rest is expected to
// take as long each.
func (p *progress) at(done, total int64) {
	now := time.Now()
	if done <= 0 || now.Sub(p.said) < progressEvery {
		return
	}
	p.said = now
	left := time.Duration(float64(now.Sub(p.began)) / float64(done) * float64(total-done))
	p.log.Info("restoring", "done", done, "of", total, "percent", 100*done/total, "left", left.Round(time.Second))
}
