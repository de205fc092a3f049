package graphtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const base = "https://graph.facebook.com/v26.0/"

// client speaks to a server in process, as simply as can be.
type client struct {
	t     *testing.T
	srv   *Server
	token string
	name  string
}

func newClient(t *testing.T, opts Options) *client {
	t.Helper()
	return &client{t: t, srv: New(opts), token: DefaultToken, name: "test"}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
	err    error
}

// code and subcode of an error answer; 0 if it is none.
func (a answer) code() (int, int) {
	e, _ := a.body["error"].(map[string]any)
	code, _ := e["code"].(float64)
	sub, _ := e["error_subcode"].(float64)
	return int(code), int(sub)
}

func (c *client) request(method, path, body string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("User-Agent", c.name)
	return req
}

func (c *client) send(req *http.Request) answer {
	c.t.Helper()
	res, err := c.srv.RoundTripper().RoundTrip(req)
	return read(c.t, res, err)
}

func read(t *testing.T, res *http.Response, err error) answer {
	t.Helper()
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{err: err}
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(b)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		dec := json.NewDecoder(bytes.NewReader(b))
		if err := dec.Decode(&a.body); err != nil {
			t.Fatalf("answer is no JSON: %s", b)
		}
	}
	return a
}

func (c *client) do(method, path, body string) answer {
	c.t.Helper()
	return c.send(c.request(method, path, body))
}

// create makes an audience and returns its id.
func (c *client) create(extra ...string) string {
	c.t.Helper()
	body := `{"name":"n","subtype":"CUSTOM","customer_file_source":"USER_PROVIDED_ONLY"` + strings.Join(extra, "") + `}`
	a := c.do("POST", "act_1/customaudiences", body)
	id, _ := a.body["id"].(string)
	if a.status != 200 || id == "" {
		c.t.Fatalf("create: %d %s", a.status, a.text)
	}
	return id
}

// rows sends rows of a schema, given as "EMAIL,FN" and cells.
func (c *client) rows(method, id, schema string, rows ...[]string) answer {
	c.t.Helper()
	return c.do(method, id+"/users", payloadOf(c.t, schema, rows...))
}

func payloadOf(t *testing.T, schema string, rows ...[]string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"payload": map[string]any{"schema": strings.Split(schema, ","), "data": rows}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func h(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func encode(kv ...string) string {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v.Encode()
}

// wantCode fails unless the answer is this error.
func wantCode(t *testing.T, a answer, status, code, subcode int) {
	t.Helper()
	if a.err != nil {
		t.Fatalf("got error %v, want %d with %d/%d", a.err, status, code, subcode)
	}
	gotCode, gotSub := a.code()
	if a.status != status || gotCode != code || gotSub != subcode {
		t.Fatalf("got %d with %d/%d, want %d with %d/%d: %s", a.status, gotCode, gotSub, status, code, subcode, a.text)
	}
}

func wantOK(t *testing.T, a answer) {
	t.Helper()
	if a.err != nil || a.status != http.StatusOK {
		t.Fatalf("got %d %s, error %v", a.status, a.text, a.err)
	}
}

// kinds lists the kinds of violations, each once.
func (c *client) violations() map[ViolationKind]int { return c.srv.Stats().Violations }
