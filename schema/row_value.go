package schema

import (
	"fmt"

	"muster/schema/musterpb"
)

// RowKey returns the identity of a row: its deterministic encoding. Rows with
// equal keys are the same line of Facebook's data.
func RowKey(row *musterpb.Row) string {
	b, err := row.MarshalVT()
	if err != nil {
		panic(fmt.Sprintf("schema: encode a row: %v", err)) // it has no required fields and no strings
	}
	return string(b)
}

// Value returns a row's value of the key, in stored form; empty = blank.
func Value(row *musterpb.Row, k Key) []byte {
	if f := field(row, k); f != nil {
		return *f
	}
	return nil
}

// SetValue sets a row's value of the key; it is not copied. A key beyond
// NumKeys is ignored, as a row cannot carry it.
func SetValue(row *musterpb.Row, k Key, value []byte) {
	if f := field(row, k); f != nil {
		*f = value
	}
}

func field(row *musterpb.Row, k Key) *[]byte {
	switch k {
	case ExternID:
		return &row.ExternId
	case Email:
		return &row.Email
	case Phone:
		return &row.Phone
	case MADID:
		return &row.Madid
	case FN:
		return &row.Fn
	case LN:
		return &row.Ln
	case FI:
		return &row.Fi
	case Gen:
		return &row.Gen
	case DOBY:
		return &row.Doby
	case DOBM:
		return &row.Dobm
	case DOBD:
		return &row.Dobd
	case ST:
		return &row.St
	case CT:
		return &row.Ct
	case ZIP:
		return &row.Zip
	case Country:
		return &row.Country
	case LookalikeValue:
		return &row.LookalikeValue
	default:
		return nil
	}
}
