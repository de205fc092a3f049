package schema

import (
	"strings"
	"testing"
)

type dateCase struct {
	raw              string
	year, month, day string
	reason           DropReason
}

func checkDates(t *testing.T, n *Normaliser, cases []dateCase) {
	t.Helper()
	h := Hint{Year: 2026}
	for _, c := range cases {
		year, month, day, reason := n.Date(c.raw, h)
		if got := (dateCase{c.raw, year, month, day, reason}); got != c {
			t.Errorf("Date(%q) = %+v, want %+v", c.raw, got, c)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	checkDates(t, newTestNormaliser(t, NormaliserOptions{}), []dateCase{
		{raw: "1971-02-05", year: "1971", month: "02", day: "05"},
		{raw: " 1971-2-5 ", year: "1971", month: "02", day: "05"},
		{raw: "1971-02-05T23:30:00-08:00", year: "1971", month: "02", day: "05"},
		{raw: "1971-02-05T00:30:00.000+14:00", year: "1971", month: "02", day: "05"},
		{raw: "1971-02-05T00:00:00.000Z", year: "1971", month: "02", day: "05"},
		{raw: "1971-02-05 00:00:00", year: "1971", month: "02", day: "05"},
		{raw: "19710205", year: "1971", month: "02", day: "05"},
		{raw: "02/05/1971", year: "1971", month: "02", day: "05"},
		{raw: "2/5/1971", year: "1971", month: "02", day: "05"},
		{raw: "13/02/1971", year: "1971", month: "02", day: "13"},
		{raw: "1971/02/05", year: "1971", month: "02", day: "05"},
		{raw: "February 5, 1971", year: "1971", month: "02", day: "05"},
		{raw: "5 feb 1971", year: "1971", month: "02", day: "05"},
		{raw: "5-Sept-1971", year: "1971", month: "09", day: "05"},
		{raw: "1971-Feb-05", year: "1971", month: "02", day: "05"},
		{raw: "2000-02-29", year: "2000", month: "02", day: "29"},
		{raw: "2026-01-01", year: "2026", month: "01", day: "01"},
		// a bare 1–31 is the day
		{raw: "5", day: "05"},
		{raw: "05", day: "05"},
		{raw: "31", day: "31"},
		{raw: "32", reason: DropOutOfRange},
		{raw: "0", reason: DropOutOfRange},
		// impossible, or not a date
		{raw: "1971-02-30", reason: DropOutOfRange},
		{raw: "1900-02-29", reason: DropOutOfRange},
		{raw: "1971-13-05", reason: DropOutOfRange},
		{raw: "13/13/1971", reason: DropOutOfRange},
		{raw: "1899-12-31", reason: DropOutOfRange},
		{raw: "2027-01-01", reason: DropOutOfRange},
		{raw: "0000-00-00", reason: DropOutOfRange},
		{raw: "02/05/71", reason: DropInvalid},
		{raw: "05.02.1971", reason: DropInvalid},
		{raw: "1971", reason: DropInvalid},
		{raw: "1971-02-05Tnoon", reason: DropInvalid},
		{raw: "5 febuary 1971", reason: DropInvalid},
		{raw: "yesterday", reason: DropInvalid},
		{raw: "", reason: DropEmpty},
		{raw: "  ", reason: DropEmpty},
		{raw: strings.Repeat("0f", 32), reason: DropNotHashable},
		{raw: strings.Repeat("0f", 16), reason: DropNotHashable},
	})
}

func TestDateDayFirst(t *testing.T) {
	t.Parallel()
	checkDates(t, newTestNormaliser(t, NormaliserOptions{DateOrder: DMY}), []dateCase{
		{raw: "02/05/1971", year: "1971", month: "05", day: "02"},
		{raw: "13/02/1971", year: "1971", month: "02", day: "13"},
		{raw: "02/13/1971", year: "1971", month: "02", day: "13"},
		{raw: "1971-02-05", year: "1971", month: "02", day: "05"},
		{raw: "1971/02/05", year: "1971", month: "02", day: "05"},
	})
}

func TestNormaliseBirthYear(t *testing.T) {
	t.Parallel()
	h := Hint{Year: 2026}
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), DOBY, []normaliseCase{
		{raw: "1990", hint: h, want: "1990"},
		{raw: "1990.0", hint: h, want: "1990"},
		{raw: "1900", hint: h, want: "1900"},
		{raw: "2026", hint: h, want: "2026"},
		{raw: "2101", want: "2101"},
		{raw: "1899", hint: h, reason: DropOutOfRange},
		{raw: "2027", hint: h, reason: DropOutOfRange},
		{raw: "90", hint: h, reason: DropInvalid},
		{raw: "1990-05-01", hint: h, reason: DropInvalid},
		{raw: "-1990", hint: h, reason: DropInvalid},
	})
}

func TestNormaliseBirthMonth(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), DOBM, []normaliseCase{
		{raw: "1", want: "01"}, {raw: "01", want: "01"}, {raw: "12", want: "12"}, {raw: "2.0", want: "02"},
		{raw: "January", want: "01"}, {raw: "FEB", want: "02"}, {raw: "may", want: "05"}, {raw: "Sept.", want: "09"}, {raw: "dec", want: "12"},
		{raw: "0", reason: DropOutOfRange}, {raw: "13", reason: DropOutOfRange},
		{raw: "001", reason: DropInvalid}, {raw: "Febr", reason: DropInvalid}, {raw: "+1", reason: DropInvalid},
	})
}

func TestNormaliseBirthDay(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), DOBD, []normaliseCase{
		{raw: "5", want: "05"}, {raw: "05", want: "05"}, {raw: "31", want: "31"}, {raw: "٥", want: "05"},
		{raw: "0", reason: DropOutOfRange}, {raw: "32", reason: DropOutOfRange},
		{raw: "5th", reason: DropInvalid},
	})
}
