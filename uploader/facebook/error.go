package facebook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// Error is why an attempt failed. It holds no token, no row and no text of
// Facebook's: titles and remedies are this package's own words.
type Error struct {
	Op       Op
	Account  AccountID  // empty where the caller did not say
	Audience AudienceID // empty for operations on an account

	Status        int    // 0 when no answer came
	Code, Subcode int    // Graph's; 0 when the answer was not Graph's
	Type          string // Graph's type when it is a known one, else empty
	TraceID       string // fbtrace_id, for a report to Meta

	Class Class
	Scope Scope
	Title string
	// RetryAfter is the least wait before a repeat: from the usage headers,
	// Retry-After and the class. 0 leaves it to the caller.
	RetryAfter time.Duration
	// Unknown: the answer does not exclude that the request was carried out.
	// Always false for reads and for requests that certainly were not sent.
	Unknown bool
	Usage   Usage
	Remedy  string

	cause error
}

// Error is one line: what was tried on which id, what Facebook said, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(specs[e.Op].verb)
	if e.Audience != "" {
		fmt.Fprintf(&b, " of audience %s", e.Audience)
	} else if e.Account != "" {
		fmt.Fprintf(&b, " in %s", e.Account.Node())
	}
	b.WriteString(": ")
	b.WriteString(e.Title)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d", e.Status)
		if e.Code != 0 {
			fmt.Fprintf(&b, ", code %d", e.Code)
		}
		if e.Subcode != 0 {
			fmt.Fprintf(&b, "/%d", e.Subcode)
		}
		if e.TraceID != "" {
			fmt.Fprintf(&b, ", trace %s", e.TraceID)
		}
		b.WriteByte(')')
	}
	if e.Unknown {
		b.WriteString(", may have been applied")
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, ": %s", e.Remedy)
	}
	return b.String()
}

// Unwrap is the cause: a context's or BeforeSend's error, a *[TokenError], an
// error of the network; nil when Facebook's answer is the whole story.
func (e *Error) Unwrap() error { return e.cause }

// ErrorType is the class's name; OpenTelemetry's error.type takes it.
func (e *Error) ErrorType() string { return e.Class.String() }

// safeCause keeps of a transport's error what can be shown. Errors of net/http
// can quote the URL (url.Error) or bytes of the answer (malformed headers), and
// a foreign round tripper's can quote anything: only kinds known to hold
// addresses, numbers and host names pass.
func safeCause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return cert
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	if net, ok := errors.AsType[net.Error](err); ok && net.Timeout() {
		return errTransportTimeout
	}
	return errTransport
}

var (
	errTransport        = errors.New("the connection failed")
	errTransportTimeout = errors.New("the connection timed out")
	errTimeout          = errors.New("no answer within the request's time-out")
)
