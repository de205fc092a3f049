package page

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/cmd/internal/status"
)

// audienceView is what the page of one audience shows.
type audienceView struct {
	frame
	status.Detail
	By      status.By
	Ranges  []rangeView
	Periods []status.Period // the newest first
	Changes chartView
	Size    chartView
}

// rangeView is one way to divide the history.
type rangeView struct {
	Text, Href string
	Chosen     bool
}

// chartView is where a chart is found, for light and dark, wide and narrow, and what it
// says in words.
type chartView struct{ Light, Dark, LightNarrow, DarkNarrow, Text string }

var ranges = []struct {
	by   status.By
	text string
}{
	{status.ByHour, "3 days by hour"}, {status.ByDay, "60 days"}, {status.ByMonth, "24 months"},
}

func (p *page) audience(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	key, by := r.URL.Query().Get("key"), byOf(r)
	d, ok := p.Board.Detail(key)
	if !ok {
		show(w, http.StatusNotFound, "missing.html", struct {
			frame
			Key string
		}{p.frame("No such audience", now), key})
		return
	}
	v := audienceView{frame: p.frame(d.Title(), now), Detail: d, By: by, Periods: d.History(by, now)}
	for _, x := range ranges {
		v.Ranges = append(v.Ranges, rangeView{Text: x.text, Href: "/audience?" + query("key", key, "by", string(x.by)) + "#history", Chosen: x.by == by})
	}
	v.Changes = chartAt("changes", key, by, v.Periods, changesText(v.Periods))
	v.Size = chartAt("size", key, by, v.Periods, sizeText(v.Periods))
	slices.Reverse(v.Periods)
	show(w, http.StatusOK, "audience.html", v)
}

func byOf(r *http.Request) status.By {
	by := status.By(r.URL.Query().Get("by"))
	if by == status.ByDay || by == status.ByMonth {
		return by
	}
	return status.ByHour
}

// query encodes names and values.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// chartAt has a chart's address change with what it shows, so that a page that is
// brought up to date shows the new one.
func chartAt(of, key string, by status.By, periods []status.Period, text string) chartView {
	h := fnv.New64a()
	fmt.Fprint(h, periods)
	at := func(theme, width string) string {
		return "/chart.svg?" + query("key", key, "of", of, "by", string(by), "theme", theme, "width", width, "v", strconv.FormatUint(h.Sum64(), 16))
	}
	return chartView{
		Light: at("light", "wide"), Dark: at("dark", "wide"), LightNarrow: at("light", "narrow"), DarkNarrow: at("dark", "narrow"), Text: text,
	}
}

func changesText(periods []status.Period) string {
	var added, removed int64
	for _, p := range periods {
		added += p.Added
		removed += p.Removed
	}
	return fmt.Sprintf("Rows added and removed: %s added and %s removed in all. The numbers are in the table below.", status.Number(added), status.Number(removed))
}

func sizeText(periods []status.Period) string {
	known := slices.DeleteFunc(slices.Clone(periods), func(p status.Period) bool { return !p.Known })
	if len(known) == 0 {
		return "Members: nothing was counted yet."
	}
	least := slices.MinFunc(known, func(a, b status.Period) int { return int(a.Size - b.Size) })
	most := slices.MaxFunc(known, func(a, b status.Period) int { return int(a.Size - b.Size) })
	var b strings.Builder
	fmt.Fprintf(&b, "Members: from %s to %s, between %s and %s. The numbers are in the table below.",
		status.Number(known[0].Size), status.Number(known[len(known)-1].Size), status.Number(least.Size), status.Number(most.Size))
	return b.String()
}
