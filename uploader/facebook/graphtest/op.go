package graphtest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Op is what a request asks for.
type Op string

// Operations.
const (
	OpUnknown     Op = "unknown"
	OpList        Op = "list"    // GET act_/customaudiences
	OpCreate      Op = "create"  // POST act_/customaudiences
	OpRead        Op = "read"    // GET audience
	OpUpdate      Op = "update"  // POST audience
	OpDelete      Op = "delete"  // DELETE audience
	OpAdd         Op = "add"     // POST audience/users
	OpRemove      Op = "remove"  // DELETE audience/users
	OpReplace     Op = "replace" // POST audience/usersreplace
	OpSessions    Op = "sessions"
	OpAccount     Op = "account"     // GET act_
	OpForget      Op = "forget"      // DELETE act_/usersofanyaudience
	OpMe          Op = "me"          // GET me
	OpPermissions Op = "permissions" // GET me/permissions
	OpAccounts    Op = "accounts"    // GET me/adaccounts
	OpDebugToken  Op = "debug_token"
	OpLogin       Op = "oauth/access_token"
	OpRevoke      Op = "oauth/revoke"
	OpDialog      Op = "dialog/oauth"
)

// graphOps are the operations on accounts and audiences; random faults hit these only.
var graphOps = []Op{OpList, OpCreate, OpRead, OpUpdate, OpDelete, OpAdd, OpRemove, OpReplace, OpSessions, OpAccount, OpForget}

// onMembers reports whether the operation changes who is in one audience.
func (o Op) onMembers() bool { return o == OpAdd || o == OpRemove || o == OpReplace }

func (o Op) writes() bool {
	return o.onMembers() || o == OpCreate || o == OpUpdate || o == OpDelete || o == OpForget
}

// needsToken reports whether the call must carry an access token of a person or system user.
func (o Op) needsToken() bool {
	return slices.Contains(graphOps, o) || o.onMe() || o == OpUnknown
}

// onMe reports whether the operation is about the token's user.
func (o Op) onMe() bool { return o == OpMe || o == OpPermissions || o == OpAccounts }

// opposes reports whether the operations undo one another.
func (o Op) opposes(other Op) bool {
	return o == OpAdd && other == OpRemove || o == OpRemove && other == OpAdd ||
		o != other && (o == OpReplace && other.onMembers() || other == OpReplace && o.onMembers())
}

// route is a path taken apart.
type route struct {
	version string // "v26.0", or blank
	account string // with act_
	object  string // an audience's id
	edge    string
	fixed   string // a path without an object
}

var versionForm = regexp.MustCompile(`^v\d+\.\d+$`)

func parsePath(path string) route {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var r route
	if versionForm.MatchString(parts[0]) {
		r.version, parts = parts[0], parts[1:]
	}
	rest := strings.Join(parts, "/")
	switch {
	case len(parts) == 0:
	case rest == "me" || rest == "me/permissions" || rest == "me/adaccounts" || rest == "debug_token" || parts[0] == "oauth" || parts[0] == "dialog":
		r.fixed = rest
	case len(parts) > 2:
		r.edge = rest
	default:
		if strings.HasPrefix(parts[0], "act_") {
			r.account = parts[0]
		} else {
			r.object = parts[0]
		}
		if len(parts) == 2 {
			r.edge = parts[1]
		}
	}
	return r
}

func (r route) op(method string) Op {
	type call struct{ kind, edge, method string }
	kind := "object"
	switch {
	case r.fixed != "":
		kind = "fixed"
	case r.account != "":
		kind = "account"
	case r.object == "":
		return OpUnknown
	}
	edge := r.edge
	if kind == "fixed" {
		edge, method = r.fixed, ""
	}
	op, ok := map[call]Op{
		{"account", "", http.MethodGet}:                      OpAccount,
		{"account", "customaudiences", http.MethodGet}:       OpList,
		{"account", "customaudiences", http.MethodPost}:      OpCreate,
		{"account", "usersofanyaudience", http.MethodDelete}: OpForget,
		{"object", "", http.MethodGet}:                       OpRead,
		{"object", "", http.MethodPost}:                      OpUpdate,
		{"object", "", http.MethodDelete}:                    OpDelete,
		{"object", "users", http.MethodPost}:                 OpAdd,
		{"object", "users", http.MethodDelete}:               OpRemove,
		{"object", "usersreplace", http.MethodPost}:          OpReplace,
		{"object", "sessions", http.MethodGet}:               OpSessions,
		{"fixed", "me", ""}:                                  OpMe,
		{"fixed", "me/permissions", ""}:                      OpPermissions,
		{"fixed", "me/adaccounts", ""}:                       OpAccounts,
		{"fixed", "debug_token", ""}:                         OpDebugToken,
		{"fixed", "oauth/access_token", ""}:                  OpLogin,
		{"fixed", "oauth/revoke", ""}:                        OpRevoke,
		{"fixed", "dialog/oauth", ""}:                        OpDialog,
	}[call{kind, edge, method}]
	if !ok {
		return OpUnknown
	}
	return op
}
