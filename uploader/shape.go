package uploader

import (
	"bytes"
	"fmt"
	"strings"

	"muster/schema"
)

// shape is what the requests of an audience carry beside what is known of members.
// It is put in when a request is encoded: stored rows have none of it, so a change
// of it holds for what is sent from then on and has nothing sent again.
type shape struct {
	// valueBased: every row has a LOOKALIKE_VALUE, in removals too, 0 where the member
	// has none. Facebook refuses rows without one; other audiences never get one.
	valueBased bool
	// columns name the cells that all rows have alike; tail is those cells, each with
	// a comma before it.
	columns []string
	tail    string
	// appIDs and pageIDs stand beside the rows.
	appIDs, pageIDs []string
}

// DataProcessing is what every row says of how Facebook may process it: Limited Data
// Use (Meta, "Custom Audiences", data processing options). The zero value says
// nothing.
type DataProcessing struct {
	Options []string // "LDU"; none = the rows say nothing
	// Country and State are Facebook's numbers; 0 is not sent, and has Facebook find
	// out itself.
	Country, State int
}

func (a *AudienceOptions) shape() shape {
	s := shape{valueBased: a.ValueBased, appIDs: a.AppIDs, pageIDs: a.PageIDs}
	d := a.DataProcessing
	if len(d.Options) == 0 {
		return s
	}
	s.columns = []string{"DATA_PROCESSING_OPTIONS"}
	s.tail = `,["` + strings.Join(d.Options, `","`) + `"]`
	for _, x := range []struct {
		column string
		number int
	}{{"DATA_PROCESSING_OPTIONS_COUNTRY", d.Country}, {"DATA_PROCESSING_OPTIONS_STATE", d.State}} {
		if x.number != 0 {
			s.columns = append(s.columns, x.column)
			s.tail += fmt.Sprintf(",%d", x.number)
		}
	}
	return s
}

// carries reports whether a column of the key is sent; used says that a row has a
// value of it.
func (s *shape) carries(k schema.Key, used bool) bool {
	if k == schema.LookalikeValue {
		return s.valueBased
	}
	return used
}

// appendValue appends a LOOKALIKE_VALUE as a JSON number. What is none is 0, as a
// value is that is not known.
func appendValue(dst, v []byte) []byte {
	whole, fraction, parted := bytes.Cut(v, []byte{'.'})
	zero := len(whole) > 1 && whole[0] == '0'
	if !digits(whole) || zero || parted && !digits(fraction) {
		return append(dst, '0')
	}
	return append(dst, v...)
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
