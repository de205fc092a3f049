package e2e

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"muster/cmd/internal/model"
	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/membership"
	"muster/schema"
	"muster/schema/musterpb"
)

const membersTopic = "muster.members"

// TestMembershipAgreesWithModel runs the first stage alone, without a broker,
// over a stream that arrives in batches, with takeovers in between: what it
// emits in the end are the model's rows, to the last value.
func TestMembershipAgreesWithModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := model.New(model.Options{
				Seed: seed, People: 600, Audiences: 12, Partitions: 1, Steps: 8000,
				Start: streamStart, Tick: 5 * time.Millisecond,
			})
			k := newMembership(t)
			got := members{}
			dead := make(map[model.DeadLetter]bool)
			var batch, last []consumer.Record
			flush := func() {
				k.Process(batch...)
				got.hear(t, k.Emissions())
				for _, d := range k.DeadLetters() {
					dead[model.DeadLetter{Reason: model.Reason(d.Reason), Topic: d.Topic, Partition: d.Partition, Offset: d.Offset}] = true
				}
				batch, last = nil, batch
			}
			for n := 0; ; n++ {
				r, ok := s.Next()
				if !ok {
					break
				}
				batch = append(batch, consumer.Record{
					Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Key: r.Key, Value: r.Value,
				})
				if len(batch) == 200 {
					flush()
					if n%1000 > 800 { // a new owner reads the last batch again
						k.Takeover()
						batch = last
						flush()
					}
				}
			}
			flush()
			got.check(t, s.Truth())
			for _, d := range s.Truth().DeadLetters {
				if !dead[d] {
					t.Errorf("no dead letter for %+v", d)
				}
				delete(dead, d)
			}
			for d := range dead {
				t.Errorf("unexpected dead letter %+v", d)
			}
		})
	}
}

func newMembership(t *testing.T) *consumertest.Task {
	sources := make(map[string]schema.SourceOptions)
	for _, topic := range model.Topics() {
		sources[topic.Name] = schema.SourceOptions{Audience: topic.Audience, TombstoneErases: topic.TombstoneErases}
	}
	stage := membership.New(membership.Options{
		Decoder:      schema.DecoderOptions{UserKeySecret: []byte(userKeySecret), Sources: sources},
		Normaliser:   schema.NormaliserOptions{DefaultCountry: model.DefaultCountry},
		MembersTopic: membersTopic, MembersPartitions: 1,
	})
	return consumertest.NewTask(t, consumertest.Options{Stage: "membership", New: stage})
}

// members are the row sets emitted last: member key → rows.
type members map[string][]model.Row

func (m members) hear(t *testing.T, emissions []consumer.Emission) {
	t.Helper()
	for _, e := range emissions {
		if e.Topic != membersTopic {
			t.Fatalf("emission to %s", e.Topic)
		}
		var rows musterpb.MemberRows
		if err := rows.UnmarshalVT(e.Value); err != nil {
			t.Fatal(err)
		}
		m[string(e.Key)] = nil
		for _, r := range rows.Rows {
			row := make(model.Row)
			for k := range schema.Key(schema.NumKeys) {
				if v := schema.Value(r, k); len(v) > 0 {
					row[k.String()] = schema.Uploaded(k, v)
				}
			}
			m[string(e.Key)] = append(m[string(e.Key)], row)
		}
	}
}

func (m members) check(t *testing.T, truth *model.Truth) {
	t.Helper()
	keyer := schema.NewUserKeyer([]byte(userKeySecret))
	var errs []error
	for audience, users := range truth.Members() {
		for user, want := range users {
			key := string(schema.MemberKey(audience, keyer.Key(user)))
			if got := m[key]; fmt.Sprint(got) != fmt.Sprint(want) {
				errs = append(errs, fmt.Errorf("%s in %s:\n got %v\nwant %v\n%s", user, audience, got, want, truth.Story(user)))
			}
			delete(m, key)
		}
	}
	for key, rows := range m {
		if len(rows) > 0 {
			errs = append(errs, fmt.Errorf("%q should have no rows, has %v", key[:len(key)-schema.UserKeySize], rows))
		}
	}
	if len(errs) > 3 {
		errs = append(errs[:3], fmt.Errorf("… %d in all", len(errs)))
	}
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
