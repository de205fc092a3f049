package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

// replicaHeader tells the emulator which replica a request is from.
const replicaHeader = "X-Replica"

// world is all that is not the worker: broker, Facebook, and the events.
type world struct {
	t       *testing.T
	brokers []string
	client  *kafka.Client
	graph   *graphtest.Server
	stream  *model.Stream
	events  *model.Publisher
	// repartition: the sources are not keyed.
	repartition bool
}

func newWorld(t *testing.T, brokers []string, client *kafka.Client, s size, seed uint64) *world {
	t.Logf("seed %d: %s", seed, s)
	w := &world{t: t, brokers: brokers, client: client}
	w.graph = graphtest.New(graphtest.Options{
		Accounts: []graphtest.Account{{ID: graphtest.DefaultAccount, Quota: graphtest.Unmetered()}},
		// Long enough for a request to be seen in flight, and for several to be.
		Latency: 300 * time.Millisecond,
		// The worker waits for requestTimeout from when it gave up. On a busy machine
		// the emulator learns late of that, so it judges by half of it; the exact
		// time is for the tests in a bubble.
		UnknownAnswerWindow: requestTimeout / 2,
		ClientHeader:        replicaHeader,
		Seed:                seed,
	})
	w.stream = model.New(model.Options{
		Seed: seed, People: s.people, Audiences: s.audiences, Partitions: s.partitions, Steps: s.steps,
		Start: streamStart, Tick: 5 * time.Millisecond, Huge: true,
	})
	w.events = model.NewPublisher(client, w.stream)
	if err := w.events.CreateTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// graphURL is Facebook's address for one replica.
func (w *world) graphURL(replica string) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set(replicaHeader, replica)
		w.graph.ServeHTTP(rw, r)
	}))
	s.Start()
	w.t.Cleanup(s.Close)
	return s.URL
}

// config is a replica's configuration: all times short, all else as shipped.
func (w *world) config(replica, stateDir string) *config.Config {
	c := config.Defaults()
	c.Kafka.Brokers = w.brokers
	c.Kafka.SessionTimeout = 6 * time.Second
	// Ample: on a machine that is busy with the whole test, a member that takes
	// long to end a batch would be left out of the next generation, for ever.
	c.Kafka.RebalanceTimeout = 30 * time.Second
	c.Kafka.HeartbeatInterval = 500 * time.Millisecond
	for _, topic := range model.Topics() {
		source := config.Source{Topic: topic.Name, Audience: topic.Audience, Tombstone: "ignore", Repartition: w.repartition}
		if topic.TombstoneErases {
			source.Tombstone = "erase"
		}
		c.Sources = append(c.Sources, source)
	}
	c.StateDir = stateDir
	c.UserKeySecret = userKeySecret
	c.Facebook.BaseURL = w.graphURL(replica)
	c.Facebook.AdAccount = graphtest.DefaultAccount
	c.Facebook.AccessToken = graphtest.DefaultToken
	c.Facebook.RequestTimeout = requestTimeout
	c.Window = 2 * time.Second
	c.FirstSyncQuiet = time.Second
	c.MaxRemovedShare = 100 // nobody is there to release what a pause has piled up
	c.DefaultCountry = model.DefaultCountry
	c.HTTP.Listen = config.Off
	c.Page.Listen = config.Off
	return c
}

// publish writes n more records, or all that are left.
func (w *world) publish(n int) (more bool) {
	w.t.Helper()
	more, err := w.events.Publish(w.t.Context(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	return more
}

// converge waits until every audience holds what the model says.
func (w *world) converge(ctx context.Context) {
	w.t.Helper()
	wanted := w.stream.Truth().Members()
	quiet := 0
	requests := -1
	await(ctx, w.t, "Facebook holds what the events say", func() (bool, string) {
		st := w.graph.Stats()
		if st.InFlight > 0 || st.Pending > 0 || st.Requests != requests {
			requests, quiet = st.Requests, 0
		} else {
			quiet++
		}
		// Comparing costs a second at full size: only when it is worth it.
		if quiet%8 != 2 && ctx.Err() == nil {
			return false, ""
		}
		diffs := model.Compare(wanted, w.present(), 5)
		return len(diffs) == 0, fmt.Sprintf("%q\n%+v", diffs, st)
	})
}

// present reads all audiences back, by key, which is their name here.
func (w *world) present() map[string][]model.Row {
	present := make(map[string][]model.Row)
	for _, a := range w.graph.Audiences() {
		if a.Deleted {
			continue
		}
		rows := present[a.Name]
		for _, r := range a.Rows() {
			rows = append(rows, model.Row(r))
		}
		present[a.Name] = rows
	}
	return present
}

// check holds what a good client leaves behind against the emulator's notes.
func (w *world) check() {
	w.t.Helper()
	for _, v := range w.graph.Violations() {
		w.t.Errorf("violation: %+v", v)
	}
	seen := make(map[string]bool)
	for _, a := range w.graph.Audiences() {
		if seen[a.Name] {
			w.t.Errorf("audience %s was created twice", a.Name)
		}
		seen[a.Name] = true
	}
	w.checkDeadLetters()
}

// checkDeadLetters compares the dead-letter topic with the model as sets: a
// record that was read again may be noted again.
func (w *world) checkDeadLetters() {
	w.t.Helper()
	got, err := readDeadLetters(w.t.Context(), w.client, config.Defaults().Topic(config.TopicDeadLetter))
	if err != nil {
		w.t.Fatal(err)
	}
	want := make(map[model.DeadLetter]bool)
	reasons := make(map[model.Reason]bool)
	for _, d := range w.stream.Truth().DeadLetters {
		want[d] = true
		reasons[d.Reason] = true
		if !got[d] {
			w.t.Errorf("dead letter is missing: %+v", d)
		}
	}
	for d := range got {
		if !want[d] {
			w.t.Errorf("dead letter is unexpected: %+v", d)
		}
	}
	w.t.Logf("%d dead letters of %v", len(want), slices.Sorted(maps.Keys(reasons)))
}

func readDeadLetters(ctx context.Context, client *kafka.Client, topic string) (map[model.DeadLetter]bool, error) {
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	all := make(map[model.DeadLetter]bool)
	for _, p := range meta.Topics[0].Partitions {
		ends, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p.ID)}},
		})
		if err != nil {
			return nil, err
		}
		end := ends.Topics[topic][0].LastOffset
		for offset := int64(0); offset < end; {
			next, err := fetchDeadLetters(ctx, client, topic, p.ID, offset, all)
			if err != nil {
				return nil, err
			}
			offset = next
		}
	}
	return all, nil
}

func fetchDeadLetters(ctx context.Context, client *kafka.Client, topic string, partition int, offset int64, all map[model.DeadLetter]bool) (next int64, err error) {
	res, err := client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second,
	})
	if err = errors.Join(err); err != nil {
		return 0, err
	}
	if res.Error != nil {
		return 0, res.Error
	}
	next = offset
	for {
		r, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			if next == offset {
				next++ // a hole: step over it
			}
			return next, nil
		}
		if err != nil {
			return 0, err
		}
		next = max(next, r.Offset+1)
		value, err := protocol.ReadAll(r.Value)
		if err != nil {
			return 0, err
		}
		var d consumer.DeadLetter
		if err := json.Unmarshal(value, &d); err != nil {
			return 0, fmt.Errorf("read dead letter %d: %w", r.Offset, err)
		}
		all[model.DeadLetter{Reason: model.Reason(d.Reason), Topic: d.Topic, Partition: d.Partition, Offset: d.Offset}] = true
	}
}
