package schema

import "time"

// maxClockLead is how far an event's time may lie ahead of its record's: a
// clock that runs ahead must not outrank later events for ever.
const maxClockLead = 5 * time.Minute

// timeLayouts are what event times are written in beside RFC 3339: without a
// zone (then UTC), with a blank for the T, with a zone without a colon, a date.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02",
}

// eventTime returns the time of an event in milliseconds since the Unix epoch:
// timestamp, else originalTimestamp, else the record's; the record's also where
// the event's lies more than maxClockLead after it. Times that cannot be read,
// or lie before 1970 (Go's and others' zero times), count as missing.
func eventTime(timestamp, originalTimestamp string, record time.Time) int64 {
	recordMs := max(record.UnixMilli(), 0)
	ms, ok := parseTime(timestamp)
	if !ok {
		ms, ok = parseTime(originalTimestamp)
	}
	if !ok || recordMs > 0 && ms > recordMs+maxClockLead.Milliseconds() {
		return recordMs
	}
	return ms
}

func parseTime(s string) (ms int64, ok bool) {
	const longest = len("2006-01-02T15:04:05.999999999+07:00")
	if len(s) < len("2006-01-02") || len(s) > longest {
		return 0, false
	}
	t, err := time.Parse(time.RFC3339, s)
	for i := 0; err != nil && i < len(timeLayouts); i++ {
		t, err = time.Parse(timeLayouts[i], s)
	}
	if err != nil {
		return 0, false
	}
	ms = t.UnixMilli()
	return ms, ms > 0
}
