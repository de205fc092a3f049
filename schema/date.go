package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// DateOrder says how slash dates are read where they can be read in two ways.
type DateOrder string

// The orders.
const (
	MDY DateOrder = "mdy" // 02/05/1971 is the fifth of February
	DMY DateOrder = "dmy" // 02/05/1971 is the second of May
)

// firstBirthYear is the first year Facebook takes.
const firstBirthYear = 1900

// Date takes a whole date of birth apart into what DOBY, DOBM and DOBD carry.
// A date is what is written: no time zone ever moves it. A bare 1–31 is the day
// alone. An impossible date gives nothing, whichever part of it is wrong.
func (n *Normaliser) Date(raw string, h Hint) (year, month, day string, reason DropReason) {
	s := asciiDigits(strings.TrimSpace(raw))
	switch {
	case s == "":
		return "", "", "", DropEmpty
	case LooksHashed(s):
		return "", "", "", DropNotHashable
	case len(s) <= 2 && allDigits(s):
		day, reason = normaliseBirthDay(s)
		return "", "", day, reason
	}
	d, ok := n.parseDate(s)
	if !ok {
		return "", "", "", DropInvalid
	}
	if !d.exists() || !birthYearPossible(d.year, h) {
		return "", "", "", DropOutOfRange
	}
	return fmt.Sprintf("%04d", d.year), fmt.Sprintf("%02d", d.month), fmt.Sprintf("%02d", d.day), ""
}

// calendarDate is a date as written; it need not exist.
type calendarDate struct{ year, month, day int }

func (d calendarDate) exists() bool {
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	return t.Year() == d.year && int(t.Month()) == d.month && t.Day() == d.day
}

func (n *Normaliser) parseDate(s string) (calendarDate, bool) {
	if len(s) == 8 && allDigits(s) {
		return numericDate(s[:4], s[4:6], s[6:])
	}
	s = withoutTime(s)
	if parts := strings.Split(s, "-"); len(parts) == 3 {
		if d, ok := numericDate(parts[0], parts[1], parts[2]); ok {
			return d, true
		}
	}
	if parts := strings.Split(s, "/"); len(parts) == 3 {
		if d, ok := n.slashDate(parts); ok {
			return d, true
		}
	}
	return namedDate(s)
}

// withoutTime cuts a time of day off a date: T or white space, then hh:mm.
func withoutTime(s string) string {
	i := strings.IndexAny(s, "Tt ")
	if i < 8 || len(s) < i+6 || !allDigits(s[i+1:i+3]) || s[i+3] != ':' || !allDigits(s[i+4:i+6]) {
		return s
	}
	return s[:i]
}

func (n *Normaliser) slashDate(parts []string) (calendarDate, bool) {
	if len(parts[0]) == 4 {
		return numericDate(parts[0], parts[1], parts[2])
	}
	d, ok := numericDate(parts[2], parts[0], parts[1])
	if !ok {
		return calendarDate{}, false
	}
	if d.month > 12 || n.dayFirst && d.day <= 12 {
		d.month, d.day = d.day, d.month
	}
	return d, true
}

// numericDate takes a year of four digits, a month and a day of one or two.
func numericDate(year, month, day string) (calendarDate, bool) {
	if len(year) != 4 || len(month) > 2 || len(day) > 2 || !allDigits(year) || !allDigits(month) || !allDigits(day) {
		return calendarDate{}, false
	}
	return calendarDate{atoi(year), atoi(month), atoi(day)}, true
}

// namedDate reads a date whose month is named: "5 February 1971",
// "Feb 5, 1971", "1971-Feb-05".
func namedDate(s string) (calendarDate, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == ',' || r == '.' || r == '-' || r == '/'
	})
	if len(parts) != 3 {
		return calendarDate{}, false
	}
	if m, ok := monthNamed(parts[0]); ok {
		return numericDate(parts[2], m, parts[1])
	}
	m, ok := monthNamed(parts[1])
	if !ok {
		return calendarDate{}, false
	}
	if len(parts[0]) == 4 {
		return numericDate(parts[0], m, parts[2])
	}
	return numericDate(parts[2], m, parts[0])
}

// monthNamed returns the number of the month with an English name: the whole of
// it, or its first three letters, or "sept".
func monthNamed(s string) (string, bool) {
	s = strings.ToLower(s)
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if s == name || s == name[:3] || s == "sept" && m == time.September {
			return fmt.Sprintf("%02d", m), true
		}
	}
	return "", false
}

func normaliseBirthYear(s string, h Hint) (string, DropReason) {
	s = asciiDigits(integerText(s))
	if len(s) != 4 || !allDigits(s) {
		return "", DropInvalid
	}
	if !birthYearPossible(atoi(s), h) {
		return "", DropOutOfRange
	}
	return s, ""
}

// birthYearPossible reports whether somebody whom the event is about can be
// born in the year.
func birthYearPossible(year int, h Hint) bool {
	return year >= firstBirthYear && (h.Year == 0 || year <= h.Year)
}

func normaliseBirthMonth(s string) (string, DropReason) {
	if m, ok := monthNamed(strings.TrimSuffix(s, ".")); ok {
		return m, ""
	}
	return twoDigits(s, 12)
}

func normaliseBirthDay(s string) (string, DropReason) { return twoDigits(s, 31) }

// twoDigits returns a number of 1 to most, with a leading zero.
func twoDigits(s string, most int) (string, DropReason) {
	s = asciiDigits(integerText(s))
	if len(s) > 2 || !allDigits(s) {
		return "", DropInvalid
	}
	v := atoi(s)
	if v < 1 || v > most {
		return "", DropOutOfRange
	}
	return fmt.Sprintf("%02d", v), ""
}

// atoi is strconv.Atoi for a few digits known to be such.
func atoi(digits string) int {
	v, err := strconv.Atoi(digits)
	if err != nil {
		panic("schema: not a number after it was found to be digits")
	}
	return v
}
