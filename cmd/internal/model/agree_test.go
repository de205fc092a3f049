package model

import "testing"

func TestAgree(t *testing.T) {
	t.Parallel()
	truth := newTruth()
	said := func(user string, emails ...string) {
		truth.add(Fact{
			User: user, At: 1, In: map[string]bool{"a": true}, Single: map[string]string{"FN": user},
			Said: []Said{{Key: email, Place: fromTrait, Values: emails}, {Key: phone, Place: fromTrait, Values: []string{"p" + user}}},
		})
	}
	said("1", "e1", "e2")
	truth.add(Fact{User: "2", At: 1, In: map[string]bool{"a": true}, Said: []Said{{Key: email, Place: fromTrait, Values: []string{"family"}}}})
	truth.add(Fact{User: "3", At: 1, In: map[string]bool{"a": true}, Said: []Said{{Key: email, Place: fromTrait, Values: []string{"family"}}}})
	first, second := Row{email: "e1", phone: "p1", "FN": "1"}, Row{email: "e2", "FN": "1"}
	for _, tt := range []struct {
		name       string
		one, other []Row
		agree      bool
	}{
		{"equal", []Row{first, second}, []Row{second, first}, true},
		{"one misses a row", []Row{first, second}, []Row{first}, false},
		{"the other misses a row", []Row{first}, []Row{first, second}, false},
		{"a weak key differs", []Row{first, second}, []Row{first, {email: "e2", "FN": "other"}}, false},
		{"weak keys of who shares all strong ones", []Row{first, {email: "family", "FN": "2"}}, []Row{first, {email: "family", "FN": "3"}}, true},
		{"superseded in one", []Row{first, second, {email: "e2", phone: "p1"}}, []Row{first, second}, true},
		{"superseded in the other", []Row{first, second}, []Row{first, second, {phone: "p1", "FN": "old"}}, true},
		{"left over", []Row{first, second, {email: "e2", phone: "p9"}}, []Row{first, second}, false},
		{"superseded by what only one has", []Row{first, second, {email: "e2"}}, []Row{first}, false},
	} {
		diffs := truth.Agree(map[string][]Row{"a": tt.one}, map[string][]Row{"a": tt.other}, 9)
		if (len(diffs) == 0) != tt.agree {
			t.Errorf("%s: %q", tt.name, diffs)
		}
	}
	for _, tt := range []struct {
		rows  []Row
		agree bool
	}{{nil, true}, {[]Row{{email: "e9"}}, false}} {
		one, none := map[string][]Row{"b": tt.rows}, map[string][]Row{}
		if there, back := truth.Agree(one, none, 9), truth.Agree(none, one, 9); (len(there) == 0) != tt.agree || (len(back) == 0) != tt.agree {
			t.Errorf("an audience of %d rows that only one has: %q, %q", len(tt.rows), there, back)
		}
	}
}
