package schema

import (
	"strings"
	"testing"
)

func TestUploaded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		key   Key
		value []byte
		want  string
	}{
		{"hash", Email, []byte(strings.Repeat("\x0f", 32)), strings.Repeat("0f", 32)},
		{"code", Gen, []byte("m"), "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"},
		{"code of a later version", Gen, []byte("test"), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"mobile id", MADID, []byte("\x7a\x3c\xbe\xa0\xbd\xf5\x11\xe4\x8d\xfc\xaa\x07\xa5\xb0\x93\xdb"), "7a3cbea0-bdf5-11e4-8dfc-aa07a5b093db"},
		{"mobile id of a wrong length", MADID, []byte("\x7a"), ""},
		{"user id", ExternID, []byte(" U 1"), " U 1"},
		{"user id of 32 bytes", ExternID, []byte(strings.Repeat("x", 32)), strings.Repeat("x", 32)},
		{"value", LookalikeValue, []byte("44.5"), "44.5"},
	} {
		if got := Uploaded(c.key, c.value); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := AppendUploaded([]byte("x,"), c.key, c.value); string(got) != "x,"+c.want {
			t.Errorf("%s appended: %q, want %q", c.name, got, "x,"+c.want)
		}
	}
}

func TestUploadedBlank(t *testing.T) {
	t.Parallel()
	for k := range Key(NumKeys) {
		for _, blank := range [][]byte{nil, {}} {
			if got := Uploaded(k, blank); got != "" {
				t.Errorf("%s: blank is uploaded as %q", k, got)
			}
		}
	}
}

// TestStoredForms holds the lengths that tell the stored forms apart.
func TestStoredForms(t *testing.T) {
	t.Parallel()
	for text, f := range codes.forms {
		if string(f.text) != text || len(text) > 4 || cap(f.text) != len(text) {
			t.Errorf("code %q is stored as %q, capacity %d", text, f.text, cap(f.text))
		}
	}
	for _, c := range []struct {
		key  Key
		text string
		size int
	}{
		{Gen, "m", 1}, {DOBY, "1990", 4}, {DOBY, "2101", 32}, {DOBM, "12", 2}, {DOBD, "31", 2},
		{Country, "us", 2}, {ST, "ny", 2}, {ST, "on", 32}, {CT, "ny", 32}, {ZIP, "1990", 32}, {FI, "m", 32},
	} {
		if got := storedForm(c.key, c.text); len(got) != c.size {
			t.Errorf("%s %q is stored in %d bytes, want %d", c.key, c.text, len(got), c.size)
		}
	}
}

func TestAppendUploadedDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 64)
	sum, id := []byte(strings.Repeat("\x0f", 32)), []byte(strings.Repeat("\x0f", 16))
	allocs := testing.AllocsPerRun(100, func() {
		AppendUploaded(dst, Email, sum)
		AppendUploaded(dst, Gen, []byte("m"))
		AppendUploaded(dst, MADID, id)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
