package worker_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

func (w *world) append(topic string, partition int, records ...consumer.Message) {
	w.t.Helper()
	cluster := w.cluster(w.config())
	defer cluster.Close()
	if n, err := cluster.Append(w.t.Context(), topic, partition, records); err != nil || n != len(records) {
		w.t.Fatal(n, err)
	}
}

func (w *world) cluster(c *config.Config) *consumer.Cluster {
	w.t.Helper()
	cluster, err := worker.Cluster(c, worker.Options{Dial: w.kafka.Dial, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	return cluster
}

// rewind does what muster replay --to earliest does, and returns how many records
// are read again.
func (w *world) rewind(c *config.Config, stage string) (again int64) {
	w.t.Helper()
	cluster := w.cluster(c)
	defer cluster.Close()
	for _, in := range worker.Readings(c, stage) {
		moves, err := cluster.PlanRewind(w.t.Context(), in.Group, []string{in.Topic}, nil, consumer.RewindTarget{})
		if err != nil {
			w.t.Fatal(err)
		}
		if err := cluster.Rewind(w.t.Context(), in.Group, moves); err != nil {
			w.t.Fatal(err)
		}
		for _, m := range moves {
			again += m.Again()
		}
	}
	return again
}

// runDry runs a replica until it has read everything and three windows have
// passed, and stops it.
func (w *world) runDry(c *config.Config) {
	w.t.Helper()
	replica, stop := w.run(c, &bytes.Buffer{})
	w.await("the end of the input", func() bool {
		s := replica.Status()
		tasks := 0
		for _, stage := range s.Stages {
			for _, task := range stage.Tasks {
				tasks++
				for _, lag := range task.Lag {
					if lag > 0 {
						return false
					}
				}
			}
		}
		return s.State == worker.Ready && tasks == 4
	})
	time.Sleep(3 * c.Window)
	if err := stop(); err != nil {
		w.t.Error(err)
	}
}

// rowsSent sums up the rows of the member requests after the first n requests.
func (w *world) rowsSent(n int) map[graphtest.Op]int {
	sent := map[graphtest.Op]int{}
	for _, e := range w.graph.Journal()[n:] {
		if e.Op == graphtest.OpAdd || e.Op == graphtest.OpRemove || e.Op == graphtest.OpReplace {
			sent[e.Op] += e.Rows
		}
	}
	return sent
}

// rows is what each audience holds, by name.
func (w *world) rows() map[string][]graphtest.Row {
	rows := map[string][]graphtest.Row{}
	for _, a := range w.graph.Audiences() {
		rows[a.Name] = a.Rows()
	}
	return rows
}

// tell makes the sources and what they say: five users who enter, one who leaves
// again, one who is erased, one whose phone lacks its country, and one whose
// email stands in a trait of the customer's own.
func (w *world) tell() {
	w.topic("identify", 2)
	w.topic("audience-membership", 2)
	say := func(topic, user, event string) { w.produce(topic, user, []byte(event)) }
	for i := range 5 {
		user := fmt.Sprintf("u%d", i)
		say("identify", user, fmt.Sprintf(`{"type":"identify","userId":%q,"traits":{"email":"%s@example.com","first_name":"Jane"}}`, user, user))
		w.produce("audience-membership", user, entered(user, "vip", user+"@example.com", true))
	}
	w.produce("audience-membership", "u1", entered("u1", "vip", "u1@example.com", false))
	say("identify", "phone", `{"type":"identify","userId":"phone","traits":{"phone":"(202) 309-5976"}}`)
	say("audience-membership", "phone", `{"type":"identify","userId":"phone","context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"traits":{"vip":true}}`)
	say("identify", "own", `{"type":"identify","userId":"own","traits":{"crm_mail":"own@example.com"}}`)
	say("audience-membership", "own", `{"type":"identify","userId":"own","context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"traits":{"vip":true}}`)
	say("identify", "u2", `{"type":"delete","userId":"u2"}`)
}

func (w *world) quietConfig() *config.Config {
	c := w.config()
	c.Window = 5 * time.Minute // an idle hour of a bubble costs half a second
	c.ResendPeriod = 0         // sends on its own account
	return c
}

func correct(c *config.Config) *config.Config {
	c.DefaultCountry = "US"
	c.ExtraTraits = map[string][]string{"EMAIL": {"crm_mail"}}
	return c
}

// A replay of everything changes nothing at Facebook. With corrected rules it
// repairs what differs, and nothing else: the outcome is as if the rules had
// always been those. Whoever was erased stays erased.
func TestReplay(t *testing.T) {
	t.Parallel()
	want := map[string][]graphtest.Row{}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tell()
		w.runDry(correct(w.quietConfig()))
		want = w.rows()
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tell()
		c := w.quietConfig()
		w.runDry(c)
		first := w.rows()
		if n := len(first["vip"]); n != 4 { // u0, u3, u4, phone
			t.Fatalf("the audience holds %d rows, want 4: %v", n, first)
		}

		for _, stage := range []string{config.StageMembership, config.StageUploader} {
			sent := len(w.graph.Journal())
			if n := w.rewind(c, stage); n == 0 {
				t.Errorf("stage %s: nothing to read again", stage)
			}
			w.runDry(c)
			if rows := w.rowsSent(sent); len(rows) > 0 {
				t.Errorf("a replay of stage %s sent rows: %v", stage, rows)
			}
			if diff := cmp.Diff(first, w.rows()); diff != "" {
				t.Errorf("a replay of stage %s changed Facebook: -before +after\n%s", stage, diff)
			}
		}

		sent := len(w.graph.Journal())
		if n := w.rewind(c, config.StageMembership); n != 16 {
			t.Errorf("%d records are read again, want all 16", n)
		}
		w.runDry(correct(c))
		if diff := cmp.Diff(want, w.rows()); diff != "" {
			t.Errorf("after a replay with corrected rules: -want +got\n%s", diff)
		}
		// The phone's old row goes; its new one and the email in crm_mail come.
		if diff := cmp.Diff(map[graphtest.Op]int{graphtest.OpRemove: 1, graphtest.OpAdd: 2}, w.rowsSent(sent)); diff != "" {
			t.Errorf("rows sent to repair: -want +got\n%s", diff)
		}
	})
}

