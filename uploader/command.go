package uploader

import (
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// The outcomes of a command, beside recordStale and recordDeadLetter.
const (
	commandObeyed  = "command_obeyed"
	commandRefused = "command_refused"
	commandUnknown = "command_unknown" // of an audience that nobody is a member of, or a verb of a newer Muster
)

// obey does what a command asks. Records of the topic of commands come between
// the members', in no order to them, and again after a replay: an audience obeys
// only what is later than the last command it obeyed.
func (b *intake) obey(r *consumer.Record) (outcome string, err error) {
	c := new(musterpb.Command)
	if err := c.UnmarshalVT(r.Value); err != nil || r.Value == nil {
		return b.deadLetter(r), nil
	}
	t := b.task
	if c.Account != "" {
		return t.obeyAccount(c), nil
	}
	a := t.audiences[c.Audience]
	switch {
	case a == nil || !a.logged:
		return commandUnknown, nil
	case c.AtMs <= a.row.CommandMs, c.AtMs < a.row.FirstSeenMs-commandSkew.Milliseconds():
		return recordStale, nil
	}
	var refused *musterpb.Block
	switch c.Verb {
	case musterpb.Verb_VERB_RETRY:
		t.budget.retry(a.account(), t.now())
		a.retry()
	case musterpb.Verb_VERB_PAUSE:
		a.row.Paused = true
	case musterpb.Verb_VERB_RESUME:
		a.row.Paused, a.row.Deleting = false, false
		t.budget.forgetAudience(a) // the deletion's
		a.retry()
	case musterpb.Verb_VERB_RELEASE:
		a.row.Approved = true
		a.row.ReleasedRows = a.counts.leaving
		a.row.BeyondLimit = a.row.Block.GetReason() == blockAudiences
		a.retry()
	case musterpb.Verb_VERB_RESYNC:
		a.row.ResyncMs, a.row.ResentTo = c.AtMs, nil
		a.row.ReplaceFailed = nil
	case musterpb.Verb_VERB_REPLACE:
		t.askReplace(a, c.AtMs)
	case musterpb.Verb_VERB_ADOPT:
		refused = t.adopt(a, c)
	case musterpb.Verb_VERB_FORGET:
		refused = t.askForget(a)
	case musterpb.Verb_VERB_DELETE:
		refused = t.askDelete(a)
	default:
		return commandUnknown, nil
	}
	a.row.CommandMs, a.row.OrderRefused = c.AtMs, refused
	a.changed = true
	t.touch(a)
	if refused != nil {
		t.options.Logger.Warn("a command is refused", "audience", a.key, "command", CommandName(c.Verb), "problem", refused.Title, "remedy", refused.Remedy)
		return commandRefused, nil
	}
	t.options.Logger.Info("obeying command", "audience", a.key, "command", CommandName(c.Verb), "given", time.UnixMilli(c.AtMs))
	return commandObeyed, nil
}

// obeyAccount tries at once whatever waits for the account. Doing it again after a
// replay does no harm.
func (t *task) obeyAccount(c *musterpb.Command) string {
	if c.Verb != musterpb.Verb_VERB_RETRY {
		return commandUnknown
	}
	account := facebook.AccountID(c.Account)
	t.budget.retry(account, t.now())
	for _, a := range t.order {
		if a.account() == account {
			a.retry()
			t.touch(a)
		}
	}
	for _, e := range t.erasers {
		if e.account == account {
			e.retry(t.now())
		}
	}
	return commandObeyed
}

// retry ends the waiting for a person.
func (a *audience) retry() {
	a.blockedUntil, a.holdUntil = time.Time{}, time.Time{}
	a.row.OwedTriedMs = 0
	a.changed = true
}

// commandSkew is by how much the clock of whoever gives a command may be slow: what
// was given longer before the audience was first seen concerned one that was forgotten.
const commandSkew = time.Minute

// commandNames are the verbs as people write them.
var commandNames = map[musterpb.Verb]string{
	musterpb.Verb_VERB_RETRY:   "retry",
	musterpb.Verb_VERB_PAUSE:   "pause",
	musterpb.Verb_VERB_RESUME:  "resume",
	musterpb.Verb_VERB_RELEASE: "release",
	musterpb.Verb_VERB_RESYNC:  "resync",
	musterpb.Verb_VERB_REPLACE: "resync --replace",
	musterpb.Verb_VERB_ADOPT:   "adopt",
	musterpb.Verb_VERB_FORGET:  "forget",
	musterpb.Verb_VERB_DELETE:  "delete",
}

// CommandName is a verb as people write it.
func CommandName(v musterpb.Verb) string {
	if name, ok := commandNames[v]; ok {
		return name
	}
	return fmt.Sprintf("verb %d", v)
}
