package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

var now = time.Date(2024, 3, 31, 12, 34, 56, 0, time.UTC)

func put(t *testing.T, b *Board, key string, s *musterpb.AudienceStatus) {
	t.Helper()
	value, err := s.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetAudience(key, value); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, b *Board, name string, r *musterpb.Replica) {
	t.Helper()
	value, err := r.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetReplica(name, value); err != nil {
		t.Fatal(err)
	}
}

// TestOverview: everything is there once, in an order that does not change, and the sums
// are those of what is shown.
func TestOverview(t *testing.T) {
	t.Parallel()
	var b Board
	load := func(percent float64) *musterpb.AccountLoad { return &musterpb.AccountLoad{UsedPercent: percent} }
	put(t, &b, "b", &musterpb.AudienceStatus{State: "waiting", Members: 2, Pending: 1, Account: "1", AccountLoad: load(10), UpdatedMs: 1})
	put(t, &b, "a", &musterpb.AudienceStatus{State: "blocked", Members: 3, Block: &musterpb.Block{Title: "t", Remedy: "r", Reason: "terms"}, Account: "1", AccountLoad: load(90), UpdatedMs: 2})
	put(t, &b, "c", &musterpb.AudienceStatus{State: "waiting", Alarms: []string{"two_sources"}, Account: "2", AccountLoad: load(5), ErasuresOverdue: 1, OverdueRemedy: "wait", ContentUnknown: true})
	put(t, &b, "d", &musterpb.AudienceStatus{State: "waiting"})
	if err := b.SetAudience("d", nil); err != nil {
		t.Fatal(err)
	}
	task := func(lag int64) []*musterpb.TaskNote {
		return []*musterpb.TaskNote{{Stage: "uploader", State: "running", Lag: []*musterpb.Tally{{Of: "x", Count: lag}, {Of: "y", Count: 1}}}}
	}
	report(t, &b, "2", &musterpb.Replica{Host: "b", State: "ready", SaidMs: now.UnixMilli(), Tasks: task(5), DeadLetters: []*musterpb.Tally{{Of: "no_user", Count: 2}}})
	report(t, &b, "1", &musterpb.Replica{Host: "a", State: "restoring", SaidMs: now.Add(-Silence).UnixMilli(), Tasks: task(7), DeadLetters: []*musterpb.Tally{{Of: "no_user", Count: 1}, {Of: "bad_record", Count: 4}}})
	report(t, &b, "0", &musterpb.Replica{Host: "c", State: "ready", SaidMs: now.Add(-Silence - time.Second).UnixMilli(), Tasks: task(100)})

	o := b.Overview(now)
	if want := (Sum{Audiences: 3, Stopped: 1, Members: 5, Pending: 1, Replicas: 3, Working: 1, Lag: 14, Letters: 7}); o.Sum != want {
		t.Errorf("the sum is %+v, want %+v", o.Sum, want)
	}
	var keys, hosts, states []string
	for _, a := range o.Audiences {
		keys = append(keys, a.Key)
	}
	for _, r := range o.Replicas {
		hosts, states = append(hosts, r.Host), append(states, r.State)
	}
	if !cmp.Equal(keys, []string{"a", "b", "c"}) || !cmp.Equal(hosts, []string{"a", "b", "c"}) || !cmp.Equal(states, []string{"restoring", "ready", StateGone}) {
		t.Errorf("audiences %v, replicas %v %v", keys, hosts, states)
	}
	if len(o.Accounts) != 2 || o.Accounts[0].UsedPercent != 90 {
		t.Errorf("accounts: %+v; want the last word on each", o.Accounts)
	}
	if want := []Letters{{"bad_record", 4}, {"no_user", 3}}; !cmp.Equal(o.DeadLetters, want) {
		t.Errorf("dead letters: %v", o.DeadLetters)
	}
	if needs := o.Audiences[0].Needs; len(needs) != 1 || !needs[0].Stops || needs[0].Reason != "terms" || !o.Audiences[0].Stopped() {
		t.Errorf("needs of the blocked one: %+v", needs)
	}
	needs := o.Audiences[2].Needs
	if len(needs) != 3 || o.Audiences[2].Stopped() {
		t.Fatalf("needs of the other: %+v", needs)
	}
	for _, n := range needs {
		if n.Remedy == "" {
			t.Errorf("no remedy for %q", n.What)
		}
	}
}

