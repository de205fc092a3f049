package page

import (
	"embed"
	"html/template"
	"strings"
	"time"

	"muster/cmd/internal/status"
)

//go:embed templates
var sources embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"number": func(n any) string {
		switch n := n.(type) {
		case int:
			return status.Number(int64(n))
		default:
			return status.Number(n.(int64))
		}
	},
	"ago":    status.Ago,
	"about":  status.About,
	"in":     status.In,
	"rfc":    func(t time.Time) string { return t.Format(time.RFC3339) },
	"when":   func(t time.Time) string { return t.Format("2 Jan 2006 15:04:05 UTC") },
	"clock":  func(t time.Time) string { return t.Format("15:04:05 UTC") },
	"period": periodText,
	"took":   func(d time.Duration) string { return d.Round(10 * time.Millisecond).String() },
	"href":   func(key string) string { return "/audience?" + query("key", key) },
	"words":  func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"tone":   status.ToneOf,
}).ParseFS(sources, "templates/*.html"))
