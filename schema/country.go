package schema

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// isoCountries are the officially assigned alpha-2 codes of ISO 3166-1.
var isoCountries = strings.Fields(`
ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo fr
ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it
je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo
mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py
qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to
tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw`)

var isISOCountry = setOf(isoCountries)

// countryNames maps what a country is called, by countryName, and its alpha-3
// code to its alpha-2 code.
var countryNames = newCountryNames()

// normaliseCountry returns the alpha-2 code of a country.
func normaliseCountry(s string) (string, DropReason) {
	if c, ok := parseCountry(s); ok {
		return c, ""
	}
	return "", DropUnknownValue
}

// parseCountry knows a country by its codes, and by its English name.
func parseCountry(s string) (string, bool) {
	code := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(s, ".", "")))
	if isISOCountry[code] {
		return code, true
	}
	if c, ok := countryNames[code]; ok { // "AND" is Andorra, not a small word
		return c, true
	}
	c, ok := countryNames[countryName(s)]
	return c, ok
}

func newCountryNames() map[string]string {
	names := make(map[string]string, 4*len(isoCountries))
	english := display.English.Regions()
	for _, code := range isoCountries {
		region := language.MustParseRegion(code)
		names[strings.ToLower(region.ISO3())] = code
		names[countryName(english.Name(region))] = code
	}
	for code, others := range otherCountryNames {
		for _, name := range others {
			names[countryName(name)] = code
		}
	}
	return names
}

// countryName folds a name to a–z, without the small words that come and go.
func countryName(s string) string {
	words := strings.Fields(string(appendLatin(nil, strings.ReplaceAll(s, "’", "'"), []byte{' '})))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "the" || w == "and" })
	for i, w := range words {
		if w == "saint" {
			words[i] = "st"
		}
	}
	return strings.Join(words, "")
}

func setOf(all []string) map[string]bool {
	set := make(map[string]bool, len(all))
	for _, s := range all {
		set[s] = true
	}
	return set
}
