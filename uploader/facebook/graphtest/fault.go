package graphtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind is a kind of fault.
type Kind string

// Faults of the transport and of Facebook's front.
const (
	HTTP500       Kind = "http500"        // 500, code 1
	HTTP503       Kind = "http503"        // 503, plain text
	HTTP200Text   Kind = "http200_text"   // 200, plain text "Service Unavailable"
	HTML400       Kind = "html400"        // 400, an HTML page
	HTML500       Kind = "html500"        // 500, an HTML page
	Slow          Kind = "slow"           // rows are applied, and the answer is given, Delay later
	ResetBefore   Kind = "reset_before"   // connection reset, nothing done
	ResetAfter    Kind = "reset_after"    // done (rows applied Delay later), connection reset instead of the answer
	TimeoutBefore Kind = "timeout_before" // nothing done, never answered
	TimeoutAfter  Kind = "timeout_after"  // done (rows applied Delay later), never answered
)

// Faults that are answers of the Graph API.
const (
	Code1              Kind = "code1"               // unknown error
	Code1_99           Kind = "code1_99"            // unknown error, subcode 99
	Code1Reduce        Kind = "code1_reduce"        // "Please reduce the amount of data"
	Code2Transient     Kind = "code2_transient"     // is_transient
	Code4              Kind = "code4"               // app limit
	Code368            Kind = "code368"             // policy
	Throttle80003      Kind = "throttle_80003"      // account limit
	Throttle17         Kind = "throttle_17"         // account score
	Throttle613        Kind = "throttle_613"        // account score, 613/1487742
	Abuse613           Kind = "abuse_613"           // 613 without subcode
	TOS                Kind = "tos"                 // terms unsigned
	TokenExpired       Kind = "token_expired"       // 190/463
	MissingAfterCreate Kind = "803_after_create"    // the audience is not known yet
	Flagged            Kind = "flagged"             // 100/1713230
	ReplaceInProgress  Kind = "replace_in_progress" // 2650/1870145
	LowSize            Kind = "low_size"            // 200/1870047
	TooMany            Kind = "too_many"            // 105
	Gone               Kind = "gone"                // 100/33
	Forbidden          Kind = "forbidden"           // 403, code 200
	BadData            Kind = "bad_data"            // 100, "Data is missing or does not match schema"
	SessionTimedOut    Kind = "session_timed_out"   // 2650/1870158
	SessionFinished    Kind = "session_finished"    // 2650/1870159
	FirstBatchMissing  Kind = "first_batch_missing" // 2650/1870147
	NotReplaced        Kind = "not_replaced"        // 2650/1870148
	TooManyPeople      Kind = "too_many_people"     // 2650/1870144
)

// ReplaceFails shows later: the batch is taken, and its replacement ends with status 415,
// half done.
const (
	ReplaceFails Kind = "replace_fails"
)

// Kinds lists every kind of fault.
func Kinds() []Kind {
	return append(EverydayKinds(), HTTP200Text, TimeoutBefore, TimeoutAfter, Code1Reduce, Throttle80003, Throttle17,
		Throttle613, Abuse613, TOS, TokenExpired, MissingAfterCreate, Flagged, ReplaceInProgress, LowSize, TooMany, Gone,
		Forbidden, BadData, SessionTimedOut, SessionFinished, FirstBatchMissing, NotReplaced, TooManyPeople, ReplaceFails)
}

// EverydayKinds lists the faults that every client meets and has to survive by itself.
func EverydayKinds() []Kind {
	return []Kind{Code1, Code1_99, Code2Transient, Code4, Code368, HTTP500, HTTP503, HTML400, HTML500, Slow, ResetBefore,
		ResetAfter}
}

// Match says which requests a fault is for. Blank fields match everything.
type Match struct {
	Method   string `json:"method,omitempty"` // after the method override
	Path     string `json:"path,omitempty"`   // part of the path
	Audience string `json:"audience,omitempty"`
	Op       Op     `json:"op,omitempty"`
	Client   string `json:"client,omitempty"` // part of the client's name
	Rows     int    `json:"rows,omitempty"`   // at least so many
}

func (m Match) matches(e *Entry) bool {
	return (m.Method == "" || strings.EqualFold(m.Method, e.Method)) &&
		strings.Contains(e.Path, m.Path) &&
		(m.Audience == "" || m.Audience == e.Audience) &&
		(m.Op == "" || m.Op == e.Op) &&
		strings.Contains(e.Client, m.Client) &&
		e.Rows >= m.Rows
}

// Fault is a fault to come.
type Fault struct {
	Kind  Kind
	Match Match
	Skip  int // matching requests to let through first
	Count int // how often it fires: 0 is once, below 0 for ever
	// Delay of the kinds that carry the request out (default 1 s for slow, 0 else). For the
	// throttle kinds it is the time to regain access, rounded up to minutes
	// (default 1; below 0: none is announced).
	Delay time.Duration
}

