package facebook

import (
	"bytes"
	"context"
	"encoding/json"

	"go.opentelemetry.io/otel/trace"
)

// RemoveEverywhere removes the people whom the rows match from all audiences of an ad
// account, whoever filled them: those of other tools and the lists that keep people out
// of advertising, too. Rows that match nobody are no error, so it may be repeated.
// p.Account is not looked at.
//
// Meta documents the request only ("Customer File Custom Audiences", opt-outs), not the
// answer. Both forms that its neighbours have are taken: that of /users, and success
// alone, which counts every row as received.
func (c *Client) RemoveEverywhere(ctx context.Context, account AccountID, p Payload) (UsersResult, error) {
	id, err := ParseAccountID(string(account))
	r := &call{op: OpRemoveEverywhere, account: id, path: []string{id.Node(), "usersofanyaudience"}, rows: p.Rows}
	if err != nil {
		return UsersResult{}, r.refusal(err)
	}
	if err := p.checkRows(); err != nil {
		return UsersResult{}, r.refusal(err)
	}
	head, err := p.head()
	if err != nil {
		return UsersResult{}, r.refusal(err)
	}
	r.body = [][]byte{[]byte(`{"payload":`), head, []byte(`,"data":`), p.Data, []byte(`}}`)}
	var result UsersResult
	r.decode = func(ctx context.Context, body []byte) bool {
		var ok bool
		result, ok = decodeEverywhere(body, p.Rows)
		trace.SpanFromContext(ctx).SetAttributes(keyReceived.Int(result.NumReceived), keyInvalid.Int(result.NumInvalid))
		return ok
	}
	usage, err := c.do(ctx, r)
	result.Usage = usage
	return result, err
}

func decodeEverywhere(body []byte, rows int) (UsersResult, bool) {
	if result, ok := decodeUsersResult(body); ok {
		return result, true
	}
	var done struct {
		Success boolean `json:"success"`
	}
	if bytes.Equal(bytes.TrimSpace(body), []byte("true")) {
		done.Success = true
	} else if json.Unmarshal(body, &done) != nil {
		return UsersResult{}, false
	}
	if !done.Success {
		return UsersResult{}, false
	}
	return UsersResult{NumReceived: rows}, true
}
