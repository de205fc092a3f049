package worker_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

// repartitioned is a world of sources without keys, of unequal counts: Segment's
// two and a warehouse's rows, which have no users at all.
func repartitioned(t *testing.T) (*world, *config.Config) {
	t.Helper()
	w := newWorld(t)
	w.topic("identify", 3, kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"})
	w.topic("audience-membership", 2)
	w.topic("rows", 4)
	c := w.config()
	c.Sources = []config.Source{
		{Topic: "identify", Repartition: true}, {Topic: "audience-membership", Repartition: true},
		{Topic: "rows", Repartition: true, Audience: "crm"},
	}
	c.ResendPeriod, c.Window = 0, time.Minute
	return w, c
}

func rudderRow(action, email string) []byte {
	return fmt.Appendf(nil, `{"type":"record","action":%q,"fields":{"EMAIL":%q}}`, action, email)
}

// Sources without keys and with unequal partition counts end in the right
// audiences, through a restart in the middle, on two replicas; reading all of
// them again writes the events again and nothing to Facebook.
func TestUnkeyedSourcesBecomeAudiences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := repartitioned(t)
		_, stop := w.run(c, io.Discard)
		// All that is said of one user, each word in another partition.
		w.produceTo("identify", 0, nil, []byte(`{"type":"identify","userId":"u1","traits":{"email":"jane@example.com"}}`))
		w.produceTo("identify", 2, []byte("session-7"), []byte(`{"type":"identify","userId":"u2","traits":{"email":"joe@example.com"}}`))
		w.produceTo("identify", 2, nil, []byte(`no JSON`))
		w.produceTo("audience-membership", 1, nil, entered("u1", "vip", "jane@work.example", true))
		w.produceTo("audience-membership", 0, nil, []byte(`{"batch":[`+string(entered("u2", "vip", "joe@example.com", true))+`,`+string(entered("u3", "vip", "sue@example.com", true))+`]}`))
		w.produceTo("rows", 3, nil, rudderRow("insert", "ann@example.com"))
		w.produceTo("rows", 1, nil, rudderRow("update", "bob@example.com"))
		// u1 has two emails, two rows: the one of the audience's event adds to the other.
		w.await("the first rows", func() bool { return cmp.Equal(w.lines(), map[string]int{"vip": 4, "crm": 2}) })

		if err := stop(); err != nil {
			t.Fatal(err)
		}
		w.produceTo("audience-membership", 1, nil, entered("u2", "vip", "joe@example.com", false))
		w.produceTo("rows", 0, nil, rudderRow("delete", "ann@example.com"))
		w.produceTo("identify", 1, []byte("u3"), nil) // an erasure: its key is all there is
		first, stopFirst := w.run(c, io.Discard)
		_, stopSecond := w.run(c, io.Discard)
		w.await("the removals", func() bool { return cmp.Equal(w.lines(), map[string]int{"vip": 2, "crm": 1}) })
		for _, stop := range []func() error{stopFirst, stopSecond} {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
		if s := first.Status(); len(s.Stages) != 5 || s.Stages[0].Name != "repartition-identify" {
			t.Errorf("stages %+v", s.Stages)
		}
		if letters := w.read("muster.dead-letter", 3); len(letters) != 1 || !strings.Contains(letters[0], `"reason":"not_json","topic":"identify","partition":2,"offset":1`) {
			t.Errorf("dead letters %q", letters)
		}
		events := w.read("muster.events", 4)
		if said := strings.Join(events, ""); strings.Contains(said, "example") || strings.Contains(said, "u1") {
			t.Error("content shows in muster.events")
		}

		sent := w.graph.Stats()
		if again := w.rewind(c, config.StageMembership); again == 0 {
			t.Error("nothing is read again")
		}
		replica, stop := w.run(c, io.Discard)
		w.await("the replay", func() bool {
			return len(w.read("muster.events", 4)) == 2*len(events) && caughtUp(replica.Status())
		})
		time.Sleep(3 * c.Window) // virtual
		if err := stop(); err != nil {
			t.Error(err)
		}
		if s := w.graph.Stats(); s.RowsAdded != sent.RowsAdded || s.RowsRemoved != sent.RowsRemoved {
			t.Errorf("the replay sent rows: before %+v, after %+v", sent, s)
		}
	})
}

// caughtUp reports whether all tasks run and have read all there is.
func caughtUp(s worker.Status) bool {
	if s.State != worker.Ready {
		return false
	}
	for _, stage := range s.Stages {
		if len(stage.Tasks) == 0 {
			return false
		}
		for _, task := range stage.Tasks {
			for _, lag := range task.Lag {
				if task.State != consumer.StateRunning || lag > 0 {
					return false
				}
			}
		}
	}
	return true
}

