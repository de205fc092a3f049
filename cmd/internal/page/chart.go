package page

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/go-analyze/charts"

	"muster/cmd/internal/status"
)

// chartPolicy is that of a picture: the library writes its styles into the elements.
const chartPolicy = "default-src 'none'; style-src 'unsafe-inline'"

// chart answers with a chart of an audience's history, as SVG.
func (p *page) chart(w http.ResponseWriter, r *http.Request) {
	q, by := r.URL.Query(), byOf(r)
	d, ok := p.Board.Detail(q.Get("key"))
	if !ok {
		http.Error(w, "no such audience", http.StatusNotFound)
		return
	}
	look := look{dark: q.Get("theme") == "dark", narrow: q.Get("width") == "narrow"}
	periods := d.History(by, time.Now())
	draw, text := look.changes, changesText(periods)
	if q.Get("of") == "size" {
		draw, text = look.size, sizeText(periods)
	}
	svg, err := draw(periods, by)
	if err != nil {
		http.Error(w, "the chart cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", chartPolicy)
	_, _ = w.Write([]byte(described(svg, text))) // a lost reader needs no answer
}

// described puts what a picture says in words into it.
func described(svg, text string) string {
	at := strings.Index(svg, ">") + 1
	return svg[:at] + "<title>" + html.EscapeString(text) + "</title>" + svg[at:]
}

// look is how a chart is drawn.
type look struct{ dark, narrow bool }

func rgb(hex uint32) charts.Color {
	return charts.Color{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// theme has the colours of the style sheet.
func (l look) theme() charts.ColorPalette {
	o := charts.ThemeOption{
		AxisStrokeColor: rgb(0x8a94a6), AxisSplitLineColor: rgb(0xe3e8ef), BackgroundColor: rgb(0xffffff), TextColor: rgb(0x4a5568),
		SeriesColors: []charts.Color{rgb(0x1763c7), rgb(0xc2570c)},
	}
	if l.dark {
		o = charts.ThemeOption{
			IsDarkMode:      true,
			AxisStrokeColor: rgb(0x6b778c), AxisSplitLineColor: rgb(0x2a3342), BackgroundColor: rgb(0x161d29), TextColor: rgb(0xb4c0d1),
			SeriesColors: []charts.Color{rgb(0x6aa8f7), rgb(0xf29a57)},
		}
	}
	return charts.MakeTheme(o)
}

func (l look) painter() *charts.Painter {
	o := charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 960, Height: 260}
	if l.narrow {
		o.Width, o.Height = 380, 240
	}
	return charts.NewPainter(o)
}

func (l look) axis(periods []status.Period, by status.By) charts.CategoryAxisOption {
	x := charts.CategoryAxisOption{LabelCount: len(periods), LabelFontStyle: charts.FontStyle{FontSize: 11}}
	for _, p := range periods {
		x.Labels = append(x.Labels, l.label(p.Start, by))
	}
	return x
}

// label stands under a period: where a day, a week or a quarter begins, so that no two
// meet; "" under the others.
func (l look) label(at time.Time, by status.By) string {
	switch {
	case by == status.ByMonth && at.Month()%3 == 1 && (!l.narrow || at.Month()%6 == 1):
		return at.Format("Jan 2006")
	case by == status.ByDay && at.Weekday() == time.Monday && (!l.narrow || at.Day() <= 7 || at.Day() >= 15 && at.Day() <= 21):
		return at.Format("2 Jan")
	case by == status.ByHour && at.Hour() == 0:
		return at.Format("2 Jan")
	case by == status.ByHour && at.Hour()%6 == 0 && !l.narrow, by == status.ByHour && at.Hour() == 12:
		return at.Format("15:04")
	}
	return ""
}

// periodText is when a period began, short.
func periodText(at time.Time, by status.By) string {
	switch by {
	case status.ByDay:
		return at.Format("2 Jan")
	case status.ByMonth:
		return at.Format("Jan 2006")
	default:
		return at.Format("2 Jan 15:04")
	}
}

// short writes a number of an axis.
func short(n float64) string {
	minus := ""
	if n < 0 {
		minus, n = "−", -n
	}
	switch {
	case n >= 1e6:
		return minus + strings.TrimSuffix(fmt.Sprintf("%.1f", n/1e6), ".0") + " M"
	case n >= 1e4:
		return minus + strings.TrimSuffix(fmt.Sprintf("%.1f", n/1e3), ".0") + " k"
	default:
		return minus + status.Number(int64(n))
	}
}

// changes draws what was added upwards and what was removed downwards.
func (l look) changes(periods []status.Period, by status.By) (string, error) {
	added, removed := make([]float64, len(periods)), make([]float64, len(periods))
	for i, p := range periods {
		added[i], removed[i] = float64(p.Added), -float64(p.Removed)
	}
	o := charts.NewBarChartOptionWithData([][]float64{added, removed})
	o.Theme, o.CategoryAxis, o.ValueFormatter = l.theme(), l.axis(periods, by), short
	o.StackSeries = charts.Ptr(true)
	o.Legend = charts.LegendOption{SeriesNames: []string{"added", "removed"}, FontStyle: charts.FontStyle{FontSize: 11}}
	o.Padding = charts.NewBox(8, 8, 12, 4)
	return l.svg(func(p *charts.Painter) error { return p.BarChart(o) })
}

// size draws how many members there were.
func (l look) size(periods []status.Period, by status.By) (string, error) {
	members := make([]float64, len(periods))
	for i, p := range periods {
		members[i] = charts.GetNullValue()
		if p.Known {
			members[i] = float64(p.Size)
		}
	}
	o := charts.NewLineChartOptionWithData([][]float64{members})
	o.Theme, o.XAxis, o.ValueFormatter = l.theme(), l.axis(periods, by), short
	o.FillArea, o.FillOpacity, o.LineStrokeWidth = charts.Ptr(true), 40, 2
	o.Symbol = charts.Symbol{Shape: charts.SymbolNone}
	o.Legend = charts.LegendOption{SeriesNames: []string{"members"}, FontStyle: charts.FontStyle{FontSize: 11}}
	o.Padding = charts.NewBox(8, 8, 12, 4)
	return l.svg(func(p *charts.Painter) error { return p.LineChart(o) })
}

func (l look) svg(draw func(*charts.Painter) error) (string, error) {
	p := l.painter()
	if err := draw(p); err != nil {
		return "", fmt.Errorf("draw chart: %w", err)
	}
	svg, err := p.Bytes()
	if err != nil {
		return "", fmt.Errorf("draw chart: %w", err)
	}
	return string(svg), nil
}
