package graphtest

// lines is the set of rows of an audience, found by identity and by strong key.
type lines struct {
	rows map[string]packed // identity → row
	by   map[field][]string
}

func newLines() *lines {
	return &lines{rows: make(map[string]packed), by: make(map[field][]string)}
}

// add puts a row in; a row with the same strong keys is the same line and the newer wins.
func (l *lines) add(p packed) {
	id := p.identity()
	_, present := l.rows[id]
	if present {
		l.rows[id] = p
		return
	}
	l.rows[id] = p
	for f := range p.strongFields {
		l.by[f] = append(l.by[f], id)
	}
}

// remove takes out every row that shares a strong key with p and reports how many;
// a row without strong keys takes out its equal.
func (l *lines) remove(p packed) int {
	before := len(l.rows)
	if p.strong == 0 {
		delete(l.rows, p.identity())
	}
	for f := range p.strongFields {
		ids := l.by[f]
		delete(l.by, f)
		for _, id := range ids {
			l.drop(id, f)
		}
	}
	return before - len(l.rows)
}

// drop takes one row out of everything but the list of key done.
func (l *lines) drop(id string, done field) {
	row := l.rows[id]
	delete(l.rows, id)
	for f := range row.strongFields {
		if f == done {
			continue
		}
		rest := without(l.by[f], id)
		if len(rest) == 0 {
			delete(l.by, f)
		} else {
			l.by[f] = rest
		}
	}
}

// touched counts the rows that removing all of ps would take out.
func (l *lines) touched(ps []packed) int {
	hit := make(map[string]struct{})
	for _, p := range ps {
		if _, ok := l.rows[p.identity()]; ok {
			hit[p.identity()] = struct{}{}
		}
		for f := range p.strongFields {
			for _, id := range l.by[f] {
				hit[id] = struct{}{}
			}
		}
	}
	return len(hit)
}

func without(ids []string, id string) []string {
	for i := range ids {
		if ids[i] == id {
			ids[i] = ids[len(ids)-1]
			return ids[:len(ids)-1]
		}
	}
	return ids
}
