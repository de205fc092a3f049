package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"muster/uploader/facebook/graphtest"
)

const canary = "canary-app-secret"

// authArgs are the flags of a command that talks to an emulated Facebook.
func authArgs(t *testing.T, o graphtest.Options, token string) (args []string, file string) {
	t.Helper()
	o.Apps = []graphtest.App{{ID: "4", Secret: canary, RequireProof: true}}
	server := httptest.NewServer(graphtest.New(o))
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "token")
	if token != "" {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"--set", "facebook.base_url=" + server.URL, "--set", "facebook.login_url=" + server.URL,
		"--set", "facebook.app_id=4", "--set", "facebook.app_secret=" + canary,
		"--set", "facebook.access_token_file=" + file, "--set", "facebook.ad_account=1",
	}, file
}

// person is a writer that opens, as a person in a browser would, the first address
// that is printed.
type person struct {
	t    *testing.T
	edit func(address string) string
	once sync.Once
	wait sync.WaitGroup
	mu   sync.Mutex
	text bytes.Buffer
	page string
}

var address = regexp.MustCompile(`http://\S+/dialog/oauth\?\S+`)

func (p *person) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	if found := address.FindString(p.text.String()); found != "" {
		p.once.Do(func() { p.wait.Go(func() { p.visit(p.edit(found)) }) })
	}
	return len(b), nil
}

func (p *person) visit(address string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(address)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Error(err)
	}
	p.page = string(page)
}

func logIn(t *testing.T, args []string, edit func(string) string) (stdout string, p *person, err error) {
	t.Helper()
	p = &person{t: t, edit: edit}
	var out strings.Builder
	err = run(t.Context(), append([]string{"auth", "login", "--no-browser", "--port", "0"}, args...), nil, strings.NewReader(""), &out, p)
	p.wait.Wait()
	if strings.Contains(out.String()+p.text.String(), canary) {
		t.Error("the app's secret is printed")
	}
	return out.String(), p, err
}

func same(address string) string { return address }

// TestAuthLogin: a person logs in, the token is written for its owner only, and
// the other commands work on it.
func TestAuthLogin(t *testing.T) {
	t.Parallel()
	args, file := authArgs(t, graphtest.Options{Accounts: []graphtest.Account{{ID: "1", Name: "Shop"}, {ID: "2", Name: "Other", TOSNotAccepted: true}}}, "")
	stdout, p, err := logIn(t, args, same)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.page, "answer has arrived") {
		t.Errorf("the page says %s", p.page)
	}
	want := `wrote ` + file + `; the token expires DATE, in 59 days
AD ACCOUNT  NAME   UPLOADS  TERMS         CONFIGURED
act_1       Shop   yes      accepted      yes
act_2       Other  yes      not accepted  no
`
	date := regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	if got := date.ReplaceAllString(stdout, "DATE"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("token file: %v, %v", info, err)
	}
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stdout+p.text.String(), strings.TrimSpace(string(old))) {
		t.Error("the token is printed")
	}

	got := do(t.Context(), "", nil, append([]string{"auth", "status"}, args...)...)
	if got.err != nil || !strings.Contains(got.stdout, "expires      20") {
		t.Errorf("status: %v\n%s", got.err, got.stdout)
	}
	got = do(t.Context(), "", nil, append([]string{"auth", "refresh"}, args...)...)
	fresh, err := os.ReadFile(file)
	if got.err != nil || err != nil || bytes.Equal(old, fresh) {
		t.Errorf("refresh: %v, %v: %s", got.err, err, got.stdout)
	}
	got = do(t.Context(), "", nil, append([]string{"auth", "logout", "--yes"}, args...)...)
	if _, err := os.Stat(file); got.err != nil || !os.IsNotExist(err) {
		t.Errorf("logout: %v, %v", got.err, err)
	}
}

