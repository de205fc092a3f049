package graphtest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Audience is what an audience held when it was asked for: everything due was applied.
type Audience struct {
	ID              string `json:"id"` // blank if there is none
	Account         string `json:"account"`
	Name            string `json:"name"`
	Description     string `json:"description"`
	FileSource      string `json:"customer_file_source"`
	ValueBased      bool   `json:"value_based"`
	Deleted         bool   `json:"deleted"`
	OperationStatus int    `json:"operation_status"`
	Matched         int    `json:"matched"` // people; without a directory: lines
	Lines           int    `json:"lines"`
	Pending         int    `json:"pending"` // operations accepted, not yet applied

	rows   []packed
	people []string
}

// Audience takes a snapshot of one audience, deleted ones included.
func (s *Server) Audience(id string) Audience {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[id]
	if a == nil {
		return Audience{}
	}
	return s.snapshot(a)
}

// Audiences takes a snapshot of all audiences in the order in which they were created,
// deleted ones included.
func (s *Server) Audiences() []Audience {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Audience, 0, len(s.order))
	for _, a := range s.order {
		list = append(list, s.snapshot(a))
	}
	return list
}

func (s *Server) snapshot(a *audience) Audience {
	s.settle(a, time.Now())
	v := Audience{
		ID: a.id, Account: a.account.ID, Name: a.fields["name"], Description: a.fields["description"],
		FileSource: a.fields["customer_file_source"],
		ValueBased: a.valueBased, Deleted: a.deleted, OperationStatus: a.operationStatus(),
		Matched: s.matched(a), Lines: len(a.lines.rows), Pending: len(a.pending),
		rows: slices.Collect(maps.Values(a.lines.rows)),
	}
	for i := range a.people {
		v.people = append(v.people, s.people.people[i].ID)
	}
	slices.Sort(v.people)
	return v
}

// Rows lists the lines in canonical order. A line is there from its add until a removal
// that shares one of its strong keys (EMAIL, PHONE, MADID, EXTERN_ID and the app ids). Two
// rows with the same complete set of strong keys are one line, as it was added last.
func (v Audience) Rows() []Row {
	type named struct {
		row  Row
		text string
	}
	list := make([]named, 0, len(v.rows))
	for _, p := range v.rows {
		r := p.row()
		list = append(list, named{r, r.String()})
	}
	slices.SortFunc(list, func(a, b named) int { return cmp.Compare(a.text, b.text) })
	rows := make([]Row, len(list))
	for i, n := range list {
		rows[i] = n.row
	}
	return rows
}

// Keys lists the strong keys of all lines as KEY=value, sorted: whom the audience reaches.
func (v Audience) Keys() []string {
	set := make(map[string]struct{})
	for _, p := range v.rows {
		for f := range p.strongFields {
			set[f.key().info().name+"="+f.value()] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// People lists the ids of the people of the directory that are in the audience, sorted.
func (v Audience) People() []string { return v.people }

// Difference is how an audience differs from the rows that should be in it.
type Difference struct {
	Missing []Row    // desired lines that are not there as they should be
	Surplus []string // KEY=value of people reached whom no desired row names
}

// Empty reports whether there is no difference.
func (d Difference) Empty() bool { return len(d.Missing) == 0 && len(d.Surplus) == 0 }

// Diff compares the audience with desired rows, by what Facebook makes of them: every
// desired row must be a line, weak keys and all, and no strong key may be there that is not
// desired. A line that lingers although others name all of its strong keys, as after a row
// was extended, reaches nobody else and is no difference. Of desired rows with equal strong
// keys any one may be the line.
func (v Audience) Diff(desired []Row) (Difference, error) {
	have := make(map[string]string, len(v.rows))
	for _, p := range v.rows {
		have[p.identity()] = p.data
	}
	var d Difference
	wanted := make(map[field]struct{})
	unmet := make(map[string]Row)
	met := make(map[string]bool)
	for _, r := range desired {
		p, err := pack(r)
		if err != nil {
			return Difference{}, err
		}
		for f := range p.strongFields {
			wanted[f] = struct{}{}
		}
		id := p.identity()
		if have[id] == p.data {
			met[id] = true
		} else {
			unmet[id] = r
		}
	}
	for id, r := range unmet {
		if !met[id] {
			d.Missing = append(d.Missing, r)
		}
	}
	surplus := make(map[string]struct{})
	for _, p := range v.rows {
		if p.strong == 0 && !met[p.identity()] {
			surplus[p.row().String()] = struct{}{}
		}
		for f := range p.strongFields {
			if _, ok := wanted[f]; !ok {
				surplus[f.key().info().name+"="+f.value()] = struct{}{}
			}
		}
	}
	slices.SortFunc(d.Missing, func(a, b Row) int { return cmp.Compare(a.String(), b.String()) })
	d.Surplus = slices.Sorted(maps.Keys(surplus))
	return d, nil
}
