package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
)

// task is one partition of a stage while this process is its owner.
type task struct {
	stage  *Stage
	info   TaskInfo
	member member
	state  *taskState

	failures Repeats
}

// renewEvery is how often an owner renews its fence; see Owner.Renew.
const renewEvery = 24 * time.Hour

// verifyEvery is how often an owner looks whether its changelog is still its own.
const verifyEvery = time.Minute

func newTask(s *Stage, info TaskInfo, m member) *task {
	return &task{stage: s, info: info, member: m, state: s.enter(info.Partition)}
}

// run owns the task until it is revoked or lost. What goes wrong otherwise is
// logged, and the task is taken over anew from what was committed (I7).
func (t *task) run(ctx, revoked context.Context) error {
	s := t.stage
	log := s.log.With("task", t.info.Partition)
	pause := newBackOff()
	for revoked.Err() == nil && ctx.Err() == nil {
		began := time.Now()
		err := t.own(ctx, revoked)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil || errors.Is(err, errLost):
			return err
		case revoked.Err() != nil && errors.Is(err, context.Canceled):
			return nil
		case errors.Is(err, kafka.RebalanceInProgress):
			return nil // the next generation says whose the task is
		case isUnusable(err):
			log.Warn("local table is unusable; restoring it from the changelog", "error", err)
			err = s.tables.wipe(t.info.Partition)
			if err == nil {
				continue
			}
		case errors.Is(err, ErrFenced):
			s.meters.fenced.Add(ctx, 1, s.meters.attrs(t.info.Partition))
		}
		t.state.fail(err)
		if loss, ok := errors.AsType[*DataLossError](err); ok {
			err = t.stopForLoss(ctx, revoked, loss)
			if err == nil || errors.Is(err, errLost) || revokedContext(ctx, revoked).Err() != nil {
				return err
			}
		}
		if time.Since(began) > time.Minute {
			pause.Reset()
		}
		d := pause.NextBackOff()
		t.failures.Failed(ctx, log, slog.LevelError, "task stopped, taking it over again", "in", d.Round(time.Millisecond), "error", err)
		wait(revokedContext(ctx, revoked), d)
	}
	return nil
}

// own takes the task over and works until it is revoked (nil), lost or broken.
func (t *task) own(ctx, revoked context.Context) (err error) {
	s := t.stage
	t.state.set(StateRestoring)
	table, err := s.tables.open(t.info.Partition)
	if err != nil {
		return err
	}
	t.state.table.Store(table)
	defer func() {
		t.state.table.Store(nil)
		err = errors.Join(err, s.tables.close(t.info.Partition, table))
	}()

	rctx := revokedContext(ctx, revoked)
	changelog := &kafkaLog{
		cluster: s.cluster, member: t.member, deadLetters: s.o.DeadLetters, maxBytes: s.o.FetchMaxBytes,
		changelog: topicPartition{s.o.Changelog, t.info.Partition},
		producer: producer{
			cluster:         s.cluster,
			transactionalID: fmt.Sprintf("%s-%d", s.o.Group, t.info.Partition),
			guarded:         t.state.guarded,
		},
	}
	said := newProgress(s.log.With("task", t.info.Partition))
	owner, err := TakeOver(rctx, OwnerOptions{
		Info: t.info, Table: table, New: s.o.New, MaxTableAge: s.o.MaxTableAge, StartAfresh: t.startAfresh,
		Progress: func(done, total int64) {
			t.state.restored(done, total)
			said.at(done, total)
		},
		Log: changelog, Repaired: t.repaired, DeadLettered: s.lettered,
	})
	if err != nil {
		return fmt.Errorf("take over %s/%d: %w", s.o.Name, t.info.Partition, err)
	}
	defer owner.Close()
	in, err := t.openInputs(rctx, owner.fresh)
	if err != nil {
		return err
	}
	defer in.close()
	t.state.set(StateRunning)
	return t.loop(ctx, revoked, owner, in)
}

