package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"muster/cmd/internal/model"
	"muster/cmd/internal/worker"
)

const (
	// beat is the time between two looks at everything.
	beat = 250 * time.Millisecond
	// perBeat is how many records a beat publishes with --once, and without it
	// until all people are there; steadyPerBeat is how many later.
	perBeat       = 500
	steadyPerBeat = 20
	// onceTimeout bounds the time to converge after the last event.
	onceTimeout = 45 * time.Second
	// quietBeats is how long no request is made before a comparison is worth it.
	quietBeats = 6
	maxDiffs   = 20
)

// errDiffers says that Facebook does not hold what the events say.
var errDiffers = errors.New("facebook differs from the stream")

// run is the whole demo.
func run(ctx context.Context, s settings, out io.Writer) (err error) {
	logFile, err := s.openLog()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()
	w, err := openWorld(s)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.events.CreateTopics(ctx); err != nil {
		return err
	}
	workers, err := w.workers(slog.New(slog.NewTextHandler(logFile, nil)))
	if err != nil {
		return err
	}
	running, stop := runWorkers(ctx, workers)
	show := newView(out, s)
	d := demo{world: w, workers: workers, view: show, status: follow(running, w.client)}
	err = d.play(running)
	if err == nil && s.once {
		err = d.converge(running)
	}
	failure := context.Cause(running)
	if ctx.Err() != nil {
		show.end("stopping: the replicas finish what is under way")
	}
	stopped := stop()
	d.status.wait()
	switch {
	case ctx.Err() != nil:
		show.end("stopped")
		return stopped
	case failure != nil:
		return failure
	case err != nil || stopped != nil:
		return errors.Join(err, stopped)
	}
	return d.judge(out)
}

// demo is one run. One goroutine makes the events and looks at everything.
type demo struct {
	*world
	workers []*worker.Worker
	view    *view
	status  *follower
	members int // by the stream
	beats   int
}

// play publishes events until they end or ctx does.
func (d *demo) play(ctx context.Context) error {
	n := perBeat
	for {
		more, err := d.events.Publish(ctx, n)
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
		if !d.settings.once && d.events.Count() > 3*d.settings.people {
			n = steadyPerBeat
		}
		if err := d.look(ctx); err != nil {
			return err
		}
	}
}

// converge waits until Facebook holds what the events say, or long enough to
// say that it does not.
func (d *demo) converge(ctx context.Context) error {
	d.view.say("the stream is over, Facebook catches up")
	end := time.Now().Add(onceTimeout)
	requests, quiet := -1, 0
	for time.Now().Before(end) {
		st := d.graph.Stats()
		if st.Requests != requests || st.InFlight > 0 || st.Pending > 0 {
			requests, quiet = st.Requests, 0
		} else {
			quiet++
		}
		if quiet%quietBeats == quietBeats-1 && d.behind() == 0 && len(d.diffs()) == 0 {
			return nil
		}
		if err := d.look(ctx); err != nil {
			return err
		}
	}
	return nil // judge tells the differences
}

// look shows the state of everything and waits for the next beat.
func (d *demo) look(ctx context.Context) error {
	if d.beats%8 == 0 {
		d.members = d.count()
	}
	d.beats++
	d.view.draw(d.snapshot())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(beat):
		return nil
	}
}

// judge compares Facebook with the stream and prints the last line.
func (d *demo) judge(out io.Writer) error {
	if !d.settings.once {
		return nil
	}
	diffs := d.diffs()
	st := d.graph.Stats()
	answer := "yes"
	if len(diffs) > 0 {
		answer = "no"
	}
	for _, diff := range diffs {
		if _, err := fmt.Fprintln(out, diff); err != nil {
			return fmt.Errorf("print a difference: %w", err)
		}
	}
	_, err := numbers.Fprintf(out, "facebook = stream: %s · audiences %d · members %d · rows added %d · rows removed %d · requests %d\n",
		answer, st.Audiences, d.count(), st.RowsAdded, st.RowsRemoved, st.Requests)
	if err == nil && answer == "no" {
		return errDiffers
	}
	return err
}

// diffs says where Facebook and the stream differ.
func (d *demo) diffs() []string {
	present := make(map[string][]model.Row)
	for _, a := range d.graph.Audiences() {
		rows := present[a.Name]
		for _, r := range a.Rows() {
			rows = append(rows, model.Row(r))
		}
		present[a.Name] = rows // made twice: shows as rows too many or as none
	}
	return model.Compare(d.stream.Truth().Members(), present, maxDiffs)
}

// count is the number of members by the stream: users that can be matched, for
// each audience they are in.
func (d *demo) count() int {
	n := 0
	for _, users := range d.stream.Truth().Members() {
		n += len(users)
	}
	return n
}

// behind is the number of records that the first stage has not processed.
func (d *demo) behind() int64 {
	var lag int64
	for _, wk := range d.workers {
		for _, stage := range wk.Status().Stages {
			for _, task := range stage.Tasks {
				for _, n := range task.Lag {
					lag += n
				}
			}
		}
	}
	return lag
}
