package model

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// forbidden are the packages whose work the model checks.
var forbidden = []string{"muster/schema", "muster/consumer", "muster/membership", "muster/uploader"}

func TestImportsNothingItChecks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("find sources: %v", err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(forbidden, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func TestVectorsAreHashesOfTheirText(t *testing.T) {
	t.Parallel()
	list, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		if v.SHA256 != hashOf(v.Normalised) {
			t.Errorf("%s %q: %s is not the hash of %q", v.Key, v.Raw, v.SHA256, v.Normalised)
		}
		if hash, err := hex.DecodeString(v.SHA256); err != nil || len(hash) != 32 {
			t.Errorf("%s %q: hash %q: %v", v.Key, v.Raw, v.SHA256, err)
		}
	}
}

func testStream(seed uint64) *Stream {
	return New(Options{
		Seed: seed, People: 400, Audiences: 10, Partitions: 3, Steps: 6000,
		Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Tick: 5 * time.Millisecond,
	})
}

func drain(s *Stream) []Record {
	var all []Record
	for {
		r, ok := s.Next()
		if !ok {
			return all
		}
		all = append(all, r)
	}
}

func TestStreamIsRepeatable(t *testing.T) {
	t.Parallel()
	a, b := testStream(1), testStream(1)
	ra, rb := drain(a), drain(b)
	if len(ra) < 6000 {
		t.Fatalf("%d records", len(ra))
	}
	if !reflect.DeepEqual(ra, rb) {
		t.Error("the same seed gives other records")
	}
	if !reflect.DeepEqual(a.Truth().Members(), b.Truth().Members()) {
		t.Error("the same seed gives other members")
	}
	if reflect.DeepEqual(ra, drain(testStream(2))) {
		t.Error("another seed gives the same records")
	}
}

func TestStreamKeepsItsPromises(t *testing.T) {
	t.Parallel()
	s := testStream(7)
	last := make(map[string]time.Time)
	next := make(map[string]int64)
	partition := make(map[string]int)
	var traces, tombstones, junk int
	for _, r := range drain(s) {
		at := r.Topic + strconv.Itoa(r.Partition)
		if r.Offset != next[at] {
			t.Fatalf("%s: offset %d after %d", at, r.Offset, next[at])
		}
		next[at]++
		if r.Time.Before(last[at]) {
			t.Fatalf("%s@%d arrives before the one before it", at, r.Offset)
		}
		last[at] = r.Time
		user := strings.TrimPrefix(string(r.Key), "anon:")
		if p, ok := partition[user]; ok && p != r.Partition {
			t.Fatalf("%s is in partitions %d and %d", user, p, r.Partition)
		}
		partition[user] = r.Partition
		switch {
		case r.Value == nil:
			tombstones++
		case !json.Valid(r.Value):
			junk++
		}
		if r.Trace != "" {
			traces++
		}
	}
	reasonsSeen := make(map[Reason]int)
	for _, d := range s.Truth().DeadLetters {
		reasonsSeen[d.Reason]++
	}
	for _, reason := range reasons {
		if reasonsSeen[reason] == 0 {
			t.Errorf("no dead letter %s", reason)
		}
	}
	for _, typ := range []IgnoredKind{"page", "screen", "group", "alias", "track"} {
		if s.Truth().Ignored[typ] == 0 {
			t.Errorf("no ignored %s", typ)
		}
	}
	if traces == 0 || tombstones == 0 || junk == 0 {
		t.Errorf("%d traces, %d tombstones, %d that are not JSON", traces, tombstones, junk)
	}
	members := s.Truth().Members()
	if len(members) != 10 {
		t.Errorf("%d audiences", len(members))
	}
	for audience, users := range members {
		if len(users) == 0 {
			t.Errorf("nobody is in %s", audience)
		}
	}
}

func TestStreamWithoutEndFinishes(t *testing.T) {
	t.Parallel()
	o := testStream(3).opts
	o.Steps = 0
	s := New(o)
	for range 2000 {
		if _, ok := s.Next(); !ok {
			t.Fatal("a stream without end ended")
		}
	}
	s.Finish()
	if rest := len(drain(s)); rest > 1000 {
		t.Errorf("%d records came after the end", rest)
	}
}

func said(key, place string, replace bool, values ...string) []Said {
	return []Said{{Key: key, Place: place, Replace: replace, Values: values}}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	in := map[string]bool{"a": true}
	for name, tc := range map[string]struct {
		facts []Fact
		want  []Row
	}{
		"nothing to match by": {[]Fact{{At: 1, In: in, Single: map[string]string{"FN": "x"}}}, nil},
		"out of order":        {[]Fact{{At: 2, In: map[string]bool{"a": false}}, {At: 1, In: in, Said: said(email, fromTrait, true, "e")}}, nil},
		"replaced": {[]Fact{
			{At: 1, In: in, Said: said(email, fromTrait, true, "e1")}, {At: 2, Said: said(email, fromTrait, true, "e2")},
		}, []Row{{email: "e2"}}},
		"another place stays": {[]Fact{
			{At: 1, In: in, Said: said(email, fromExternalID, false, "e1")}, {At: 2, Said: said(email, fromTrait, true)},
		}, []Row{{email: "e1"}}},
		"pairs": {[]Fact{
			{At: 1, In: in, Single: map[string]string{"GEN": "m"}, Said: said(email, fromTrait, false, "e2", "e1")},
			{At: 2, Said: said(phone, fromTrait, true, "p")},
		}, []Row{{email: "e1", phone: "p", "GEN": "m"}, {email: "e2", "GEN": "m"}}},
		"erased, then back": {[]Fact{
			{At: 1, In: in, Said: said(email, fromTrait, true, "e1")}, {At: 2, Erase: true},
			{At: 3, In: in, Said: said(phone, fromTrait, true, "p")},
		}, []Row{{phone: "p"}}},
		"tracking off": {[]Fact{
			{At: 1, In: in, Said: []Said{{Key: madid, Place: fromDevice, Platform: "ios", Values: []string{"i"}}}},
			{At: 2, Said: []Said{{Key: madid, Place: fromDevice, Platform: "android", Values: []string{"d"}}}, NoTrack: []string{"ios"}},
		}, []Row{{madid: "d"}}},
		"cleared": {[]Fact{
			{At: 1, In: in, Single: map[string]string{"CT": "x"}, Said: said(email, fromTrait, true, "e")}, {At: 2, Single: map[string]string{"CT": ""}},
		}, []Row{{email: "e"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			truth := newTruth()
			for _, f := range tc.facts {
				f.User = "u"
				truth.add(f)
			}
			if diff := cmp.Diff(tc.want, truth.Members()["a"]["u"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewestKeepsTen(t *testing.T) {
	t.Parallel()
	saidAt := make(map[string]int64)
	for i := range 14 {
		saidAt[strconv.Itoa(100+i)] = int64(i / 2)
	}
	got := newest(saidAt)
	if len(got) != maxValues || got["104"] == 0 || got["103"] != 0 {
		t.Errorf("kept %v", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	wanted := map[string]map[string][]Row{"a": {
		"u1": {{email: "e1", phone: "p1", "FN": "x"}},
		"u2": {{email: "e2", "FN": "y"}},
		"u3": {{email: "e2", "FN": "z"}},
	}}
	u1, u2 := wanted["a"]["u1"][0], wanted["a"]["u2"][0]
	for name, tc := range map[string]struct {
		present []Row
		diffs   int
	}{
		"equal":           {[]Row{u1, u2}, 0},
		"other equal row": {[]Row{u1, {email: "e2", "FN": "z"}}, 0},
		"superseded":      {[]Row{u1, u2, {phone: "p1", "FN": "old"}}, 0},
		"missing":         {[]Row{u2}, 1},
		"weak key":        {[]Row{u1, {email: "e2", "FN": "other"}}, 1},
		"left over":       {[]Row{u1, u2, {email: "e9"}}, 1},
		"of two users":    {[]Row{u1, u2, {email: "e2", phone: "p1"}}, 1},
		"nothing strong":  {[]Row{u1, u2, {"FN": "x"}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diffs := Compare(wanted, map[string][]Row{"a": tc.present}, 10); len(diffs) != tc.diffs {
				t.Errorf("%d differences: %q", len(diffs), diffs)
			}
		})
	}
	if diffs := Compare(wanted, nil, 1); len(diffs) != 2 {
		t.Errorf("limit: %q", diffs)
	}
	if diffs := Compare(nil, map[string][]Row{"b": {u1}}, 1); len(diffs) != 1 {
		t.Errorf("unknown audience: %q", diffs)
	}
}

// TestNamed finds whom a line of Compare speaks of, even when it names values
// only, and values that are no longer wanted.
func TestNamed(t *testing.T) {
	t.Parallel()
	truth := newTruth()
	truth.add(Fact{User: "u000001", At: 1, Said: []Said{{Key: email, Values: []string{"aaaa"}}}})
	truth.add(Fact{User: "u000001", At: 2, Said: []Said{{Key: email, Replace: true, Values: []string{"bbbb"}}}})
	truth.add(Fact{User: "u000002", At: 3, Said: []Said{{Key: email, Values: []string{"cccc"}}}})
	for text, want := range map[string]string{
		"audience_01: should not be there: EMAIL=aaaa": "[u000001]",
		"audience_01: u000002 is missing: EMAIL=cccc":  "[u000002]",
		"audience_01: nothing ever named this":         "[]",
	} {
		if got := fmt.Sprint(truth.Named(text)); got != want {
			t.Errorf("%q names %s, want %s", text, got, want)
		}
	}
}
