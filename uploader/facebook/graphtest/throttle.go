package graphtest

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"time"
)

// Calls made while blocked lengthen the block by so much.
const (
	hourPenalty  = time.Minute
	scorePenalty = 10 * time.Second
)

// meter counts the calls of one ad account.
type meter struct {
	quota   Quota
	calls   window
	score   window
	blocked time.Time // no calls before
	byScore bool      // what caused the block
}

func newMeter(q Quota) *meter {
	return &meter{quota: q, calls: window{span: time.Hour}, score: window{span: q.ScoreDecay}}
}

// take counts a call and reports whether it may pass.
func (m *meter) take(now time.Time, write bool, audiences int) bool {
	m.calls.add(now, 1)
	if now.Before(m.blocked) {
		if m.byScore {
			m.blocked = m.blocked.Add(scorePenalty)
		} else {
			m.blocked = m.blocked.Add(hourPenalty)
		}
		return false
	}
	points := 1
	if write {
		points = 3
	}
	m.score.add(now, points)
	if limit := m.quota.hourly(audiences); m.calls.sum(now) > limit {
		m.byScore, m.blocked = false, now.Add(max(time.Minute, m.calls.wait(now, limit)))
		return false
	}
	if m.score.sum(now) > m.quota.ScoreMax {
		m.byScore, m.blocked = true, now.Add(m.quota.ScoreBlock)
		return false
	}
	return true
}

// regain is the estimated time to regain access, in whole minutes.
func (m *meter) regain(now time.Time) int {
	if !now.Before(m.blocked) {
		return 0
	}
	return int(math.Ceil(m.blocked.Sub(now).Minutes()))
}

// usage is the state of the meters as headers report it.
type usage struct {
	account string // without act_
	calls   int    // percent
	score   float64
	reset   int // seconds
	regain  int // minutes
	app     int // percent
	tier    string
}

func (m *meter) usage(now time.Time, account string, audiences int) usage {
	return usage{
		account: strings.TrimPrefix(account, "act_"),
		calls:   percent(m.calls.sum(now), m.quota.hourly(audiences)),
		score:   math.Round(10000*float64(m.score.sum(now))/float64(max(1, m.quota.ScoreMax))) / 100,
		reset:   int(m.score.wait(now, 0).Seconds()),
		regain:  m.regain(now),
		tier:    m.quota.Tier,
	}
}

func percent(n, of int) int { return n * 100 / max(1, of) }

// setUsage writes the usage headers. Recorded traffic shows POST /users answered with the
// app's and the account's usage, all else with that of the business use case; a throttled
// answer carries both, so that its time to regain access is always to be seen.
func setUsage(h http.Header, u usage, users bool) {
	type app struct {
		Calls int `json:"call_count"`
		CPU   int `json:"total_cputime"`
		Time  int `json:"total_time"`
	}
	type useCase struct {
		Type  string `json:"type"`
		Calls int    `json:"call_count"`
		CPU   int    `json:"total_cputime"`
		Time  int    `json:"total_time"`
		Wait  int    `json:"estimated_time_to_regain_access"`
	}
	type account struct {
		Percent float64 `json:"acc_id_util_pct"`
		Reset   int     `json:"reset_time_duration"`
		Tier    string  `json:"ads_api_access_tier"`
	}
	if users || u.app >= 100 {
		setJSON(h, "x-app-usage", app{Calls: u.app})
	}
	if u.account == "" {
		return
	}
	if users {
		setJSON(h, "x-ad-account-usage", account{u.score, u.reset, u.tier})
	}
	if !users || u.regain > 0 {
		setJSON(h, "x-business-use-case-usage", map[string][]useCase{u.account: {{
			Type: "custom_audience", Calls: u.calls, Wait: u.regain,
		}}})
	}
}

func setJSON(h http.Header, name string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("graphtest: encode header: " + err.Error())
	}
	h.Set(name, string(b))
}
