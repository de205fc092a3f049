package facebook

import "encoding/json"

// envelope is Graph's error object. error_data, error_user_title and
// error_user_msg are not decoded: they are text for people, can quote what was
// sent, and nothing is decided by them, so their shape (object or JSON text)
// cannot matter.
type envelope struct {
	Message   idText  `json:"message"`
	Type      idText  `json:"type"`
	Code      number  `json:"code"`
	Subcode   number  `json:"error_subcode"`
	Transient boolean `json:"is_transient"`
	TraceID   idText  `json:"fbtrace_id"`
}

// decodeEnvelope finds an error object in a body, whatever the status: Graph has
// been seen to send errors with 200.
func decodeEnvelope(body []byte) (envelope, bool) {
	var outer struct {
		Error *envelope `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil || outer.Error == nil {
		return envelope{}, false
	}
	return *outer.Error, true
}

// errorTypes are the types that Graph is known to send.
var errorTypes = map[idText]bool{
	"OAuthException": true, "GraphMethodException": true, "FacebookApiException": true,
	"APIException": true, "Exception": true, "GraphBatchException": true,
}

// traceID keeps what looks like an fbtrace_id.
func traceID(s idText) string { return wordWith(string(s), "_-+/=") }
