package worker_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

const (
	// stopWithin is the drain's time-out, 10 s, and what HTTP (2 s) and telemetry (3 s)
	// are given after it: below the 30 s of Kubernetes' grace period.
	stopWithin = 15 * time.Second
	// answerAfter is how long Facebook takes to answer what is under way.
	answerAfter = 2 * time.Second
)

// Asked to stop under load, with a request under way at Facebook, the worker waits for
// the answer, releases its tasks and is gone within the grace period. -v tells the time.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	w := &world{t: t, kafka: k, client: k.Client(t), graph: graphtest.New(graphtest.Options{})}
	w.topic("identify", 1)
	w.topic("audience-membership", 4)
	c := w.config()
	c.Sources[0].Repartition, c.Sources[1].Repartition = true, true
	c.Window, c.FirstSyncQuiet = time.Second, 100*time.Millisecond
	_, stop := w.run(c, io.Discard)
	w.crowd(0)
	for deadline := time.Now().Add(time.Minute); w.lines()["vip"] == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no row has come to Facebook")
		}
	}
	w.graph.Inject(graphtest.Fault{Kind: graphtest.Slow, Match: graphtest.Match{Op: graphtest.OpAdd}, Delay: answerAfter, Count: 1})
	sent := len(w.graph.Journal())
	for round := 1; ; round++ { // more and more, until the slow request is under way
		w.crowd(round)
		if len(w.graph.Journal()) > sent {
			break
		}
	}
	began := time.Now()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("stopped after %s, with an answer that takes %s under way", took.Round(time.Millisecond), answerAfter)
	if took > stopWithin {
		t.Errorf("stopped after %s, want %s at most", took, stopWithin)
	}
	// It has released its tasks: the next owner sends before takeoverWait, 90 s, is over.
	_, stop = w.run(c, io.Discard)
	sent = len(w.graph.Journal())
	w.crowd(9999)
	for deadline := time.Now().Add(time.Minute); len(w.graph.Journal()) == sent; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the next replica waits for requests of the former one")
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// crowd has a thousand users, of a round, enter an audience.
func (w *world) crowd(round int) {
	w.t.Helper()
	var records []kafka.Record
	for i := range 1000 {
		user := fmt.Sprintf("r%du%d", round, i)
		records = append(records, kafka.Record{Key: kafka.NewBytes([]byte(user)), Value: kafka.NewBytes(entered(user, "vip", user+"@example.com", true))})
	}
	res, err := w.client.Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: "audience-membership", Partition: round % 4, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil || res.Error != nil {
		w.t.Fatal(err, res)
	}
}
