package facebook

import "errors"

// Class says what a failed attempt asks of the caller. It is decided by
// [Classify] and by the transport; callers branch on it and on nothing else.
type Class uint8

// The classes. "Person" means that no repeat helps until somebody acts: the
// caller blocks the error's [Scope], shows the remedy and tries again on a slow
// beat.
const (
	// Unclassified is the class of no error and of errors that are not of
	// this package.
	Unclassified Class = iota
	// Transient: repeat with growing, jittered waits.
	Transient
	// Throttle: the ad account is over its limit; no call before RetryAfter,
	// because every further call lengthens the block.
	Throttle
	// ThrottleApp: as Throttle, for everything the app does.
	ThrottleApp
	// Cooldown: Facebook finds the behaviour abusive or disallowed; hours of
	// silence for the account, and somebody should know.
	Cooldown
	// AudienceBusy: another update or a replace of this audience is under way;
	// repeat after RetryAfter, counting no attempt.
	AudienceBusy
	// AudienceUnseen: Facebook does not know the audience by this name: for
	// some time after its creation that is lag (repeat), later it is gone.
	AudienceUnseen
	// AudienceGone: deleted, unshared, disabled, or invisible to the token:
	// Facebook tells these apart for nobody. Look with a read first.
	AudienceGone
	// AudienceFlagged: blocked for integrity; person.
	AudienceFlagged
	// AudienceRefused: this audience cannot be created or cannot take such
	// uploads, whatever the rows; person. Never a reason to bisect.
	AudienceRefused
	// LowSize: a removal would leave the audience too small. Nothing was
	// removed and nothing is broken: the removal stays owed.
	LowSize
	// TooLarge: halve the batch (or the page) and repeat.
	TooLarge
	// BadRequest: the request as it is will never pass; one row may be why.
	BadRequest
	// ReplaceFailed: the replace session is over, incomplete or out of order;
	// begin a new one.
	ReplaceFailed
	// Reauth: the token or the proof of the app secret is not accepted, or
	// there is no token; person.
	Reauth
	// Permission: the token's user or the app may not do this; person.
	Permission
	// Terms: the terms of service are not signed; person.
	Terms
	// Version: this API version no longer serves the call; person.
	Version
	// Withheld: the caller's context ended or BeforeSend refused. The error's
	// Unknown says whether bytes had gone out before that.
	Withheld
)

// Classes lists every class, for tables and metrics.
var Classes = []Class{
	Unclassified, Transient, Throttle, ThrottleApp, Cooldown, AudienceBusy,
	AudienceUnseen, AudienceGone, AudienceFlagged, AudienceRefused, LowSize,
	TooLarge, BadRequest, ReplaceFailed, Reauth, Permission, Terms, Version, Withheld,
}

// String is the class's name in logs, metrics and spans.
func (c Class) String() string {
	switch c {
	case Transient:
		return "transient"
	case Throttle:
		return "throttle"
	case ThrottleApp:
		return "throttle_app"
	case Cooldown:
		return "cooldown"
	case AudienceBusy:
		return "audience_busy"
	case AudienceUnseen:
		return "audience_unseen"
	case AudienceGone:
		return "audience_gone"
	case AudienceFlagged:
		return "audience_flagged"
	case AudienceRefused:
		return "audience_refused"
	case LowSize:
		return "low_size"
	case TooLarge:
		return "too_large"
	case BadRequest:
		return "bad_request"
	case ReplaceFailed:
		return "replace_failed"
	case Reauth:
		return "reauth"
	case Permission:
		return "permission"
	case Terms:
		return "terms"
	case Version:
		return "version"
	case Withheld:
		return "withheld"
	}
	return "unclassified"
}

// NeedsPerson says that no repeat helps before somebody acts.
func (c Class) NeedsPerson() bool {
	switch c {
	case AudienceFlagged, AudienceRefused, AudienceGone, Reauth, Permission, Terms, Version:
		return true
	}
	return false
}

// Scope is how far a failure reaches: what must not be tried again before it is
// over. Wider scopes are greater.
type Scope uint8

// The scopes.
const (
	ScopeRequest  Scope = iota // this request only
	ScopeAudience              // every request on this audience
	ScopeAccount               // every request on this ad account
	ScopeApp                   // every request with this app or token
)

// String is the scope's name in logs, metrics and spans.
func (s Scope) String() string {
	switch s {
	case ScopeAudience:
		return "audience"
	case ScopeAccount:
		return "account"
	case ScopeApp:
		return "app"
	}
	return "request"
}

// ClassOf is the class of err: Unclassified when err is nil or holds no *[Error].
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unclassified
}

// ScopeOf is what err blocks: ScopeRequest when err is nil or holds no *[Error].
func ScopeOf(err error) Scope {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Scope
	}
	return ScopeRequest
}
