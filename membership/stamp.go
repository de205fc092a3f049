package membership

import (
	"muster/schema"
	"muster/schema/musterpb"
)

// stamped is what every part of a profile that has a stamp of its own offers.
type stamped interface {
	GetTimeMs() int64
	GetTie() uint64
}

var (
	_ stamped = (*musterpb.Register)(nil)
	_ stamped = (*musterpb.StampedValue)(nil)
	_ stamped = (*musterpb.Membership)(nil)
	_ stamped = (*musterpb.Consent)(nil)
	_ stamped = (*musterpb.TrackingOff)(nil)
)

// stampOf returns the stamp of a part of a profile; that of none is zero.
func stampOf[T stamped](part T) schema.Stamp {
	return schema.Stamp{TimeMs: part.GetTimeMs(), Tie: part.GetTie()}
}

// eventStamp returns the stamp by which an event is merged. The zero stamp
// stands for "never", so an event from before 1970 counts as of the epoch's
// first millisecond.
func eventStamp(e *schema.Event) schema.Stamp {
	return schema.Stamp{TimeMs: max(1, e.Stamp.TimeMs), Tie: e.Stamp.Tie}
}

// latest returns the newest event time that a profile holds, in milliseconds.
func latest(p *musterpb.Profile) int64 {
	t := p.ErasedAtMs
	for _, r := range p.Registers {
		t = max(t, r.TimeMs)
	}
	for _, v := range p.Values {
		t = max(t, v.TimeMs)
	}
	for _, s := range p.Sets {
		t = max(t, s.ReplacedTimeMs)
		for _, v := range s.Values {
			t = max(t, v.TimeMs)
		}
	}
	for _, m := range p.Memberships {
		t = max(t, m.TimeMs)
	}
	for _, c := range p.Consents {
		t = max(t, c.TimeMs)
	}
	for _, o := range p.TrackingOff {
		t = max(t, o.TimeMs)
	}
	return t
}
