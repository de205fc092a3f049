package schema

import (
	"testing"

	"muster/schema/musterpb"
)

func TestValueOfEveryKey(t *testing.T) {
	t.Parallel()
	row := &musterpb.Row{}
	for k := range Key(NumKeys) {
		SetValue(row, k, []byte(k.String()))
	}
	for k := range Key(NumKeys) {
		if got := string(Value(row, k)); got != k.String() {
			t.Errorf("value of %s = %q", k, got)
		}
	}
	SetValue(row, NumKeys, []byte("x"))
	if got := Value(row, NumKeys); got != nil {
		t.Errorf("value beyond the keys = %q", got)
	}
}

func TestRowKeyIsIdentity(t *testing.T) {
	t.Parallel()
	row := func(k Key, v string) *musterpb.Row {
		r := &musterpb.Row{}
		SetValue(r, k, []byte(v))
		return r
	}
	seen := map[string]Key{}
	for k := range Key(NumKeys) {
		key := RowKey(row(k, "v"))
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s have the same row key", k, other)
		}
		seen[key] = k
		if RowKey(row(k, "v")) != key {
			t.Errorf("%s: two row keys of one row", k)
		}
		if RowKey(row(k, "w")) == key {
			t.Errorf("%s: two values, one row key", k)
		}
		if RowKey(row(k, "")) != "" {
			t.Errorf("%s: a blank is not like an absent value", k)
		}
	}
}
