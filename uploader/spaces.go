package uploader

import (
	"fmt"
	"slices"
	"strings"

	"muster/schema/musterpb"
)

// blockTwoSpaces is the reason of an audience whose key two spaces use.
const blockTwoSpaces = "two_spaces"

const (
	// maxSpaces bounds the spaces that are kept beside the first.
	maxSpaces = 20
	// maxComputations bounds the former computation ids that are kept.
	maxComputations = 20
)

// learnSpace notes a second space on the key. It is told once a space.
func (t *task) learnSpace(a *audience, space string) {
	r := a.row
	if space == "" || space == r.Space || slices.Contains(r.OtherSpaces, space) || len(r.OtherSpaces) == maxSpaces {
		return
	}
	r.OtherSpaces = append(r.OtherSpaces, space)
	if r.TwoSpacesMs == 0 {
		r.TwoSpacesMs = t.now().UnixMilli()
	}
	a.changed = true
	t.touch(a)
	if b := t.spacesBlock(a); b != nil {
		t.telemetry.blocked(t.ctx, b.Reason)
		t.options.Logger.Error("audience is blocked", "audience", a.key, "reason", b.Reason, "problem", b.Title, "remedy", b.Remedy)
	}
}

// learnComputation keeps the newest computation id, and warns: an audience that
// was deleted and made again under its old key has another one. Members go on
// naming the former one for a while, which is not news.
func (t *task) learnComputation(a *audience, id string) {
	r := a.row
	if id == "" || id == r.Computation || slices.Contains(r.PastComputations, id) {
		return
	}
	t.options.Logger.Warn("audience key has a new computation id: if it was made again in the source, check that it means the same",
		"audience", a.key, "computation", id, "former", r.Computation)
	r.PastComputations = append(r.PastComputations, r.Computation)
	if n := len(r.PastComputations) - maxComputations; n > 0 {
		r.PastComputations = slices.Delete(r.PastComputations, 0, n)
	}
	r.Computation = id
	a.changed = true
	t.touch(a)
}

// twoSpaces reports whether the key is used in several spaces of which not all
// may share it. It follows from the row and the configuration alone, so nothing
// ends it but a restart with Options.Spaces.
func (t *task) twoSpaces(a *audience) bool {
	r := a.row
	if len(r.OtherSpaces) == 0 || a.options.LeaveOut {
		return false
	}
	unlisted := func(space string) bool { return !slices.Contains(t.options.Spaces, space) }
	return unlisted(r.Space) || slices.ContainsFunc(r.OtherSpaces, unlisted)
}

// spacesBlock is the block of an audience whose key two spaces use, or nil.
func (t *task) spacesBlock(a *audience) *musterpb.Block {
	if !t.twoSpaces(a) {
		return nil
	}
	spaces := append([]string{a.row.Space}, a.row.OtherSpaces...)
	return &musterpb.Block{
		Reason: blockTwoSpaces, SinceMs: a.row.TwoSpacesMs,
		Title: fmt.Sprintf("its key is used in %d spaces: %s", len(spaces), strings.Join(spaces, ", ")),
		Remedy: fmt.Sprintf("If one Facebook audience is to hold the members of all of them, set spaces: [%s] and restart; if not, give the audiences keys of their own in the source.",
			strings.Join(spaces, ", ")),
	}
}
