package graphtest

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
)

const defaultPageSize = 25

// list answers GET /act_{id}/customaudiences: newest first, in pages.
func (s *Server) list(c *call) (any, *graphError) {
	all, err := s.filtered(c)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.id
	}
	// Ids grow, and the newest come first.
	newestFirst := func(a, b string) int { return -compareNumbers(a, b) }
	names := c.params.names("fields")
	return s.pages(c, ids, newestFirst, func(i int) (map[string]any, *graphError) {
		return project(s.node(all[i]), names, "CustomAudience")
	})
}

// pages answers with the part of a list that limit and cursor ask for. The ids are in the
// given order, by which a cursor is found though what it named is gone.
func (s *Server) pages(c *call, ids []string, order func(a, b string) int, node func(i int) (map[string]any, *graphError)) (any, *graphError) {
	limit := int64(defaultPageSize)
	if c.params.has("limit") {
		n, ok := c.params.number("limit")
		if !ok || n < 1 {
			return nil, errBadParam("limit", "a positive integer.")
		}
		limit = n
	}
	if limit > int64(s.opts.MaxPageSize) {
		return nil, errReduce()
	}
	from, to, err := page(c.params, ids, order, int(limit))
	if err != nil {
		return nil, err
	}
	data := make([]map[string]any, 0, to-from)
	for i := from; i < to; i++ {
		fields, err := node(i)
		if err != nil {
			return nil, err
		}
		data = append(data, fields)
	}
	if len(data) == 0 {
		return map[string]any{"data": data}, nil
	}
	first, last := cursor(ids[from]), cursor(ids[to-1])
	paging := map[string]any{"cursors": map[string]string{"before": first, "after": last}}
	if to < len(ids) {
		paging["next"] = pageAddress(c, "after", last)
	}
	if from > 0 {
		paging["previous"] = pageAddress(c, "before", first)
	}
	return map[string]any{"data": data, "paging": paging}, nil
}

// page finds the part of the list that a cursor and a limit ask for.
func page(p params, ids []string, order func(a, b string) int, limit int) (from, to int, bad *graphError) {
	find := func(name string) (i int, exact bool, bad *graphError) {
		id, err := base64.RawURLEncoding.DecodeString(p.text(name))
		if err != nil {
			return 0, false, oauthError(100, 0, "(#100) Invalid parameter: cursor %s", name)
		}
		i, exact = slices.BinarySearchFunc(ids, string(id), order)
		return i, exact, nil
	}
	switch {
	case p.text("after") != "":
		i, exact, err := find("after")
		if err != nil {
			return 0, 0, err
		}
		if exact {
			i++
		}
		return i, min(i+limit, len(ids)), nil
	case p.text("before") != "":
		i, _, err := find("before")
		if err != nil {
			return 0, 0, err
		}
		return max(0, i-limit), i, nil
	default:
		return 0, min(limit, len(ids)), nil
	}
}

// compareNumbers orders ids of digits by their value.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func cursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// pageAddress is the address of the page before or after a cursor. As on Facebook it
// carries the token when the request's URL did, so it is nothing to log.
func pageAddress(c *call, side, at string) string {
	q := url.Values{}
	for k, v := range c.http.URL.Query() {
		q[k] = v
	}
	q.Del("before")
	q.Del("after")
	q.Set(side, at)
	u := url.URL{Scheme: "https", Host: c.http.Host, Path: c.http.URL.Path, RawQuery: q.Encode()}
	if c.http.TLS == nil && c.http.URL.Scheme != "https" {
		u.Scheme = "http"
	}
	return u.String()
}
