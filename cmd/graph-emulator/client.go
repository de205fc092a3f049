package main

import (
	"net/http"
	"strings"
)

// clientHeader tells the emulator who sends a request.
const clientHeader = "X-Client"

// api is what is served as the Graph API. A base URL such as
// http://127.0.0.1:8090/worker-1 is all that a client needs in order to be told
// apart from others.
func (c config) api(next http.Handler) http.Handler {
	if !c.clientPath {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		r.Header.Set(clientHeader, name)
		http.StripPrefix("/"+name, next).ServeHTTP(w, r)
	})
}
