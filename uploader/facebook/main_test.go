package facebook

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is the token of every test: it must turn up in the Authorization header
// and nowhere else.
const canary = "EAAtokenCANARY0123456789"

// roundTripper is a Graph of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// says reads the request whole and answers.
func says(status int, body string, header ...string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
			r.Body.Close()
		}
		return respond(r, status, body, header...), nil
	}
}

func respond(r *http.Request, status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// newClient is a client with the canary token; edit changes its options.
func newClient(t testing.TB, transport http.RoundTripper, edit ...func(*Options)) *Client {
	t.Helper()
	o := Options{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: canary}), Transport: transport}
	for _, f := range edit {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var twoRows = Payload{Account: "42", Schema: []string{"EMAIL", "FN"}, Data: []byte(`[["aa",""],["bb","cc"]]`), Rows: 2}

const usersOK = `{"audience_id":"123","session_id":"9","num_received":2,"num_invalid_entries":0,"invalid_entry_samples":{}}`

// failingSource quotes a token in its error, as a token endpoint's answer may.
type failingSource struct{}

func (failingSource) Token() (*oauth2.Token, error) {
	return nil, fmt.Errorf("oauth2: cannot fetch token: response %s", canary)
}
