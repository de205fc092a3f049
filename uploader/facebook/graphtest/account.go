package graphtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// account is an ad account with its meters, sessions and EXTERN_ID mappings.
type account struct {
	Account
	meter    *meter
	sessions map[int64]*session
	externs  map[string]externMapping
	told     map[string]order // client → the last order to wait
}

func newAccount(a Account) *account {
	a = a.withDefaults()
	return &account{
		Account: a, meter: newMeter(a.Quota), sessions: make(map[int64]*session),
		externs: make(map[string]externMapping), told: make(map[string]order),
	}
}

// audiencesOf lists the audiences of an account that can be seen, newest first.
func (s *Server) audiencesOf(acct *account) []*audience {
	var list []*audience
	for i := len(s.order) - 1; i >= 0; i-- {
		if a := s.order[i]; a.account == acct && !a.deleted && !a.hidden {
			list = append(list, a)
		}
	}
	return list
}

func (s *Server) countAudiences(acct *account) int { return s.counts[acct] }

// newAudience makes an audience. Ids have 17 digits as in recorded traffic.
func (s *Server) newAudience(acct *account, fields map[string]string, now time.Time) *audience {
	a := &audience{
		id: fmt.Sprintf("238%014d", 10_000_000_000+int64(len(s.order)+1)*10), account: acct, fields: fields,
		created: now, changed: now, lines: newLines(), people: make(map[int32]struct{}),
	}
	s.audiences[a.id] = a
	s.order = append(s.order, a)
	s.counts[acct]++
	return a
}

// readAccount answers GET act_{id}.
func (s *Server) readAccount(c *call) (any, *graphError) {
	names := c.params.names("fields")
	if len(names) == 0 {
		names = []string{"account_id"}
	}
	return project(c.account.all(c.token), names, "AdAccount")
}

// all is an account's fields as the token's user sees them.
func (a *account) all(t *Token) map[string]any {
	all := map[string]any{
		"id": a.ID, "account_id": strings.TrimPrefix(a.ID, "act_"), "name": a.Name,
		"account_status": 1, "currency": "USD", "timezone_name": "Etc/UTC", "user_tasks": t.role(a.ID).tasks(),
		"tos_accepted": map[string]int{}, "user_tos_accepted": map[string]int{},
	}
	if !a.TOSNotAccepted {
		all["tos_accepted"] = map[string]int{"custom_audience_tos": 1}
		all["user_tos_accepted"] = map[string]int{"custom_audience_tos": 1}
	}
	return all
}

// tasks are the rights of a role, as field user_tasks names them.
func (r Role) tasks() []string {
	switch r {
	case RoleAdmin:
		return []string{"DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"}
	case RoleReadOnly:
		return []string{"ANALYZE"}
	default:
		return []string{}
	}
}

// accountsOf answers GET me/adaccounts: by id, in pages.
func (s *Server) accountsOf(c *call) (any, *graphError) {
	names := c.params.names("fields")
	if len(names) == 0 {
		names = []string{"account_id"}
	}
	ids := slices.DeleteFunc(slices.SortedFunc(maps.Keys(s.accounts), compareNumbers), func(id string) bool {
		return c.token.role(id) == RoleNone
	})
	return s.pages(c, ids, compareNumbers, func(i int) (map[string]any, *graphError) {
		return project(s.accounts[ids[i]].all(c.token), names, "AdAccount")
	})
}

// project picks fields of a node. The id of one that has an id always comes along; a field
// that is known and not set is nil, and left out.
func project(all map[string]any, names []string, node string) (map[string]any, *graphError) {
	out := make(map[string]any, len(names)+1)
	if id := all["id"]; id != nil {
		out["id"] = id
	}
	for _, name := range names {
		v, ok := all[name]
		if !ok {
			return nil, oauthError(100, 0, "(#100) Tried accessing nonexistent field (%s) on node type (%s)", name, node)
		}
		if v != nil {
			out[name] = v
		}
	}
	return out, nil
}

// order tells a client to make no calls for a while.
type order struct{ from, until time.Time }

// orderGrace is how long after a throttled answer a client may still not have read it.
const orderGrace = time.Second

// tell remembers that a client was told to wait.
func (a *account) tell(client string, o order) {
	if a.told[client].until.Before(o.until) {
		a.told[client] = o
	}
}

// ignored reports whether a call at this time disregards the order.
func (o order) ignored(at time.Time) bool {
	return at.Sub(o.from) > orderGrace && at.Before(o.until)
}
