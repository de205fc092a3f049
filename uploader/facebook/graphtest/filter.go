package graphtest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// filtered is the list without deleted audiences, those still unlisted and those a filter
// leaves out.
func (s *Server) filtered(c *call) ([]*audience, *graphError) {
	var filters []filter
	if c.params.has("filtering") {
		v := c.params.object("filtering")
		if v.Type() != fastjson.TypeArray {
			return nil, errBadParam("filtering", "an array.")
		}
		for _, e := range v.GetArray() {
			f, err := readFilter(e)
			if err != nil {
				return nil, err
			}
			filters = append(filters, f)
		}
	}
	var list []*audience
	for _, a := range s.audiencesOf(c.account) {
		if c.now.Sub(a.created) < s.opts.ListLag {
			continue
		}
		s.settle(a, c.now)
		if !slices.ContainsFunc(filters, func(f filter) bool { return !f.matches(a) }) {
			list = append(list, a)
		}
	}
	return list, nil
}

// filter is one condition on a field. Filtering by name and subtype is not documented.
type filter struct {
	field, operator string
	values          []string
}

func readFilter(v *fastjson.Value) (filter, *graphError) {
	f := filter{field: jsonText(v.Get("field")), operator: jsonText(v.Get("operator"))}
	if !slices.Contains([]string{"operation_status.code", "delete_time", "name", "subtype"}, f.field) {
		return f, oauthError(100, 0, "(#100) Filtering field %s is invalid", f.field)
	}
	if value := v.Get("value"); value != nil && value.Type() == fastjson.TypeArray {
		for _, e := range value.GetArray() {
			f.values = append(f.values, jsonText(e))
		}
	} else {
		f.values = []string{jsonText(value)}
	}
	if !slices.Contains([]string{"EQUAL", "NOT_EQUAL", "IN", "NOT_IN", "GREATER_THAN", "LESS_THAN", "CONTAIN", "STARTS_WITH"}, f.operator) {
		return f, oauthError(100, 0, "(#100) Filtering operator %s is invalid", f.operator)
	}
	return f, nil
}

func (f filter) matches(a *audience) bool {
	have := map[string]string{
		"operation_status.code": strconv.Itoa(a.operationStatus()), "delete_time": "0",
		"name": a.fields["name"], "subtype": a.fields["subtype"],
	}[f.field]
	switch f.operator {
	case "EQUAL", "IN":
		return slices.Contains(f.values, have)
	case "NOT_EQUAL", "NOT_IN":
		return !slices.Contains(f.values, have)
	}
	if len(f.values) == 0 {
		return false
	}
	switch f.operator {
	case "CONTAIN":
		return strings.Contains(have, f.values[0])
	case "STARTS_WITH":
		return strings.HasPrefix(have, f.values[0])
	}
	n, err := strconv.ParseFloat(have, 64)
	m, err2 := strconv.ParseFloat(f.values[0], 64)
	if err != nil || err2 != nil {
		return false
	}
	return f.operator == "GREATER_THAN" && n > m || f.operator == "LESS_THAN" && n < m
}
