package page

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy lets a page use this server's own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard stands before the page: headers, methods, hosts, token.
type guard struct {
	page  *page
	login *login // nil = no token is asked for
}

func newGuard(token string, p *page) *guard {
	g := &guard{page: p}
	if token != "" {
		g.login = newLogin(token)
	}
	return g
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	// With no-referrer a browser calls the origin of the page's own forms null, by which
	// login.post would take them for another site's.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "interest-cohort=()")
	h.Set("Cache-Control", "no-store")
	if g.login == nil && !loopback(r.Host) {
		http.Error(w, "this page answers to localhost and 127.0.0.1 only; set page.token_file to have it answer to other names", http.StatusMisdirectedRequest)
		return
	}
	posts := g.login != nil && (r.URL.Path == loginPath || r.URL.Path == logoutPath)
	switch {
	case r.Method == http.MethodPost && posts:
		g.login.post(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this page only shows; actions are in the command line: muster --help", http.StatusMethodNotAllowed)
	case g.login == nil || g.login.knows(r) || strings.HasPrefix(r.URL.Path, "/assets/"):
		g.page.mux.ServeHTTP(w, r)
	default:
		g.login.ask(w, r)
	}
}

// loopback reports whether a Host header names this machine to itself.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.Unmap().IsLoopback()
}
