package main

import (
	"fmt"
	"strings"
	"time"

	"muster/cmd/internal/status"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader"
	"muster/uploader/facebook"
)

// match is what decides how many of an audience's members Facebook knows, and what
// it says of them.
type match struct {
	// Coverage has the members with an identifier, by Facebook's key.
	Coverage map[string]int64 `json:"coverage"`
	// Without has the members that cannot be sent, by why.
	Without  map[string]int64 `json:"without,omitempty"`
	Facebook *reading         `json:"facebook,omitempty"`
}

type reading struct {
	Lower         int64     `json:"lower"` // people; -1 = not known
	Upper         int64     `json:"upper"`
	Delivery      uint32    `json:"delivery"`
	DeliveryText  string    `json:"delivery_text,omitempty"`
	Operation     uint32    `json:"operation"`
	OperationText string    `json:"operation_text,omitempty"`
	Read          time.Time `json:"read"`
}

func matchOf(s *musterpb.AudienceStatus) *match {
	m := &match{Coverage: map[string]int64{}, Without: map[string]int64{}}
	for k, n := range s.Coverage {
		if n > 0 {
			m.Coverage[schema.Key(k).String()] = n
		}
	}
	for why, n := range s.UnmatchableBy {
		if name := status.Without[musterpb.Unmatchable(why)]; n > 0 && name != "" {
			m.Without[name] = n
		}
	}
	if r := s.Reading; r != nil {
		m.Facebook = &reading{
			Lower: r.Lower, Upper: r.Upper, Delivery: r.Delivery, DeliveryText: r.DeliveryText,
			Operation: r.Operation, OperationText: r.OperationText, Read: status.Moment(r.ReadMs),
		}
	}
	return m
}

type shownLine struct{ name, text string }

func (m *match) text(members int64, now time.Time) []shownLine {
	var lines []shownLine
	var parts []string
	for k := range schema.Key(schema.NumKeys) {
		if n := m.Coverage[k.String()]; n > 0 && members > 0 {
			parts = append(parts, fmt.Sprintf("%s %d %%", k, n*100/members))
		}
	}
	if len(parts) > 0 {
		lines = append(lines, shownLine{"identifiers", strings.Join(parts, ", ")})
	}
	parts = nil
	for why := range musterpb.Unmatchable(len(musterpb.Unmatchable_name)) {
		if n := m.Without[status.Without[why]]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d: %s", n, status.Without[why]))
		}
	}
	if len(parts) > 0 {
		lines = append(lines, shownLine{"not sent", strings.Join(parts, "; ")})
	}
	if f := m.Facebook; f != nil {
		lines = append(lines, shownLine{"matched", f.size() + ", read " + ago(f.Read, now)})
		if text := f.state(); text != "" {
			lines = append(lines, shownLine{"facebook says", text})
		}
	}
	return lines
}

func (r *reading) size() string {
	switch {
	case r.Lower < 0 || r.Upper < 0:
		return "Facebook does not say yet"
	default:
		return fmt.Sprintf("%d to %d people", r.Lower, r.Upper)
	}
}

// state is what is out of the ordinary.
func (r *reading) state() string {
	var parts []string
	if r.Delivery != 0 && r.Delivery != facebook.DeliveryReady {
		parts = append(parts, fmt.Sprintf("%s (delivery %d)", r.DeliveryText, r.Delivery))
	}
	if r.Delivery == facebook.DeliveryTooSmall {
		parts = append(parts, fmt.Sprintf("it delivers to no fewer than %d matched people", uploader.SmallAudience))
	}
	if r.Operation != 0 && r.Operation != facebook.OperationNormal {
		parts = append(parts, fmt.Sprintf("%s (operation %d)", r.OperationText, r.Operation))
	}
	return strings.Join(parts, "; ")
}
