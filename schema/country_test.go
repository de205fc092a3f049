package schema

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func TestNormaliseCountry(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), Country, []normaliseCase{
		{raw: "us", want: "us"}, {raw: " US ", want: "us"}, {raw: "USA", want: "us"}, {raw: "U.S.A.", want: "us"},
		{raw: "United States", want: "us"}, {raw: "united states of america", want: "us"}, {raw: "The United States", want: "us"},
		{raw: "uk", want: "gb"}, {raw: "U.K.", want: "gb"}, {raw: "GBR", want: "gb"}, {raw: "Great Britain", want: "gb"},
		{raw: "United Kingdom", want: "gb"}, {raw: "England", want: "gb"},
		{raw: "el", want: "gr"}, {raw: "Greece", want: "gr"}, {raw: "GRC", want: "gr"},
		{raw: "South Korea", want: "kr"}, {raw: "Korea, Republic of", want: "kr"}, {raw: "North Korea", want: "kp"},
		{raw: "Russia", want: "ru"}, {raw: "Russian Federation", want: "ru"},
		{raw: "Viet Nam", want: "vn"}, {raw: "Czech Republic", want: "cz"}, {raw: "Türkiye", want: "tr"}, {raw: "Turkey", want: "tr"},
		{raw: "Côte d'Ivoire", want: "ci"}, {raw: "Cote d’Ivoire", want: "ci"}, {raw: "Ivory Coast", want: "ci"},
		{raw: "Trinidad and Tobago", want: "tt"}, {raw: "Trinidad & Tobago", want: "tt"},
		{raw: "Saint Lucia", want: "lc"}, {raw: "St. Lucia", want: "lc"},
		{raw: "Hong Kong", want: "hk"}, {raw: "Macao", want: "mo"}, {raw: "UAE", want: "ae"},
		{raw: "Niger", want: "ne"}, {raw: "Nigeria", want: "ng"}, {raw: "Dominica", want: "dm"}, {raw: "Dominican Republic", want: "do"},
		{raw: "Congo", want: "cg"}, {raw: "Democratic Republic of the Congo", want: "cd"},
		{raw: "Guinea-Bissau", want: "gw"}, {raw: "Türkiye ", want: "tr"},
		{raw: "xx", reason: DropUnknownValue}, {raw: "zz", reason: DropUnknownValue}, {raw: "eu", reason: DropUnknownValue},
		{raw: "su", reason: DropUnknownValue}, {raw: "yu", reason: DropUnknownValue}, {raw: "ZZZ", reason: DropUnknownValue},
		{raw: "840", reason: DropUnknownValue}, {raw: "Atlantis", reason: DropUnknownValue}, {raw: "中国", reason: DropUnknownValue},
	})
}

func TestEveryCountryByCodeAndName(t *testing.T) {
	t.Parallel()
	if got, want := len(isISOCountry), 249; got != want {
		t.Errorf("%d countries, ISO 3166-1 assigns %d", got, want)
	}
	english := display.English.Regions()
	for _, code := range isoCountries {
		region := language.MustParseRegion(code)
		for _, s := range []string{code, strings.ToUpper(code), region.ISO3(), english.Name(region)} {
			if got, ok := parseCountry(s); !ok || got != code {
				t.Errorf("parseCountry(%q) = %q, %v; want %q", s, got, ok, code)
			}
		}
	}
}

// TestOtherCountryNames holds that no name is claimed twice.
func TestOtherCountryNames(t *testing.T) {
	t.Parallel()
	for code, names := range otherCountryNames {
		for _, name := range names {
			if got, ok := parseCountry(name); !ok || got != code {
				t.Errorf("parseCountry(%q) = %q, %v; want %q", name, got, ok, code)
			}
		}
	}
}
