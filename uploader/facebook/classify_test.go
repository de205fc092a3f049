package facebook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestClassify holds every code that is documented for these endpoints, or that
// public clients have met, to the class it must have.
func TestClassify(t *testing.T) {
	t.Parallel()
	type want struct {
		class   Class
		scope   Scope
		unknown bool
	}
	request, audience, account, app := ScopeRequest, ScopeAudience, ScopeAccount, ScopeApp
	tests := []struct {
		code, subcode int
		status        int // 400 when 0
		op            Op  // add_users when empty
		rows          int
		transient     bool
		message       string
		want          want
	}{
		// Transient.
		{code: 1, want: want{Transient, request, true}},
		{code: 1, status: 500, want: want{Transient, request, true}},
		{code: 1, op: OpListAudiences, status: 500, want: want{Transient, request, false}},
		{code: 1, subcode: 99, rows: 10, status: 500, want: want{Transient, request, true}},
		{code: 2, status: 503, want: want{Transient, request, true}},
		{code: 104, want: want{Transient, request, true}},
		{code: 341, want: want{Transient, request, true}},
		{code: 960, want: want{Transient, request, true}},
		{code: -1, want: want{Transient, request, true}},
		{code: -2, want: want{Transient, request, true}},
		{code: -3, want: want{Transient, request, true}},
		{code: 100, transient: true, want: want{Transient, request, true}},
		{code: 999999, transient: true, want: want{Transient, request, true}},
		{code: 100, status: 500, want: want{Transient, request, true}},
		{code: 999999, status: 502, want: want{Transient, request, true}},

		// Throttles: a wait that is told outranks "transient".
		{code: 4, want: want{ThrottleApp, app, false}},
		{code: 17, want: want{Throttle, account, false}},
		{code: 17, subcode: 2446079, want: want{Throttle, account, false}},
		{code: 17, subcode: 2446079, transient: true, want: want{Throttle, account, false}},
		{code: 32, want: want{Throttle, account, false}},
		{code: 613, want: want{Throttle, account, false}},
		{code: 613, subcode: 1487742, want: want{Throttle, account, false}},
		{code: 80000, want: want{Throttle, account, false}},
		{code: 80001, want: want{Throttle, account, false}},
		{code: 80002, want: want{Throttle, account, false}},
		{code: 80003, subcode: 2446079, want: want{Throttle, account, false}},
		{code: 80003, subcode: 2446079, status: 403, want: want{Throttle, account, false}},
		{code: 80003, want: want{Throttle, account, false}},
		{code: 80004, want: want{Throttle, account, false}},
		{code: 80004, subcode: 2446079, want: want{Throttle, account, false}},
		{code: 80005, want: want{Throttle, account, false}},
		{code: 80006, want: want{Throttle, account, false}},
		{code: 80007, want: want{Throttle, account, false}},
		{code: 80008, want: want{Throttle, account, false}},
		{code: 80009, want: want{Throttle, account, false}},
		{code: 80014, want: want{Throttle, account, false}},
		{code: 999999, status: 429, want: want{Throttle, account, false}},

		// Cool-down.
		{code: 368, want: want{Cooldown, account, false}},
		{code: 368, subcode: 1390008, want: want{Cooldown, account, false}},
		{code: 1404078, want: want{Cooldown, account, false}},
		{code: 100, subcode: 1404078, want: want{Cooldown, account, false}},
		{code: 2859015, want: want{Cooldown, account, false}},

		// Credentials.
		{code: 190, want: want{Reauth, app, false}},
		{code: 190, status: 401, want: want{Reauth, app, false}},
		{code: 190, subcode: 458, want: want{Reauth, app, false}},
		{code: 190, subcode: 459, want: want{Reauth, app, false}},
		{code: 190, subcode: 460, want: want{Reauth, app, false}},
		{code: 190, subcode: 463, want: want{Reauth, app, false}},
		{code: 190, subcode: 464, want: want{Reauth, app, false}},
		{code: 190, subcode: 467, want: want{Reauth, app, false}},
		{code: 190, subcode: 492, want: want{Reauth, app, false}},
		{code: 102, want: want{Reauth, app, false}},
		{code: 2500, want: want{Reauth, app, false}},
		{code: 999999, status: 401, want: want{Reauth, app, false}},
		{code: 100, message: "API calls from the server require an appsecret_proof argument", want: want{Reauth, app, false}},
		{code: 100, message: "Invalid appsecret_proof provided in the API argument", want: want{Reauth, app, false}},

		// Permissions. The code 200 alone speaks of one audience.
		{code: 3, want: want{Permission, account, false}},
		{code: 10, want: want{Permission, account, false}},
		{code: 200, status: 403, want: want{Permission, audience, false}},
		{code: 200, status: 403, op: OpCreateAudience, want: want{Permission, account, false}},
		{code: 299, want: want{Permission, account, false}},
		{code: 200, subcode: 1870050, want: want{Permission, account, false}},
		{code: 270, want: want{Permission, account, false}},
		{code: 294, want: want{Permission, account, false}},
		{code: 2654, subcode: 1713092, op: OpCreateAudience, want: want{Permission, account, false}},
		{code: 1404163, want: want{Permission, account, false}},

		// Terms.
		{code: 200, subcode: 1870034, status: 403, want: want{Terms, account, false}},
		{code: 200, subcode: 1870090, want: want{Terms, account, false}},
		{code: 200, subcode: 1870092, want: want{Terms, account, false}},
		{code: 1870092, want: want{Terms, account, false}},
		{code: 100, subcode: 1487390, want: want{Terms, account, false}},
		{code: 2655, want: want{Terms, account, false}},
		{code: 2663, want: want{Terms, account, false}},

		// One audience.
		{code: 2650, subcode: 1870145, want: want{AudienceBusy, audience, false}},
		{code: 803, want: want{AudienceUnseen, audience, false}},
		{code: 803, op: OpCreateAudience, want: want{Permission, account, false}},
		{code: 100, subcode: 33, want: want{AudienceGone, audience, false}},
		{code: 100, subcode: 33, op: OpListAudiences, want: want{Permission, account, false}},
		{code: 1487366, want: want{AudienceGone, audience, false}},
		{code: 100, subcode: 1487366, want: want{AudienceGone, audience, false}},
		{code: 100, subcode: 1487301, want: want{AudienceGone, audience, false}},
		{code: 100, subcode: 1870065, want: want{AudienceGone, audience, false}},
		{code: 100, subcode: 1713228, want: want{AudienceFlagged, audience, false}},
		{code: 100, subcode: 1713230, want: want{AudienceFlagged, audience, false}},
		{code: 100, subcode: 1713231, want: want{AudienceFlagged, audience, false}},
		{code: 200, subcode: 1870047, op: OpRemoveUsers, want: want{LowSize, request, false}},
		{code: 100, subcode: 33, op: OpRemoveEverywhere, want: want{Permission, account, false}},
		{code: 200, op: OpRemoveEverywhere, want: want{Permission, account, false}},
		{code: 1, op: OpRemoveEverywhere, want: want{Transient, request, true}},
		{code: 2650, want: want{AudienceRefused, audience, false}},
		{code: 2654, op: OpCreateAudience, want: want{AudienceRefused, audience, false}},
		{code: 2654, subcode: 1713007, op: OpCreateAudience, want: want{AudienceRefused, audience, false}},
		{code: 2656, want: want{AudienceRefused, audience, false}},
		{code: 100, message: "(#100) Value-Based Custom Audience requires LOOKALIKE_VALUE attribute.", want: want{AudienceRefused, audience, false}},

		// Replace sessions.
		{code: 2650, subcode: 1870158, want: want{ReplaceFailed, request, false}},
		{code: 2650, subcode: 1870147, want: want{ReplaceFailed, request, false}},
		{code: 2650, subcode: 1870159, want: want{ReplaceFailed, request, false}},
		{code: 2650, subcode: 1870148, want: want{ReplaceFailed, request, false}},
		{code: 2650, subcode: 1870144, want: want{AudienceRefused, audience, false}},

		// Size.
		{code: 105, want: want{TooLarge, request, false}},
		{code: 1, subcode: 99, rows: 10000, status: 500, want: want{TooLarge, request, true}},
		{code: 1, op: OpListAudiences, message: "Please reduce the amount of data you're asking for, then retry your request", want: want{TooLarge, request, false}},
		{code: 999999, status: 413, want: want{TooLarge, request, false}},

		// The request.
		{code: 100, want: want{BadRequest, request, false}},
		{code: 100, message: "(#100) Data is missing or does not match schema", want: want{BadRequest, request, false}},
		{code: 194, want: want{BadRequest, request, false}},
		{code: 100, subcode: 1713098, want: want{BadRequest, request, false}},
		{code: 999999, want: want{BadRequest, request, false}},
		{code: 0, want: want{BadRequest, request, false}},
		{code: 2635, want: want{Version, app, false}},
	}
	covered := map[*rule]bool{}
	for _, test := range tests {
		a := Answer{
			Op: OpAddUsers, Rows: test.rows, Status: 400, Envelope: true, Code: test.code, Subcode: test.subcode,
			Transient: test.transient, Message: test.message,
		}
		if test.status != 0 {
			a.Status = test.status
		}
		if test.op != "" {
			a.Op = test.op
		}
		for i := range rules {
			r := &rules[i]
			switch {
			case r.code == test.code && r.subcode == test.subcode, r.code == 0 && (r.subcode == test.subcode || r.subcode == test.code):
				covered[r] = true
			}
		}
		t.Run(fmt.Sprintf("%s %d %d/%d", a.Op, a.Status, a.Code, a.Subcode), func(t *testing.T) {
			t.Parallel()
			v := Classify(a)
			if got := (want{v.Class, v.Scope, v.Unknown}); got != test.want {
				t.Errorf("Classify(%+v) = %v, want %v", a, got, test.want)
			}
			if v.Title == "" {
				t.Error("no title")
			}
			if v.Class.NeedsPerson() && v.remedy == "" {
				t.Error("needs a person and says no remedy")
			}
		})
	}
	for i := range rules {
		if !covered[&rules[i]] {
			t.Errorf("no case for rule %d/%d", rules[i].code, rules[i].subcode)
		}
	}
}

