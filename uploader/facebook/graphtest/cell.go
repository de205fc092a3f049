package graphtest

import (
	"encoding/hex"
	"regexp"
	"strconv"

	"github.com/valyala/fastjson"
)

// hashOfNothing is SHA-256 of the empty text: the mark of a client that hashes blanks.
var hashOfNothing = [32]byte{
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
}

var madidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

const madidZero = "00000000-0000-0000-0000-000000000000"

func isBlank(v *fastjson.Value) bool {
	switch v.Type() {
	case fastjson.TypeNull:
		return true
	case fastjson.TypeString:
		return len(v.GetStringBytes()) == 0
	case fastjson.TypeArray:
		return len(v.GetArray()) == 0
	default:
		return false
	}
}

// readCell checks one value that is not blank and gives it as it is kept. A reason makes
// the row invalid; keep is false for what matches nobody.
func (p *payload) readCell(k keyID, v *fastjson.Value) (value []byte, reason string, keep bool) {
	name := k.info().name
	switch k.info().form {
	case hashed:
		return p.readHash(name, v)
	case number:
		n, err := strconv.ParseFloat(jsonText(v), 64)
		if err != nil || n < 0 {
			p.note(BadValue, name)
			return nil, "invalid value", false
		}
		return []byte(jsonText(v)), "", true
	case list:
		return v.MarshalTo(nil), "", true
	default:
		if v.Type() != fastjson.TypeString && v.Type() != fastjson.TypeNumber {
			p.note(RowShape, "value of "+name+" is no text")
			return nil, "invalid value", false
		}
		text := jsonText(v)
		if k == keyMADID && (!madidForm.MatchString(text) || text == madidZero) {
			p.note(BadMADID, "value of MADID is no lower-case mobile advertiser id")
		}
		return []byte(text), "", true
	}
}

func (p *payload) readHash(name string, v *fastjson.Value) (value []byte, reason string, keep bool) {
	if v.Type() != fastjson.TypeString {
		p.note(NotHashed, name)
		return nil, "invalid hash", false
	}
	text := v.GetStringBytes()
	var hash [32]byte
	if len(text) != 64 || !lowerHex(text) {
		p.note(NotHashed, name)
		return nil, "invalid hash", false
	}
	if _, err := hex.Decode(hash[:], text); err != nil {
		p.note(NotHashed, name)
		return nil, "invalid hash", false
	}
	if hash == hashOfNothing {
		p.note(HashOfEmpty, name)
		return nil, "", false
	}
	return hash[:], "", true
}

func lowerHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
