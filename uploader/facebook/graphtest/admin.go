package graphtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Admin shows and steers the server over HTTP, for tests whose clients are other
// processes. It knows no authentication: serve it on a loopback address.
//
//	GET    /journal[?since=SEQ][&audience=ID][&limit=N]   requests, oldest first
//	GET    /inflight                                     requests not answered yet
//	GET    /violations                                   what clients should not do
//	GET    /audiences                                    all audiences
//	GET    /audiences/{id}                               one
//	GET    /audiences/{id}/rows                          its lines
//	GET    /stats                                        counts
//	GET    /faults                                       fired and pending
//	POST   /faults                                       arm one: {"kind","match","skip","count","delay":"2s"}
//	DELETE /faults                                       disarm all
//	POST   /settle                                       apply everything accepted
//	POST   /audiences/{id}/hidden                        {"hidden":true}
//	DELETE /audiences/{id}                               as if by hand in the Ads Manager
//	POST   /accounts/{id}/tos                            {"accepted":true}
//	POST   /tokens                                       add or replace one: {"value","dead":SUBCODE}
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /journal", s.adminJournal)
	mux.HandleFunc("GET /inflight", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, orEmpty(s.InFlight())) })
	mux.HandleFunc("GET /violations", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, orEmpty(s.Violations())) })
	mux.HandleFunc("GET /audiences", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Audiences()) })
	mux.HandleFunc("GET /audiences/{id}", s.withAudience(func(a Audience) any { return a }))
	mux.HandleFunc("GET /audiences/{id}/rows", s.withAudience(func(a Audience) any { return a.Rows() }))
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Stats()) })
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"fired": s.FaultsFired(), "pending": s.PendingFaults()})
	})
	mux.HandleFunc("POST /faults", s.adminInject)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /settle", func(w http.ResponseWriter, _ *http.Request) {
		s.Settle()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /audiences/{id}/hidden", s.adminHidden)
	mux.HandleFunc("DELETE /audiences/{id}", func(w http.ResponseWriter, r *http.Request) {
		if !s.Delete(r.PathValue("id")) {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /accounts/{id}/tos", s.adminTerms)
	mux.HandleFunc("POST /tokens", s.adminToken)
	return mux
}

func (s *Server) adminJournal(w http.ResponseWriter, r *http.Request) {
	var since, limit int64
	for name, v := range map[string]*int64{"since": &since, "limit": &limit} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			http.Error(w, fmt.Sprintf("parse %s: %v", name, err), http.StatusBadRequest)
			return
		}
		*v = n
	}
	audience := r.URL.Query().Get("audience")
	entries := []Entry{}
	for _, e := range s.Journal() {
		if e.Seq > since && (audience == "" || audience == e.Audience) {
			entries = append(entries, e)
		}
		if limit > 0 && int64(len(entries)) == limit {
			break
		}
	}
	writeJSON(w, entries)
}

func (s *Server) withAudience(view func(Audience) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := s.Audience(r.PathValue("id"))
		if a.ID == "" {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, view(a))
	}
}

func (s *Server) adminInject(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Kind  Kind   `json:"kind"`
		Match Match  `json:"match"`
		Skip  int    `json:"skip"`
		Count int    `json:"count"`
		Delay string `json:"delay"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		http.Error(w, "decode fault: "+err.Error(), http.StatusBadRequest)
		return
	}
	f := Fault{Kind: in.Kind, Match: in.Match, Skip: in.Skip, Count: in.Count}
	if in.Delay != "" {
		d, err := time.ParseDuration(in.Delay)
		if err != nil {
			http.Error(w, "parse delay: "+err.Error(), http.StatusBadRequest)
			return
		}
		f.Delay = d
	}
	if !f.Kind.known() {
		http.Error(w, "unknown kind of fault "+strconv.Quote(string(f.Kind)), http.StatusBadRequest)
		return
	}
	s.Inject(f)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) adminHidden(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Hidden bool `json:"hidden"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "decode hidden: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !s.SetHidden(r.PathValue("id"), in.Hidden) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) adminTerms(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Accepted bool `json:"accepted"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "decode terms: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !s.SetTOSAccepted(r.PathValue("id"), in.Accepted) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) adminToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Value string `json:"value"`
		Dead  int    `json:"dead"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		http.Error(w, "decode token: "+err.Error(), http.StatusBadRequest)
		return
	}
	if in.Value == "" {
		http.Error(w, "decode token: value is empty", http.StatusBadRequest)
		return
	}
	s.SetToken(Token{Value: in.Value, Dead: in.Dead})
	w.WriteHeader(http.StatusNoContent)
}

// orEmpty makes an empty list of none, for JSON.
func orEmpty[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // the reader may be gone, which is its own affair
}
