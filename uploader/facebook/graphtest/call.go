package graphtest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// read takes in parameters, method override and payload, outside the lock. An error means
// that the client is gone.
func (c *call) read(tooMany1_99 bool) error {
	p, err := readParams(c.http)
	c.params = p
	switch {
	case errors.Is(err, errBody):
		c.badInput = oauthError(100, 0, "(#100) The request body could not be parsed")
	case err != nil:
		return err
	case len(c.http.URL.RawQuery) > maxQueryBytes:
		c.badInput = oauthError(1, 0, "Request-URI Too Long").withStatus(http.StatusRequestURITooLong)
	}
	method := c.http.Method
	if method == http.MethodPost {
		if override := strings.ToUpper(p.text("method")); override != "" {
			method = override
		}
	}
	op := c.route.op(method)
	if op.onMembers() || op == OpForget {
		var bad *graphError
		if c.payload, bad = readPayload(p, tooMany1_99); c.badInput == nil {
			c.badInput = bad
		}
	}
	c.method, c.op = method, op
	return nil
}

// tokenText is the access token and whether it came in the URL.
func (c *call) tokenText() (token string, inURL bool) {
	if t, ok := strings.CutPrefix(c.http.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(t), false
	}
	return c.params.text("access_token"), c.http.URL.Query().Has("access_token")
}

func (c *call) version(oldest string) string {
	if c.route.version == "" || c.oldVersion(oldest) {
		return oldest
	}
	return c.route.version
}

func (c *call) oldVersion(oldest string) bool {
	return c.route.version != "" && versionNumber(c.route.version) < versionNumber(oldest)
}

func versionNumber(v string) float64 {
	n, err := strconv.ParseFloat(strings.TrimPrefix(v, "v"), 64)
	if err != nil {
		return 0
	}
	return n
}
