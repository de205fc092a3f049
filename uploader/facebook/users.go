package facebook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Payload is the rows of one request.
type Payload struct {
	// Account is the ad account that holds the audience. It is not sent; it
	// fills in remedies, errors and spans. May be empty.
	Account AccountID
	// Schema names the columns. It is always sent as an array, one key or
	// many: an audience first filled in one form refuses the other for ever.
	Schema []string
	// Data is a JSON array of rows, each an array with one cell per column, ""
	// where unknown. It goes out byte for byte and is not read after the call
	// has returned.
	Data []byte
	// AppIDs and PageIDs say whose ids UID, APPUID (apps) and PAGEUID (pages) are: they
	// are required where the schema has those keys, and sent beside it where given.
	AppIDs, PageIDs []string
	// Rows counts the rows of Data: 1 to MaxRows.
	Rows int
}

// AddUsers adds rows to an audience. Adding twice is adding once. Facebook
// applies it later, in up to a day.
func (c *Client) AddUsers(ctx context.Context, id AudienceID, p Payload) (UsersResult, error) {
	return c.users(ctx, OpAddUsers, "users", id, p, nil)
}

// RemoveUsers removes the people whom the rows match; rows that match nobody are
// no error. Class [LowSize] means that nothing was removed.
func (c *Client) RemoveUsers(ctx context.Context, id AudienceID, p Payload) (UsersResult, error) {
	return c.users(ctx, OpRemoveUsers, "users", id, p, nil)
}

func (c *Client) users(ctx context.Context, op Op, edge string, id AudienceID, p Payload, session []byte) (UsersResult, error) {
	account := AccountID(strings.TrimPrefix(string(p.Account), "act_"))
	r := &call{op: op, account: account, audience: id, path: []string{string(id), edge}, rows: p.Rows}
	if err := p.check(id); err != nil {
		return UsersResult{}, r.refusal(err)
	}
	head, err := p.head()
	if err != nil {
		return UsersResult{}, r.refusal(err)
	}
	r.body = [][]byte{[]byte(`{"payload":`), head, []byte(`,"data":`), p.Data, []byte(`}`)}
	if session != nil {
		r.body = append(r.body, []byte(`,"session":`), session)
	}
	r.body = append(r.body, []byte(`}`))
	var result UsersResult
	r.decode = func(ctx context.Context, body []byte) bool {
		var ok bool
		result, ok = decodeUsersResult(body)
		trace.SpanFromContext(ctx).SetAttributes(keyReceived.Int(result.NumReceived), keyInvalid.Int(result.NumInvalid))
		return ok
	}
	usage, err := c.do(ctx, r)
	result.Usage = usage
	return result, err
}

// head is the payload's object without its data and its end.
func (p Payload) head() ([]byte, error) {
	head, err := json.Marshal(struct {
		Schema  []string `json:"schema"`
		AppIDs  []string `json:"app_ids,omitempty"`
		PageIDs []string `json:"page_ids,omitempty"`
	}{p.Schema, p.AppIDs, p.PageIDs})
	return bytes.TrimSuffix(head, []byte{'}'}), err
}

func (p Payload) check(id AudienceID) error {
	if _, err := ParseAudienceID(string(id)); err != nil {
		return err
	}
	if p.Account != "" {
		if _, err := ParseAccountID(string(p.Account)); err != nil {
			return err
		}
	}
	return p.checkRows()
}

// checkRows finds what is wrong with a payload wherever it goes.
func (p Payload) checkRows() error {
	if p.Rows < 1 || p.Rows > MaxRows {
		return fmt.Errorf("%d rows: want 1 to %d", p.Rows, MaxRows)
	}
	if len(p.Schema) == 0 {
		return errors.New("schema: want at least one key")
	}
	for _, id := range slices.Concat(p.AppIDs, p.PageIDs) {
		if !digits(id) {
			return fmt.Errorf("app or page id %q: want digits", id)
		}
	}
	data := bytes.TrimSpace(p.Data)
	if !bytes.HasPrefix(data, []byte("[")) || !bytes.HasSuffix(data, []byte("]")) {
		return errors.New("data: want a JSON array of rows")
	}
	return nil
}
