package consumer

import "testing"

// A stray neither replaces what counts nor makes a key one that was written again.
func TestIndexLeavesStraysOut(t *testing.T) {
	t.Parallel()
	x := newLogIndex(5)
	for _, r := range []LogRecord{
		{Position: 3, Key: []byte("k"), Value: []byte("v")},
		{Position: 4, Key: []byte("k"), Value: []byte("w"), Stray: true},
		{Position: 6, Key: []byte("l"), Value: []byte("w"), Stray: true},
	} {
		if err := x.add(r); err != nil {
			t.Fatal(err)
		}
	}
	if at, v := x.take([]byte("k"), []byte("v")); at != 3 || v != verdictEqual {
		t.Errorf("judged %d at %d, want equal at 3", v, at)
	}
	if _, v := x.take([]byte("l"), []byte("v")); v != verdictExtra {
		t.Errorf("judged %d, want extra", v)
	}
}
