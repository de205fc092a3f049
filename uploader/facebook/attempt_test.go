package facebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// reading reads the body, then fails.
func reading(err error) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, readErr := io.Copy(io.Discard, r.Body); readErr != nil {
				return nil, readErr
			}
		}
		return nil, err
	}
}

// TestUnknown: what may have been carried out, and what certainly was not.
func TestUnknown(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	tests := []struct {
		name      string
		transport roundTripper
		class     Class
		status    int
		unknown   bool
		cause     error
	}{
		{"dial error", func(*http.Request) (*http.Response, error) { return nil, dial }, Transient, 0, false, syscall.ECONNREFUSED},
		{"reset after the body", reading(reset), Transient, 0, true, syscall.ECONNRESET},
		{"closed after the body", reading(io.EOF), Transient, 0, true, io.EOF},
		{"answer cut short", func(r *http.Request) (*http.Response, error) {
			resp, err := says(200, "")(r)
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(usersOK[:20]), iotestError{io.ErrUnexpectedEOF}))
			return resp, err
		}, Transient, 200, true, io.ErrUnexpectedEOF},
		{"HTML 400", says(400, "<html>"), Transient, 400, true, nil},
		{"HTML 500", says(500, "<html>"), Transient, 500, true, nil},
		{"200 with text", says(200, "Service Unavailable"), Transient, 200, true, nil},
		{"200 with other JSON", says(200, `{"success":true}`), Transient, 200, true, nil},
		{"200 with an error", says(200, `{"error":{"code":190}}`), Reauth, 200, false, nil},
		{"redirect", says(302, "", "Location", "https://elsewhere/"), Transient, 302, true, nil},
		{"a plain no", says(400, `{"error":{"code":100}}`), BadRequest, 400, false, nil},
		{"unknown error", says(400, `{"error":{"code":1}}`), Transient, 400, true, nil},
		{"answer without end", says(200, strings.Repeat(" ", maxAnswerBytes+1)), Transient, 200, true, nil},
	}
	for _, test := range tests {
		for _, op := range []Op{OpAddUsers, OpRemoveUsers, OpReadAudience} {
			t.Run(test.name+" "+string(op), func(t *testing.T) {
				t.Parallel()
				c := newClient(t, test.transport)
				var err error
				switch op {
				case OpAddUsers:
					_, err = c.AddUsers(t.Context(), "123", twoRows)
				case OpRemoveUsers:
					_, err = c.RemoveUsers(t.Context(), "123", twoRows)
				case OpReadAudience:
					_, _, err = c.Audience(t.Context(), "123")
					if test.name == "200 with other JSON" && err == nil {
						t.Error("taken for an audience")
					}
				}
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("error %v", err)
				}
				class := test.class
				if test.name == "answer without end" && op == OpReadAudience {
					class = TooLarge
				}
				if want := test.unknown && op.writes(); e.Class != class || e.Status != test.status || e.Unknown != want || e.Op != op {
					t.Errorf("%s, status %d, unknown %t, op %s; want %s, %d, %t: %v", e.Class, e.Status, e.Unknown, e.Op, class, test.status, want, err)
				}
				if test.cause != nil && !errors.Is(err, test.cause) {
					t.Errorf("%v does not unwrap to %v", err, test.cause)
				}
			})
		}
	}
}

type iotestError struct{ err error }

func (r iotestError) Read([]byte) (int, error) { return 0, r.err }

// TestErrorTells holds everything that an error carries.
func TestErrorTells(t *testing.T) {
	t.Parallel()
	c := newClient(t, says(403, `{"error":{"message":"(#200) said","type":"OAuthException","code":200,"error_subcode":1870090,`+
		`"error_data":"{\"x\":1}","fbtrace_id":"A3b8C6PpI-kdIOwPwV4PANi"}}`, headerApp, `{"call_count":12}`))
	result, err := c.AddUsers(t.Context(), "123", twoRows)
	want := "add users of audience 123: the custom audience terms are not accepted (status 403, code 200/1870090, trace A3b8C6PpI-kdIOwPwV4PANi): " +
		"Somebody of the business (not a system user) must accept the terms at https://business.facebook.com/ads/manage/customaudiences/tos/?act=42."
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var e *Error
	if !errors.As(fmt.Errorf("flush: %w", err), &e) {
		t.Fatal("no *Error")
	}
	if e.Op != OpAddUsers || e.Audience != "123" || e.Account != "42" || e.Type != "OAuthException" || e.Usage.App.Calls != 12 || e.ErrorType() != "terms" {
		t.Errorf("%+v", e)
	}
	if result.Usage.App.Calls != 12 {
		t.Errorf("usage beside the error: %+v", result.Usage)
	}
	if wrapped := fmt.Errorf("flush: %w", err); ClassOf(wrapped) != Terms || ScopeOf(wrapped) != ScopeAccount {
		t.Error("class or scope lost by wrapping")
	}
	if ClassOf(nil) != Unclassified || ScopeOf(io.EOF) != ScopeRequest {
		t.Error("class or scope of no error of ours")
	}
}

func TestThrottleTellsTheHeadersWait(t *testing.T) {
	t.Parallel()
	c := newClient(t, says(400, `{"error":{"code":80003,"error_subcode":2446079}}`, headerBusiness,
		`{"42":[{"type":"custom_audience","call_count":101,"estimated_time_to_regain_access":17}]}`))
	_, err := c.RemoveUsers(t.Context(), "123", twoRows)
	var e *Error
	if !errors.As(err, &e) || e.Class != Throttle || e.RetryAfter != 17*time.Minute {
		t.Errorf("%+v", e)
	}
}

