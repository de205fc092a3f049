package page

import (
	"net/http"
	"time"

	"muster/cmd/internal/status"
)

// overviewView is what the first page shows.
type overviewView struct {
	frame
	status.Overview
	Blocked  []status.Audience // nothing is sent to them
	Warned   []status.Audience // the others with a need
	Troubled []status.Replica  // not ready, and why
}

func (p *page) overview(w http.ResponseWriter, _ *http.Request) {
	now := time.Now()
	v := overviewView{frame: p.frame("Overview", now), Overview: p.Board.Overview(now)}
	for _, a := range v.Audiences {
		switch {
		case a.Stopped():
			v.Blocked = append(v.Blocked, a)
		case len(a.Needs) > 0:
			v.Warned = append(v.Warned, a)
		}
	}
	for _, r := range v.Replicas {
		if len(r.Reasons) > 0 {
			v.Troubled = append(v.Troubled, r)
		}
	}
	show(w, http.StatusOK, "overview.html", v)
}
