package membership

import (
	"fmt"

	"muster/consumer"
	"muster/schema"
)

// stage is what the tasks of a process share.
type stage struct {
	o           Options
	rules       rules
	fingerprint []byte
	telemetry   *telemetry
	alarm       alarm
}

// New returns what makes the stage's part of a task. Mistakes in the options
// come back from there, all at once.
func New(o Options) func(consumer.TaskInfo) (consumer.Processor, error) {
	err := o.complete()
	s := &stage{o: o, rules: o.rules()}
	if err == nil {
		s.fingerprint = fingerprint(&s.rules, &s.o)
		s.alarm = alarm{logger: o.Logger, health: o.Health}
		s.telemetry, err = newTelemetry(o.Meter)
	}
	return func(info consumer.TaskInfo) (consumer.Processor, error) {
		if err != nil {
			return nil, fmt.Errorf("check membership options: %w", err)
		}
		return s.task(info)
	}
}

func (s *stage) task(info consumer.TaskInfo) (*task, error) {
	r, err := s.reader(info)
	if err != nil {
		return nil, fmt.Errorf("check membership options: %w", err)
	}
	t := &task{
		stage:     s,
		partition: uint32(info.Partition),
		reader:    r,
		batch:     newBatch(),
		merge:     merge{maxValues: s.o.MaxValues, externID: s.o.Decoder.ExternID, suppress: s.o.Suppress, audits: s.o.AuditTopic != ""},
		before:    view{rules: &s.rules},
		after:     view{rules: &s.rules},
		tally:     newTally(),
	}
	if s.o.EraseAccounts {
		t.merge.known = s.rules.rowsOf
	}
	return t, nil
}

func (s *stage) reader(info consumer.TaskInfo) (reader, error) {
	if s.o.Repartitioned {
		return eventReader{}, nil
	}
	o := s.o.Decoder
	o.Partitions = info.Partitions
	d, err := schema.NewDecoder(o)
	if err != nil {
		return nil, err
	}
	return &sourceReader{d, schema.NewUserKeyer(o.UserKeySecret)}, nil
}
