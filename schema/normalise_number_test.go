package schema

import "testing"

func TestIntegerText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{"12023095976", "12023095976"},
		{"12023095976.0", "12023095976"},
		{"1.2023095976E10", "12023095976"},
		{"1.2023095976e+10", "12023095976"},
		{"12e3", "12000"},
		{"1.50e1", "15"},
		{"1.5", "1.5"},
		{"1.25e1", "1.25e1"},
		{"555.000", "555.000"},
		{"202.309.5976", "202.309.5976"},
		{"1e99", "1e99"},
		{"e1", "e1"},
		{"", ""},
	} {
		if got := integerText(c.raw); got != c.want {
			t.Errorf("integerText(%q) = %q, want %q", c.raw, got, c.want)
		}
	}
}
