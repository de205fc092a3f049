package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dashboard is of Grafana's model what is checked.
type dashboard struct {
	file        string
	UID, Title  string
	Description string
	Tags        []string
	Templating  struct{ List []variable }
	Panels      []panel
}

type variable struct {
	Name  string
	Query struct{ Query string }
}

type panel struct {
	ID                 int
	Title, Description string
	Datasource         struct{ UID string }
	Targets            []struct{ Expr string }
	GridPos            struct{ X, Y, W, H int }
}

func dashboards(t *testing.T) (list []dashboard) {
	t.Helper()
	files, err := filepath.Glob("grafana/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := dashboard{file: filepath.Base(file)}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, d)
	}
	if len(list) < 2 {
		t.Fatalf("found %d dashboards", len(list))
	}
	return list
}

// TestDashboards: each panel says what it is for, asks the data source that compose
// provisions, and covers no other.
func TestDashboards(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("compose/grafana/datasources/prometheus.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "uid: prometheus\n") {
		t.Error("compose provisions no data source with the uid prometheus")
	}
	uids := map[string]string{}
	for _, d := range dashboards(t) {
		if other := uids[d.UID]; other != "" || d.UID != "muster-"+strings.TrimSuffix(d.file, ".json") {
			t.Errorf("%s: uid %s, that of %q too; want muster- and the file's name", d.file, d.UID, other)
		}
		uids[d.UID] = d.file
		if d.Title == "" || d.Description == "" {
			t.Errorf("%s: no title or no description", d.file)
		}
		taken := map[[2]int]string{}
		ids := map[int]bool{}
		for _, p := range d.Panels {
			if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || p.Datasource.UID != "prometheus" || ids[p.ID] {
				t.Errorf("%s: panel %d %q lacks a title, a description, a query, the data source or an id of its own", d.file, p.ID, p.Title)
			}
			ids[p.ID] = true
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
						t.Fatalf("%s: %q covers %q or leaves the grid", d.file, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}
