package schema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"muster/schema/musterpb"
)

// Origin says where an event's record stood in its source: what dead letters
// name, and when an erasure was written.
type Origin struct {
	Topic     string
	Partition int
	Offset    int64
	Time      time.Time
	Size      int // of the value, in bytes
}

// UserPartition returns the partition of a user among n: all that is said of a
// user meets in one task. A user key is a MAC, so its first bytes are spread.
func UserPartition(user UserKey, n int) int {
	return int(binary.BigEndian.Uint64(user[:]) % uint64(n))
}

// EventEncoder encodes events for a topic of Muster's own, hashed as they are
// (I8). Its memory is used again; not safe for concurrent use.
type EventEncoder struct {
	event       musterpb.UserEvent
	memberships []*musterpb.Membership
	registers   []*musterpb.Register
	values      []*musterpb.Register
	sets        []*musterpb.SetUpdate
	consents    []*musterpb.Consent
	platforms   []uint32
}

// Append appends the encoded event to b. The user is not in it: it is the
// record's key. Dropped and AlsoErase are not in it either: what was dropped is
// counted where it was decoded, and an erasure is written once for each user.
func (c *EventEncoder) Append(b []byte, e *Event, o Origin) []byte {
	c.memberships = atLeast(c.memberships, len(e.Memberships))
	for i := range e.Memberships {
		from, to := &e.Memberships[i], c.memberships[i]
		to.Audience, to.In = from.Audience, from.In
		to.Name, to.Space, to.Computation, to.FacebookId = from.Name, from.Space, from.Computation, from.FacebookID
	}
	c.registers = atLeast(c.registers, len(e.Registers))
	for i := range e.Registers {
		from, to := &e.Registers[i], c.registers[i]
		to.Key, to.Value = uint32(from.Key), from.Value
	}
	c.values = atLeast(c.values, len(e.Values))
	for i := range e.Values {
		from, to := &e.Values[i], c.values[i]
		to.Key, to.Trait, to.Value = uint32(LookalikeValue), from.Trait, from.Value
	}
	c.sets = atLeast(c.sets, len(e.Sets))
	for i := range e.Sets {
		from, to := &e.Sets[i], c.sets[i]
		to.Key, to.Source, to.Platform = uint32(from.Key), uint32(from.Source), uint32(from.Platform)
		to.Replace, to.Values = from.Replace, from.Values
	}
	c.consents = atLeast(c.consents, len(e.Consents))
	for i := range e.Consents {
		c.consents[i].Category, c.consents[i].Granted = e.Consents[i].Category, e.Consents[i].Granted
	}
	c.platforms = c.platforms[:0]
	for _, p := range e.TrackingOff {
		c.platforms = append(c.platforms, uint32(p))
	}
	m := &c.event
	m.Topic, m.Partition, m.Offset = o.Topic, uint32(o.Partition), o.Offset
	m.RecordTimeMs, m.Size = o.Time.UnixMilli(), uint32(o.Size)
	m.Type, m.TimeMs, m.Tie, m.Erase, m.ExternId = e.Type, e.Stamp.TimeMs, e.Stamp.Tie, e.Erase, e.ExternID
	m.Memberships, m.Registers = c.memberships[:len(e.Memberships)], c.registers[:len(e.Registers)]
	m.Values = c.values[:len(e.Values)]
	m.Sets, m.Consents, m.TrackingOff = c.sets[:len(e.Sets)], c.consents[:len(e.Consents)], c.platforms
	return c.marshal(b)
}

func (c *EventEncoder) marshal(b []byte) []byte {
	size := c.event.SizeVT()
	if cap(b)-len(b) < size {
		b = append(make([]byte, 0, max(2*cap(b), len(b)+size)), b...)
	}
	at := len(b)
	b = b[:at+size]
	if _, err := c.event.MarshalToSizedBufferVT(b[at:]); err != nil {
		panic(fmt.Sprintf("schema: encode event: %v", err)) // no required fields
	}
	return b
}

// atLeast returns the list with n elements or more.
func atLeast[T any](list []*T, n int) []*T {
	for len(list) < n {
		list = append(list, new(T))
	}
	return list
}

// DecodeEvent is the reverse of EventEncoder.Append. The event shares no memory
// with value. Keys, sources and platforms that a newer replica may know are left
// out.
func DecodeEvent(key, value []byte) (Event, Origin, error) {
	if len(key) != UserKeySize {
		return Event{}, Origin{}, fmt.Errorf("decode event: key of %d bytes, want a user key of %d", len(key), UserKeySize)
	}
	var m musterpb.UserEvent
	if err := m.UnmarshalVT(value); err != nil || m.Topic == "" {
		return Event{}, Origin{}, errors.New("decode event: the value is no event of Muster's own") // err may quote it
	}
	e := Event{
		Type: m.Type, User: UserKey(key), ExternID: m.ExternId, Erase: m.Erase,
		Stamp: Stamp{TimeMs: m.TimeMs, Tie: m.Tie},
	}
	e.decodeLists(&m)
	o := Origin{
		Topic: m.Topic, Partition: int(m.Partition), Offset: m.Offset,
		Time: time.UnixMilli(m.RecordTimeMs), Size: int(m.Size),
	}
	return e, o, nil
}

func (e *Event) decodeLists(m *musterpb.UserEvent) {
	e.Memberships = sized[Membership](len(m.Memberships))
	for _, a := range m.Memberships {
		e.Memberships = append(e.Memberships, Membership{
			Audience: a.Audience, In: a.In, Name: a.Name, Space: a.Space, Computation: a.Computation, FacebookID: a.FacebookId,
		})
	}
	e.Registers = sized[RegisterUpdate](len(m.Registers))
	for _, r := range m.Registers {
		if r.Key < uint32(NumKeys) {
			e.Registers = append(e.Registers, RegisterUpdate{Key: Key(r.Key), Value: r.Value})
		}
	}
	e.Values = sized[ValueUpdate](len(m.Values))
	for _, v := range m.Values {
		e.Values = append(e.Values, ValueUpdate{Trait: v.Trait, Value: v.Value})
	}
	e.Sets = sized[SetUpdate](len(m.Sets))
	for _, s := range m.Sets {
		if s.Key < uint32(NumKeys) && s.Source <= uint32(SourceDevice) && s.Platform <= uint32(PlatformAndroid) {
			e.Sets = append(e.Sets, SetUpdate{
				Key: Key(s.Key), Source: Source(s.Source), Platform: Platform(s.Platform), Replace: s.Replace, Values: s.Values,
			})
		}
	}
	e.TrackingOff = sized[Platform](len(m.TrackingOff))
	for _, p := range m.TrackingOff {
		if p <= uint32(PlatformAndroid) {
			e.TrackingOff = append(e.TrackingOff, Platform(p))
		}
	}
	e.Consents = sized[ConsentUpdate](len(m.Consents))
	for _, c := range m.Consents {
		e.Consents = append(e.Consents, ConsentUpdate{Category: c.Category, Granted: c.Granted})
	}
}

// sized returns a slice that takes n elements, nil for none.
func sized[T any](n int) []T {
	if n == 0 {
		return nil
	}
	return make([]T, 0, n)
}
