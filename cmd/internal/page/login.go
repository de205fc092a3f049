package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

const (
	loginPath  = "/login"
	logoutPath = "/logout"

	cookieName = "muster_page"
	// sessionLife is how long a browser stays logged in.
	sessionLife = 12 * time.Hour
	// maxForm is more than a token and a path need.
	maxForm = 8 << 10
)

// login knows who has the token. It keeps nothing: a cookie proves the token by an
// HMAC of its own end under it, so every replica takes it.
type login struct {
	token  string
	tries  *rate.Limiter // of wrong tokens
	origin *http.CrossOriginProtection
}

func newLogin(token string) *login {
	return &login{token: token, tries: rate.NewLimiter(rate.Every(time.Second), 10), origin: http.NewCrossOriginProtection()}
}

// same compares without telling by its time how much of a token is right.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// knows reports whether a request has the token, or a cookie that was given for it.
func (l *login) knows(r *http.Request) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return l.tries.Tokens() >= 1 && (same(bearer, l.token) || l.wrong())
	}
	c, err := r.Cookie(cookieName)
	if err != nil {
		return false
	}
	end, _, ok := strings.Cut(c.Value, ".")
	seconds, err := strconv.ParseInt(end, 10, 64)
	return ok && err == nil && time.Now().Unix() < seconds && same(c.Value, l.session(seconds))
}

// wrong counts a wrong token; it is false.
func (l *login) wrong() bool {
	l.tries.Allow()
	return false
}

// session is the cookie's value for a session that ends then.
func (l *login) session(end int64) string {
	text := strconv.FormatInt(end, 10)
	mac := hmac.New(sha256.New, []byte(l.token))
	mac.Write([]byte("muster status page " + text))
	return text + "." + hex.EncodeToString(mac.Sum(nil))
}

// ask answers who has no token, a browser with a form.
func (l *login) ask(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
	if r.URL.Path != "/" && r.URL.Path != "/audience" && r.URL.Path != loginPath && r.URL.Path != logoutPath {
		http.Error(w, "a token is needed", http.StatusUnauthorized)
		return
	}
	next := "/"
	if r.Method == http.MethodGet && r.URL.Path == "/audience" {
		next = r.URL.RequestURI()
	}
	l.form(w, http.StatusUnauthorized, next, "")
}

func (l *login) form(w http.ResponseWriter, code int, next, problem string) {
	show(w, code, "login.html", struct {
		frame
		Next, Problem string
	}{frame{Title: "Log in", Now: time.Now().UTC()}, next, problem})
}

// post takes the token, or forgets that it was given.
func (l *login) post(w http.ResponseWriter, r *http.Request) {
	if err := l.origin.Check(r); err != nil {
		http.Error(w, "this form was sent by another site", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	cookie := &http.Cookie{
		Name: cookieName, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
	next := "/"
	if r.URL.Path == logoutPath {
		cookie.MaxAge = -1
	} else {
		if n := r.PostFormValue("next"); strings.HasPrefix(n, "/audience?") {
			next = n
		}
		if l.tries.Tokens() < 1 {
			w.Header().Set("Retry-After", "10")
			l.form(w, http.StatusTooManyRequests, next, "Too many wrong tokens. Wait ten seconds.")
			return
		}
		if !same(strings.TrimSpace(r.PostFormValue("token")), l.token) {
			l.wrong()
			l.form(w, http.StatusUnauthorized, next, "That is not the token. It is in the file that page.token_file names.")
			return
		}
		cookie.Value, cookie.MaxAge = l.session(time.Now().Add(sessionLife).Unix()), int(sessionLife.Seconds())
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, next, http.StatusSeeOther)
}
