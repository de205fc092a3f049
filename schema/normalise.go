package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// NormaliserOptions say what an event leaves open. The zero value is usable.
type NormaliserOptions struct {
	// DefaultCountry is where a phone or postal code is taken to be from when
	// its event names no country: any form that COUNTRY takes ("us", "USA",
	// "United States"). Empty = such phones need a "+", such postal codes are
	// judged by their form.
	DefaultCountry string
	// DateOrder reads 02/05/1971. Empty = MDY. Dates that can be read in one
	// way only are read that way under either order.
	DateOrder DateOrder
}

// Normaliser turns identifiers as people write them into the one form that is
// hashed and uploaded. It knows nothing but its options and the event at hand,
// never a stored profile, so that the order in which events arrive cannot
// matter (I1). It is safe for concurrent use.
type Normaliser struct {
	country   string // alpha-2, lower case, or ""
	dayFirst  bool
	phonePlan *phonePlans
}

// NewNormaliser returns a Normaliser, or an error that names every option that
// cannot be used.
func NewNormaliser(o NormaliserOptions) (*Normaliser, error) {
	n := &Normaliser{phonePlan: loadPhonePlans()}
	if o.DefaultCountry != "" {
		c, ok := parseCountry(o.DefaultCountry)
		if !ok {
			return nil, fmt.Errorf("default country %q: not an ISO 3166-1 code or English name of a country", o.DefaultCountry)
		}
		n.country = c
	}
	switch o.DateOrder {
	case "", MDY:
	case DMY:
		n.dayFirst = true
	default:
		return nil, fmt.Errorf("date order %q: not %q or %q", o.DateOrder, MDY, DMY)
	}
	return n, nil
}

// Hint is what the event around an identifier says of how to read it.
type Hint struct {
	// Country is the COUNTRY of the same event in its stored form when that is
	// a code ("us"), else "".
	Country string
	// Year is the year of the event: nobody is born after it. 0 = unknown.
	Year int
}

// Normalised is one usable identifier.
type Normalised struct {
	// Text is the identifier as it is before hashing; "" when it came as a hash.
	// It is personal data: for the terminal of the person who asked, only (I8).
	// It may share memory with what was normalised.
	Text string
	// Value is the stored form, see the package comment. It may be shared: it
	// must not be written to.
	Value []byte
}

// Normalise returns the one form of raw, a value found under a trait that fills
// the key, or the reason why it cannot be used. A number is given as its literal
// text. DropEmpty means that there was nothing but white space: the caller may
// take it as a word to clear what is known; every other reason means that
// something was there which is not understood.
//
// Normalising is idempotent: the Text of a result normalises to itself, a PHONE
// with a "+" put before it.
func (n *Normaliser) Normalise(k Key, raw string, h Hint) (Normalised, DropReason) {
	if k == ExternID {
		return normaliseExternID(raw)
	}
	s := strings.TrimSpace(raw)
	if s == "" {
		return Normalised{}, DropEmpty
	}
	if !utf8.ValidString(s) {
		return Normalised{}, DropInvalid
	}
	if k.Hashed() {
		if value, reason, is := parseDigest(k, s); is {
			return Normalised{Value: value}, reason
		}
	}
	switch k {
	case MADID:
		return normaliseMADID(s)
	case LookalikeValue:
		return normaliseLookalikeValue(s)
	}
	text, reason := n.text(k, s, h)
	if reason != "" {
		return Normalised{}, reason
	}
	if LooksHashed(text) { // a hash with dashes or blanks in it
		return Normalised{}, DropInvalid
	}
	return Normalised{Text: text, Value: storedForm(k, text)}, ""
}

// text returns what is hashed for s, which is trimmed, not empty and not a hash.
func (n *Normaliser) text(k Key, s string, h Hint) (string, DropReason) {
	switch k {
	case Email:
		return normaliseEmail(s)
	case Phone:
		return n.normalisePhone(s, h)
	case FN, LN:
		return normaliseName(s)
	case FI:
		return normaliseInitial(s)
	case Gen:
		return normaliseGender(s)
	case DOBY:
		return normaliseBirthYear(s, h)
	case DOBM:
		return normaliseBirthMonth(s)
	case DOBD:
		return normaliseBirthDay(s)
	case ST:
		return normaliseState(s, h)
	case CT:
		return normaliseCity(s)
	case ZIP:
		return n.normaliseZIP(s, h)
	case Country:
		return normaliseCountry(s)
	default:
		return "", DropUnsupportedKey
	}
}

// region is the country that a phone or postal code of the event is read by.
func (n *Normaliser) region(h Hint) string {
	if h.Country != "" {
		return h.Country
	}
	return n.country
}

// normaliseExternID keeps the id byte for byte: Facebook matches it exactly.
func normaliseExternID(raw string) (Normalised, DropReason) {
	if raw == "" {
		return Normalised{}, DropEmpty
	}
	return Normalised{Text: raw, Value: []byte(raw)}, ""
}
