package schema

import (
	"bytes"
	"fmt"
	"regexp/syntax"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// maxCallingCode bounds the country calling codes: 1 to 3 digits.
const maxCallingCode = 999

// phonePlan is what decides whether the library leaves a number alone that is
// written with its country calling code.
type phonePlan struct {
	known bool
	// lengths has bit n set when a national number of n digits is possible.
	lengths uint32
	// plain has bit d set when no national prefix starts with the digit d, so
	// that nothing is stripped from a number which does.
	plain uint16
}

// phonePlans answers for most numbers in international form what the library
// would, some hundred times faster and without allocations. It holds no rules of
// its own: all are read from the library's metadata, by country calling code.
type phonePlans [maxCallingCode + 1]phonePlan

// loadPhonePlans reads the metadata once per process.
var loadPhonePlans = sync.OnceValue(newPhonePlans)

func newPhonePlans() *phonePlans {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(fmt.Sprintf("schema: read the phone metadata that is part of the program: %v", err))
	}
	var plans phonePlans
	for code := range phonenumbers.GetSupportedCallingCodes() {
		plans[code].known = true
	}
	for _, m := range all.GetMetadata() {
		code := int(m.GetCountryCode())
		if code <= 0 || code > maxCallingCode || phonenumbers.GetRegionCodeForCountryCode(code) != m.GetId() {
			continue // the library reads a shared code by its main country
		}
		plans[code] = phonePlan{known: plans[code].known, lengths: possibleLengths(m), plain: plainDigits(m.GetNationalPrefixForParsing())}
	}
	return &plans
}

func possibleLengths(m *phonenumbers.PhoneMetadata) (lengths uint32) {
	if m.GetGeneralDesc().GetNationalNumberPattern() == "" {
		return 0
	}
	for _, n := range m.GetGeneralDesc().GetPossibleLength() {
		if 0 < n && n < 32 {
			lengths |= 1 << n
		}
	}
	return lengths
}

// plainDigits returns the digits that no match of the prefix pattern starts with.
func plainDigits(prefix string) (digits uint16) {
	const all = 1<<10 - 1
	if prefix == "" {
		return all
	}
	re, err := syntax.Parse(prefix, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0
	}
	return all &^ firstDigits(prog, uint32(prog.Start), map[uint32]bool{})
}

// firstDigits returns the digits that a match of prog from pc on can start with;
// all of them when it can be empty.
func firstDigits(prog *syntax.Prog, pc uint32, seen map[uint32]bool) (digits uint16) {
	if seen[pc] {
		return 0
	}
	seen[pc] = true
	in := &prog.Inst[pc]
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return firstDigits(prog, in.Out, seen) | firstDigits(prog, in.Arg, seen)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return firstDigits(prog, in.Out, seen)
	case syntax.InstFail:
		return 0
	case syntax.InstMatch:
		return 1<<10 - 1
	}
	for d := range 10 {
		if in.MatchRune(rune('0' + d)) {
			digits |= 1 << d
		}
	}
	return digits
}

// international returns the digits of a number such as "+1 (202) 309-5976" when
// the library is certain to return them, too. ok is false for all others.
func (p *phonePlans) international(s string) (text string, ok bool) {
	if len(s) < 2 || s[0] != '+' || s[1] < '1' || s[1] > '9' {
		return "", false
	}
	var buf [maxPhoneDigits]byte
	digits := buf[:0]
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9' && len(digits) < cap(digits):
			digits = append(digits, c)
		case c == ' ' || c == '-' || c == '(' || c == ')':
		default:
			return "", false
		}
	}
	if len(digits) < minPhoneDigits || !p.keeps(digits) {
		return "", false
	}
	if len(digits) == len(s)-1 {
		return s[1:], true
	}
	return string(digits), true
}

// keeps reports whether the library leaves a number alone that starts with its
// country calling code, the shortest that it knows.
func (p *phonePlans) keeps(digits []byte) bool {
	code := 0
	for i := range 3 {
		code = 10*code + int(digits[i]-'0')
		if plan := p[code]; plan.known {
			national := digits[i+1:]
			if len(bytes.TrimLeft(national, "0")) == 0 {
				return false
			}
			return plan.lengths>>len(national)&1 == 1 && plan.plain>>(national[0]-'0')&1 == 1
		}
	}
	return false
}
