package status

import (
	"strings"

	"muster/schema/musterpb"
	"muster/uploader"
)

// Without has why a member cannot be sent, as people read it.
var Without = map[musterpb.Unmatchable]string{
	musterpb.Unmatchable_UNMATCHABLE_UNKNOWN:    "nothing known",
	musterpb.Unmatchable_UNMATCHABLE_WEAK:       "no email, phone or mobile id",
	musterpb.Unmatchable_UNMATCHABLE_NOT_CHOSEN: "only identifiers that the audience leaves out",
}

// Paused says who has an audience paused and how it goes on; "" if nobody has.
func Paused(key string, by []string) string {
	var ways []string
	for _, by := range by {
		switch by {
		case uploader.ByConfiguration:
			ways = append(ways, "paused by the configuration: set audiences."+key+".sync to mirror, and restart.")
		case uploader.ByCommand:
			ways = append(ways, "paused by a command: run muster audience resume "+key+".")
		}
	}
	return strings.Join(ways, " And ")
}

// What an audience of unknown content is.
const contentUnknown = "content unknown: it existed before, and may hold people whom Muster did not send"

// toBeKnown is what to do about it.
func toBeKnown(key string) string {
	return "To have it hold the list and nobody else, run muster resync " + key + " --replace."
}

// ContentUnknown says what an audience of unknown content is, and what to do about it.
func ContentUnknown(key string) string { return contentUnknown + ". " + toBeKnown(key) }