func TestClassifyWithoutEnvelope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status  int
		class   Class
		unknown bool
	}{
		{200, Transient, true}, {302, Transient, true}, {400, Transient, true}, {401, Reauth, true},
		{403, Transient, true}, {413, TooLarge, false}, {414, TooLarge, false}, {429, Throttle, true},
		{500, Transient, true}, {502, Transient, true}, {503, Transient, true}, {504, Transient, true},
	}
	for _, test := range tests {
		for _, op := range []Op{OpAddUsers, OpReadAudience} {
			v := Classify(Answer{Op: op, Status: test.status})
			if want := test.unknown && op.writes(); v.Class != test.class || v.Unknown != want {
				t.Errorf("%s, status %d: %s, unknown %t; want %s, %t", op, test.status, v.Class, v.Unknown, test.class, want)
			}
		}
	}
}

func TestRulesAreDistinct(t *testing.T) {
	t.Parallel()
	if len(ruleIndex) != len(rules) {
		t.Errorf("%d rules, %d distinct codes", len(rules), len(ruleIndex))
	}
}

func TestLeastWaits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, subcode int
		least         time.Duration
	}{{4, 0, time.Minute}, {80003, 2446079, time.Minute}, {613, 0, 10 * time.Minute}, {368, 0, time.Hour}} {
		v := Classify(Answer{Op: OpAddUsers, Status: 400, Envelope: true, Code: test.code, Subcode: test.subcode})
		if v.Wait < test.least {
			t.Errorf("code %d waits %s, want at least %s", test.code, v.Wait, test.least)
		}
	}
}

func TestClassNamesAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Classes {
		if seen[c.String()] {
			t.Errorf("two classes are called %s", c)
		}
		seen[c.String()] = true
	}
	if len(Classes) != int(Withheld)+1 {
		t.Errorf("Classes lists %d of %d", len(Classes), int(Withheld)+1)
	}
}

// TestEveryClassHasARemedy: whatever fails in a way that may block an audience says
// what to do, whoever made the verdict.
func TestEveryClassHasARemedy(t *testing.T) {
	t.Parallel()
	for _, c := range Classes {
		e := (&call{account: "42"}).failure(Verdict{Class: c, Title: "a title"})
		alone := slices.Contains([]Class{Unclassified, Transient, Withheld}, c)
		if got := e.Remedy != ""; got == alone {
			t.Errorf("%s: remedy %q", c, e.Remedy)
		}
		if strings.ContainsAny(e.Remedy, "{}") {
			t.Errorf("%s: remedy %q", c, e.Remedy)
		}
	}
	for name, e := range map[string]*Error{
		"not sent":   (&call{}).refusal(errNoApp),
		"no secret":  (&call{}).unauthorised(errNoApp),
		"own remedy": (&call{}).failure(Verdict{Class: Reauth, Title: "a title", remedy: remedyProof}),
	} {
		if e.Title == "" || e.Remedy == "" || e.Remedy == string(Reauth.remedy()) {
			t.Errorf("%s: title %q, remedy %q", name, e.Title, e.Remedy)
		}
	}
}

func TestRemedyNamesTheAccount(t *testing.T) {
	t.Parallel()
	const link = "https://business.facebook.com/ads/manage/customaudiences/tos/"
	if got := remedyTerms.sentence("42"); !strings.Contains(got, link+"?act=42") {
		t.Errorf("with account: %q lacks the link", got)
	}
	for _, r := range rules {
		if got := r.remedy.sentence(""); strings.ContainsAny(got, "{}") {
			t.Errorf("without account: %q", got)
		}
	}
}
