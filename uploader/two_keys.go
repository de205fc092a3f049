package uploader

import (
	"fmt"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// Two keys on one Facebook audience would remove each other's members. It is that of
// the key to which the configuration gives it, in whatever partition that is; else of
// the one that has it, or was mapped to it by a person. The other is blocked, looks
// again every SlowBeat whether it is free, and says who has it.

// blockTwoKeys is the reason of an audience whose Facebook audience is another key's.
const blockTwoKeys = "two_keys"

// holderOf returns another audience that has the Facebook audience, or is to have it;
// "" = the audience may. Of other tasks only what is configured is known; whoever
// gives a command knows more.
func (t *task) holderOf(id facebook.AudienceID, but *audience) string {
	if but.options.FacebookID == id {
		return ""
	}
	if key := t.options.givenTo(id); key != "" {
		return key
	}
	for _, other := range t.order {
		has := other.id() == id || other.remapped() && other.row.AdoptedId == string(id) && but.id() != id
		if other != but && has && !other.options.LeaveOut {
			return other.key
		}
	}
	return ""
}

// twoKeys blocks an audience whose Facebook audience is another key's.
func (t *task) twoKeys(a *audience, id facebook.AudienceID, other string) {
	now := t.now()
	t.halt(a, &musterpb.Block{Reason: blockTwoKeys, Title: "another audience key has this Facebook audience", SinceMs: now.UnixMilli(),
		Remedy: fmt.Sprintf("Audience %q has Facebook audience %s: give each key one of its own (facebook_id, or muster audience adopt), or leave one of the two out (exclude).", other, id)}, now)
}

// twoKeyed reports whether the audience waits for another key to let go of the
// Facebook audience that it has, or is given.
func (a *audience) twoKeyed() bool {
	if a.row.Block.GetReason() != blockTwoKeys || a.options.LeaveOut {
		return false
	}
	id, _ := a.claimed()
	return id != "" || a.row.FacebookId != ""
}

// endTwoKeys ends the block once no other key has the Facebook audience. The other
// one may have put people into it, and removed some whom both had.
func (t *task) endTwoKeys(a *audience) {
	if a.row.Block.GetReason() != blockTwoKeys {
		return
	}
	a.row.Block, a.row.ContentUnknown = nil, true
	a.row.ResyncMs, a.row.ResentTo = t.now().UnixMilli(), nil
	a.changed = true
	t.touch(a)
}
