package status

import (
	"fmt"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

var numbers = message.NewPrinter(language.English)

// Number writes a number with its thousands separated.
func Number(n int64) string { return numbers.Sprintf("%d", n) }

// Count is a number of things, such as "1 task" and "2 tasks".
func Count(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Number(n) + " " + thing
}

// Ago is how long ago something was, as a person says it; "never" for the zero time.
func Ago(at, now time.Time) string {
	switch d := now.Sub(at); {
	case at.IsZero():
		return "never"
	case d < time.Second:
		return "just now"
	default:
		return About(d) + " ago"
	}
}

// In is when something is to be; "–" for the zero time.
func In(at, now time.Time) string {
	switch d := at.Sub(now); {
	case at.IsZero():
		return "–"
	case d < time.Second:
		return "now"
	default:
		return "in " + About(d)
	}
}

// About is a duration in its largest unit that fits.
func About(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
}
