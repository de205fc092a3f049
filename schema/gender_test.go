package schema

import "testing"

func TestNormaliseGender(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), Gen, []normaliseCase{
		{raw: "m", want: "m"}, {raw: "M", want: "m"}, {raw: "Male", want: "m"}, {raw: " MAN ", want: "m"},
		{raw: "f", want: "f"}, {raw: "F", want: "f"}, {raw: "FEMALE", want: "f"}, {raw: "woman", want: "f"},
		{raw: "fluid", reason: DropUnknownValue},
		{raw: "malevolent", reason: DropUnknownValue},
		{raw: "x", reason: DropUnknownValue},
		{raw: "1", reason: DropUnknownValue},
	})
}