// TestDeadReplicasAreForgotten: a replica that died without a word is told of for an
// hour, and then its dead letters are not counted either.
func TestDeadReplicasAreForgotten(t *testing.T) {
	t.Parallel()
	var b Board
	letters := []*musterpb.Tally{{Of: "no_user", Count: 1}}
	report(t, &b, "old", &musterpb.Replica{Host: "old", SaidMs: now.Add(-Forgotten - time.Millisecond).UnixMilli(), DeadLetters: letters})
	report(t, &b, "dead", &musterpb.Replica{Host: "dead", SaidMs: now.Add(-Forgotten).UnixMilli(), DeadLetters: letters})
	report(t, &b, "alive", &musterpb.Replica{Host: "alive", SaidMs: now.UnixMilli(), DeadLetters: letters})
	var hosts []string
	o := b.Overview(now)
	for _, r := range o.Replicas {
		hosts = append(hosts, r.Host)
	}
	if !cmp.Equal(hosts, []string{"alive", "dead"}) || o.Sum.Letters != 2 {
		t.Errorf("replicas %v, %d dead letters", hosts, o.Sum.Letters)
	}
	if len(b.replicas) != 2 || len(b.sources) != 2 {
		t.Errorf("%d replicas of %d sources are kept", len(b.replicas), len(b.sources))
	}
}

// Where nothing is heard of anybody, it is not said that others take over.
func TestAllAreSilent(t *testing.T) {
	t.Parallel()
	var b Board
	report(t, &b, "1", &musterpb.Replica{Host: "a", State: "ready", SaidMs: now.Add(-Silence - time.Second).UnixMilli()})
	report(t, &b, "2", &musterpb.Replica{Host: "b", State: "ready", SaidMs: now.UnixMilli()})
	if r := b.Overview(now).Replicas[0]; !strings.Contains(r.Reasons[0], "others take its tasks over") {
		t.Errorf("one of two: %q", r.Reasons)
	}
	later := now.Add(Silence + time.Second)
	for _, r := range b.Overview(later).Replicas {
		if len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], "Kafka does not answer") {
			t.Errorf("all: %s: %q", r.Host, r.Reasons)
		}
	}
}

// TestBoardTells: whoever waits is told of every change, and of none else.
func TestBoardTells(t *testing.T) {
	t.Parallel()
	var b Board
	version, next := b.Changed()
	select {
	case <-next:
		t.Error("told of nothing")
	default:
	}
	put(t, &b, "a", &musterpb.AudienceStatus{})
	<-next
	if later, _ := b.Changed(); later <= version {
		t.Errorf("version %d, then %d", version, later)
	}
	if err := b.SetAudience("a", []byte{0xff}); err == nil {
		t.Error("what is no message is taken")
	}
	if b.Audience("a") == nil {
		t.Error("what is no message takes what was there away")
	}
}

// TestBoardIsSmall: what only the page of one audience shows is kept as it came, and no
// caller's buffer with it.
func TestBoardIsSmall(t *testing.T) {
	t.Parallel()
	var b Board
	said := &musterpb.AudienceStatus{
		Name: "n", History: []*musterpb.RowTotals{{HourMs: 1}}, HistoryDays: []*musterpb.RowTotals{{HourMs: 2}}, HistoryMonths: []*musterpb.RowTotals{{HourMs: 3}},
		Requests: []*musterpb.RequestNote{{Op: "add_users"}}, Errors: []*musterpb.RequestNote{{Op: "add_users"}},
	}
	value, err := said.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetAudience("a", value); err != nil {
		t.Fatal(err)
	}
	clear(value)
	if kept := b.audiences["a"]; !kept.EqualVT(&musterpb.AudienceStatus{Name: "n"}) {
		t.Errorf("kept: %v", kept)
	}
	if !b.Audience("a").EqualVT(said) {
		t.Errorf("got %v", b.Audience("a"))
	}
	if err := b.SetAudience("a", nil); err != nil || b.Audience("a") != nil || len(b.values) != 0 {
		t.Errorf("forgotten, and there is %v (%v)", b.Audience("a"), err)
	}
}

