package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/model"
)

const (
	// beat is the time between two writes.
	beat = 250 * time.Millisecond
	// rest is how long a broker that fails is left alone.
	rest = 2 * time.Second
	// slice bounds what is made before it is written.
	slice = 1000
	// report is how often a line says how far it is.
	report = time.Minute
)

// produce makes the topics and keeps pace with the clock. A broker that is away is
// asked again, for ever: what it answered to may then be written twice, which is
// nothing to a worker (I1).
func produce(ctx context.Context, s settings, out io.Writer) error {
	transport := &kafka.Transport{ClientID: "sample-producer"}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(s.brokers...), Transport: transport, Timeout: 10 * time.Second}
	start := time.Now().Add(-s.history)
	p := &producer{client: client, settings: s, out: out, start: start}
	p.events = model.NewPublisher(client, s.stream(start))
	if err := p.retry(ctx, p.topics); err != nil {
		return err
	}
	p.say("the topics are there")
	if s.topicsOnly {
		return nil
	}
	p.reported = time.Now()
	for {
		if err := p.retry(ctx, p.catchUp); err != nil {
			return err
		}
		if time.Since(p.reported) >= report {
			p.reported = time.Now()
			p.say("%d records written", p.events.Count())
		}
		if err := wait(ctx, beat); err != nil {
			return err
		}
	}
}

// producer is one run. One goroutine does everything.
type producer struct {
	client   *kafka.Client
	settings settings
	out      io.Writer
	start    time.Time
	events   *model.Publisher
	reported time.Time
}

// topics makes those that are missing and checks those that are not: a record for a
// partition that does not exist would wait for ever.
func (p *producer) topics(ctx context.Context) error {
	if err := p.events.CreateTopics(ctx); err != nil {
		return err
	}
	meta, err := p.client.Metadata(ctx, &kafka.MetadataRequest{Topics: names()})
	if err != nil {
		return fmt.Errorf("look at the topics: %w", err)
	}
	for _, t := range meta.Topics {
		if t.Error != nil {
			return fmt.Errorf("look at topic %s: %w", t.Name, t.Error)
		}
		if have := len(t.Partitions); have < p.settings.partitions {
			return &unfit{fmt.Errorf("topic %s has %d partitions, fewer than --partitions %d; give --partitions %d", t.Name, have, p.settings.partitions, have)}
		}
	}
	return nil
}

// unfit is what no further try mends.
type unfit struct{ error }

func names() []string {
	var list []string
	for _, t := range model.Topics() {
		list = append(list, t.Name)
	}
	return list
}

// catchUp writes the events up to now, first what an earlier try left.
func (p *producer) catchUp(ctx context.Context) error {
	due := int(time.Since(p.start)/p.settings.tick()) - p.events.Count()
	for {
		n := max(0, min(due, slice))
		if _, err := p.events.Publish(ctx, n); err != nil {
			return err
		}
		if due -= n; due <= 0 {
			return nil
		}
	}
}

// retry repeats a step until it works, and says what failed.
func (p *producer) retry(ctx context.Context, step func(context.Context) error) error {
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		if hopeless := new(unfit); errors.As(err, &hopeless) || ctx.Err() != nil {
			return err
		}
		p.say("%v; trying again", err)
		if err := wait(ctx, rest); err != nil {
			return err
		}
	}
}

func (p *producer) say(format string, args ...any) {
	fmt.Fprintf(p.out, time.Now().UTC().Format(time.TimeOnly)+" "+format+"\n", args...)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
