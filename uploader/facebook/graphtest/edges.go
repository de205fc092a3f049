package graphtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// fileSources are the values of customer_file_source.
var fileSources = []string{"USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"}

// metadata are the text fields that a client may set and change.
var metadata = []string{"name", "description", "opt_out_link", "customer_file_source", "retention_days", "rule",
	"partner_reference_key"}

// unset are the fields that Meta's SDKs know of and that no customer list has here: they may
// be asked for.
var unset = []string{"data_source_types", "datafile_custom_audience_uploading_status", "excluded_custom_audiences",
	"external_event_source", "fields_violating_integrity_policy", "household_audience", "included_custom_audiences",
	"is_eligible_for_sac_campaigns", "is_household", "is_snapshot", "lookalike_spec", "messenger_marketing_messages_page",
	"owner_business", "page_deletion_marked_delete_time", "pixel_id", "regulated_audience_spec", "rev_share_policy_id",
	"rule_aggregation", "rule_v2", "seed_audience"}

// maxRetentionDays is the longest retention_days (Meta, Custom Audience reference).
const maxRetentionDays = 180

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
	if err := checkMetadata(c.params); err != nil {
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

func checkMetadata(p params) *graphError {
	if v := p.text("customer_file_source"); v != "" && !slices.Contains(fileSources, v) {
		return errBadParam("customer_file_source", "one of {"+strings.Join(fileSources, ", ")+"}")
	}
	if p.has("retention_days") {
		if n, ok := p.number("retention_days"); !ok || n < 1 || n > maxRetentionDays {
			return errBadParam("retention_days", "an integer from 1 to 180.")
		}
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
	if err := checkMetadata(c.params); err != nil {
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
	source, kind := "ANYTHING", "UNKNOWN"
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
		"delete_time": 0, "subtype": a.fields["subtype"], "lookalike_audience_ids": textList(a.lookalikes),
		"audience_labels": textList(a.labels), "sharing_status": map[string]any{"sharing_relationship_id": 0, "status": "NONE"},
	}
	for _, name := range unset {
		all[name] = nil
	}
	for _, name := range metadata {
		all[name] = nil
		if v, ok := a.fields[name]; ok {
			all[name] = v
		}
	}
	if days, err := strconv.Atoi(a.fields["retention_days"]); err == nil {
		all["retention_days"] = days
	}
	return all
}

// textList is a list as a field: one without elements is not set.
func textList(v []string) any {
	if len(v) == 0 {
		return nil
	}
	return v
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
