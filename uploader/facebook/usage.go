package facebook

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Usage is what an answer's headers say of Facebook's limits. Every answer may
// bring any of them: which limit meters which call is documented badly and has
// changed, so all are read always. Shares are percent of the limit and can pass
// 100.
type Usage struct {
	App       Load           // X-App-Usage
	AdAccount AdAccountUsage // X-Ad-Account-Usage
	Business  []BusinessUsage
}

// Load is a share of the calls, the CPU time and the wall time allowed.
type Load struct{ Calls, CPU, Time float64 }

// Percent is the highest of the three.
func (l Load) Percent() float64 { return max(l.Calls, l.CPU, l.Time) }

// AdAccountUsage is the ad account's score: a read costs 1 point, a write 3.
type AdAccountUsage struct {
	Percent float64
	Reset   time.Duration // until the score is zero again
	Tier    string        // "development_access", "standard_access" or empty
}

// BusinessUsage is one entry of X-Business-Use-Case-Usage.
type BusinessUsage struct {
	// Object is the business's id by the documentation, the ad account's
	// (without act_) by what is seen.
	Object       string
	Type         string // "custom_audience", "ads_management", …
	Load         Load
	RegainAccess time.Duration // 0 while calls are allowed
	Tier         string
}

// Percent is the highest share of any limit, 0 when no header came.
func (u Usage) Percent() float64 { return max(u.App.Percent(), u.AccountPercent()) }

// AccountPercent is the highest share of a limit that belongs to the ad account.
func (u Usage) AccountPercent() float64 {
	highest := u.AdAccount.Percent
	for _, b := range u.Business {
		highest = max(highest, b.Load.Percent())
	}
	return highest
}

// TierFull is the tier of an app with full access; others have the limited one.
const TierFull = "standard_access"

// Tier is the app's access tier to the ad account, "development_access" or
// "standard_access", where a header says it.
func (u Usage) Tier() string {
	tier := u.AdAccount.Tier
	for _, b := range u.Business {
		tier = cmp.Or(tier, b.Tier)
	}
	return tier
}

// RegainAccess is the longest time that a business use case is blocked for.
func (u Usage) RegainAccess() time.Duration {
	var longest time.Duration
	for _, b := range u.Business {
		longest = max(longest, b.RegainAccess)
	}
	return longest
}

const (
	headerBusiness  = "X-Business-Use-Case-Usage"
	headerApp       = "X-App-Usage"
	headerAdAccount = "X-Ad-Account-Usage"

	// maxUsageBytes and maxBusinessEntries bound what is read: Facebook sends
	// at most 32 objects.
	maxUsageBytes      = 64 << 10
	maxBusinessEntries = 64
	// maxWait bounds every wait that Facebook asks for, so that one bad number
	// cannot stop an account for ever.
	maxWait = 24 * time.Hour
)

type loadJSON struct {
	CallCount    number `json:"call_count"`
	TotalCPUTime number `json:"total_cputime"`
	TotalTime    number `json:"total_time"`
}

func (l loadJSON) load() Load {
	return Load{percent(l.CallCount), percent(l.TotalCPUTime), percent(l.TotalTime)}
}

// ParseUsage reads the usage headers. A header that is missing or not as
// documented counts as absent: headers steer the pace, they never fail a request.
func ParseUsage(h http.Header) Usage {
	var u Usage
	var app loadJSON
	if decodeHeader(h, headerApp, &app) {
		u.App = app.load()
	}
	var account struct {
		Percent number `json:"acc_id_util_pct"`
		Reset   number `json:"reset_time_duration"`
		Tier    string `json:"ads_api_access_tier"`
	}
	if decodeHeader(h, headerAdAccount, &account) {
		u.AdAccount = AdAccountUsage{percent(account.Percent), span(account.Reset, time.Second), word(account.Tier)}
	}
	var business map[string][]struct {
		loadJSON
		Type   string `json:"type"`
		Regain number `json:"estimated_time_to_regain_access"`
		Tier   string `json:"ads_api_access_tier"`
	}
	if decodeHeader(h, headerBusiness, &business) {
		for object, entries := range business {
			for _, e := range entries {
				u.Business = append(u.Business, BusinessUsage{
					Object: word(object), Type: word(e.Type), Load: e.load(),
					RegainAccess: span(e.Regain, time.Minute), Tier: word(e.Tier),
				})
			}
		}
		slices.SortFunc(u.Business, func(a, b BusinessUsage) int {
			return cmp.Or(cmp.Compare(b.RegainAccess, a.RegainAccess), cmp.Compare(b.Load.Percent(), a.Load.Percent()),
				cmp.Compare(a.Object, b.Object), cmp.Compare(a.Type, b.Type))
		})
		u.Business = u.Business[:min(len(u.Business), maxBusinessEntries)]
	}
	return u
}

func decodeHeader(h http.Header, name string, into any) bool {
	text := h.Get(name)
	return text != "" && len(text) <= maxUsageBytes && json.Unmarshal([]byte(text), into) == nil
}

// percent keeps a share between 0 and a million.
func percent(n number) float64 { return min(max(float64(n), 0), 1e6) }

// span turns a count of units into a wait, rounded to seconds and bounded.
func span(n number, unit time.Duration) time.Duration {
	most := float64(maxWait / unit)
	return time.Duration(min(max(float64(n), 0), most) * float64(unit)).Round(time.Second)
}

// word keeps a name of Facebook's if it is one: it may end in a label.
func word(s string) string { return wordWith(s, "_-") }

// wordWith keeps s if it is up to 64 letters, digits and marks.
func wordWith(s, marks string) string {
	if len(s) > 64 {
		return ""
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(marks, c) >= 0:
		default:
			return ""
		}
	}
	return s
}