// An erasure in every partition reaches the user in the one that holds the user's
// records, and nobody else; a replay does not bring the user back.
func TestErasures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2)
		w.topic("audience-membership", 2)
		c := w.quietConfig()
		c.Anonymous = "ignore" // erasures are honoured all the same
		for i := range 4 {
			user := fmt.Sprintf("u%d", i)
			w.append("audience-membership", i%2, consumer.Message{Key: []byte(user), Value: entered(user, "vip", user+"@example.com", true)})
		}
		log := &bytes.Buffer{}
		_, stop := w.run(c, log)
		w.await("the audience", func() bool { return w.lines()["vip"] == 4 })

		records, err := worker.Erasures(c, "identify", []string{"u1", "u2"}, false, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		anonymous, err := worker.Erasures(c, "identify", []string{"x"}, true, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for p := range 2 {
			w.append("identify", p, append(records, anonymous...)...)
		}
		w.await("the removals", func() bool { return w.lines()["vip"] == 2 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		left := w.rows()
		w.rewind(c, config.StageMembership)
		w.runDry(c)
		if diff := cmp.Diff(left, w.rows()); diff != "" {
			t.Errorf("a replay after the erasure: -before +after\n%s", diff)
		}
		if n := w.records("muster.dead-letter", 2); n > 0 {
			t.Errorf("%d dead letters, log:\n%s", n, log)
		}
	})
}

// records is how many records a topic holds.
func (w *world) records(topic string, partitions int) (n int64) {
	w.t.Helper()
	for p := range partitions {
		res, err := w.client.ListOffsets(w.t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p)}}})
		if err != nil {
			w.t.Fatal(err)
		}
		n += res.Topics[topic][0].LastOffset
	}
	return n
}
