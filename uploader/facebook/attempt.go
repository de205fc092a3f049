package facebook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// maxAnswerBytes bounds what is read of an answer; a full page of audiences has
// some 100 kB.
const maxAnswerBytes = 8 << 20

// call is one request, ready to be made.
type call struct {
	op       Op
	account  AccountID
	audience AudienceID
	path     []string
	query    url.Values
	body     [][]byte   // JSON, sent one after the other; nil for reads
	form     url.Values // instead of body
	rows     int
	// credential, when set, gives what authorises the call instead of the client's
	// token; nil nothing, for calls that carry the app's secret.
	credential func() (*oauth2.Token, error)
	// decode takes a 2xx body that is no error object, and says whether it is
	// what was expected. It may set attributes on the span of ctx.
	decode func(ctx context.Context, body []byte) bool
}

func (c *call) size() int64 {
	var n int64
	for _, part := range c.body {
		n += int64(len(part))
	}
	return n
}

// answer is what came back, so far as it came.
type answer struct {
	status int
	header http.Header
	body   []byte
	usage  Usage
	warned bool
}

// do makes one attempt. Its error is always a *Error.
func (c *Client) do(ctx context.Context, r *call) (Usage, error) {
	ctx, span := c.telemetry.start(ctx, r)
	began := time.Now()
	a, failure := c.attempt(ctx, r)
	c.telemetry.end(ctx, span, r, a, failure, time.Since(began))
	if failure != nil {
		return a.usage, failure
	}
	return a.usage, nil
}

