package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/schema"
	"muster/uploader/facebook/graphtest"
)

// assignment is a worker's line in its log: these tasks are mine.
type assignment struct {
	at         time.Time
	generation int
	tasks      map[int]bool
}

// judgeOwners holds I3 against the journal: once an owner of an audience's task
// has made a request, none arrives of an owner of an earlier generation. A
// request's generation is the newest in which its client had the task by then,
// by the client's log.
func (r *run) judgeOwners(ctx context.Context) error {
	owned := make(map[string][]assignment)
	for _, w := range r.workers {
		for life := 1; life <= w.life; life++ {
			client := fmt.Sprintf("w%d.%d", w.n, life)
			list, err := assignments(filepath.Join(r.dir, client+".log"))
			if err != nil {
				return err
			}
			owned[client] = list
		}
	}
	audiences, err := r.graph.audiences(ctx)
	if err != nil {
		return err
	}
	tasks := make(map[string]int)
	for _, a := range audiences {
		tasks[a.ID] = schema.AudiencePartition(a.Name, r.plan.size.partitions)
	}
	journal, err := r.graph.journal(ctx)
	if err != nil {
		return err
	}
	for _, text := range formerOwners(journal, tasks, owned) {
		r.fault("%s", text)
	}
	return nil
}

// formerOwners finds the requests that came too late. tasks are those of the
// audiences, owned what each client had.
func formerOwners(journal []graphtest.Entry, tasks map[string]int, owned map[string][]assignment) (faults []string) {
	newest := make(map[string]request)
	for _, e := range journal {
		task, ok := tasks[e.Audience]
		if !ok || e.Op != graphtest.OpAdd && e.Op != graphtest.OpRemove {
			continue
		}
		now := request{entry: e, generation: generationOf(owned[e.Client], task, e.Start)}
		last, seen := newest[e.Audience]
		switch {
		case now.generation < 0:
			faults = append(faults, fmt.Sprintf("request %d on audience %s is of %s, which never had task %d", e.Seq, e.Audience, e.Client, task))
		case seen && now.generation < last.generation:
			faults = append(faults, fmt.Sprintf("request %d on audience %s is of former owner %s (generation %d), after request %d of %s (generation %d)",
				e.Seq, e.Audience, e.Client, now.generation, last.entry.Seq, last.entry.Client, last.generation))
		default:
			newest[e.Audience] = now
		}
	}
	return faults
}

type request struct {
	entry      graphtest.Entry
	generation int
}

// generationOf is the newest generation in which a client had the task.
func generationOf(list []assignment, task int, at time.Time) int {
	generation := -1
	for _, a := range list {
		if a.tasks[task] && !a.at.After(at) {
			generation = max(generation, a.generation)
		}
	}
	return generation
}

var assignedForm = regexp.MustCompile(`^time=(\S+) level=INFO msg=assigned stage=uploader .*generation=(\d+) tasks="?\[([0-9 ]*)\]"?`)

// assignments reads a worker's log.
func assignments(log string) (list []assignment, err error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, fmt.Errorf("read worker's log: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := assignedForm.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		a := assignment{tasks: make(map[int]bool)}
		if a.at, err = time.Parse(time.RFC3339Nano, m[1]); err != nil {
			return nil, fmt.Errorf("read worker's log: %w", err)
		}
		a.at = a.at.Truncate(time.Millisecond)
		if a.generation, err = strconv.Atoi(m[2]); err != nil {
			return nil, fmt.Errorf("read worker's log: %w", err)
		}
		for _, text := range strings.Fields(m[3]) {
			p, err := strconv.Atoi(text)
			if err != nil {
				return nil, fmt.Errorf("read worker's log: %w", err)
			}
			a.tasks[p] = true
		}
		list = append(list, a)
	}
	return list, lines.Err()
}
