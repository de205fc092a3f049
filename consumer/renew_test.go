package consumer

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer/kafkatest"
)

// keeper is a stage that logs every record.
type keeper struct{}

func (keeper) Start(context.Context, *Tx, Start) error { return nil }

func (keeper) Process(_ context.Context, tx *Tx, records []Record) error {
	for _, r := range records {
		tx.Put(r.Key, r.Value)
	}
	return nil
}

func (keeper) Tick(context.Context, *Tx) (time.Time, error) { return time.Time{}, nil }
func (keeper) Wake() <-chan struct{}                        { return nil }
func (keeper) Busy() bool                                   { return false }
func (keeper) Stop()                                        {}
func (keeper) Close()                                       {}

// longOwner is one owner of one task that works for days of a bubble's time. It
// talks to its broker as seldom as it can, or a week would take minutes.
type longOwner struct {
	t       *testing.T
	kafka   *kfake.Cluster
	cluster *Cluster
	owners  atomic.Int32
	stop    func()
}

func startLongOwner(t *testing.T) *longOwner {
	t.Helper()
	f := kafkatest.StartVirtual(t)
	o := &longOwner{t: t, kafka: f.Cluster}
	o.cluster = NewCluster(ClusterOptions{Brokers: f.Addrs, Dial: f.Dial, RequestTimeout: 4 * time.Hour, Logger: slog.New(slog.DiscardHandler)})
	o.cluster.transport.MetadataTTL = time.Hour
	for _, name := range []string{"in", "log", "dead"} {
		makeTopic(t, o.cluster, name, nil)
	}
	s, err := NewStage(o.cluster, StageOptions{
		Name: "keeper", Group: "g", Inputs: []Input{{Topic: "in"}}, Changelog: "log", DeadLetters: "dead", StateDir: "state",
		New:            func(TaskInfo) (Processor, error) { o.owners.Add(1); return keeper{}, nil },
		SessionTimeout: 5 * time.Minute, RebalanceTimeout: 5 * time.Minute, HeartbeatInterval: 2 * time.Minute, FetchMaxWait: time.Hour,
		Table: TableOptions{FS: vfs.NewMem(), MemTableBytes: 4 << 20}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	o.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); o.cluster.Close() })
	t.Cleanup(o.stop)
	return o
}

// work has the owner work for so many days, on one record a day, and returns
// what its changelog holds besides fences.
func (o *longOwner) work(days int) (logged []string, fences int) {
	o.t.Helper()
	source := producer{cluster: o.cluster, transactionalID: "source"}
	for i := range days {
		if err := source.open(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
		if _, err := source.put(o.t, topicPartition{"in", 0}, string(rune('a'+i))); err != nil {
			o.t.Fatal(err)
		}
		time.Sleep(24*time.Hour + time.Minute)
	}
	log := kafkaLog{cluster: o.cluster, changelog: topicPartition{"log", 0}, maxBytes: 1 << 20}
	end, err := log.End(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for rec, err := range log.Read(o.t.Context(), 0, end) {
		switch {
		case err != nil:
			o.t.Fatal(err)
		case isFence(rec.Key):
			fences++
		default:
			logged = append(logged, string(rec.Value))
		}
	}
	return logged, fences
}

// Brokers forget a transactional id seven days after its last change, however
// busy its producer is. An owner that works for longer is still known: it is not
// refused, and the next owner shuts it out.
func TestOwnerOutlivesTransactionalIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const days = 8
		o := startLongOwner(t)
		logged, fences := o.work(days)
		if n := o.owners.Load(); n != 1 {
			t.Errorf("%d owners in %d quiet days, want 1", n, days)
		}
		if len(logged) != days || fences != 1+days {
			t.Errorf("the changelog holds %q and %d fences, want %d records and a fence a day", logged, fences, days)
		}
		next := producer{cluster: o.cluster, transactionalID: "g-0"}
		if err := next.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if next.epoch == 0 {
			t.Error("the broker has forgotten the owner: the next one would not shut it out")
		}
		o.stop()
	})
}

// An owner whose renewal is refused has been shut out: it drops everything and,
// as its group still gives it the task, takes it over anew.
func TestRefusedRenewalEndsTheOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := startLongOwner(t)
		refusals := o.kafka.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.InitProducerID}, TxnID: "g-0", Err: kerr.ProducerFenced,
			When: func(r kmsg.Request) bool { return r.(*kmsg.InitProducerIDRequest).ProducerID >= 0 },
		})
		logged, _ := o.work(2)
		if refusals.Hits() != 1 || o.owners.Load() != 2 {
			t.Errorf("%d refusals, %d owners, want 1 and 2", refusals.Hits(), o.owners.Load())
		}
		if !slices.Equal(logged, []string{"a", "b"}) {
			t.Errorf("the changelog holds %q", logged)
		}
		o.stop()
	})
}

// A renewal whose answer is lost is asked for again as the same one: it must not
// become a takeover, which would shut out whoever is the owner by now.
func TestLostRenewalIsRepeated(t *testing.T) {
	t.Parallel()
	f := kafkatest.StartFake(t)
	var lost lostAnswer
	c := NewCluster(ClusterOptions{Brokers: f.Addrs, Dial: lost.dial, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	tp := makeTopic(t, c, "log", nil)
	p := openProducer(t, c, "g-0")
	if _, err := p.put(t, tp, "a", "b"); err != nil {
		t.Fatal(err)
	}
	id, epoch := p.id, p.epoch
	var mu sync.Mutex
	var asked []kmsg.InitProducerIDRequest
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Observe: true, Count: -1, When: func(r kmsg.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, *r.(*kmsg.InitProducerIDRequest))
		return true
	}})
	lost.next.Store(int32(kmsg.InitProducerID))
	if err := p.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 2 {
		t.Fatalf("%d renewals were asked for, want the lost one and its repetition", len(asked))
	}
	for _, r := range asked {
		if r.ProducerID != id || r.ProducerEpoch != epoch {
			t.Errorf("asked for the epoch after %d/%d, want %d/%d", r.ProducerID, r.ProducerEpoch, id, epoch)
		}
	}
	if at, err := p.put(t, tp, "c"); err != nil || at != 2 {
		t.Errorf("append after the renewal at %d, %v; want 2", at, err)
	}
	if got, _ := readAllValues(t, c, tp); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("the log holds %q", got)
	}
}

// lostAnswer cuts the connection on which the next request of an API is
// answered, when the broker has carried it out.
type lostAnswer struct{ next atomic.Int32 }

func (l *lostAnswer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return &losingConn{Conn: conn, lost: l}, err
}

type losingConn struct {
	net.Conn
	lost *lostAnswer
	cut  atomic.Bool
}

// Write looks at the start of a request: its size, then the number of its API.
func (c *losingConn) Write(b []byte) (int, error) {
	if api := c.lost.next.Load(); api != 0 && len(b) >= 6 && int32(binary.BigEndian.Uint16(b[4:])) == api && c.lost.next.CompareAndSwap(api, 0) {
		c.cut.Store(true)
	}
	return c.Conn.Write(b)
}

func (c *losingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.cut.Load() {
		return 0, errors.Join(io.ErrUnexpectedEOF, c.Close())
	}
	return n, err
}