func (c *Client) attempt(ctx context.Context, r *call) (answer, *Error) {
	if err := ctx.Err(); err != nil {
		return answer{}, r.withheld(context.Cause(ctx), false)
	}
	credential := c.token
	if r.credential != nil {
		credential = r.credential
	}
	token, err := credential()
	if err != nil {
		return answer{}, r.tokenless(err)
	}
	own, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	p := new(passage)
	defer p.end()
	req, err := c.request(context.WithValue(own, passageKey{}, p), r, token)
	if err != nil {
		return answer{}, r.unauthorised(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.unanswered(ctx, own, r, p, err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header, usage: ParseUsage(resp.Header), warned: c.versions.note(resp.Header)}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		failure := c.unanswered(ctx, own, r, p, err)
		failure.Status, failure.Usage = a.status, a.usage
		return a, failure
	}
	return a, r.judge(ctx, a)
}

// token is a usable token or why there is none.
func (c *Client) token() (*oauth2.Token, error) {
	token, err := c.tokens.Token()
	if err != nil {
		if known, ok := errors.AsType[*TokenError](err); ok {
			return nil, known
		}
		// A foreign source's error can quote what it got, tokens included.
		return nil, &TokenError{"the token source", fmt.Sprintf("it failed (%T)", err), "look at what provides the token", nil}
	}
	return parseToken("the token source", []byte(token.AccessToken))
}

func (c *Client) request(ctx context.Context, r *call, token *oauth2.Token) (*http.Request, error) {
	query := r.query
	if query == nil {
		query = url.Values{}
	}
	if c.secret != nil && token != nil {
		secret, err := c.appSecret()
		if err != nil {
			return nil, err
		}
		addProof(query, c.form, secret, token.AccessToken, time.Now())
	}
	target := c.base.JoinPath(r.path...)
	target.RawQuery = query.Encode()
	req := (&http.Request{
		Method: specs[r.op].method, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
	}).WithContext(ctx)
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	switch {
	case r.form != nil:
		text := r.form.Encode()
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	case r.body != nil:
		req.Header.Set("Content-Type", "application/json")
		req.Body, req.ContentLength = io.NopCloser(readers(r.body)), r.size()
	}
	if token != nil {
		token.SetAuthHeader(req)
	}
	return req, nil
}

// judge decides what an answer means.
func (r *call) judge(ctx context.Context, a answer) *Error {
	e, isError := decodeEnvelope(a.body)
	tooLong := len(a.body) > maxAnswerBytes
	if a.status >= 200 && a.status < 300 && !isError && !tooLong && r.decode(ctx, a.body) {
		return nil
	}
	v := Classify(Answer{
		Op: r.op, Rows: r.rows, Status: a.status, Envelope: isError, Code: e.Code.int(), Subcode: e.Subcode.int(),
		Transient: bool(e.Transient), Message: string(e.Message),
	})
	if tooLong && !r.op.writes() {
		v = Verdict{Class: TooLarge, Title: "the answer is too large"}
	}
	failure := r.failure(v)
	failure.Status, failure.Code, failure.Subcode = a.status, e.Code.int(), e.Subcode.int()
	failure.TraceID, failure.Usage = traceID(e.TraceID), a.usage
	if errorTypes[e.Type] {
		failure.Type = string(e.Type)
	}
	failure.RetryAfter = retryAfter(v, a.usage, a.header, time.Now())
	return failure
}

// unanswered is for attempts that ended without a whole answer.
func (c *Client) unanswered(ctx, own context.Context, r *call, p *passage, err error) *Error {
	sent := p.sent.Load() && r.op.writes()
	if refused := p.refused.Load(); refused != nil {
		return r.withheld(*refused, sent)
	}
	if ctx.Err() != nil {
		return r.withheld(context.Cause(ctx), sent)
	}
	v := Verdict{Class: Transient, Title: "no answer", Unknown: sent}
	if !sent && r.op.writes() {
		v.Title = "not sent"
	}
	failure := r.failure(v)
	failure.cause = safeCause(err)
	if own.Err() != nil {
		failure.Title, failure.cause = "no answer in time", errTimeout
	}
	return failure
}

func (r *call) withheld(cause error, sent bool) *Error {
	failure := r.failure(Verdict{Class: Withheld, Title: "given up", Unknown: sent})
	if !sent {
		failure.Title = "not sent"
	}
	failure.cause = cause
	return failure
}

// tokenless is for a token that is missing: whoever is shown title and remedy alone
// must know what to do.
func (r *call) tokenless(err error) *Error {
	failure := r.failure(Verdict{Class: Reauth, Scope: ScopeApp, Title: "there is no usable access token", remedy: remedyToken})
	failure.cause = err
	return failure
}

func (r *call) unauthorised(err error) *Error {
	failure := r.failure(Verdict{Class: Reauth, Scope: ScopeApp, Title: "not sent", remedy: remedySecret})
	failure.cause = err
	return failure
}

// refusal is a request that this package does not send.
func (r *call) refusal(cause error) *Error {
	failure := r.failure(Verdict{Class: BadRequest, Title: "not sent", remedy: remedyUnsent})
	failure.cause = cause
	return failure
}

// failure says what to do in every case in which the caller may have to block: of a
// block only title and remedy are shown.
func (r *call) failure(v Verdict) *Error {
	return &Error{
		Op: r.op, Account: r.account, Audience: r.audience,
		Class: v.Class, Scope: v.Scope, Title: v.Title, RetryAfter: v.Wait, Unknown: v.Unknown,
		Remedy: cmp.Or(v.remedy, v.Class.remedy()).sentence(r.account),
	}
}

// retryAfter is the longest that anything asks for. The headers' waits count for
// throttles only: on other answers they are about the pace.
func retryAfter(v Verdict, u Usage, h http.Header, now time.Time) time.Duration {
	wait := v.Wait
	if v.Class == Throttle || v.Class == ThrottleApp {
		wait = max(wait, u.RegainAccess())
		if u.AdAccount.Percent >= 100 {
			wait = max(wait, u.AdAccount.Reset)
		}
		if u.AdAccount.Tier == "development_access" {
			wait = max(wait, 5*time.Minute)
		}
	}
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		wait = max(wait, time.Duration(min(seconds, int(maxWait/time.Second)))*time.Second)
	} else if at, err := http.ParseTime(text); err == nil {
		wait = max(wait, min(at.Sub(now), maxWait))
	}
	return wait
}
