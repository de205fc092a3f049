package uploader

import "muster/uploader/facebook"

// What Facebook takes in one request is documented for rows (10,000), not for
// bytes, and answers about it come in several forms. So each account's batches
// shrink to half of what was too large, and grow back by a quarter with each full
// one that passes.

// rows is how many rows a batch for an account may have.
func (b *budget) rows(account facebook.AccountID, most int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if limit := b.of(account).rows; limit > 0 {
		return min(limit, most)
	}
	return most
}

// tooLarge notes that an account's request with so many rows was.
func (b *budget) tooLarge(account facebook.AccountID, rows int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.of(account)
	if half := max(rows/2, 1); g.rows == 0 || half < g.rows {
		g.rows = half
	}
}

// took notes that an account's request with so many rows passed.
func (b *budget) took(account facebook.AccountID, rows, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.of(account)
	if g.rows == 0 || rows < g.rows {
		return
	}
	if g.rows += max(g.rows/4, 1); g.rows >= most {
		g.rows = 0
	}
}
