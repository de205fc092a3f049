package facebook

import "time"

// rule gives codes their meaning. A zero subcode stands for any; a zero code for
// any code: those subcodes say enough alone, and some clients have met them in
// the place of the code.
type rule struct {
	code, subcode int
	class         Class
	scope         Scope
	wait          time.Duration // least wait before a repeat
	title         string        // ours, never Facebook's text
	remedy        remedy
}

// Least waits. Facebook documents only the block times of the ad-account score
// (60 s, or 300 s on the development tier) and the header's minutes; the others
// are choices, long enough that repeats do not feed the block.
const (
	throttleWait = time.Minute
	abuseWait    = 15 * time.Minute // 613 without subcode: many small uploads; five minutes did not help
	cooldownWait = 4 * time.Hour
	busyWait     = 2 * time.Minute
	unseenWait   = 5 * time.Second
)

// rules, from Meta's pages "Error Codes", "Custom Audiences" (error tables),
// "Rate Limits", "Handling Errors" and the users, usersreplace and
// customaudiences references, and from codes that public clients have met.
var rules = []rule{
	// Transient.
	{1, 0, Transient, ScopeRequest, 0, "unknown error", remedyNone},
	{2, 0, Transient, ScopeRequest, 0, "service unavailable for the moment", remedyNone},
	{104, 0, Transient, ScopeRequest, 0, "connection reset inside Facebook", remedyNone},
	{341, 0, Transient, ScopeRequest, 0, "limit reached for the moment", remedyNone},
	{960, 0, Transient, ScopeRequest, 0, "request failed inside Facebook", remedyNone},
	{-1, 0, Transient, ScopeRequest, 0, "unknown error", remedyNone},
	{-2, 0, Transient, ScopeRequest, 0, "unknown error", remedyNone},
	{-3, 0, Transient, ScopeRequest, 0, "unknown error", remedyNone},

	// Throttles.
	{4, 0, ThrottleApp, ScopeApp, throttleWait, "the app made too many calls", remedyWait},
	{17, 0, Throttle, ScopeAccount, throttleWait, "too many calls to the ad account", remedyWait},
	{32, 0, Throttle, ScopeAccount, throttleWait, "too many calls to the page", remedyWait},
	{613, 1487742, Throttle, ScopeAccount, throttleWait, "too many calls to the ad account", remedyWait},
	{613, 0, Throttle, ScopeAccount, abuseWait, "rate limit, or calls that look like abuse", remedyWait},
	{80000, 0, Throttle, ScopeAccount, throttleWait, "ads insights limit of the ad account", remedyWait},
	{80001, 0, Throttle, ScopeAccount, throttleWait, "page limit", remedyWait},
	{80002, 0, Throttle, ScopeAccount, throttleWait, "platform limit of the account", remedyWait},
	{80003, 0, Throttle, ScopeAccount, throttleWait, "custom audience limit of the ad account", remedyWait},
	{80004, 0, Throttle, ScopeAccount, throttleWait, "ads management limit of the ad account", remedyWait},
	{80005, 0, Throttle, ScopeAccount, throttleWait, "lead generation limit", remedyWait},
	{80006, 0, Throttle, ScopeAccount, throttleWait, "messaging limit", remedyWait},
	{80008, 0, Throttle, ScopeAccount, throttleWait, "business messaging limit", remedyWait},
	{80009, 0, Throttle, ScopeAccount, throttleWait, "catalog limit", remedyWait},
	{80014, 0, Throttle, ScopeAccount, throttleWait, "catalog batch limit", remedyWait},

	// Cool-down.
	{368, 0, Cooldown, ScopeAccount, cooldownWait, "behaviour found abusive or disallowed", remedyCooldown},
	{0, 1404078, Cooldown, ScopeAccount, cooldownWait, "blocked for the moment by a policy", remedyCooldown},
	{0, 2859015, Cooldown, ScopeAccount, cooldownWait, "blocked for the moment by a policy", remedyCooldown},

	// Credentials.
	{190, 458, Reauth, ScopeApp, 0, "the app was removed by the token's user", remedyToken},
	{190, 459, Reauth, ScopeApp, 0, "the token's user must pass a check at facebook.com", remedyCheckpoint},
	{190, 460, Reauth, ScopeApp, 0, "the password of the token's user changed", remedyToken},
	{190, 463, Reauth, ScopeApp, 0, "the access token expired", remedyToken},
	{190, 464, Reauth, ScopeApp, 0, "the token's user is not confirmed", remedyCheckpoint},
	{190, 467, Reauth, ScopeApp, 0, "the access token is no longer valid", remedyToken},
	{190, 492, Reauth, ScopeApp, 0, "the token's user has no session or role any more", remedyToken},
	{190, 0, Reauth, ScopeApp, 0, "the access token is not accepted", remedyToken},
	{102, 0, Reauth, ScopeApp, 0, "the session of the token ended", remedyToken},
	{2500, 0, Reauth, ScopeApp, 0, "no active access token", remedyToken},

	// Permissions.
	{3, 0, Permission, ScopeAccount, 0, "the app lacks the capability", remedyPermission},
	{10, 0, Permission, ScopeAccount, 0, "the app lacks the permission", remedyPermission},
	{270, 0, Permission, ScopeAccount, 0, "a development tier app may use its own ad accounts only", remedyTier},
	{294, 0, Permission, ScopeAccount, 0, "ads_management is missing, or the app is not allowed", remedyPermission},
	{0, 1870050, Permission, ScopeAccount, 0, "the ad account belongs to no business", remedyBusiness},
	{2654, 1713092, Permission, ScopeAccount, 0, "no write permission on the ad account", remedyPermission},
	{0, 1404163, Permission, ScopeAccount, 0, "the advertiser is barred from advertising", remedyBarred},
	{200, 0, Permission, ScopeAudience, 0, "no permission", remedyPermission},

	// Terms of service.
	{0, 1870034, Terms, ScopeAccount, 0, "the custom audience terms are not accepted", remedyTerms},
	{0, 1870090, Terms, ScopeAccount, 0, "the custom audience terms are not accepted", remedyTerms},
	{0, 1870092, Terms, ScopeAccount, 0, "the business tools terms are not accepted", remedyTerms},
	{0, 1487390, Terms, ScopeAccount, 0, "the custom audience terms are not accepted", remedyTerms},
	{2655, 0, Terms, ScopeAccount, 0, "terms of service are not accepted", remedyTerms},
	{2663, 0, Terms, ScopeAccount, 0, "terms of service are not accepted", remedyTerms},

	// One audience.
	{2650, 1870145, AudienceBusy, ScopeAudience, busyWait, "another update of the audience is under way", remedyNone},
	{803, 0, AudienceUnseen, ScopeAudience, unseenWait, "Facebook does not know the audience", remedyGone},
	{100, 33, AudienceGone, ScopeAudience, 0, "the audience does not exist or the token cannot see it", remedyGone},
	{0, 1487366, AudienceGone, ScopeAudience, 0, "the audience was deleted", remedyGone},
	{0, 1487301, AudienceGone, ScopeAudience, 0, "the audience is not shared with the ad account", remedyGone},
	{0, 1870065, AudienceGone, ScopeAudience, 0, "the audience is disabled", remedyGone},
	{100, 1713228, AudienceFlagged, ScopeAudience, 0, "the audience is flagged for integrity", remedyFlagged},
	{100, 1713230, AudienceFlagged, ScopeAudience, 0, "uploads to the audience are blocked for integrity", remedyFlagged},
	{100, 1713231, AudienceFlagged, ScopeAudience, 0, "the audience is flagged for integrity", remedyFlagged},
	{200, 1870047, LowSize, ScopeRequest, 0, "the removal would leave the audience too small", remedyLowSize},
	{2650, 0, AudienceRefused, ScopeAudience, 0, "the audience does not take such uploads", remedySource},
	{2654, 0, AudienceRefused, ScopeAudience, 0, "the audience was not created", remedyCreate},
	{2656, 0, AudienceRefused, ScopeAudience, 0, "the audience has lookalikes", remedyLookalikes},

	// Replace sessions.
	{2650, 1870158, ReplaceFailed, ScopeRequest, 0, "the replace session passed its 90 minutes", remedyNone},
	{2650, 1870147, ReplaceFailed, ScopeRequest, 0, "the replace session did not begin with batch 1", remedyNone},
	{2650, 1870159, ReplaceFailed, ScopeRequest, 0, "the replace session is finished", remedyNone},
	{2650, 1870148, ReplaceFailed, ScopeRequest, 0, "the audience was not replaced whole", remedyNone},
	{2650, 1870144, AudienceRefused, ScopeAudience, 0, "the audience would reach 100 million rows", remedySource},

	// The request.
	{105, 0, TooLarge, ScopeRequest, 0, "too many parameters or rows", remedyNone},
	{100, 0, BadRequest, ScopeRequest, 0, "invalid parameter", remedyRequest},
	{194, 0, BadRequest, ScopeRequest, 0, "a parameter is missing", remedyRequest},
	{0, 1713098, BadRequest, ScopeRequest, 0, "invalid parameter", remedyRequest},
	{2635, 0, Version, ScopeApp, 0, "the API version is no longer served", remedyVersion},
}

type ruleKey struct{ code, subcode int }

var ruleIndex = func() map[ruleKey]*rule {
	index := make(map[ruleKey]*rule, len(rules))
	for i := range rules {
		index[ruleKey{rules[i].code, rules[i].subcode}] = &rules[i]
	}
	return index
}()
