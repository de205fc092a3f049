package membership

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"muster/schema"
	"muster/schema/musterpb"
)

// I1: whatever the order, the grouping and the repetition, equal events make
// equal bytes.
func TestMergeIsFreeOfOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := history(t, false)
		want := mergeAll(t, nil, events)
		if got := mergeAll(t, nil, split(t, replayed(t, events))...); !bytes.Equal(got, want) {
			t.Fatalf("got %v\nwant %v", decoded(got), decoded(want))
		}
	})
}

// I1 with erasures: where records come in the order of their times, as in a
// partition, any replay of any part ends where it was.
func TestReplayAfterErasureIsFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := history(t, true)
		slices.SortFunc(events, func(a, b said) int { return a.event.Stamp.Compare(b.event.Stamp) })
		want := mergeAll(t, nil, events)
		again := mergeAll(t, want, split(t, replayed(t, events))...)
		if got, want := withoutTraces(t, again), withoutTraces(t, want); !bytes.Equal(got, want) {
			t.Fatalf("got %v\nwant %v", decoded(got), decoded(want))
		}
	})
}

// Whatever the order, nothing of before an erasure is ever left after it.
func TestNothingSurvivesAnErasure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := history(t, true)
		p := decoded(mergeAll(t, nil, split(t, replayed(t, events))...))
		var erasedAt int64
		for _, e := range events {
			if e.event.Erase {
				erasedAt = max(erasedAt, e.recordMs)
			}
		}
		if p.ErasedAtMs < erasedAt {
			t.Fatalf("erased at %d, want at least %d", p.ErasedAtMs, erasedAt)
		}
		forget(p)
		oldest := func(at int64) {
			if at <= erasedAt && erasedAt > 0 {
				t.Fatalf("holds something of %d, erased at %d: %v", at, erasedAt, p)
			}
		}
		for _, r := range p.Registers {
			oldest(r.TimeMs)
		}
		for _, v := range p.Values {
			oldest(v.TimeMs)
		}
		for _, s := range p.Sets {
			for _, v := range s.Values {
				oldest(v.TimeMs)
			}
		}
		for _, m := range p.Memberships {
			oldest(m.TimeMs)
		}
		for _, c := range p.Consents {
			oldest(c.TimeMs)
		}
	})
}

// The merge against the plainest model: for each field the event with the
// highest stamp, found by sorting.
func TestMergeAgreesWithModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := history(t, false)
		p := decoded(mergeAll(t, nil, split(t, replayed(t, events))...))
		sorted := slices.Clone(events)
		slices.SortFunc(sorted, func(a, b said) int { return a.event.Stamp.Compare(b.event.Stamp) })
		registers := map[schema.Key]string{}
		in, numbers := map[string]bool{}, map[string]string{}
		off := map[schema.Platform]schema.Stamp{}
		type member struct {
			id    setID
			value string
		}
		values := map[member]schema.Stamp{}
		for _, s := range sorted {
			for _, r := range s.event.Registers {
				registers[r.Key] = string(r.Value)
			}
			for _, v := range s.event.Values {
				numbers[v.Trait] = string(v.Value)
			}
			for _, m := range s.event.Memberships {
				in[m.Audience] = m.In
			}
			for _, u := range s.event.Sets {
				for v, at := range values {
					if u.Replace && v.id == idOf(&u) && at != s.event.Stamp {
						delete(values, v)
					}
				}
				for _, v := range u.Values {
					values[member{idOf(&u), string(v)}] = s.event.Stamp
				}
			}
			for _, platform := range s.event.TrackingOff {
				off[platform] = s.event.Stamp
			}
		}
		for v, at := range values {
			if v.id.key == uint32(schema.MADID) && at.Compare(off[schema.Platform(v.id.platform)]) <= 0 {
				delete(values, v)
			}
		}
		for _, r := range p.Registers {
			if string(r.Value) != registers[schema.Key(r.Key)] {
				t.Fatalf("register %d is %q, want %q", r.Key, r.Value, registers[schema.Key(r.Key)])
			}
			delete(registers, schema.Key(r.Key))
		}
		for _, v := range p.Values {
			if string(v.Value) != numbers[v.Trait] {
				t.Fatalf("value of %s is %q, want %q", v.Trait, v.Value, numbers[v.Trait])
			}
			delete(numbers, v.Trait)
		}
		for _, m := range p.Memberships {
			if m.In != in[m.Audience] {
				t.Fatalf("in %s: %v", m.Audience, m.In)
			}
			delete(in, m.Audience)
		}
		if len(registers)+len(numbers)+len(in) > 0 {
			t.Fatalf("lost %v %v %v", registers, numbers, in)
		}
		bySet := map[setID][]string{}
		for v := range values {
			bySet[v.id] = append(bySet[v.id], v.value)
		}
		for _, s := range p.Sets {
			id := setID{s.Key, s.Source, s.Platform}
			want := bySet[id]
			slices.SortFunc(want, func(a, b string) int {
				return cmp.Or(values[member{id, b}].Compare(values[member{id, a}]), cmp.Compare(b, a))
			})
			want = want[:min(len(want), 3)]
			var got []string
			for _, v := range s.Values {
				got = append(got, string(v.Value))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("set %v holds %q, want %q", id, got, want)
			}
			delete(bySet, id)
		}
		if len(bySet) > 0 {
			t.Fatalf("lost sets %v", bySet)
		}
	})
}

// The user id stays where an event says nothing of it, as one that was decoded while
// EXTERN_ID was off; it goes when EXTERN_ID is off here.
func TestUserIDIsKept(t *testing.T) {
	t.Parallel()
	for _, externID := range []bool{true, false} {
		m := merge{maxValues: 3, externID: externID}
		m.reset(&musterpb.Profile{ExternId: "u1"})
		m.apply(&schema.Event{Stamp: schema.Stamp{TimeMs: 1}}, 1)
		if kept := m.p.ExternId == "u1"; kept != externID || m.dirty == externID {
			t.Errorf("extern id on %t: user id kept %t, profile changed %t", externID, kept, m.dirty)
		}
	}
}

func decoded(b []byte) *musterpb.Profile {
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(b); err != nil {
		panic(err)
	}
	return p
}
