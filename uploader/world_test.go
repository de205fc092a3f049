package uploader

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// world is one task of the stage, the emulator, and what should come of it. It
// lives in a synctest bubble, so an hour passes at once.
type world struct {
	t       *testing.T
	options Options
	graph   *graphtest.Server
	token   string                   // the access token in use
	shown   *musterpb.AudienceStatus // by state
	task    *consumertest.Task
	maker   func(consumer.TaskInfo) (consumer.Processor, error)
	// desired is the model: audience → user → rows.
	desired map[string]map[string][]*musterpb.Row
	records int64
	journal *journal
	crashes bool // owners die in this test
	disk    *consumertest.Disk
}

// Token is the access token in use.
func (w *world) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: w.token}, nil
}

const statusTopic = "muster.audiences"

func newWorld(t *testing.T, o Options, g graphtest.Options) *world {
	t.Helper()
	return newWorldOn(t, nil, o, g)
}

// newWorldOn is newWorld with a disk of its own; nil is one that never fails.
func newWorldOn(t *testing.T, d *consumertest.Disk, o Options, g graphtest.Options) *world {
	t.Helper()
	if g.UnknownAnswerWindow == 0 {
		g.UnknownAnswerWindow = 20 * time.Second
	}
	w := &world{t: t, disk: d, token: graphtest.DefaultToken, graph: graphtest.New(g), desired: make(map[string]map[string][]*musterpb.Row)}
	client, err := facebook.New(facebook.Options{
		BaseURL: "http://graph.test", Transport: w.graph.RoundTripper(), Timeout: 20 * time.Second,
		TokenSource: w,
		Logger:      slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.journal = &journal{Facebook: client, names: make(map[string]string), created: make(map[facebook.AudienceID]string)}
	o.Facebook, o.Installation, o.Topic = w.journal, "test", statusTopic
	if o.Account == "" {
		o.Account = "1"
	}
	o.RequestTimeout, o.jitter = 20*time.Second, noJitter
	o.ReadEvery = cmp.Or(o.ReadEvery, -1)
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	w.options = o
	w.restart()
	w.task = consumertest.NewTask(t, consumertest.Options{
		Stage: "uploader", Disk: d, New: func(i consumer.TaskInfo) (consumer.Processor, error) { return w.maker(i) },
	})
	return w
}

// restart makes a new process with the present options: the next Takeover is in
// it.
func (w *world) restart() {
	w.t.Helper()
	var err error
	if w.maker, err = New(w.options); err != nil {
		w.t.Fatal(err)
	}
}

func userKey(name string) schema.UserKey {
	sum := sha256.Sum256([]byte(name))
	return schema.UserKey(sum[:schema.UserKeySize])
}

// parseRow reads "email:a phone:b fn:c"; values of hashed keys are hashed.
func parseRow(text string) *musterpb.Row {
	r := new(musterpb.Row)
	for f := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(f, ":")
		k, ok := schema.ParseKey(strings.ToUpper(name))
		if !ok {
			panic("unknown key " + name)
		}
		sum := sha256.Sum256([]byte(value))
		switch {
		case k == schema.MADID:
			schema.SetValue(r, k, sum[:16])
		case k.Hashed():
			schema.SetValue(r, k, sum[:])
		default:
			schema.SetValue(r, k, []byte(value))
		}
	}
	return r
}

func parseRows(texts ...string) []*musterpb.Row {
	var rows []*musterpb.Row
	for _, t := range texts {
		rows = append(rows, parseRow(t))
	}
	return rows
}

// says makes a record: the user is in the audience with these rows.
func (w *world) says(audience, user string, in bool, rows ...*musterpb.Row) consumer.Record {
	w.records++
	return w.record(audience, user, &musterpb.MemberRows{Incarnation: 1, Position: w.records, In: in, Rows: rows})
}

func (w *world) record(audience, user string, m *musterpb.MemberRows) consumer.Record {
	w.t.Helper()
	value, err := m.MarshalVT()
	if err != nil {
		w.t.Fatal(err)
	}
	if w.desired[audience] == nil {
		w.desired[audience] = make(map[string][]*musterpb.Row)
	}
	w.desired[audience][user] = nil
	if m.In {
		w.desired[audience][user] = m.Rows
	}
	return consumer.Record{
		Topic: "muster.members", Offset: w.records, Time: time.Now(),
		Key: schema.MemberKey(audience, userKey(user)), Value: value,
	}
}

func (w *world) enter(audience, user string, rows ...string) {
	w.t.Helper()
	w.task.Process(w.says(audience, user, true, parseRows(rows...)...))
}

func (w *world) exit(audience, user string) {
	w.t.Helper()
	w.task.Process(w.says(audience, user, false))
}

// run ticks for d of the bubble's time, as the engine would.
func (w *world) run(d time.Duration) {
	w.t.Helper()
	if err := w.runErr(d); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) runErr(d time.Duration) error {
	end := time.Now().Add(d)
	for busy := 0; time.Now().Before(end); {
		before := time.Now()
		next, err := w.task.TickErr()
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(end) {
			next = end
		}
		select {
		case <-w.task.Processor().Wake():
		case <-time.After(time.Until(next)):
		}
		if busy++; time.Now().After(before) {
			busy = 0
		}
		if busy > 10_000 {
			return fmt.Errorf("10,000 ticks and no time has passed")
		}
	}
	return nil
}

// uploaded is a row as the emulator shows it.
func uploaded(r *musterpb.Row) graphtest.Row {
	u := graphtest.Row{}
	for k := range schema.Key(schema.NumKeys) {
		if v := schema.Value(r, k); len(v) > 0 {
			u[k.String()] = schema.Uploaded(k, v)
		}
	}
	return u
}

// audienceOf returns the emulator's audience for a key: exactly one may exist.
func (w *world) audienceOf(key string) graphtest.Audience {
	w.t.Helper()
	var found []graphtest.Audience
	for _, a := range w.graph.Audiences() {
		if markerIn(a.Description) == markerOf("test", key) && !a.Deleted {
			found = append(found, a)
		}
	}
	if len(found) > 1 {
		w.t.Fatalf("audience %s was created %d times", key, len(found))
	}
	if len(found) == 0 {
		return graphtest.Audience{}
	}
	return found[0]
}

// wrong returns how Facebook differs from the model, "" if it does not (I6).
func (w *world) wrong() string {
	w.t.Helper()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(w.desired)) {
		var want []graphtest.Row
		for _, rows := range w.desired[key] {
			for _, r := range rows {
				want = append(want, uploaded(r))
			}
		}
		a := w.audienceOf(key)
		if a.ID == "" {
			if len(want) > 0 {
				fmt.Fprintf(&b, "%s: no audience\n", key)
			}
			continue
		}
		diff, err := a.Diff(want)
		if err != nil {
			w.t.Fatal(err)
		}
		if !diff.Empty() {
			fmt.Fprintf(&b, "%s: missing %v, surplus %v\n", key, diff.Missing, diff.Surplus)
		}
	}
	for _, v := range w.graph.Violations() {
		if w.crashes && v.Kind == graphtest.WhileThrottled {
			continue // the answer that said so went down with its owner
		}
		fmt.Fprintf(&b, "violation: %v\n", v)
	}
	return b.String()
}

func (w *world) converged() {
	w.t.Helper()
	if d := w.wrong(); d != "" {
		w.t.Fatalf("facebook is not what the stream says:\n%s", d)
	}
}