// works says, after failures, that the task goes on.
func (t *task) works(ctx context.Context) {
	t.failures.Recovered(ctx, t.stage.log, "task goes on", "task", t.info.Partition)
}

// repaired says that the changelog had stray records.
func (t *task) repaired(keys int) {
	t.stage.meters.repaired.Add(context.Background(), int64(keys), t.stage.meters.attrs(t.info.Partition))
	t.stage.log.Warn("left out records of a former owner, or of a request that was stored twice, and wrote their keys again",
		"task", t.info.Partition, "changelog", t.stage.o.Changelog, "keys", keys)
}

// loop processes batches and ticks until the task is revoked.
func (t *task) loop(ctx, revoked context.Context, owner *Owner, in *inputs) error {
	rctx := revokedContext(ctx, revoked)
	// A commit that is under way when the task is revoked has as long as the drain,
	// or brokers that refuse it would keep the process from stopping.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(revoked, func() { wait(ctx, t.stage.o.DrainTimeout); cancel() })()
	timer := time.NewTimer(0)
	defer timer.Stop()
	upkeep := time.NewTicker(renewEvery)
	defer upkeep.Stop()
	verify := time.NewTicker(verifyEvery)
	defer verify.Stop()
	pace := newPace(t.stage.o)
	tick := func() error {
		next, err := owner.Tick(ctx)
		if err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		return nil
	}
	for {
		if revoked.Err() != nil {
			in.close()
			return t.drain(ctx, owner)
		}
		var err error
		select {
		case <-revoked.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		case c := <-in.next():
			if err = t.batch(ctx, owner, in, c, &pace); err == nil {
				err = tick()
			}
		case <-owner.Processor().Wake():
			err = tick()
		case <-timer.C:
			err = tick()
		case <-verify.C:
			if err = owner.Verify(rctx); err == nil {
				t.works(ctx)
			}
			if revoked.Err() != nil {
				err = nil
			}
		case <-upkeep.C:
			err = owner.Renew(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// batch processes the chunk and what follows it closely, in one commit.
func (t *task) batch(ctx context.Context, owner *Owner, in *inputs, c chunk, pace *pace) error {
	began := time.Now()
	b, err := in.collect(ctx, c, t.stage.o, pace.records)
	if err != nil {
		return err
	}
	pctx, span := t.stage.spans.start(ctx, t.info.Partition, b.records, began)
	err = owner.Process(pctx, b.records, b.next)
	endSpan(span, err)
	if err != nil {
		return fmt.Errorf("apply %d records: %w", len(b.records), err)
	}
	pace.took(len(b.records), owner.processing)
	t.state.consumed(b)
	t.works(ctx)
	t.stage.meters.commit.Record(ctx, time.Since(began).Seconds(), t.stage.meters.stage)
	return nil
}

// drainPoll is how often a stage without a Wake is asked whether it is done.
const drainPoll = 50 * time.Millisecond

// drain finishes what is in flight, within the drain time-out, and releases
// the task only if nothing is: otherwise the next owner waits.
func (t *task) drain(ctx context.Context, owner *Owner) error {
	t.state.set(StateDraining)
	proc := owner.Processor()
	proc.Stop()
	dctx, cancel := context.WithTimeout(ctx, t.stage.o.DrainTimeout)
	defer cancel()
	for {
		if _, err := owner.Tick(dctx); err != nil {
			return fmt.Errorf("drain: %w", err)
		}
		if !proc.Busy() {
			break
		}
		poll := time.NewTimer(drainPoll)
		select {
		case <-dctx.Done():
			poll.Stop()
			return nil // unresolved: no release record
		case <-proc.Wake():
		case <-poll.C:
		}
		poll.Stop()
	}
	if t.info.Lease.MayAct() != nil {
		return nil
	}
	return owner.Release(dctx)
}
