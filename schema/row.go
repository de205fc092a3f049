package schema

import (
	"bytes"
	"cmp"
	"slices"

	"muster/schema/musterpb"
)

// Identifiers are all that is known of one user, in stored form.
type Identifiers struct {
	// ExternID is the user id byte for byte, "" where unknown or not wanted.
	ExternID string
	// Emails, Phones and MADIDs become rows in the order of their bytes, so
	// that equal sets make equal rows (I1).
	Emails, Phones, MADIDs [][]byte
	// Single holds the single-valued keys; those of the fields above are unused.
	Single [NumKeys][]byte
	// LookalikeValue is decimal text, "" = 0.
	LookalikeValue string
	// ExternIDAlone lets a user be sent of whom nothing but ExternID is known.
	ExternIDAlone bool
}

// Rows returns the lines that stand for a user in an audience which was asked
// to be filled by the chosen keys: as many as the longest of the lists, each
// with the i-th of every list and with all single-valued keys. It returns nil
// for a user who cannot be matched: no email, phone or mobile id among the
// chosen keys, nor an EXTERN_ID that may stand alone.
//
// The rows share the bytes of ids: neither may be written to.
func Rows(ids *Identifiers, chosen KeySet) []*musterpb.Row {
	emails := chosenList(ids.Emails, chosen.Has(Email))
	phones := chosenList(ids.Phones, chosen.Has(Phone))
	madids := chosenList(ids.MADIDs, chosen.Has(MADID))
	n := max(len(emails), len(phones), len(madids))
	extern := chosen.Has(ExternID) && ids.ExternID != ""
	if n == 0 {
		if !extern || !ids.ExternIDAlone {
			return nil
		}
		n = 1
	}
	common := commonRow(ids, chosen, extern)
	lines := make([]musterpb.Row, n)
	rows := make([]*musterpb.Row, n)
	for i := range lines {
		r := &lines[i]
		setCommon(r, &common)
		r.Email = nth(emails, i)
		r.Phone = nth(phones, i)
		r.Madid = nth(madids, i)
		rows[i] = r
	}
	return rows
}

// commonRow returns what every row of the user has, by key.
func commonRow(ids *Identifiers, chosen KeySet, extern bool) [NumKeys][]byte {
	var common [NumKeys][]byte
	if extern {
		common[ExternID] = []byte(ids.ExternID)
	}
	for k := FN; k <= Country; k++ {
		if chosen.Has(k) {
			common[k] = ids.Single[k]
		}
	}
	if chosen.Has(LookalikeValue) {
		common[LookalikeValue] = []byte(cmp.Or(ids.LookalikeValue, "0"))
	}
	return common
}

func setCommon(r *musterpb.Row, common *[NumKeys][]byte) {
	for k, v := range common {
		if len(v) > 0 {
			SetValue(r, Key(k), v)
		}
	}
}

// chosenList returns a list in the order of its bytes, each value once.
func chosenList(values [][]byte, chosen bool) [][]byte {
	if !chosen {
		return nil
	}
	for i := 1; i < len(values); i++ {
		if bytes.Compare(values[i-1], values[i]) >= 0 {
			values = slices.Clone(values)
			slices.SortFunc(values, bytes.Compare)
			return slices.CompactFunc(values, bytes.Equal)
		}
	}
	return values
}

func nth(values [][]byte, i int) []byte {
	if i < len(values) {
		return values[i]
	}
	return nil
}
