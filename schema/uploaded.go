package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// lastCodeYear bounds the years that are stored as codes.
const lastCodeYear = 2100

// codeForm is a code ready to be stored and to be uploaded.
type codeForm struct {
	text []byte // shared, read-only
	hex  [2 * sha256.Size]byte
}

// codes are the values of small sets: their hashes can be guessed by anyone,
// so they are stored short and hashed when a request is encoded.
var codes = newCodeTable()

type codeTable struct {
	forms    map[string]*codeForm
	byDigest map[[sha256.Size]byte]string
}

func newCodeTable() codeTable {
	t := codeTable{forms: map[string]*codeForm{}, byDigest: map[[sha256.Size]byte]string{}}
	t.add("m", "f")
	for year := firstBirthYear; year <= lastCodeYear; year++ {
		t.add(fmt.Sprintf("%04d", year))
	}
	for day := 1; day <= 31; day++ { // the months are among them
		t.add(fmt.Sprintf("%02d", day))
	}
	t.add(isoCountries...)
	for _, s := range usStates {
		t.add(s.code)
	}
	return t
}

func (t codeTable) add(texts ...string) {
	for _, text := range texts {
		sum := digest(text)
		f := &codeForm{text: []byte(text)}
		f.text = f.text[:len(text):len(text)]
		hex.Encode(f.hex[:], sum[:])
		t.forms[text] = f
		t.byDigest[sum] = text
	}
}

// isCode reports whether text, one of codes, is of the set that k is from.
func isCode(k Key, text string) bool {
	switch k {
	case Gen:
		return len(text) == 1
	case DOBY:
		return len(text) == 4
	case DOBM:
		return len(text) == 2 && "01" <= text && text <= "12"
	case DOBD:
		return len(text) == 2 && text <= "31"
	case ST:
		return usStateCodes[text]
	case Country:
		return isISOCountry[text]
	default:
		return false
	}
}

// storedForm returns the stored form of a text of a hashed key. It depends on
// nothing but the two, so that equal uploads are equal in store.
func storedForm(k Key, text string) []byte {
	if f, ok := codes.forms[text]; ok && isCode(k, text) {
		return f.text
	}
	sum := digest(text)
	return sum[:]
}

// Uploaded returns a stored value as Facebook receives it.
func Uploaded(k Key, value []byte) string {
	return string(AppendUploaded(nil, k, value))
}

// AppendUploaded appends a stored value as Facebook receives it: the hash in
// lower-case hex, a mobile id as a lower-case UUID, the rest as it is. A blank
// value, and a mobile id that is not 16 bytes, append nothing: blank is "" and
// never the hash of "". It does not allocate when dst has room.
func AppendUploaded(dst []byte, k Key, value []byte) []byte {
	switch {
	case k == MADID:
		return appendUUID(dst, value)
	case !k.Hashed() || len(value) == 0:
		return append(dst, value...)
	case len(value) == sha256.Size:
		return hex.AppendEncode(dst, value)
	}
	if f, ok := codes.forms[string(value)]; ok {
		return append(dst, f.hex[:]...)
	}
	sum := sha256.Sum256(value)
	return hex.AppendEncode(dst, sum[:])
}

func appendUUID(dst, value []byte) []byte {
	if len(value) != len(uuid.UUID{}) {
		return dst
	}
	for i, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, value[part[0]:part[1]])
	}
	return dst
}
