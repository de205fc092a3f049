package facebook

import (
	"log/slog"
	"net/http"
	"regexp"
	"sync"
)

// VersionWarning says that Facebook no longer serves the API version asked for
// and answered with another one. Calls whose endpoint changed will fail with
// class [Version]. Fields are empty where the header could not be read.
type VersionWarning struct {
	Served string // "v26.0"
	Asked  string // "v25.0"
}

const (
	headerVersionWarning = "X-Ad-Api-Version-Warning"
	maxVersionWarnings   = 16
)

var versionsNamed = regexp.MustCompile(`v[0-9]{1,3}\.[0-9]{1,2}`)

// versionWarnings tells of each distinct warning once.
type versionWarnings struct {
	logger *slog.Logger
	tell   func(VersionWarning)

	mu   sync.Mutex
	seen map[VersionWarning]bool
}

// note looks for the header and says whether it was there. Of its text ("The
// call has been auto-upgraded to vX as vY has been deprecated") only the
// versions are kept.
func (w *versionWarnings) note(h http.Header) bool {
	text := h.Get(headerVersionWarning)
	if text == "" {
		return false
	}
	var warning VersionWarning
	if names := versionsNamed.FindAllString(text, 2); len(names) == 2 {
		warning = VersionWarning{Served: names[0], Asked: names[1]}
	}
	if w.first(warning) {
		w.logger.Warn("Facebook upgraded a call to another API version; set facebook.api_version to one that it serves",
			slog.String("asked", warning.Asked), slog.String("served", warning.Served))
		if w.tell != nil {
			w.tell(warning)
		}
	}
	return true
}

func (w *versionWarnings) first(warning VersionWarning) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[warning] || len(w.seen) >= maxVersionWarnings {
		return false
	}
	w.seen[warning] = true
	return true
}
