package graphtest

// keyID is the number of a Facebook key; strong keys come first, so that they are a
// prefix of every packed row.
type keyID uint8

// form says how a key's values look on the wire.
type form uint8

const (
	hashed form = iota // 64 lower-case hex digits
	plain              // text
	number             // a number, or text that is one
	list               // native JSON
)

type keyInfo struct {
	name string
	form form
	weak bool // alone it matches nobody
}

var keyTable = []keyInfo{
	{name: "EXTERN_ID", form: plain},
	{name: "EMAIL"},
	{name: "PHONE"},
	{name: "MADID", form: plain},
	{name: "UID", form: plain},
	{name: "APPUID", form: plain},
	{name: "PAGEUID", form: plain},
	{name: "FN", weak: true},
	{name: "LN", weak: true},
	{name: "FI", weak: true},
	{name: "GEN", weak: true},
	{name: "DOBY", weak: true},
	{name: "DOBM", weak: true},
	{name: "DOBD", weak: true},
	{name: "ST", weak: true},
	{name: "CT", weak: true},
	{name: "ZIP", weak: true},
	{name: "COUNTRY", weak: true},
	{name: "LOOKALIKE_VALUE", form: number, weak: true},
	{name: "DATA_PROCESSING_OPTIONS", form: list, weak: true},
	{name: "DATA_PROCESSING_OPTIONS_COUNTRY", form: list, weak: true},
	{name: "DATA_PROCESSING_OPTIONS_STATE", form: list, weak: true},
}

const (
	keyExternID keyID = 0
	keyMADID    keyID = 3
)

var (
	keyByName = indexKeys()
	keyValue  = keyByName["LOOKALIKE_VALUE"]

	// singleKeys are the names of the string form of a schema.
	singleKeys = map[string]string{
		"EMAIL_SHA256": "EMAIL", "PHONE_SHA256": "PHONE", "MOBILE_ADVERTISER_ID": "MADID",
		"EXTERN_ID": "EXTERN_ID", "UID": "UID",
	}
)

func indexKeys() map[string]keyID {
	m := make(map[string]keyID, len(keyTable))
	for i, k := range keyTable {
		m[k.name] = keyID(i)
	}
	return m
}

func (k keyID) info() keyInfo { return keyTable[k] }

// identifies reports whether a value of the key says anything about who the person is.
func (k keyID) identifies() bool { return k < keyValue }
