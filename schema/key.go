package schema

// Key is a Facebook schema key of a customer list. The constants stand in the
// fixed order in which keys appear in every row (Meta: Customer File Custom
// Audiences guide, "multi-key matching").
type Key uint8

// The keys Muster sends.
const (
	ExternID Key = iota
	Email
	Phone
	MADID
	FN
	LN
	FI
	Gen
	DOBY
	DOBM
	DOBD
	ST
	CT
	ZIP
	Country
	LookalikeValue
	NumKeys = iota
)

var keyNames = [NumKeys]string{
	"EXTERN_ID", "EMAIL", "PHONE", "MADID", "FN", "LN", "FI", "GEN",
	"DOBY", "DOBM", "DOBD", "ST", "CT", "ZIP", "COUNTRY", "LOOKALIKE_VALUE",
}

// String returns the key as Facebook spells it.
func (k Key) String() string {
	if int(k) < len(keyNames) {
		return keyNames[k]
	}
	return "unknown"
}

// ParseKey returns the key that Facebook spells name.
func ParseKey(name string) (Key, bool) {
	for k, n := range keyNames {
		if n == name {
			return Key(k), true
		}
	}
	return 0, false
}

// Hashed reports whether values of the key are uploaded as SHA-256 in hex.
// Source: Meta's guide, "hash everything except EXTERN_ID, MADID,
// LOOKALIKE_VALUE and the data processing keys".
func (k Key) Hashed() bool {
	switch k {
	case ExternID, MADID, LookalikeValue:
		return false
	default:
		return true
	}
}

// Strong reports whether a value of the key alone identifies a person.
func (k Key) Strong() bool { return k <= MADID }

// KeySet is a set of keys.
type KeySet uint32

// KeysOf returns the set of keys.
func KeysOf(keys ...Key) KeySet {
	var s KeySet
	for _, k := range keys {
		s |= 1 << k
	}
	return s
}

// DefaultKeys are all keys but EXTERN_ID and LOOKALIKE_VALUE, which must be
// asked for.
const DefaultKeys = KeySet(1<<NumKeys-1) &^ (1<<ExternID | 1<<LookalikeValue)

// Has reports whether k is in the set.
func (s KeySet) Has(k Key) bool { return s&(1<<k) != 0 }
