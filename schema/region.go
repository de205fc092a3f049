package schema

import "strings"

// usState is one area of the United States with a postal code of its own.
type usState struct{ code, name string }

// usStates are the codes of ANSI INCITS 38 and of the armed forces (USPS).
var usStates = []usState{
	{"al", "Alabama"}, {"ak", "Alaska"}, {"az", "Arizona"}, {"ar", "Arkansas"}, {"ca", "California"},
	{"co", "Colorado"}, {"ct", "Connecticut"}, {"de", "Delaware"}, {"fl", "Florida"}, {"ga", "Georgia"},
	{"hi", "Hawaii"}, {"id", "Idaho"}, {"il", "Illinois"}, {"in", "Indiana"}, {"ia", "Iowa"},
	{"ks", "Kansas"}, {"ky", "Kentucky"}, {"la", "Louisiana"}, {"me", "Maine"}, {"md", "Maryland"},
	{"ma", "Massachusetts"}, {"mi", "Michigan"}, {"mn", "Minnesota"}, {"ms", "Mississippi"}, {"mo", "Missouri"},
	{"mt", "Montana"}, {"ne", "Nebraska"}, {"nv", "Nevada"}, {"nh", "New Hampshire"}, {"nj", "New Jersey"},
	{"nm", "New Mexico"}, {"ny", "New York"}, {"nc", "North Carolina"}, {"nd", "North Dakota"}, {"oh", "Ohio"},
	{"ok", "Oklahoma"}, {"or", "Oregon"}, {"pa", "Pennsylvania"}, {"ri", "Rhode Island"}, {"sc", "South Carolina"},
	{"sd", "South Dakota"}, {"tn", "Tennessee"}, {"tx", "Texas"}, {"ut", "Utah"}, {"vt", "Vermont"},
	{"va", "Virginia"}, {"wa", "Washington"}, {"wv", "West Virginia"}, {"wi", "Wisconsin"}, {"wy", "Wyoming"},
	{"dc", "District of Columbia"}, {"dc", "Washington DC"},
	{"as", "American Samoa"}, {"gu", "Guam"}, {"mp", "Northern Mariana Islands"}, {"pr", "Puerto Rico"},
	{"um", "U.S. Minor Outlying Islands"}, {"vi", "U.S. Virgin Islands"}, {"vi", "Virgin Islands"},
	{"aa", "Armed Forces Americas"}, {"ae", "Armed Forces Europe"}, {"ap", "Armed Forces Pacific"},
}

// usStateCodes are the codes; usStateOf maps codes and names, in a–z, to them.
var usStateCodes, usStateOf = newUSStates()

func newUSStates() (codes map[string]bool, of map[string]string) {
	codes, of = map[string]bool{}, map[string]string{}
	for _, s := range usStates {
		codes[s.code] = true
		of[s.code] = s.code
		of[string(appendLatin(nil, s.name, nil))] = s.code
	}
	return codes, of
}

// normaliseState returns a state of the US as its code. Elsewhere Meta's guide
// has no codes: a region is written like a city. Without a country in the event,
// what names a US state is taken for one.
func normaliseState(s string, h Hint) (string, DropReason) {
	text, reason := normaliseCity(s)
	if h.Country != "" && h.Country != "us" {
		return text, reason
	}
	if code, ok := usStateOf[text]; ok {
		return code, ""
	}
	if code, ok := isoSubdivision(s); ok {
		return code, ""
	}
	if h.Country == "us" {
		return "", DropUnknownValue
	}
	return text, reason
}

// isoSubdivision reads the code of a state in the form of ISO 3166-2: "US-CA".
func isoSubdivision(s string) (string, bool) {
	country, code, ok := strings.Cut(strings.ToLower(s), "-")
	if !ok || country != "us" || !usStateCodes[code] {
		return "", false
	}
	return code, true
}
