package page

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// eventsEvery is the least time between two events of a stream.
	eventsEvery = time.Second
	// eventsIdle is after which time an event comes though nothing has changed: how
	// long ago something was goes on.
	eventsIdle = 15 * time.Second
	// eventsPatience is how long a reader may take nothing.
	eventsPatience = 10 * time.Second
)

// events tells an open page that there is something new, as server-sent events, until
// it is closed or the replica stops. They carry a number and nothing else.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back until it has some KB
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's would end the stream; where it cannot be set there is none
	for {
		_ = control.SetWriteDeadline(time.Now().Add(eventsPatience)) // likewise
		version, next := p.Board.Changed()
		if _, err := fmt.Fprintf(w, "data: %d\n\n", version); err != nil || control.Flush() != nil {
			return
		}
		idle := time.NewTimer(eventsIdle)
		select {
		case <-next:
		case <-idle.C:
		case <-r.Context().Done():
		case <-p.Done:
		}
		idle.Stop()
		rest := time.NewTimer(eventsEvery)
		select {
		case <-rest.C:
		case <-r.Context().Done():
			return
		case <-p.Done:
			return
		}
	}
}
