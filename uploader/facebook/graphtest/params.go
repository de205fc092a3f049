package graphtest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// maxBodyBytes bounds what a request may bring; Facebook answers huge uploads by an HTML
// page (python SDK issue 141).
const maxBodyBytes = 64 << 20

// maxQueryBytes is where a URL becomes too long; the real limit is not documented.
const maxQueryBytes = 8 << 10

// params are the parameters of a request, merged from query, form, multipart and JSON
// body; the body wins. Objects come as native JSON or as JSON text.
type params struct {
	values map[string]*fastjson.Value
}

var errBody = errors.New("body is not understood")

// readParams takes in the parameters. It reads the bodies of DELETE too.
func readParams(r *http.Request) (params, error) {
	p := params{values: make(map[string]*fastjson.Value)}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return p, errBody
	}
	p.setForm(query)
	if r.Body == nil {
		return p, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes+1))
	if err != nil {
		return p, err
	}
	if len(body) == 0 {
		return p, nil
	}
	kind, attrs, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), attrs["boundary"]).ReadForm(maxBodyBytes)
		if err != nil {
			return p, errBody
		}
		p.setForm(form.Value)
	case kind == "application/json" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		var parser fastjson.Parser
		v, err := parser.ParseBytes(body)
		if err != nil || v.Type() != fastjson.TypeObject {
			return p, errBody
		}
		v.GetObject().Visit(func(key []byte, v *fastjson.Value) { p.values[string(key)] = v })
	default:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return p, errBody
		}
		p.setForm(form)
	}
	return p, nil
}

func (p params) setForm(form map[string][]string) {
	var arena fastjson.Arena
	for k, v := range form {
		if len(v) > 0 {
			p.values[k] = arena.NewString(v[len(v)-1])
		}
	}
}

func (p params) has(name string) bool { return p.values[name] != nil }

// text is a parameter as text; numbers and truth values in their JSON form.
func (p params) text(name string) string { return jsonText(p.values[name]) }

func jsonText(v *fastjson.Value) string {
	switch {
	case v == nil || v.Type() == fastjson.TypeNull:
		return ""
	case v.Type() == fastjson.TypeString:
		return string(v.GetStringBytes())
	default:
		return string(v.MarshalTo(nil))
	}
}

// object is a parameter that is an object or a list, or JSON text of one; nil when it is
// missing, and a string value when it is text that is no JSON.
func (p params) object(name string) *fastjson.Value {
	v := p.values[name]
	if v == nil || v.Type() != fastjson.TypeString {
		return v
	}
	parsed, err := fastjson.ParseBytes(v.GetStringBytes())
	if err != nil {
		return v
	}
	return parsed
}

// number is a parameter that is a whole number or text of one.
func (p params) number(name string) (int64, bool) {
	return wholeNumber(p.values[name])
}

func wholeNumber(v *fastjson.Value) (int64, bool) {
	n, err := strconv.ParseInt(jsonText(v), 10, 64)
	return n, err == nil
}

// truth is a parameter that is 1, "1", true or "true".
func (p params) truth(name string) bool { return isTrue(p.values[name]) }

func isTrue(v *fastjson.Value) bool {
	s := strings.ToLower(jsonText(v))
	return s == "1" || s == "true"
}

// names is a list of names, as a JSON list or separated by commas.
func (p params) names(name string) []string {
	v := p.object(name)
	if v == nil {
		return nil
	}
	var names []string
	if v.Type() == fastjson.TypeArray {
		for _, e := range v.GetArray() {
			names = append(names, jsonText(e))
		}
		return names
	}
	for n := range strings.SplitSeq(jsonText(v), ",") {
		if n = strings.TrimSpace(n); n != "" {
			names = append(names, n)
		}
	}
	return names
}
