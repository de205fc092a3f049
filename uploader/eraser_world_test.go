package uploader

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

const membersTopic = "muster.members"

// erasing is a world whose erasures reach whole ad accounts, in each of which another team
// has an audience too.
type erasing struct {
	*world
	others  map[string]string // account → the other team's audience
	members map[string][]byte // the topic of members, of keys that are of no member
	unread  []consumer.Record
	told    []string // "user step account rows"
	users   []string
}

func newErasing(t *testing.T, o Options, g graphtest.Options, accounts ...string) *erasing {
	o.EraseAccounts, o.Members, o.Audit, o.ResendOver = true, membersTopic, auditTopic, -1
	if len(accounts) == 0 {
		accounts = []string{"1"}
	}
	for _, a := range accounts {
		g.Accounts = append(g.Accounts, graphtest.Account{ID: a})
	}
	w := &erasing{world: newWorld(t, o, g), others: map[string]string{}, members: map[string][]byte{}}
	for _, a := range accounts {
		w.others[a] = w.graph.AddAudience(a, map[string]string{"name": "others"})
	}
	return w
}

// known has the user in the other teams' audiences, by some email.
func (w *erasing) known(users ...string) {
	for _, u := range users {
		for _, id := range w.others {
			w.graph.AddRows(id, uploaded(parseRow("email:"+u)))
		}
	}
	w.users = append(w.users, users...)
}

// eraseAll says that a user was erased, as a whole and of audience x.
func (w *erasing) eraseAll(user string, rows ...string) {
	w.t.Helper()
	if len(rows) == 0 {
		rows = []string{"email:" + user}
	}
	w.task.Process(w.erasureOf(user, rows...))
	if w.desired["x"][user] != nil {
		w.erase("x", user)
	}
	w.hear()
}

// erasureOf is the record that says an erasure as a whole.
func (w *erasing) erasureOf(user string, rows ...string) consumer.Record {
	w.t.Helper()
	value, err := (&musterpb.MemberRows{Erased: true, Rows: parseRows(rows...)}).MarshalVT()
	if err != nil {
		w.t.Fatal(err)
	}
	w.records++
	r := consumer.Record{
		Topic: membersTopic, Offset: w.records, Time: time.Now(),
		Key: schema.Erasure{User: userKey(user), AtMs: time.Now().UnixMilli()}.Key(), Value: value,
	}
	w.members[string(r.Key)] = value
	return r
}

// pass is run, with what the task writes to the topic of members read by it.
func (w *erasing) pass(d time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.run(min(max(d/100, 5*time.Second), time.Until(end)))
		w.hear()
	}
}

// hear reads what was emitted.
func (w *erasing) hear() {
	w.t.Helper()
	for w.take(); len(w.unread) > 0; w.take() {
		unread := w.unread
		w.unread = nil
		w.task.Process(unread...)
	}
}

// take notes what was emitted, if anything was.
func (w *erasing) take() (any bool) {
	w.t.Helper()
	for _, e := range w.task.Emissions() {
		any = true
		switch e.Topic {
		case membersTopic:
			if w.members[string(e.Key)] = e.Value; e.Value == nil {
				delete(w.members, string(e.Key))
			}
			w.records++
			w.unread = append(w.unread, consumer.Record{Topic: e.Topic, Offset: w.records, Time: time.Now(), Key: e.Key, Value: e.Value})
		case auditTopic:
			var a schema.Audit
			if err := json.Unmarshal(e.Value, &a); err != nil || string(e.Key) != a.User {
				w.t.Fatalf("audit %s: %v", e.Value, err)
			}
			if a.Account == "" {
				continue // of one audience
			}
			i := slices.IndexFunc(w.users, func(u string) bool { return fmt.Sprintf("%x", userKey(u)) == a.User })
			if i < 0 || a.Audience != "" || a.Installation != "test" || a.At.IsZero() {
				w.t.Fatalf("audit %s", e.Value)
			}
			w.told = append(w.told, fmt.Sprintf("%s %s %s %d", w.users[i], a.Step, a.Account, a.Rows))
		}
	}
	return any
}

// tells compares what the topic of audits was told since the last call.
func (w *erasing) tells(want ...string) {
	w.t.Helper()
	slices.Sort(w.told)
	if d := cmp.Diff(want, w.told); d != "" {
		w.t.Errorf("told the topic of audits, -want +got\n%s", d)
	}
	w.told = nil
}

// holds compares how many rows the other team's audience of an account has.
func (w *erasing) holds(account string, want int) {
	w.t.Helper()
	w.graph.Settle()
	if n := w.graph.Audience(w.others[account]).Lines; n != want {
		w.t.Errorf("the others' audience in account %s holds %d rows, want %d", account, n, want)
	}
}

// kept compares how many entries the changelog holds after compaction, and that the topic
// of members holds nothing of an erasure.
func (w *erasing) kept(want int) {
	w.t.Helper()
	last := map[string][]byte{}
	for _, r := range w.task.Changelog() {
		last[string(r.Key)] = r.Value
	}
	n := 0
	for key, value := range last {
		if _, _, err := schema.ParseAccountErasureKey([]byte(key)); err == nil && value != nil {
			n++
		}
	}
	if n != want {
		w.t.Errorf("the changelog holds %d erasures, want %d", n, want)
	}
	if len(w.members) != 0 {
		w.t.Errorf("the topic of members still holds %d records", len(w.members))
	}
}

// requests are the rows of the requests to an account, in order.
func (w *erasing) requests(account string) (rows []int) {
	for _, e := range w.graph.Journal() {
		if e.Op == graphtest.OpForget && strings.Contains(e.Path, "act_"+account+"/") {
			rows = append(rows, e.Rows)
		}
	}
	return rows
}

// spaced fails if a request was repeated while the one before it could still take effect.
func (w *erasing) spaced(kind graphtest.Kind, began time.Time) {
	w.t.Helper()
	var before time.Time
	for _, e := range w.graph.Journal() {
		if e.Op != graphtest.OpForget || e.Start.Before(began) {
			continue
		}
		unknown := kind == graphtest.TimeoutBefore || kind == graphtest.TimeoutAfter || kind == graphtest.ResetAfter
		if wait := e.Start.Sub(before); unknown && wait < 20*time.Second {
			w.t.Errorf("%s: repeated after %s", kind, wait)
		}
		before = e.Start
	}
}
