package graphtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// graphError is an error answer of the Graph API. Codes are Meta's; texts of codes
// that are nowhere printed are made up in Meta's manner, as clients must not read them.
type graphError struct {
	Status    int    `json:"-"`
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode,omitempty"`
	UserTitle string `json:"error_user_title,omitempty"`
	UserMsg   string `json:"error_user_msg,omitempty"`
	Transient *bool  `json:"is_transient,omitempty"`
	TraceID   string `json:"fbtrace_id"`
}

func (e *graphError) body() []byte {
	b, err := json.Marshal(map[string]*graphError{"error": e})
	if err != nil {
		panic("graphtest: encode error: " + err.Error())
	}
	return b
}

func oauthError(code, subcode int, format string, args ...any) *graphError {
	return &graphError{
		Status: http.StatusBadRequest, Type: "OAuthException",
		Code: code, Subcode: subcode, Message: fmt.Sprintf(format, args...),
	}
}

func (e *graphError) withStatus(status int) *graphError { e.Status = status; return e }

func (e *graphError) withType(t string) *graphError { e.Type = t; return e }

func (e *graphError) withUser(title, msg string) *graphError {
	e.UserTitle, e.UserMsg = title, msg
	return e
}

func (e *graphError) withTransient(v bool) *graphError { e.Transient = &v; return e }

// errShape is the one answer to every payload that is not understood.
func errShape() *graphError {
	return oauthError(100, 0, "(#100) Data is missing or does not match schema")
}

func errParam(name string) *graphError {
	return oauthError(100, 0, "(#100) The parameter %s is required", name)
}

func errBadParam(name, must string) *graphError {
	return oauthError(100, 0, "(#100) Param %s must be %s", name, must)
}

// errNoObject does not say whether an object is missing or forbidden.
func errNoObject(method, id string, subcode int) *graphError {
	return oauthError(100, subcode, "Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded "+
		"due to missing permissions, or does not support this operation. Please read the Graph API documentation at "+
		"https://developers.facebook.com/docs/graph-api", strings.ToLower(method), id).withType("GraphMethodException")
}

func errFlagged() *graphError {
	return oauthError(100, 1713230, "Invalid parameter").withUser("Audience Upload Blocked",
		"Before updating user memberships, you must resolve integrity restrictions on this Data File Custom Audience.")
}

func errUpdate(subcode int, title, message string) *graphError {
	return oauthError(2650, subcode, "Failed to update the custom audience").withUser(title, message)
}

func errSessionTimedOut() *graphError {
	return errUpdate(1870158, "Session Timed Out", "A session lasts 90 minutes.")
}

func errSessionFinished() *graphError {
	return errUpdate(1870159, "Session Finished", "The session was finished by its last batch.")
}

func errFirstBatchMissing() *graphError {
	return errUpdate(1870147, "First Batch Not Detected", "A replacement starts with batch_seq 1.")
}

func errNotReplaced() *graphError {
	return errUpdate(1870148, "Audience Not Fully Updated", "Something went wrong, and the list was not fully updated.")
}

func errTooManyPeople() *graphError {
	return errUpdate(1870144, "Audience Too Large", "Audiences of 100 million people and more cannot be replaced.")
}

func errReplaceInProgress() *graphError {
	return errUpdate(1870145, "Audience Update In Progress", "The audience is being replaced. Try again once that is finished.")
}

func errLowSize() *graphError {
	return oauthError(200, 1870047, "(#200) Audience size too low").withUser("Audience Size too Low",
		"You cannot remove users from this audience because it will result in a low audience size.")
}

func errTerms(subcode int) *graphError {
	return oauthError(200, subcode, "Permissions error").withStatus(http.StatusForbidden).withUser(
		"Custom Audience Terms Not Accepted", "Accept the Custom Audience terms before creating or editing an audience.")
}

func errMissingEdge(edge string) *graphError {
	return oauthError(803, 0, "(#803) Some of the aliases you requested do not exist: %s", edge)
}

func errTooMany(as1_99 bool) *graphError {
	if as1_99 {
		return oauthError(1, 99, "An unknown error occurred").withStatus(http.StatusInternalServerError)
	}
	return oauthError(105, 0, "The number of parameters exceeded the maximum for this operation")
}

func errReduce() *graphError {
	return oauthError(1, 0, "Please reduce the amount of data you're asking for, then retry your request").
		withStatus(http.StatusInternalServerError)
}

func errAccountThrottled() *graphError {
	return oauthError(80003, 2446079, "(#80003) There have been too many calls to this ad-account. Wait a bit and try "+
		"again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.")
}

func errScoreThrottled() *graphError {
	return oauthError(17, 2446079, "(#17) User request limit reached").withUser("Ad Account Has Too Many API Calls",
		"There have been too many calls from this ad account. Please wait a bit and try again.")
}

func errCallsThrottled() *graphError {
	return oauthError(613, 1487742, "(#613) Calls to this API have exceeded the rate limit.").withUser(
		"Too Many API Calls", "There have been too many calls from this ad account. Please wait a bit and try again.")
}

func errAppThrottled() *graphError {
	return oauthError(4, 0, "(#4) Application request limit reached")
}
