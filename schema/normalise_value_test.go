package schema

import "testing"

func TestNormaliseLookalikeValue(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), LookalikeValue, []normaliseCase{
		{raw: "44.5", want: "44.5"},
		{raw: "44.50", want: "44.5"},
		{raw: "140", want: "140"},
		{raw: "0", want: "0"},
		{raw: ".9", want: "0.9"},
		{raw: "1e3", want: "1000"},
		{raw: "+7", want: "7"},
		{raw: "-3.2", want: "0"},
		{raw: "-0", want: "0"},
		{raw: "123456789012.34", want: "123456789012.34"},
		{raw: "1e14", reason: DropOutOfRange},
		{raw: "1e999", reason: DropInvalid},
		{raw: "Inf", reason: DropInvalid},
		{raw: "NaN", reason: DropInvalid},
		{raw: "0x10", reason: DropInvalid},
		{raw: "$5", reason: DropInvalid},
		{raw: "1,000", reason: DropInvalid},
	})
}
