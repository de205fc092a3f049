package facebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"strings"
)

// RowHash names a row without holding it: SHA-256 of its compact JSON text.
type RowHash [sha256.Size]byte

// HashRow hashes a row of Payload.Data. White space and the escaping of strings
// do not matter (Facebook's answers come from another encoder); numbers count
// digit by digit. For a row in compact JSON without needless escapes it is the
// plain SHA-256 of the text. What is no JSON array counts as the only cell of a
// row: that is how samples of single-key uploads come.
func HashRow(row []byte) RowHash {
	var cells []any
	decoder := json.NewDecoder(bytes.NewReader(row))
	decoder.UseNumber()
	err := decoder.Decode(&cells)
	if _, after := decoder.Token(); err != nil || after != io.EOF {
		cells = []any{string(row)}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(cells) != nil {
		return sha256.Sum256(row)
	}
	return sha256.Sum256(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// The reasons for which a row is known to be refused. Others are ReasonOther:
// Facebook's text could quote the row.
const (
	ReasonEmptyExternID = "empty external ID"
	ReasonOther         = "other"
)

// InvalidRow is a row that Facebook did not take, and why.
type InvalidRow struct {
	Hash   RowHash
	Reason string
}

// maxSamples bounds the samples kept; Facebook sends at most 100.
const maxSamples = 1000

// UsersResult is the answer to an add or a removal. Invalid rows never fail the
// request: the valid ones are in. That nothing is invalid does not mean that
// anybody was matched.
type UsersResult struct {
	AudienceID AudienceID
	// SessionID is made by Facebook and is the same for many requests: it
	// identifies nothing.
	SessionID string
	// NumReceived counts the rows of this request.
	NumReceived int
	// NumInvalid is, by the documentation, not exact, and can be more than
	// InvalidRows holds.
	NumInvalid int
	// InvalidRows are the samples, in no order.
	InvalidRows []InvalidRow
	Usage       Usage
}

func decodeUsersResult(body []byte) (UsersResult, bool) {
	var answer struct {
		AudienceID idText  `json:"audience_id"`
		SessionID  idText  `json:"session_id"`
		Received   *number `json:"num_received"`
		Invalid    number  `json:"num_invalid_entries"`
		Samples    samples `json:"invalid_entry_samples"`
	}
	if json.Unmarshal(body, &answer) != nil || (answer.Received == nil && answer.AudienceID == "") {
		return UsersResult{}, false
	}
	result := UsersResult{SessionID: word(string(answer.SessionID)), NumInvalid: max(answer.Invalid.int(), 0), InvalidRows: answer.Samples}
	if answer.Received != nil {
		result.NumReceived = max(answer.Received.int(), 0)
	}
	if digits(string(answer.AudienceID)) {
		result.AudienceID = AudienceID(answer.AudienceID)
	}
	return result, true
}

// samples decodes invalid_entry_samples, a map of row text to reason or a list,
// and keeps hashes only: rows are personal data and go no further than here.
type samples []InvalidRow

// UnmarshalJSON never fails.
func (s *samples) UnmarshalJSON(text []byte) error {
	*s = nil
	var byRow map[string]idText
	if json.Unmarshal(text, &byRow) == nil {
		for row, reason := range byRow {
			s.add([]byte(row), string(reason))
		}
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	for _, entry := range list {
		var row string
		if json.Unmarshal(entry, &row) == nil {
			entry = []byte(row)
		}
		s.add(entry, "")
	}
	return nil
}

func (s *samples) add(row []byte, reason string) {
	if len(*s) >= maxSamples {
		return
	}
	known := ReasonOther
	if strings.EqualFold(strings.TrimSpace(reason), ReasonEmptyExternID) {
		known = ReasonEmptyExternID
	}
	*s = append(*s, InvalidRow{HashRow(row), known})
}
