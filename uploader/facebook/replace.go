package facebook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

const (
	// SessionLife is how long a replace session takes batches, from its first one
	// (Meta, "Custom Audiences"); what is not finished by then is not replaced whole.
	SessionLife = 90 * time.Minute
	// MaxReplace is the size from which an audience cannot be replaced.
	MaxReplace = 100_000_000
)

// Session is where one batch stands in a replace session.
type Session struct {
	// ID is the caller's choice, positive and unique in the ad account.
	ID int64
	// Seq counts the batches from 1. The first one opens the session and must not be
	// sent twice; Meta documents of the others that they may be repeated.
	Seq int64
	// Last closes the session: the rows sent take the place of all that was there.
	Last bool
	// Total is about how many rows the session will have.
	Total int64
}

// The subcodes of an error of class [ReplaceFailed] and [AudienceRefused] that tell
// what became of a replace session.
const (
	SubcodeFinished  = 1870159 // by its last batch
	SubcodeTooLarge  = 1870144 // MaxReplace and more
	SubcodeTimedOut  = 1870158 // after SessionLife
	SubcodeNotWhole  = 1870148
	SubcodeNoFirst   = 1870147
	SubcodeReplacing = 1870145 // another update is under way
)

// ReplaceUsers sends one batch of a replace session. All batches of a session have
// the same schema. From the first one on, until the replacement has ended, the
// audience refuses everything else (class [AudienceBusy]), and its Operation.Code is
// [OperationReplacing]; then [OperationNormal] or [OperationReplaceFailed].
func (c *Client) ReplaceUsers(ctx context.Context, id AudienceID, p Payload, s Session) (UsersResult, error) {
	session, err := json.Marshal(map[string]any{
		"session_id": s.ID, "batch_seq": s.Seq, "last_batch_flag": s.Last, "estimated_num_total": s.Total,
	})
	if s.ID <= 0 || s.Seq <= 0 {
		err = fmt.Errorf("session %d, batch %d: want both above 0", s.ID, s.Seq)
	}
	if err != nil {
		return UsersResult{}, (&call{op: OpReplaceUsers, account: p.Account, audience: id}).refusal(err)
	}
	return c.users(ctx, OpReplaceUsers, "usersreplace", id, p, session)
}