// TestBoardForgets: a partition that is read again from its beginning takes away what it
// said, and nothing else.
func TestBoardForgets(t *testing.T) {
	t.Parallel()
	var b Board
	value, err := (&musterpb.AudienceStatus{State: "waiting"}).MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	for key, partition := range map[string]int{"a": 0, "b": 0, "c": 1} {
		if err := b.audience(source{"audiences", partition}, key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.replica(source{"replicas", 0}, "a", nil); err != nil {
		t.Fatal(err)
	}
	report(t, &b, "r", &musterpb.Replica{Host: "h", SaidMs: now.UnixMilli()})
	b.forget(source{"audiences", 0})
	if o := b.Overview(now); len(o.Audiences) != 1 || o.Audiences[0].Key != "c" || len(o.Replicas) != 1 {
		t.Errorf("left: %+v, %+v", o.Audiences, o.Replicas)
	}
}

// TestHistory: periods have no gaps; where nothing is told nothing happened and the size
// stayed; before the first it is not known.
func TestHistory(t *testing.T) {
	t.Parallel()
	var b Board
	at := func(y int, m time.Month, d, h int) int64 { return time.Date(y, m, d, h, 0, 0, 0, time.UTC).UnixMilli() }
	put(t, &b, "a", &musterpb.AudienceStatus{
		Members: 50,
		History: []*musterpb.RowTotals{
			{HourMs: at(2024, 3, 20, 0), Added: 1000, Members: 30}, // before what is shown
			{HourMs: at(2024, 3, 31, 9), Added: 10, Removed: 2, Members: 40},
			{HourMs: at(2024, 3, 31, 12), Added: 3, Members: 43},
		},
		HistoryMonths: []*musterpb.RowTotals{{HourMs: at(2024, 1, 1, 0), Added: 7, Members: 20}, {HourMs: at(2024, 3, 1, 0), Removed: 1, Members: 19}},
	})
	d, ok := b.Detail("a")
	if !ok {
		t.Fatal("no audience")
	}
	hours := d.History(ByHour, now)
	if len(hours) != shownHours || hours[0].Start != time.Date(2024, 3, 28, 13, 0, 0, 0, time.UTC) {
		t.Fatalf("%d hours from %s", len(hours), hours[0].Start)
	}
	last := hours[len(hours)-5:]
	want := []Period{
		{Start: last[0].Start, Size: 30, Known: true},
		{Start: last[1].Start, Added: 10, Removed: 2, Size: 40, Known: true},
		{Start: last[2].Start, Size: 40, Known: true},
		{Start: last[3].Start, Size: 40, Known: true},
		{Start: last[4].Start, Added: 3, Size: 50, Known: true}, // as it is now
	}
	if !cmp.Equal(last, want) {
		t.Error(cmp.Diff(want, last))
	}
	if hours[0].Added != 0 || hours[0].Size != 30 {
		t.Errorf("the first hour: %+v", hours[0])
	}
	months := d.History(ByMonth, now)
	if n := len(months); n != shownMonths || months[0].Start != time.Date(2022, 4, 1, 0, 0, 0, 0, time.UTC) || months[0].Known || months[n-2].Size != 20 || months[n-3].Added != 7 || months[n-1].Removed != 1 {
		t.Errorf("months: %+v", months)
	}
	if days := d.History(ByDay, now); len(days) != shownDays || days[0].Known || days[shownDays-1].Start != time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC) {
		t.Errorf("days: %+v", days)
	}
}

// TestDetail: shares, what Facebook says and requests in words.
func TestDetail(t *testing.T) {
	t.Parallel()
	var b Board
	coverage := make([]int64, schema.NumKeys+1) // one that this version does not know
	coverage[schema.Email], coverage[schema.NumKeys] = 150, 7
	put(t, &b, "a", &musterpb.AudienceStatus{
		Members: 200, Coverage: coverage, UnmatchableBy: []int64{9, 1},
		Reading:  &musterpb.Reading{Lower: 1000, Upper: 2000, Delivery: facebook.DeliveryTooSmall, DeliveryText: "Too small"},
		PausedBy: []string{"command"},
		Requests: []*musterpb.RequestNote{
			{AtMs: 1, Op: "add_users", Millis: 1500},
			{AtMs: 2, Op: "add_users", Class: "permission", Code: 200, Subcode: 1870047},
			{AtMs: 3, Op: "add_users", Class: "transient", Status: 503},
		},
	})
	d, _ := b.Detail("a")
	if want := []Share{{"EMAIL", 150, 75}}; !cmp.Equal(d.Coverage, want) {
		t.Errorf("coverage: %v", d.Coverage)
	}
	if len(d.NotSent) != 1 || d.NotSent[0].Text() != "< 1 %" {
		t.Errorf("not sent: %+v", d.NotSent)
	}
	if d.Facebook.Size != "1,000 to 2,000 people" || d.Facebook.Delivery != "Too small (300); it delivers to no fewer than 100 matched people" {
		t.Errorf("facebook: %+v", d.Facebook)
	}
	if d.Paused != "paused by a command: run muster audience resume a." {
		t.Errorf("paused: %s", d.Paused)
	}
	var outcomes []string
	for _, r := range d.Requests {
		outcomes = append(outcomes, r.Outcome)
	}
	if want := []string{"transient (HTTP 503)", "permission (200/1870047)", "done"}; !cmp.Equal(outcomes, want) {
		t.Errorf("outcomes, the newest first: %q", outcomes)
	}
	if _, ok := b.Detail("nobody"); ok {
		t.Error("something of an audience of which nothing was said")
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"never":       Ago(time.Time{}, now),
		"just now":    Ago(now.Add(time.Second), now),
		"59 s ago":    Ago(now.Add(-59*time.Second), now),
		"59 min ago":  Ago(now.Add(-time.Hour+time.Second), now),
		"47 h ago":    Ago(now.Add(-48*time.Hour+time.Second), now),
		"2 days ago":  Ago(now.Add(-48*time.Hour), now),
		"–":           In(time.Time{}, now),
		"now":         In(now.Add(-time.Hour), now),
		"in 1 min":    In(now.Add(time.Minute), now),
		"1 task":      Count(1, "task"),
		"1,000 tasks": Count(1000, "task"),
		"0 tasks":     Count(0, "task"),
		"-1,234":      Number(-1234),
		"12 s":        About(12 * time.Second),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
