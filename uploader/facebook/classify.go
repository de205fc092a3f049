package facebook

import (
	"net/http"
	"strings"
	"time"
)

// splitRows is from how many rows on an unknown error with subcode 99 is taken
// as "too much at once": 30,000 rows were answered so, one row never is.
const splitRows = 1000

// Answer is what of an HTTP answer decides its [Verdict].
type Answer struct {
	Op     Op
	Rows   int // rows sent, 0 where there are none
	Status int
	// Envelope: the body was Graph's JSON error object. Without it (an HTML
	// page, text, a cut body) the fields below are zero.
	Envelope      bool
	Code, Subcode int
	Transient     bool // is_transient
	// Message is looked at only where one code means several things and no
	// subcode tells them apart. It is kept nowhere.
	Message string
}

// Verdict is the meaning of an [Answer].
type Verdict struct {
	Class Class
	Scope Scope
	// Wait is the least wait before a repeat, before the usage headers are
	// looked at; 0 leaves it to the caller.
	Wait  time.Duration
	Title string
	// Unknown: the answer does not exclude that the request was carried out.
	Unknown bool
	remedy  remedy
}

// Classify decides by (code, subcode), never by status or message alone: codes
// 100, 200 and 2650 each hold several classes, and rate limits come with status
// 400 or 403. The most telling rule wins: the pair, then the subcode alone, then
// the code alone, then the status.
func Classify(a Answer) Verdict {
	v := meaning(a)
	v.Unknown = a.Op.writes() && maybeApplied(a, v.Class)
	return v
}

func meaning(a Answer) Verdict {
	if !a.Envelope {
		return byStatus(a.Status)
	}
	if v, ok := byMessage(a); ok {
		return v
	}
	v, ok := byCode(a.Code, a.Subcode)
	switch {
	case a.Op.onApp() && a.Status < 500 && !a.Transient && (a.Code == 1 || a.Code == 100 || a.Code == 101):
		// A wrong secret is answered by code 1 ("Error validating client secret."), a
		// wrong app by 101, a code already used by 100.
		return Verdict{Class: Reauth, Scope: ScopeApp, Title: "the app or what it shows is not accepted", remedy: remedyApp}
	case !ok && a.Status == http.StatusUnauthorized, !ok && a.Status == http.StatusTooManyRequests,
		!ok && a.Status == http.StatusRequestEntityTooLarge:
		return byStatus(a.Status)
	case !ok:
		v = Verdict{Class: BadRequest, Scope: ScopeRequest, Title: "refused with an unknown code", remedy: remedyRequest}
	case a.Code == 1 && a.Subcode == 99 && a.Rows >= splitRows:
		return Verdict{Class: TooLarge, Scope: ScopeRequest, Title: "unknown error on a large batch"}
	case a.Op.onAccount() && (v.Class == AudienceGone || v.Class == AudienceUnseen):
		return Verdict{Class: Permission, Scope: ScopeAccount, Title: "the ad account does not exist or the token cannot see it", remedy: remedyPermission}
	case a.Op.onAccount() && v.Class == Permission:
		v.Scope = ScopeAccount
	}
	if (a.Transient || a.Status >= 500) && yieldsToTransient(v.Class) {
		return Verdict{Class: Transient, Scope: ScopeRequest, Title: "unavailable for the moment"}
	}
	return v
}

// byCode looks the pair up, from the most to the least telling rule.
func byCode(code, subcode int) (Verdict, bool) {
	keys := []ruleKey{{code, 0}}
	if subcode != 0 {
		keys = []ruleKey{{code, subcode}, {0, subcode}, {code, 0}}
	}
	for _, key := range append(keys, ruleKey{0, code}) {
		if key == (ruleKey{}) {
			continue
		}
		if r, ok := ruleIndex[key]; ok {
			return Verdict{Class: r.class, Scope: r.scope, Wait: r.wait, Title: r.title, remedy: r.remedy}, true
		}
	}
	switch {
	case code > 200 && code <= 299:
		return Verdict{Class: Permission, Scope: ScopeAccount, Title: "a permission is missing", remedy: remedyPermission}, true
	case code > 80000 && code <= 80014:
		return Verdict{Class: Throttle, Scope: ScopeAccount, Wait: throttleWait, Title: "business use case limit", remedy: remedyWait}, true
	}
	return Verdict{}, false
}

// byMessage tells apart what shares a code without a subcode.
func byMessage(a Answer) (Verdict, bool) {
	has := func(part string) bool { return strings.Contains(strings.ToLower(a.Message), part) }
	switch {
	case a.Code == 1 && has("reduce the amount of data"):
		return Verdict{Class: TooLarge, Scope: ScopeRequest, Title: "too much data asked for at once"}, true
	case a.Code == 100 && a.Subcode == 0 && has("appsecret_proof"):
		return Verdict{Class: Reauth, Scope: ScopeApp, Title: "the proof of the app secret is missing or wrong", remedy: remedyProof}, true
	case a.Code == 100 && a.Subcode == 0 && has("requires lookalike_value"):
		return Verdict{Class: AudienceRefused, Scope: ScopeAudience, Title: "a value-based audience needs LOOKALIKE_VALUE in every row", remedy: remedyValue}, true
	}
	return Verdict{}, false
}

// byStatus is for answers that are not Graph's own.
func byStatus(status int) Verdict {
	switch status {
	case http.StatusUnauthorized:
		return Verdict{Class: Reauth, Scope: ScopeApp, Title: "the access token is not accepted", remedy: remedyToken}
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		return Verdict{Class: TooLarge, Scope: ScopeRequest, Title: "the request is too large"}
	case http.StatusTooManyRequests:
		return Verdict{Class: Throttle, Scope: ScopeAccount, Wait: throttleWait, Title: "too many calls", remedy: remedyWait}
	}
	return Verdict{Class: Transient, Scope: ScopeRequest, Title: "an answer that is not Graph's"}
}

// yieldsToTransient lists the classes that "try again" overrules. The others
// already say how long to wait, or what is missing.
func yieldsToTransient(c Class) bool {
	switch c {
	case BadRequest, AudienceRefused, AudienceGone, Permission:
		return true
	}
	return false
}

// maybeApplied is true unless Graph itself said no: a 4xx with a code that is a
// refusal. "Unknown error" and "service unavailable" are none.
func maybeApplied(a Answer, c Class) bool {
	switch {
	case a.Status == http.StatusRequestEntityTooLarge, a.Status == http.StatusRequestURITooLong:
		return false
	case a.Status >= 500, !a.Envelope:
		return true
	}
	return c == Transient || a.Code == 1
}
