package repartition

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"muster/schema"
)

// Options configure the stage of one source.
type Options struct {
	// Decoder says how records are read. UserKeySecret is needed. Normaliser and
	// AnyKey are filled in by the stage.
	Decoder schema.DecoderOptions
	// Normaliser says how identifiers are read.
	Normaliser schema.NormaliserOptions

	// EventsTopic is where events go, keyed by user. Needed.
	EventsTopic string
	// EventsPartitions is the number of its partitions. Needed; it must be the
	// same for every replica, always: it says which task holds a user.
	EventsPartitions int

	// Meter makes the stage's instruments; nil = none. See telemetry.go.
	Meter metric.Meter
}

// complete fills in defaults and returns every problem there is.
func (o *Options) complete() error {
	var errs []error
	if o.EventsTopic == "" {
		errs = append(errs, errors.New("EventsTopic: empty, want a topic"))
	}
	if o.EventsPartitions <= 0 {
		errs = append(errs, fmt.Errorf("EventsPartitions: %d, want at least 1", o.EventsPartitions))
	}
	n, err := schema.NewNormaliser(o.Normaliser)
	if err != nil {
		errs = append(errs, err)
	}
	if o.Meter == nil {
		o.Meter = noop.Meter{}
	}
	o.Decoder.Normaliser = n
	o.Decoder.AnyKey = true
	return errors.Join(errs...)
}
