package schema

// slab hands out small slices cut from larger arrays: one allocation for many
// events. What is cut stays alive as long as any slice of the same array, which
// is fine for events, that live for one batch.
type slab[T any] struct{ free []T }

const slabLen = 128

// clone returns a copy of src, nil for an empty one.
func (s *slab[T]) clone(src []T) []T {
	n := len(src)
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		s.free = make([]T, max(slabLen, n))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	copy(out, src)
	return out
}

// names keeps one copy of each short string that events repeat (audiences,
// spaces), so that a record does not allocate its own.
type names map[string]string

const maxNames = 4096

// keep returns a copy of s that outlives the record.
func (n names) keep(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := n[s]; ok {
		return kept
	}
	if len(n) >= maxNames {
		clear(n)
	}
	kept := string([]byte(s))
	n[kept] = kept
	return kept
}