// TestAuthLoginForged: an answer without this login's state is none, and one
// without a code ends the login.
func TestAuthLoginForged(t *testing.T) {
	t.Parallel()
	args, file := authArgs(t, graphtest.Options{}, "")
	back := regexp.MustCompile(`redirect_uri=http%3A%2F%2Flocalhost%3A(\d+)%2Fcallback.*state=([^&]+)`)
	_, p, err := logIn(t, args, func(address string) string {
		m := back.FindStringSubmatch(address)
		forged := "http://127.0.0.1:" + m[1] + "/callback?code=stolen&state=guessed"
		p := &person{t: t}
		p.visit(forged)
		if !strings.Contains(p.page, "not the answer") {
			t.Errorf("the page says %s", p.page)
		}
		return "http://127.0.0.1:" + m[1] + "/callback?error=access_denied&state=" + m[2]
	})
	if err == nil || !strings.Contains(err.Error(), "gave no code") || !strings.Contains(p.page, "not allowed in") {
		t.Errorf("got %v, page %s", err, p.page)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a token was written: %v", err)
	}
}

// TestAuthStatus lists what is missing, with the remedies.
func TestAuthStatus(t *testing.T) {
	t.Parallel()
	args, file := authArgs(t, graphtest.Options{
		Accounts: []graphtest.Account{{ID: "1", Name: "Shop", TOSNotAccepted: true}},
		Tokens: []graphtest.Token{
			{Value: "good", AppID: "4", Type: "SYSTEM_USER"},
			{Value: "dead", AppID: "4", Dead: 460},
			{Value: "weak", AppID: "4", Scopes: []string{"ads_read"}, Roles: map[string]graphtest.Role{"act_1": graphtest.RoleReadOnly}},
		},
	}, "")
	status := func(token string, more ...string) output {
		t.Helper()
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		got := do(t.Context(), "", nil, append(append([]string{"auth", "status"}, args...), more...)...)
		if strings.Contains(got.stdout+got.stderr+got.err.Error(), canary) {
			t.Error("the app's secret is printed")
		}
		return got
	}
	for token, want := range map[string][]string{
		"good": {"valid        yes", "system user", "expires      never", "not accepted", "tos/?act=1"},
		"dead": {"valid        no", "password", "Reauthorise: muster auth login"},
		"weak": {"lacks the permission ads_management", "may look at the ad account only", "tos/?act=1"},
	} {
		got := status(token)
		if exitCode(got.err) != exitFailed {
			t.Errorf("%s: %v", token, got.err)
		}
		for _, part := range want {
			if !strings.Contains(got.stdout, part) {
				t.Errorf("%s: no %q in\n%s", token, part, got.stdout)
			}
		}
	}
	if got := status("weak", "--json"); !strings.Contains(got.stdout, `"terms_accepted": false`) {
		t.Errorf("JSON: %s", got.stdout)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := do(t.Context(), "", nil, append([]string{"auth", "status"}, args...)...); !strings.Contains(got.stdout, "mode 0644") {
		t.Errorf("a token for everybody: %s", got.stdout)
	}
}

// TestAuthMounted: a token that something else keeps is not replaced.
func TestAuthMounted(t *testing.T) {
	t.Parallel()
	args, file := authArgs(t, graphtest.Options{}, graphtest.DefaultToken)
	if err := os.Rename(file, file+".data"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file+".data", file); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"login", "refresh", "logout"} {
		flags := []string{"auth", command}
		if command == "logout" {
			flags = append(flags, "--yes")
		}
		got := do(t.Context(), "", nil, append(flags, args...)...)
		if got.err == nil || !strings.Contains(got.err.Error(), "no regular file") {
			t.Errorf("%s: %v", command, got.err)
		}
	}
	got := do(t.Context(), "", nil, "auth", "refresh")
	for _, key := range []string{"facebook.app_id", "facebook.app_secret", "facebook.access_token_file"} {
		if exitCode(got.err) != exitUsage || !strings.Contains(got.err.Error(), key) {
			t.Errorf("without %s: %v", key, got.err)
		}
	}
}
