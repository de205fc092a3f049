package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Audience is what Facebook says of one. Fields that were not asked for are zero.
type Audience struct {
	ID          AudienceID
	Account     AccountID
	Name        string
	Description string
	Subtype     string // "CUSTOM" for customer lists
	ValueBased  bool
	Delivery    Status // see the Delivery… constants; from 400 on unusable
	Operation   Status // see the Operation… constants
	// Lower and Upper bound the size; -1 is "not known", which a fresh audience
	// says for hours.
	Lower, Upper   int
	Created        time.Time
	Updated        time.Time // metadata
	ContentUpdated time.Time // members
}

// Status is a state with Facebook's description of it.
type Status struct {
	Code        int
	Description string
}

// Values of Audience.Delivery.Code that matter here.
const (
	DeliveryReady    = 200
	DeliveryTooSmall = 300
)

// Values of Audience.Operation.Code that matter here.
const (
	OperationNormal        = 200
	OperationNoUpload      = 410
	OperationInvalidRows   = 412 // many invalid rows in the last session
	OperationReplacing     = 414
	OperationReplaceFailed = 415
	OperationPopulating    = 441
	OperationFlagged       = 471 // writes are blocked
)

// The fields asked for when none are given. "rule" is left out on purpose: it
// makes pages too large.
var (
	pageFields = []string{"id", "name", "description", "subtype", "time_content_updated"}
	readFields = []string{"id", "account_id", "name", "description", "subtype", "is_value_based",
		"delivery_status", "operation_status", "approximate_count_lower_bound", "approximate_count_upper_bound",
		"time_created", "time_updated", "time_content_updated"}
)

// NewAudience describes an audience to create.
type NewAudience struct {
	Name        string
	Description string
	// Source says whose the data are. Default [SourceUser].
	Source CustomerFileSource
	// ValueBased makes an audience whose every row carries LOOKALIKE_VALUE.
	ValueBased bool
}

// CustomerFileSource says where the rows come from. Whether Facebook insists on
// it is not documented, nor does anything follow from the value chosen; the
// guide asks for it.
type CustomerFileSource string

// The sources.
const (
	SourceUser    CustomerFileSource = "USER_PROVIDED_ONLY"
	SourcePartner CustomerFileSource = "PARTNER_PROVIDED_ONLY"
	SourceBoth    CustomerFileSource = "BOTH_USER_AND_PARTNER_PROVIDED"
)

// CreateAudience makes a customer-list audience. It is not idempotent: Facebook
// takes the same name twice, so after an error that is Unknown the caller looks
// for the audience before it asks again.
func (c *Client) CreateAudience(ctx context.Context, account AccountID, n NewAudience) (AudienceID, Usage, error) {
	r, failure := onAccount(OpCreateAudience, account)
	if failure != nil {
		return "", Usage{}, failure
	}
	if n.Name == "" {
		return "", Usage{}, r.refusal(errors.New("name: want one"))
	}
	params := map[string]any{
		"name": n.Name, "description": n.Description, "subtype": "CUSTOM",
		"customer_file_source": string(n.Source),
	}
	if n.Source == "" {
		params["customer_file_source"] = string(SourceUser)
	}
	if n.ValueBased {
		params["is_value_based"] = true
	}
	body, err := json.Marshal(params)
	if err != nil {
		return "", Usage{}, r.refusal(err)
	}
	r.body = [][]byte{body}
	var id AudienceID
	r.decode = func(_ context.Context, body []byte) bool {
		var made audienceJSON
		if json.Unmarshal(body, &made) != nil || !digits(string(made.ID)) {
			return false
		}
		id = AudienceID(made.ID)
		return true
	}
	usage, err := c.do(ctx, r)
	return id, usage, err
}

// Page is a part of a listing, newest audiences first.
type Page struct {
	Audiences []Audience
	// Next is the cursor of the following page, empty on the last one.
	Next  string
	Usage Usage
}

// AudiencePage lists audiences of an account: the page after a cursor, the first
// one after "". fields default to id, name, description, subtype and
// time_content_updated.
func (c *Client) AudiencePage(ctx context.Context, account AccountID, after string, fields ...string) (Page, error) {
	r, failure := onAccount(OpListAudiences, account)
	if failure != nil {
		return Page{}, failure
	}
	if len(fields) == 0 {
		fields = pageFields
	}
	r.query = url.Values{"fields": {strings.Join(fields, ",")}, "limit": {strconv.Itoa(c.pageLimit)}}
	if after != "" {
		r.query.Set("after", after)
	}
	var page Page
	r.decode = func(_ context.Context, body []byte) bool {
		var ok bool
		page, ok = decodePage(body, after)
		return ok
	}
	usage, err := c.do(ctx, r)
	page.Usage = usage
	return page, err
}

// Audience reads one audience. fields default to all that [Audience] holds.
func (c *Client) Audience(ctx context.Context, id AudienceID, fields ...string) (Audience, Usage, error) {
	r := &call{op: OpReadAudience, audience: id, path: []string{string(id)}}
	if _, err := ParseAudienceID(string(id)); err != nil {
		return Audience{}, Usage{}, r.refusal(err)
	}
	if len(fields) == 0 {
		fields = readFields
	}
	r.query = url.Values{"fields": {strings.Join(fields, ",")}}
	var audience Audience
	r.decode = func(_ context.Context, body []byte) bool {
		var read audienceJSON
		if json.Unmarshal(body, &read) != nil || !digits(string(read.ID)) {
			return false
		}
		audience = read.audience()
		return true
	}
	usage, err := c.do(ctx, r)
	return audience, usage, err
}

// onAccount is a call on an account's audiences.
func onAccount(op Op, account AccountID) (*call, *Error) {
	id, err := ParseAccountID(string(account))
	r := &call{op: op, account: id, path: []string{id.Node(), "customaudiences"}}
	if err != nil {
		return nil, r.refusal(err)
	}
	return r, nil
}

// DeleteAudience deletes an audience, for good: ads that use it stop. One from which
// lookalikes were made is refused (class [AudienceRefused]). After an unknown answer
// it may be asked for again: one that is gone is class [AudienceGone].
func (c *Client) DeleteAudience(ctx context.Context, id AudienceID) (Usage, error) {
	r := &call{op: OpDeleteAudience, audience: id, path: []string{string(id)}}
	if _, err := ParseAudienceID(string(id)); err != nil {
		return Usage{}, r.refusal(err)
	}
	r.decode = func(_ context.Context, body []byte) bool {
		var done struct {
			Success boolean `json:"success"`
		}
		return json.Unmarshal(body, &done) == nil && bool(done.Success)
	}
	return c.do(ctx, r)
}
