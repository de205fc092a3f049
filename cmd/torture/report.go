package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/uploader/facebook/graphtest"
)

// result is what a run leaves.
type result struct {
	Seed     uint64                 `json:"seed"`
	Duration float64                `json:"seconds"`
	Records  int                    `json:"records"`
	Requests int                    `json:"requests"`
	Rows     int                    `json:"rows"`
	Pressure pressure               `json:"pressure"`
	Chaos    map[kind]int           `json:"chaos"`
	Graph    map[graphtest.Kind]int `json:"graph_faults"`
	Faults   []string               `json:"-"`
}

func (r result) String() string {
	verdict := "passed"
	if len(r.Faults) > 0 {
		verdict = "FAILED"
	}
	return fmt.Sprintf("seed %d %s in %.0fs: %d records, %d requests, %d rows checked; %d unanswered, %d opposites, %d handovers; %s; facebook %s",
		r.Seed, verdict, r.Duration, r.Records, r.Requests, r.Rows, r.Pressure.Unanswered, r.Pressure.Opposites, r.Pressure.Handovers, counted(r.Chaos), counted(r.Graph))
}

// counted lists counts by name.
func counted[K ~string](counts map[K]int) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s %d", k, counts[k]))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// report sums up.
type report struct {
	runs, failed, records, requests, rows int
	seconds                               float64
	pressure                              pressure
	chaos                                 map[kind]int
	graph                                 map[graphtest.Kind]int
}

func (t *report) add(r result) {
	if t.chaos == nil {
		t.chaos, t.graph = make(map[kind]int), make(map[graphtest.Kind]int)
	}
	t.runs++
	t.seconds += r.Duration
	t.records += r.Records
	t.requests += r.Requests
	t.rows += r.Rows
	t.pressure.add(r.Pressure)
	if len(r.Faults) > 0 {
		t.failed++
	}
	for k, n := range r.Chaos {
		t.chaos[k] += n
	}
	for k, n := range r.Graph {
		t.graph[k] += n
	}
}

// String is a table.
func (t *report) String() string {
	var b strings.Builder
	line := func(name string, n int) { fmt.Fprintf(&b, "%12d  %s\n", n, name) }
	b.WriteString("\ntotals\n")
	line("runs", t.runs)
	line("failed", t.failed)
	line("seconds", int(t.seconds))
	line("records", t.records)
	line("requests", t.requests)
	line("rows checked", t.rows)
	line("changes of members without an answer", t.pressure.Unanswered)
	line("opposites held back by them", t.pressure.Opposites)
	line("changes of an audience's owner", t.pressure.Handovers)
	sum := 0
	for _, k := range slices.Sorted(maps.Keys(t.chaos)) {
		line(string(k), t.chaos[k])
	}
	for _, k := range slices.Sorted(maps.Keys(t.graph)) {
		line("facebook "+string(k), t.graph[k])
		sum += t.graph[k]
	}
	line("faults of facebook in all", sum)
	return b.String()
}
