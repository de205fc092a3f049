package schema

import "testing"

func TestNormaliseCity(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), CT, []normaliseCase{
		{raw: "London", want: "london"},
		{raw: "New York", want: "newyork"},
		{raw: "São Paulo", want: "saopaulo"},
		{raw: "Sa\u0303o Paulo", want: "saopaulo"},
		{raw: "St. Louis-2", want: "stlouis"},
		{raw: "Łódź", want: "lodz"},
		{raw: "Tromsø", want: "tromso"},
		{raw: "GROẞGMAIN", want: "grossgmain"},
		{raw: "Ærøskøbing", want: "aeroskobing"},
		{raw: "Œuilly", want: "oeuilly"},
		{raw: "Đà Nẵng", want: "danang"},
		{raw: "Fáskrúðsfjörður", want: "faskrudsfjordur"},
		{raw: "Þorlákshöfn", want: "thorlakshofn"},
		{raw: "Diyarbakır", want: "diyarbakir"},
		{raw: "İstanbul", want: "istanbul"},
		{raw: "北京 Beijing", want: "beijing"},
		{raw: "北京", reason: DropInvalid},
		{raw: "12", reason: DropInvalid},
	})
}
