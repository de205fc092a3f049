package membership

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"muster/schema"
	"muster/schema/musterpb"
)

// said is one event of a history with the time of its record.
type said struct {
	event    schema.Event
	recordMs int64
}

// history draws events of one user, no two of them with the same stamp unless
// they are the same event, in a few values so that they meet often.
func history(t *rapid.T, withErasures bool) []said {
	times := rapid.SliceOfNDistinct(rapid.IntRange(1, 60), 0, 14, rapid.ID[int]).Draw(t, "stamps")
	events := make([]said, len(times))
	for i, n := range times {
		// Some share a millisecond and differ in the tie-break only.
		at := schema.Stamp{TimeMs: int64(1 + n/3), Tie: uint64(n)}
		erase := withErasures && rapid.IntRange(0, 5).Draw(t, "erase") == 0
		events[i] = said{drawEvent(t, at, erase), at.TimeMs}
	}
	return events
}

func drawEvent(t *rapid.T, at schema.Stamp, erase bool) schema.Event {
	e := schema.Event{Type: "identify", ExternID: "u1", Stamp: at, Erase: erase}
	if erase {
		return e
	}
	for range rapid.IntRange(0, 2).Draw(t, "registers") {
		k := rapid.SampledFrom([]schema.Key{schema.FN, schema.Gen, schema.ZIP}).Draw(t, "key")
		if !slices.ContainsFunc(e.Registers, func(u schema.RegisterUpdate) bool { return u.Key == k }) {
			e.Registers = append(e.Registers, schema.RegisterUpdate{Key: k, Value: rapid.SampledFrom([][]byte{nil, []byte("a"), []byte("b")}).Draw(t, "value")})
		}
	}
	for _, trait := range rapid.SampledFrom([][]string{nil, {"ltv"}, {"ltv", "margin"}}).Draw(t, "value traits") {
		e.Values = append(e.Values, schema.ValueUpdate{Trait: trait, Value: rapid.SampledFrom([][]byte{nil, []byte("1"), []byte("2.5")}).Draw(t, "number")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "sets") {
		e.Sets = append(e.Sets, drawSet(t))
	}
	if rapid.IntRange(0, 4).Draw(t, "tracking") == 0 {
		e.TrackingOff = append(e.TrackingOff, drawPlatform(t))
	}
	if rapid.Bool().Draw(t, "consent") {
		e.Consents = append(e.Consents, schema.ConsentUpdate{
			Category: rapid.SampledFrom([]string{"ads", "mail"}).Draw(t, "category"), Granted: rapid.Bool().Draw(t, "granted"),
		})
	}
	if rapid.Bool().Draw(t, "membership") {
		e.Memberships = append(e.Memberships, schema.Membership{
			Audience: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "audience"), In: rapid.Bool().Draw(t, "in"),
			Name: rapid.SampledFrom([]string{"", "Shoppers"}).Draw(t, "name"),
		})
	}
	return e
}

func drawSet(t *rapid.T) schema.SetUpdate {
	u := schema.SetUpdate{
		Key:     rapid.SampledFrom([]schema.Key{schema.Email, schema.MADID}).Draw(t, "set"),
		Source:  rapid.SampledFrom([]schema.Source{schema.SourceTrait, schema.SourceExternalID}).Draw(t, "source"),
		Replace: rapid.Bool().Draw(t, "replace"),
	}
	if u.Key == schema.MADID {
		u.Platform = drawPlatform(t)
	}
	for range rapid.IntRange(0, 3).Draw(t, "values") {
		u.Values = append(u.Values, fmt.Appendf(nil, "value-%d", rapid.IntRange(0, 7).Draw(t, "n")))
	}
	return u
}

func drawPlatform(t *rapid.T) schema.Platform {
	return rapid.SampledFrom([]schema.Platform{schema.PlatformOther, schema.PlatformIOS, schema.PlatformAndroid}).Draw(t, "platform")
}

// replayed draws the events once or more each, in any order.
func replayed(t *rapid.T, events []said) []said {
	all := slices.Clone(events)
	for range rapid.IntRange(0, len(events)).Draw(t, "duplicates") {
		all = append(all, events[rapid.IntRange(0, len(events)-1).Draw(t, "again")])
	}
	return rapid.Permutation(all).Draw(t, "order")
}

// fatal is what a test and a check of rapid both can.
type fatal interface{ Fatalf(string, ...any) }

// mergeAll merges the events into what is stored, going through the encoding
// after each group as if each were a batch. The sets keep three values.
func mergeAll(t fatal, stored []byte, groups ...[]said) []byte {
	m := merge{maxValues: 3, externID: true}
	for _, group := range groups {
		p := &musterpb.Profile{}
		if err := p.UnmarshalVT(stored); err != nil {
			t.Fatalf("unmarshal: %v", err)
		}
		before := p.CloneVT()
		m.reset(p)
		for i := range group {
			m.apply(&group[i].event, group[i].recordMs)
		}
		if !m.dirty && !p.EqualVT(before) {
			t.Fatalf("profile changed without being dirty:\n%v\n%v", before, p)
		}
		var err error
		if stored, err = p.MarshalVT(); err != nil {
			t.Fatalf("marshal: %v", err)
		}
	}
	return stored
}

// split cuts events into groups.
func split(t *rapid.T, events []said) [][]said {
	var groups [][]said
	for len(events) > 0 {
		n := rapid.IntRange(1, len(events)).Draw(t, "group")
		groups = append(groups, events[:n])
		events = events[n:]
	}
	return groups
}

// withoutTraces drops what an erasure leaves only until it is acknowledged.
func withoutTraces(t *rapid.T, stored []byte) []byte {
	p := &musterpb.Profile{}
	if err := p.UnmarshalVT(stored); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	forget(p)
	b, err := p.MarshalVT()
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return b
}
