package graphtest

import (
	"slices"
	"strings"
	"time"
)

// fileSources are the values of customer_file_source.
var fileSources = []string{"USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"}

// metadata are the text fields that a client may set and change.
var metadata = []string{"name", "description", "opt_out_link", "customer_file_source", "retention_days", "rule",
	"partner_reference_key"}

// create answers POST /act_{id}/customaudiences. Names need not be unique.
func (s *Server) create(c *call) (any, *graphError) {
	if c.params.text("name") == "" {
		return nil, errParam("name")
	}
	subtype := c.params.text("subtype")
	if subtype == "" {
		return nil, errParam("subtype")
	}
	if !slices.Contains([]string{"CUSTOM", "LOOKALIKE", "WEBSITE", "APP", "ENGAGEMENT"}, subtype) {
		return nil, errBadParam("subtype", "one of {CUSTOM, LOOKALIKE, WEBSITE, APP, ENGAGEMENT}")
	}
	if err := checkFileSource(c.params); err != nil {
		return nil, err
	}
	if s.countAudiences(c.account) >= c.account.MaxAudiences {
		return nil, oauthError(2654, 0, "Failed to create custom audience").withUser("Too Many Audiences",
			"The ad account holds as many custom audiences as it may.")
	}
	a := s.newAudience(c.account, map[string]string{"subtype": subtype}, c.now)
	a.valueBased = c.params.truth("is_value_based")
	a.setMetadata(c.params)
	c.entry.Audience = a.id
	return map[string]string{"id": a.id}, nil
}

func checkFileSource(p params) *graphError {
	if v := p.text("customer_file_source"); v != "" && !slices.Contains(fileSources, v) {
		return errBadParam("customer_file_source", "one of {"+strings.Join(fileSources, ", ")+"}")
	}
	return nil
}

func (a *audience) setMetadata(p params) {
	for _, name := range metadata {
		if p.has(name) {
			a.fields[name] = p.text(name)
		}
	}
	if p.has("audience_labels") {
		a.labels = p.names("audience_labels")
	}
}

// update answers POST /{audience}.
func (s *Server) update(c *call) (any, *graphError) {
	if c.params.has("name") && c.params.text("name") == "" {
		return nil, errParam("name")
	}
	if err := checkFileSource(c.params); err != nil {
		return nil, err
	}
	c.audience.setMetadata(c.params)
	c.audience.changed = c.now
	return map[string]bool{"success": true}, nil
}

// remove answers DELETE /{audience}.
func (s *Server) remove(c *call) (any, *graphError) {
	a := c.audience
	if len(a.lookalikes) > 0 {
		return nil, oauthError(2656, 0, "Failed to delete custom audience because associated lookalikes exist")
	}
	s.drop(a)
	return map[string]bool{"success": true}, nil
}

func (s *Server) drop(a *audience) {
	a.deleted, a.pending, a.lines, a.people = true, nil, newLines(), make(map[int32]struct{})
	s.counts[a.account]--
}

// read answers GET /{audience}.
func (s *Server) read(c *call) (any, *graphError) {
	names := c.params.names("fields")
	return project(s.node(c.audience), names, "CustomAudience")
}

// node gives all fields of an audience.
func (s *Server) node(a *audience) map[string]any {
	lower, upper, delivery := -1, -1, deliverySmall
	if !a.filled.IsZero() {
		n := s.matched(a)
		lower, upper = n-n/10, n+n/10
		if n >= minDelivery {
			delivery = deliveryReady
		}
	}
	source, kind := "", "UNKNOWN"
	if sub, ok := strings.CutPrefix(a.source, "FILE_IMPORTED."); ok {
		source, kind = sub, "FILE_IMPORTED"
	}
	all := map[string]any{
		"id": a.id, "account_id": strings.TrimPrefix(a.account.ID, "act_"), "is_value_based": a.valueBased,
		"approximate_count_lower_bound": lower, "approximate_count_upper_bound": upper,
		"delivery_status":        codeText{delivery, deliveryText[delivery]},
		"operation_status":       codeText{a.operationStatus(), operationText[a.operationStatus()]},
		"data_source":            map[string]string{"type": kind, "sub_type": source},
		"permission_for_actions": map[string]bool{"can_edit": true, "can_see_insight": true, "can_share": true},
		"time_created":           a.created.Unix(), "time_updated": a.changed.Unix(), "time_content_updated": unix(a.filled),
		"delete_time": 0, "subtype": a.fields["subtype"], "lookalike_audience_ids": a.lookalikes, "audience_labels": a.labels,
		"sharing_status": map[string]any{"sharing_relationship_id": 0, "status": "NONE"},
	}
	for _, name := range metadata {
		all[name] = a.fields[name]
	}
	return all
}

type codeText struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

var deliveryText = map[int]string{
	deliveryReady: "This audience is ready for use.",
	deliverySmall: "Audience too small: it is inactive because it has fewer than 100 people.",
}

var operationText = map[int]string{
	statusNormal:     "Normal",
	statusNoUpload:   "No file has been uploaded",
	statusInvalid:    "High rate of invalid entries in the last session",
	statusReplacing:  "Replace in progress",
	statusReplaceBad: "Replace failed",
	statusPopulating: "We are finding people who match. You can start running ads; the size will increase.",
	statusFlagged:    "Flagged for integrity",
}

// unix is a time as the API gives it; 0 for none.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
