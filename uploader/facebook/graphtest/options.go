package graphtest

import (
	"strings"
	"time"
)

// Defaults of a zero Options, for tests to refer to.
const (
	DefaultAccount = "act_1"
	DefaultToken   = "test-token"
	DefaultApp     = "1000000000000001"
	DefaultUser    = "2000000000000001"
)

// MaxRows is the largest number of rows one request may carry
// (Meta, Customer File Custom Audiences guide).
const MaxRows = 10_000

// Options describes the world that a [Server] simulates. The zero value is one
// ad account with generous quotas and one token that may do everything,
// no delays and no faults.
type Options struct {
	Accounts []Account // default: one, DefaultAccount
	Apps     []App     // default: one, DefaultApp, without appsecret_proof
	Tokens   []Token   // default: one, DefaultToken, that never expires
	People   []Person  // who exists; empty: every line of an audience is one person

	// Latency is waited before each answer of the Graph API.
	Latency time.Duration
	// ApplyDelay is the time between accepting rows and applying them.
	ApplyDelay time.Duration
	// ReorderSpan above zero lets operations on an audience that were not
	// answered before the next one was sent be applied in another order, each up
	// to this much later. What was answered is never overtaken.
	ReorderSpan time.Duration
	// ReplaceDelay is the time between the last batch of a replacement and its end: its
	// operation status is 414 until then.
	ReplaceDelay time.Duration
	// CreateLag is how long POST /users on a new audience is answered by code 803.
	CreateLag time.Duration
	// ListLag is how long a new audience is missing from lists.
	ListLag time.Duration
	// SessionTTL is the life of an upload session. Default 90 minutes.
	SessionTTL time.Duration

	// LowSizeGuard refuses removals that leave fewer than 100 people
	// (200/1870047).
	LowSizeGuard bool
	// TOSSubcode answers unsigned terms: 1870090 (default) or 1870034.
	TOSSubcode int
	// GoneSubcode answers calls on deleted audiences: 33 (default) or 1487366.
	GoneSubcode int
	// AuthStatus is the HTTP status of code 190: 400 (default) or 401.
	AuthStatus int
	// UsersThrottle613 answers a throttled POST /users by 613/1487742 instead of
	// 17/2446079.
	UsersThrottle613 bool
	// TooManyRows1_99 answers more than MaxRows rows by 500 with 1/99 instead of
	// 400 with 105.
	TooManyRows1_99 bool

	// MaxPageSize is the largest limit of a list; above it the answer is code 1.
	// Default 500.
	MaxPageSize int
	// OldestVersion is the oldest API version that is served without a warning
	// header. Default v25.0.
	OldestVersion string
	// RejectOldVersions answers older versions by code 2635.
	RejectOldVersions bool

	// AppCallsPerHour limits all calls of an app (code 4). Default 1,000,000.
	AppCallsPerHour int

	// UnknownAnswerWindow above zero notes a violation when an operation follows,
	// within this time, an opposite one whose answer the client never got. It is the
	// clients' time-out: an operation without an answer counts from then at the latest.
	UnknownAnswerWindow time.Duration

	// Random injects faults by chance.
	Random RandomFaults
	// Seed of everything random. Same seed and same order of requests: same run.
	Seed uint64

	// ClientHeader names the request header that tells clients apart. Default
	// User-Agent.
	ClientHeader string
	// JournalSize is the number of requests remembered. Default 100,000.
	JournalSize int
}

// Account is an ad account.
type Account struct {
	ID             string // with or without "act_"
	Name           string
	TOSNotAccepted bool  // creating and editing audiences is refused
	Quota          Quota // zero: FullTier
	MaxAudiences   int   // default 500
}

// App is a Facebook app, the owner of tokens.
type App struct {
	ID           string
	Secret       string
	RequireProof bool // every call needs a valid appsecret_proof
	DevTier      bool // may only use the accounts listed in a token's Roles (code 270)
}

// Role is what a token's user may do on an ad account.
type Role string

// Roles. The zero value stands for Admin.
const (
	RoleAdmin    Role = "ADMIN"
	RoleReadOnly Role = "READ_ONLY"
	RoleNone     Role = "NONE"
)

// Token is an access token.
type Token struct {
	Value   string
	AppID   string    // default: the first app
	UserID  string    // default DefaultUser
	Type    string    // USER, SYSTEM_USER (default)
	Expires time.Time // zero: never
	Scopes  []string  // default ads_management, business_management, ads_read
	// Dead is the subcode of code 190 that every call gets: 458 deauthorised,
	// 459 checkpoint, 460 password changed, 467 revoked. Zero: alive.
	Dead int
	// Roles by account id (with "act_"). Nil: Admin of all accounts. Otherwise an
	// account that is missing is invisible.
	Roles map[string]Role
}

// Person is somebody whom Facebook knows. Values are as uploaded: hashes, except
// MADID, UID, APPUID and EXTERN_ID.
type Person struct {
	ID   string
	Keys map[string][]string // Facebook key (EMAIL, FN, …) → values
}

// RandomFaults are faults that happen by chance.
type RandomFaults struct {
	// Rates is the chance per request of each kind, 0 to 1; their sum should stay
	// well below 1.
	Rates map[Kind]float64
	// Delay of the kinds that have one, as in [Fault].
	Delay time.Duration
}

// EvenRates spreads a total chance over kinds.
func EvenRates(total float64, kinds ...Kind) map[Kind]float64 {
	rates := make(map[Kind]float64, len(kinds))
	for _, k := range kinds {
		rates[k] = total / float64(len(kinds))
	}
	return rates
}

func (o Options) withDefaults() Options {
	if len(o.Accounts) == 0 {
		o.Accounts = []Account{{ID: DefaultAccount, Name: "Test account"}}
	}
	if len(o.Apps) == 0 {
		o.Apps = []App{{ID: DefaultApp, Secret: "test-secret"}}
	}
	if len(o.Tokens) == 0 {
		o.Tokens = []Token{{Value: DefaultToken}}
	}
	setDefault(&o.SessionTTL, 90*time.Minute)
	setDefault(&o.TOSSubcode, 1870090)
	setDefault(&o.GoneSubcode, 33)
	setDefault(&o.AuthStatus, 400)
	setDefault(&o.MaxPageSize, 500)
	setDefault(&o.OldestVersion, "v25.0")
	setDefault(&o.AppCallsPerHour, 1_000_000)
	setDefault(&o.ClientHeader, "User-Agent")
	setDefault(&o.JournalSize, 100_000)
	return o
}

func (a Account) withDefaults() Account {
	a.ID = accountID(a.ID)
	if a.Quota == (Quota{}) {
		a.Quota = FullTier()
	}
	setDefault(&a.MaxAudiences, 500)
	return a
}

func (t Token) withDefaults(app string) Token {
	setDefault(&t.AppID, app)
	setDefault(&t.UserID, DefaultUser)
	setDefault(&t.Type, "SYSTEM_USER")
	if t.Scopes == nil {
		t.Scopes = []string{"ads_management", "business_management", "ads_read"}
	}
	return t
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// accountID gives an ad account id its "act_".
func accountID(id string) string { return "act_" + strings.TrimPrefix(id, "act_") }
