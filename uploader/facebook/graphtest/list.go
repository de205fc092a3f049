package graphtest

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
)

const defaultPageSize = 25

// list answers GET /act_{id}/customaudiences: newest first, in pages.
func (s *Server) list(c *call) (any, *graphError) {
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
	all, err := s.filtered(c)
	if err != nil {
		return nil, err
	}
	from, to, err := page(c.params, all, int(limit))
	if err != nil {
		return nil, err
	}
	names := c.params.names("fields")
	data := make([]map[string]any, 0, to-from)
	for _, a := range all[from:to] {
		fields, err := project(s.node(a), names, "CustomAudience")
		if err != nil {
			return nil, err
		}
		data = append(data, fields)
	}
	if len(data) == 0 {
		return map[string]any{"data": data}, nil
	}
	paging := map[string]any{"cursors": map[string]string{"before": cursor(all[from]), "after": cursor(all[to-1])}}
	if to < len(all) {
		paging["next"] = pageAddress(c, "after", cursor(all[to-1]))
	}
	if from > 0 {
		paging["previous"] = pageAddress(c, "before", cursor(all[from]))
	}
	return map[string]any{"data": data, "paging": paging}, nil
}

// page finds the part of the list that a cursor and a limit ask for.
func page(p params, all []*audience, limit int) (from, to int, bad *graphError) {
	find := func(name string) (int, *graphError) {
		raw, err := base64.RawURLEncoding.DecodeString(p.text(name))
		created, perr := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || perr != nil {
			return 0, oauthError(100, 0, "(#100) Invalid parameter: cursor %s", name)
		}
		// Ids grow; the audience of the cursor itself may be gone.
		return slices.IndexFunc(append(slices.Clone(all), nil), func(a *audience) bool {
			return a == nil || a.number() <= created
		}), nil
	}
	switch {
	case p.text("after") != "":
		i, err := find("after")
		if err != nil {
			return 0, 0, err
		}
		if i < len(all) && cursor(all[i]) == p.text("after") {
			i++
		}
		return i, min(i+limit, len(all)), nil
	case p.text("before") != "":
		i, err := find("before")
		if err != nil {
			return 0, 0, err
		}
		return max(0, i-limit), i, nil
	default:
		return 0, min(limit, len(all)), nil
	}
}

func (a *audience) number() int64 {
	n, err := strconv.ParseInt(a.id, 10, 64)
	if err != nil {
		panic("graphtest: audience id is no number: " + a.id)
	}
	return n
}

func cursor(a *audience) string { return base64.RawURLEncoding.EncodeToString([]byte(a.id)) }

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
