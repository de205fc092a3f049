package facebook

import "net/http"

// Op names an operation of the client in errors, spans and metrics.
type Op string

// The operations.
const (
	OpCreateAudience   Op = "create_audience"
	OpListAudiences    Op = "list_audiences"
	OpReadAudience     Op = "read_audience"
	OpAddUsers         Op = "add_users"
	OpRemoveUsers      Op = "remove_users"
	OpRemoveEverywhere Op = "remove_everywhere"
	OpReplaceUsers     Op = "replace_users"
	OpDeleteAudience   Op = "delete_audience"
	OpReadAccount      Op = "read_account"
	OpListAccounts     Op = "list_accounts"
	OpInspectToken     Op = "inspect_token"
	OpGetToken         Op = "get_token"
	OpRevokeToken      Op = "revoke_token"
)

// spec is what an operation is on the wire. The template is that of the
// URL conventions: no ids, few values.
type spec struct {
	method   string
	template string
	verb     string // for error texts
}

var specs = map[Op]spec{
	OpCreateAudience:   {http.MethodPost, "/{version}/{account}/customaudiences", "create audience"},
	OpListAudiences:    {http.MethodGet, "/{version}/{account}/customaudiences", "list audiences"},
	OpReadAudience:     {http.MethodGet, "/{version}/{audience}", "read audience"},
	OpAddUsers:         {http.MethodPost, "/{version}/{audience}/users", "add users"},
	OpRemoveUsers:      {http.MethodDelete, "/{version}/{audience}/users", "remove users"},
	OpRemoveEverywhere: {http.MethodDelete, "/{version}/{account}/usersofanyaudience", "remove users from all audiences"},
	OpReplaceUsers:     {http.MethodPost, "/{version}/{audience}/usersreplace", "replace users"},
	OpDeleteAudience:   {http.MethodDelete, "/{version}/{audience}", "delete audience"},
	OpReadAccount:      {http.MethodGet, "/{version}/{account}", "read ad account"},
	OpListAccounts:     {http.MethodGet, "/{version}/me/adaccounts", "list ad accounts"},
	OpInspectToken:     {http.MethodGet, "/{version}/debug_token", "inspect access token"},
	OpGetToken:         {http.MethodPost, "/{version}/oauth/access_token", "get access token"},
	OpRevokeToken:      {http.MethodGet, "/{version}/oauth/revoke", "revoke access token"},
}

// writes says whether the operation changes anything: only then can an answer
// that never came have been an effect.
func (o Op) writes() bool { return specs[o].method != http.MethodGet }

// onAccount says whether the operation's node is the ad account: there a missing
// object is a missing account.
func (o Op) onAccount() bool {
	return o == OpCreateAudience || o == OpListAudiences || o == OpReadAccount || o == OpRemoveEverywhere
}

// onApp says whether the app itself asks, by its id and secret: what Facebook
// refuses there, those are the cause of.
func (o Op) onApp() bool { return o == OpGetToken || o == OpRevokeToken }