// read returns all values of a topic.
func (w *world) read(topic string, partitions int) (values []string) {
	w.t.Helper()
	for p := range partitions {
		ends, err := w.client.ListOffsets(w.t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p)}}})
		if err != nil {
			w.t.Fatal(err)
		}
		for next, end := int64(0), ends.Topics[topic][0].LastOffset; next < end; {
			res, err := w.client.Fetch(w.t.Context(), &kafka.FetchRequest{Topic: topic, Partition: p, Offset: next, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second})
			if err != nil || res.Error != nil {
				w.t.Fatal(err, res)
			}
			for {
				r, err := res.Records.ReadRecord()
				if err != nil {
					break
				}
				var b bytes.Buffer
				if r.Value != nil {
					if _, err := b.ReadFrom(r.Value); err != nil {
						w.t.Fatal(err)
					}
				}
				if r.Offset >= next {
					values, next = append(values, b.String()), r.Offset+1
				}
			}
		}
	}
	return values
}

// A source that gets more partitions moves no user: the stage says what to do,
// and goes on once it was done, without a restart.
func TestRepartitionedSourceGrows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := repartitioned(t)
		replica, stop := w.run(c, io.Discard)
		w.produceTo("rows", 0, nil, rudderRow("insert", "ann@example.com"))
		w.await("the first row", func() bool { return w.lines()["crm"] == 1 })
		w.grow("rows", 6)
		const remedy = `"muster.repartition.rows" only 4: kafka-topics.sh --alter --topic muster.repartition.rows --partitions 6`
		w.await("the remedy", func() bool { return strings.Contains(replica.Status().String(), remedy) })
		w.grow("muster.repartition.rows", 6)
		w.await("the other remedy", func() bool {
			return strings.Contains(replica.Status().String(), "--alter --topic muster.dead-letter --partitions 6")
		})
		w.grow("muster.dead-letter", 6)
		w.produceTo("rows", 5, nil, rudderRow("insert", "bob@example.com"))
		w.await("the row of a new partition", func() bool { return w.lines()["crm"] == 2 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		// A restart keeps the topic of events as it is.
		_, stop = w.run(c, io.Discard)
		w.produceTo("rows", 5, nil, rudderRow("delete", "ann@example.com"))
		w.await("the removal", func() bool { return w.lines()["crm"] == 1 })
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) grow(topic string, partitions int32) {
	w.t.Helper()
	res, err := w.client.CreatePartitions(w.t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: partitions}}})
	if err != nil || res.Errors[topic] != nil {
		w.t.Fatal(err, res)
	}
}

// An installation that read its sources by itself does not go on repartitioned,
// nor the other way round: its profiles would be elsewhere. Begun anew as the
// error says, it finds its Facebook audiences again.
func TestRepartitionCannotBeSwitched(t *testing.T) {
	t.Parallel()
	for to, want := range map[bool]string{
		true:  "was turned on, but group muster-membership has read audience-membership",
		false: "was turned off, but group muster-membership has read muster.events",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.topic("identify", 2)
			w.topic("audience-membership", 2)
			c := w.config()
			c.ResendPeriod = 0
			repartition := func(on bool) {
				for i := range c.Sources {
					c.Sources[i].Repartition = on
				}
			}
			repartition(!to)
			_, stop := w.run(c, io.Discard)
			w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
			w.await("the audience", func() bool { return w.lines()["vip"] == 1 })
			if err := stop(); err != nil {
				t.Fatal(err)
			}

			repartition(to)
			replica, err := worker.New(c, worker.Options{Dial: w.kafka.Dial, Transport: w.graph.RoundTripper()})
			if err != nil {
				t.Fatal(err)
			}
			err = replica.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "another group and topics.prefix") {
				t.Fatalf("got %v, want %s", err, want)
			}
			former := regexp.MustCompile(`installation: "(.+/muster)"`).FindStringSubmatch(err.Error())
			if former == nil {
				t.Fatalf("no installation in: %v", err)
			}
			c.Installation, c.Group, c.Topics.Prefix = former[1], "muster-2", "muster-2."
			_, stop = w.run(c, io.Discard)
			w.produce("audience-membership", "u2", entered("u2", "vip", "joe@example.com", true))
			w.await("the audience again", func() bool { return w.lines()["vip"] == 2 })
			if err := stop(); err != nil {
				t.Error(err)
			}
			if n := len(w.graph.Audiences()); n != 1 {
				t.Errorf("%d audiences, want the one there was", n)
			}
		})
	}
}