// possible reports whether Facebook could give this answer to this operation.
func (k Kind) possible(op Op) bool {
	switch k {
	case LowSize:
		return op == OpRemove
	case TooMany, BadData:
		return op.onMembers() || op == OpForget
	case MissingAfterCreate, Flagged, ReplaceInProgress:
		return op.onMembers()
	case SessionTimedOut, SessionFinished, FirstBatchMissing, NotReplaced, TooManyPeople, ReplaceFails:
		return op == OpReplace
	case TOS:
		return op.writes()
	case Code1Reduce:
		return op == OpList
	default:
		return slices.Contains(graphOps, op)
	}
}

func (k Kind) known() bool { return slices.Contains(Kinds(), k) }

// executes reports whether the request is carried out in spite of the fault.
func (k Kind) executes() bool {
	return k == Slow || k == ResetAfter || k == TimeoutAfter || k == ReplaceFails
}

func (k Kind) throttles() bool { return k == Throttle80003 || k == Throttle17 || k == Throttle613 }

// reply is the answer in place of the real one; nil for the kinds that answer nothing.
func (k Kind) reply(e *Entry, tosSubcode int) *reply {
	if text, ok := frontReplies[k]; ok {
		return &text
	}
	if answer, ok := faultErrors[k]; ok {
		return errorReply(answer(e, tosSubcode), e.Seq)
	}
	return nil
}

const htmlPage = "<!DOCTYPE html><html lang=\"en\"><head><title>Facebook | Error</title></head>" +
	"<body><h1>Sorry, something went wrong.</h1></body></html>"

var frontReplies = map[Kind]reply{
	HTTP503:     {status: http.StatusServiceUnavailable, contentType: "text/plain", body: []byte("Service Unavailable")},
	HTTP200Text: {status: http.StatusOK, contentType: "text/plain", body: []byte("Service Unavailable")},
	HTML400:     {status: http.StatusBadRequest, contentType: "text/html; charset=utf-8", body: []byte(htmlPage)},
	HTML500:     {status: http.StatusInternalServerError, contentType: "text/html; charset=utf-8", body: []byte(htmlPage)},
}

var faultErrors = map[Kind]func(e *Entry, tosSubcode int) *graphError{
	HTTP500: func(*Entry, int) *graphError {
		return oauthError(1, 0, "An unknown error has occurred.").withStatus(http.StatusInternalServerError)
	},
	Code1: func(*Entry, int) *graphError { return oauthError(1, 0, "An unknown error occurred") },
	Code1_99: func(*Entry, int) *graphError {
		return oauthError(1, 99, "An unknown error occurred").withStatus(http.StatusInternalServerError)
	},
	Code1Reduce: func(*Entry, int) *graphError { return errReduce() },
	Code2Transient: func(*Entry, int) *graphError {
		return oauthError(2, 0, "An unexpected error has occurred. Please retry your request later.").
			withStatus(http.StatusServiceUnavailable).withTransient(true)
	},
	Code4: func(*Entry, int) *graphError { return errAppThrottled() },
	Code368: func(*Entry, int) *graphError {
		return oauthError(368, 0, "The action attempted has been deemed abusive or is otherwise disallowed")
	},
	Throttle80003: func(*Entry, int) *graphError { return errAccountThrottled() },
	Throttle17:    func(*Entry, int) *graphError { return errScoreThrottled() },
	Throttle613:   func(*Entry, int) *graphError { return errCallsThrottled() },
	Abuse613: func(*Entry, int) *graphError {
		return oauthError(613, 0, "(#613) Calls to this api have exceeded the rate limit.")
	},
	TOS:                func(_ *Entry, subcode int) *graphError { return errTerms(subcode) },
	TokenExpired:       func(*Entry, int) *graphError { return errExpired() },
	MissingAfterCreate: func(*Entry, int) *graphError { return errMissingEdge("users") },
	Flagged:            func(*Entry, int) *graphError { return errFlagged() },
	ReplaceInProgress:  func(*Entry, int) *graphError { return errReplaceInProgress() },
	LowSize:            func(*Entry, int) *graphError { return errLowSize() },
	TooMany:            func(*Entry, int) *graphError { return errTooMany(false) },
	Gone:               func(e *Entry, _ int) *graphError { return errNoObject(e.Method, e.Audience, 33) },
	Forbidden:          func(e *Entry, _ int) *graphError { return errReadOnly(e.Audience) },
	BadData:            func(*Entry, int) *graphError { return errShape() },
	SessionTimedOut:    func(*Entry, int) *graphError { return errSessionTimedOut() },
	SessionFinished:    func(*Entry, int) *graphError { return errSessionFinished() },
	FirstBatchMissing:  func(*Entry, int) *graphError { return errFirstBatchMissing() },
	NotReplaced:        func(*Entry, int) *graphError { return errNotReplaced() },
	TooManyPeople:      func(*Entry, int) *graphError { return errTooManyPeople() },
}