// TestTimeouts runs in a bubble: no real time passes.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	hang := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	hangBeforeBody := roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	hangInAnswer := roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := says(200, "")(r)
		resp.Body = io.NopCloser(untilDone{r.Context()})
		return resp, err
	})
	reason := errors.New("the lease is over")
	tests := []struct {
		name      string
		transport roundTripper
		limit     time.Duration // the caller's, 0 for none
		class     Class
		unknown   bool
		took      time.Duration
		cause     error
	}{
		{"own time-out", hang, 0, Transient, true, DefaultTimeout, errTimeout},
		{"own time-out while connecting", hangBeforeBody, 0, Transient, false, DefaultTimeout, errTimeout},
		{"own time-out within the answer", hangInAnswer, 0, Transient, true, DefaultTimeout, errTimeout},
		{"the caller's deadline", hang, time.Second, Withheld, true, time.Second, reason},
		{"the caller's deadline while connecting", hangBeforeBody, time.Second, Withheld, false, time.Second, reason},
		{"the caller's deadline was over", hang, -1, Withheld, false, 0, reason},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.limit != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeoutCause(ctx, test.limit, reason)
					defer cancel()
				}
				began := time.Now()
				_, err := newClient(t, test.transport).AddUsers(ctx, "123", twoRows)
				var e *Error
				if !errors.As(err, &e) || e.Class != test.class || e.Unknown != test.unknown || !errors.Is(err, test.cause) {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("took %s, want %s", took, test.took)
				}
			})
		})
	}
}

type untilDone struct{ ctx context.Context }

func (u untilDone) Read([]byte) (int, error) {
	<-u.ctx.Done()
	return 0, u.ctx.Err()
}

// TestBeforeSend: a refusal keeps every byte of the body from a real server, at
// both places where it is asked.
func TestBeforeSend(t *testing.T) {
	t.Parallel()
	lost := errors.New("lease lost")
	for refuseAt, asks := range map[int32]int32{1: 1, 2: 2, 3: 2} {
		t.Run(fmt.Sprint("at question ", refuseAt), func(t *testing.T) {
			t.Parallel()
			var requests, asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); len(body) > 0 || err == nil {
					requests.Add(1)
				}
				io.WriteString(w, usersOK)
			}))
			defer server.Close()
			c := newClient(t, nil, func(o *Options) {
				o.BaseURL = server.URL
				o.BeforeSend = func(context.Context) error {
					if asked.Add(1) == refuseAt {
						return lost
					}
					return nil
				}
			})
			defer c.CloseIdleConnections()
			_, err := c.AddUsers(t.Context(), "123", twoRows)
			if refuseAt == 3 {
				if err != nil || requests.Load() != 1 {
					t.Errorf("%d requests, %v", requests.Load(), err)
				}
			} else {
				var e *Error
				if !errors.As(err, &e) || e.Class != Withheld || e.Unknown || !errors.Is(err, lost) {
					t.Errorf("error %v", err)
				}
				server.Close() // waits for what the server has in hand
				if requests.Load() != 0 {
					t.Error("the server saw the body, or some of it")
				}
			}
			if asked.Load() != asks {
				t.Errorf("asked %d times, want %d", asked.Load(), asks)
			}
		})
	}
}

// TestReadOnly: a client for reading lets no write out.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	var methods []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.Method)
		_, _ = io.WriteString(w, `{"data":[]}`)
	}))
	defer server.Close()
	c := newClient(t, nil, func(o *Options) { o.BaseURL, o.ReadOnly = server.URL, true })
	defer c.CloseIdleConnections()
	if _, err := c.AudiencePage(t.Context(), "1", ""); err != nil {
		t.Errorf("a listing: %v", err)
	}
	_, add := c.AddUsers(t.Context(), "123", twoRows)
	_, remove := c.RemoveUsers(t.Context(), "123", twoRows)
	_, _, create := c.CreateAudience(t.Context(), "1", NewAudience{Name: "x"})
	for name, err := range map[string]error{"add": add, "remove": remove, "create": create} {
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != Withheld || e.Unknown || !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Close()
	if len(methods) != 1 || methods[0] != http.MethodGet {
		t.Errorf("the server saw %v", methods)
	}
}

// TestOneCallIsOneAttempt: an idle connection that the server closed on the
// request is an error, not a second try by the transport.
func TestOneCallIsOneAttempt(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, usersOK)
	}))
	defer server.Close()
	c := newClient(t, nil, func(o *Options) { o.BaseURL = server.URL })
	defer c.CloseIdleConnections()
	if _, err := c.AddUsers(t.Context(), "123", twoRows); err != nil {
		t.Fatal(err)
	}
	_, err := c.RemoveUsers(t.Context(), "123", twoRows)
	var e *Error
	if !errors.As(err, &e) || e.Class != Transient || !e.Unknown || requests.Load() != 2 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

// TestDataIsReleased: a transport that reads on after it has answered gets
// nothing of a buffer that is the caller's again.
func TestDataIsReleased(t *testing.T) {
	t.Parallel()
	var body io.ReadCloser
	c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		body = r.Body
		return respond(r, 400, `{"error":{"code":4}}`), nil
	}))
	if _, err := c.AddUsers(t.Context(), "123", twoRows); ClassOf(err) != ThrottleApp {
		t.Fatal(err)
	}
	if n, err := body.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// TestBodyComesOnce: a transport that would repeat a request by itself, as that of
// HTTP/2 does after a GOAWAY, has no second body for it: one that passed no check.
func TestBodyComesOnce(t *testing.T) {
	t.Parallel()
	var repeats bool
	c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		repeats = r.GetBody != nil
		return respond(r, 200, usersOK), nil
	}))
	if _, err := c.AddUsers(t.Context(), "123", twoRows); err != nil {
		t.Fatal(err)
	}
	if repeats {
		t.Error("the transport can get the body anew")
	}
}
