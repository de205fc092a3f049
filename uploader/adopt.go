package uploader

import (
	"fmt"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

const blockRefused = "refused"

// refusal is why a command is not obeyed.
func (t *task) refusal(remedy, title string, args ...any) *musterpb.Block {
	return &musterpb.Block{Reason: blockRefused, Title: fmt.Sprintf(title, args...), Remedy: remedy, SinceMs: t.now().UnixMilli()}
}

// adopt maps the key to an existing Facebook audience. It is linked before the next
// request; what is configured outranks it.
func (t *task) adopt(a *audience, c *musterpb.Command) *musterpb.Block {
	id, err := facebook.ParseAudienceID(c.FacebookId)
	switch {
	case err != nil:
		return t.refusal("Copy the id from the Ads Manager.", "%v", err)
	case a.row.Forgetting:
		return t.goesDown()
	case a.options.LeaveOut:
		return t.refusal("Let it be synchronised first: sync, include and exclude in the configuration.", "the audience is left out")
	case a.options.FacebookID != "" && a.options.FacebookID != id:
		return t.refusal("Change facebook_id of the audience in the configuration.", "the configuration maps the audience to %s", a.options.FacebookID)
	case a.options.FacebookName != "":
		return t.refusal("Put the id there, as facebook_id.", "the configuration looks the audience up by its facebook_name")
	}
	if other := t.holderOf(id, a); other != "" {
		return t.refusal("Give each key a Facebook audience of its own.", "audience %q has Facebook audience %s", other, id)
	}
	a.row.AdoptedId = string(id)
	a.retry()
	switch {
	case !c.Replace:
	case a.id() == id:
		t.askReplace(a, c.AtMs)
	default:
		a.row.AdoptReplace = true
	}
	return nil
}

// remapped reports whether a person has mapped the key to another Facebook audience
// than the present one.
func (a *audience) remapped() bool {
	o := &a.options
	return a.row.AdoptedId != "" && a.row.AdoptedId != a.row.FacebookId && o.FacebookID == "" && o.FacebookName == "" && !o.LeaveOut
}
