package schema

import (
	"strings"
	"testing"
)

func TestNormaliseName(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	cases := []normaliseCase{
		{raw: "Jane", want: "jane"},
		{raw: "O'Neil", want: "oneil"},
		{raw: "O’Neil", want: "oneil"},
		{raw: "Oʼneil", want: "oneil"},
		{raw: "van der Berg", want: "vanderberg"},
		{raw: "Anne-Marie", want: "annemarie"},
		{raw: "John 3rd", want: "johnrd"},
		{raw: " Jr. ", want: "jr"},
		{raw: "VALÉRY", want: "valéry"},
		{raw: "Vale\u0301ry", want: "valéry"},
		{raw: "정", want: "정"},
		{raw: "\u110c\u1165\u11bc", want: "정"},
		{raw: "प्रिया", want: "प्रिया"},
		{raw: "ΓΙΏΡΓΟΣ", want: "γιώργος"},
		{raw: "Straße", want: "straße"},
		{raw: "Наталʼя", want: "наталя"},
		{raw: "a-\u0301b", want: "ab"},
		{raw: "\u0301a", want: "a"},
		{raw: "\u1100-\u1161", want: "가"},
		{raw: "123", reason: DropInvalid},
		{raw: "🙂", reason: DropInvalid},
		{raw: "\u0301", reason: DropInvalid},
	}
	checkNormalise(t, n, FN, cases)
	checkNormalise(t, n, LN, cases)
}

func TestNormaliseInitial(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), FI, []normaliseCase{
		{raw: "J", want: "j"},
		{raw: "ghui", want: "g"},
		{raw: "'Élodie", want: "é"},
		{raw: "E\u0301lodie", want: "é"},
		{raw: "3 Jane", want: "j"},
		{raw: "정", want: "정"},
		{raw: "3", reason: DropInvalid},
	})
}

func TestSplitName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, first, last string }{
		{"Peter Gibbons", "Peter", "Gibbons"},
		{"  Peter \t Gibbons ", "Peter", "Gibbons"},
		{"Peter van der Berg", "Peter", "Berg"},
		{"Peter\u3000Gibbons", "Peter", "Gibbons"},
		{"Madonna", "Madonna", ""},
		{" ", "", ""},
		{strings.Repeat("0f", 32), "", ""},
		{strings.Repeat("0f", 16), "", ""},
	} {
		if first, last := SplitName(c.raw); first != c.first || last != c.last {
			t.Errorf("SplitName(%q) = %q, %q; want %q, %q", c.raw, first, last, c.first, c.last)
		}
	}
}
