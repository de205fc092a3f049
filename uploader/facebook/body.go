package facebook

import (
	"bytes"
	"io"
)

// readers reads parts one after the other without joining them in memory.
func readers(parts [][]byte) io.Reader {
	all := make([]io.Reader, len(parts))
	for i, part := range parts {
		all[i] = bytes.NewReader(part)
	}
	return io.MultiReader(all...)
}
