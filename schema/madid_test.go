package schema

import (
	"strings"
	"testing"
)

func TestNormaliseMADID(t *testing.T) {
	t.Parallel()
	const id = "7a3cbea0-bdf5-11e4-8dfc-aa07a5b093db"
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), MADID, []normaliseCase{
		{raw: id, want: id},
		{raw: " " + strings.ToUpper(id) + "\n", want: id},
		{raw: "00000000-0000-0000-0000-000000000000", reason: DropZeroID},
		{raw: "AB1234CD-E123-12FG-J123-000000000000", reason: DropInvalid},
		{raw: "ABC", reason: DropInvalid},
		{raw: "{" + id + "}", reason: DropInvalid},
		{raw: "urn:uuid:" + id, reason: DropInvalid},
		{raw: strings.ReplaceAll(id, "-", " "), reason: DropInvalid},
		{raw: strings.ReplaceAll(id, "-", ""), reason: DropNotHashable},
		{raw: strings.Repeat("ab", 32), reason: DropNotHashable},
		{raw: strings.Repeat("ab", 20), reason: DropNotHashable},
		{raw: strings.Repeat("ab", 64), reason: DropNotHashable},
	})
}
