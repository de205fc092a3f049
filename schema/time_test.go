package schema

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	const ms = 1_424_730_535_111 // 2015-02-23T22:28:55.111Z
	for in, want := range map[string]int64{
		"2015-02-23T22:28:55.111Z":       ms,
		"2015-02-23T22:28:55.111999999Z": ms,
		"2015-02-23T23:28:55.111+01:00":  ms,
		"2015-02-23T23:28:55.111+0100":   ms,
		"2015-02-23T22:28:55.111":        ms,
		"2015-02-23 22:28:55.111Z":       ms,
		"2015-02-23 22:28:55.111":        ms,
		"2015-02-23":                     1_424_649_600_000,
		"":                               0,
		"1970-01-01T00:00:00Z":           0,
		"0001-01-01T00:00:00Z":           0,
		"1424730535111":                  0,
		"Mon, 23 Feb 2015 22:28:55 GMT":  0,
		"2015-02-30T00:00:00Z":           0,
		"2015-02-23T22:28:55.1111111111111111111111111111Z": 0,
	} {
		got, ok := parseTime(in)
		if ok != (want > 0) || ok && got != want {
			t.Errorf("parseTime(%q) = %d, %t, want %d", in, got, ok, want)
		}
	}
}

// The time of an event is the first of those it has that can be read, and never
// later than its record's by more than a clock may run ahead.
func TestEventTime(t *testing.T) {
	t.Parallel()
	record := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return record.Add(d).Format(time.RFC3339Nano) }
	for _, tt := range []struct {
		name, timestamp, original string
		record                    time.Time
		want                      int64
	}{
		{"timestamp", at(-time.Hour), at(-2 * time.Hour), record, record.Add(-time.Hour).UnixMilli()},
		{"original", "", at(-2 * time.Hour), record, record.Add(-2 * time.Hour).UnixMilli()},
		{"original, as timestamp cannot be read", "yesterday", at(-2 * time.Hour), record, record.Add(-2 * time.Hour).UnixMilli()},
		{"the record's", "", "", record, record.UnixMilli()},
		{"long ago", at(-10 * 365 * 24 * time.Hour), "", record, record.Add(-10 * 365 * 24 * time.Hour).UnixMilli()},
		{"a little ahead", at(5 * time.Minute), "", record, record.Add(5 * time.Minute).UnixMilli()},
		{"too far ahead", at(5*time.Minute + time.Millisecond), at(-time.Hour), record, record.UnixMilli()},
		{"original too far ahead", "", at(6 * time.Minute), record, record.UnixMilli()},
		{"a record without a time", at(time.Hour), "", time.UnixMilli(-1), record.Add(time.Hour).UnixMilli()},
		{"neither has one", "", "", time.UnixMilli(-1), 0},
	} {
		if got := eventTime(tt.timestamp, tt.original, tt.record); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, time.UnixMilli(got).UTC(), time.UnixMilli(tt.want).UTC())
		}
	}
}
