package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/schema/musterpb"
)

func values(vs ...string) [][]byte {
	out := make([][]byte, len(vs))
	for i, v := range vs {
		out[i] = []byte(v)
	}
	return out
}

// rowText writes a row as "EMAIL=e1 FN=f".
func rowText(r *musterpb.Row) string {
	var parts []string
	for k := range Key(NumKeys) {
		if v := Value(r, k); len(v) > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s", k, v))
		}
	}
	return strings.Join(parts, " ")
}

func rowTexts(rows []*musterpb.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, rowText(r))
	}
	return out
}

func TestRows(t *testing.T) {
	t.Parallel()
	var single [NumKeys][]byte
	single[FN], single[Country] = []byte("f"), []byte("us")
	single[Email] = []byte("not from here")
	all := KeySet(1<<NumKeys - 1)
	for _, c := range []struct {
		name   string
		ids    Identifiers
		chosen KeySet
		want   []string
	}{
		{"one of each", Identifiers{Emails: values("e1"), Phones: values("p1"), MADIDs: values("m1"), Single: single}, DefaultKeys,
			[]string{"EMAIL=e1 PHONE=p1 MADID=m1 FN=f COUNTRY=us"}},
		{"as many as the longest list", Identifiers{Emails: values("e1"), Phones: values("p1", "p2", "p3"), MADIDs: values("m1", "m2"), Single: single}, DefaultKeys,
			[]string{"EMAIL=e1 PHONE=p1 MADID=m1 FN=f COUNTRY=us", "PHONE=p2 MADID=m2 FN=f COUNTRY=us", "PHONE=p3 FN=f COUNTRY=us"}},
		{"in the order of the bytes, once", Identifiers{Emails: values("e3", "e1", "e3", "e2")}, DefaultKeys,
			[]string{"EMAIL=e1", "EMAIL=e2", "EMAIL=e3"}},
		{"chosen keys only", Identifiers{Emails: values("e1"), Phones: values("p1", "p2"), Single: single}, KeysOf(Email, Country),
			[]string{"EMAIL=e1 COUNTRY=us"}},
		{"no strong key", Identifiers{Single: single}, all, nil},
		{"no chosen strong key", Identifiers{Emails: values("e1"), Single: single}, KeysOf(Phone, FN), nil},
		{"nothing", Identifiers{}, all, nil},
		{"user id with others", Identifiers{ExternID: "u1", Emails: values("e1", "e2")}, KeysOf(ExternID, Email),
			[]string{"EXTERN_ID=u1 EMAIL=e1", "EXTERN_ID=u1 EMAIL=e2"}},
		{"user id not chosen", Identifiers{ExternID: "u1", Emails: values("e1")}, DefaultKeys, []string{"EMAIL=e1"}},
		{"user id unknown", Identifiers{Emails: values("e1")}, all, []string{"EMAIL=e1 LOOKALIKE_VALUE=0"}},
		{"user id alone", Identifiers{ExternID: "u1", Single: single}, all, nil},
		{"user id alone, allowed", Identifiers{ExternID: "u1", Single: single, ExternIDAlone: true}, KeysOf(ExternID, FN),
			[]string{"EXTERN_ID=u1 FN=f"}},
		{"user id alone, allowed but not chosen", Identifiers{ExternID: "u1", Single: single, ExternIDAlone: true}, DefaultKeys, nil},
		{"no user id, alone allowed", Identifiers{Single: single, ExternIDAlone: true}, all, nil},
		{"value", Identifiers{Emails: values("e1"), LookalikeValue: "44.5"}, KeysOf(Email, LookalikeValue), []string{"EMAIL=e1 LOOKALIKE_VALUE=44.5"}},
		{"missing value is 0", Identifiers{Emails: values("e1")}, KeysOf(Email, LookalikeValue), []string{"EMAIL=e1 LOOKALIKE_VALUE=0"}},
		{"value not chosen", Identifiers{Emails: values("e1"), LookalikeValue: "44.5"}, DefaultKeys, []string{"EMAIL=e1"}},
	} {
		if diff := cmp.Diff(c.want, rowTexts(Rows(&c.ids, c.chosen))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// drawIdentifiers draws from few values, so that duplicates and blanks happen.
func drawIdentifiers(t *rapid.T) *Identifiers {
	list := func(label string) [][]byte {
		return values(rapid.SliceOfN(rapid.StringMatching(`[a-e]{1,2}`), 0, 5).Draw(t, label)...)
	}
	ids := &Identifiers{
		ExternID:       rapid.SampledFrom([]string{"", "u1"}).Draw(t, "extern"),
		ExternIDAlone:  rapid.Bool().Draw(t, "alone"),
		LookalikeValue: rapid.SampledFrom([]string{"", "1.5"}).Draw(t, "value"),
		Emails:         list("emails"), Phones: list("phones"), MADIDs: list("madids"),
	}
	for k := FN; k <= Country; k++ {
		ids.Single[k] = []byte(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, k.String()))
	}
	return ids
}

func distinct(list [][]byte, chosen bool) map[string]bool {
	set := map[string]bool{}
	for _, v := range list {
		if chosen {
			set[string(v)] = true
		}
	}
	return set
}

func TestRowsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := drawIdentifiers(t)
		chosen := KeySet(rapid.Uint32Range(0, 1<<NumKeys-1).Draw(t, "chosen"))
		rows := Rows(ids, chosen)

		lists := map[Key]map[string]bool{
			Email: distinct(ids.Emails, chosen.Has(Email)),
			Phone: distinct(ids.Phones, chosen.Has(Phone)),
			MADID: distinct(ids.MADIDs, chosen.Has(MADID)),
		}
		want := max(len(lists[Email]), len(lists[Phone]), len(lists[MADID]))
		if want == 0 && ids.ExternIDAlone && chosen.Has(ExternID) && ids.ExternID != "" {
			want = 1
		}
		if len(rows) != want {
			t.Fatalf("%d rows, want %d", len(rows), want)
		}

		keys := map[string]bool{}
		found := map[Key]map[string]bool{Email: {}, Phone: {}, MADID: {}}
		for _, r := range rows {
			keys[RowKey(r)] = true
			sendable := false
			for k := range Key(NumKeys) {
				v := Value(r, k)
				if len(v) > 0 && !chosen.Has(k) {
					t.Fatalf("%s was not chosen", k)
				}
				sendable = sendable || k.Strong() && len(v) > 0
				switch {
				case found[k] != nil && len(v) > 0:
					found[k][string(v)] = true
				case FN <= k && k <= Country && chosen.Has(k) && !bytes.Equal(v, ids.Single[k]):
					t.Fatalf("%s = %q, want %q in every row", k, v, ids.Single[k])
				case k == LookalikeValue && chosen.Has(k) && len(v) == 0:
					t.Fatal("a row without its value")
				}
			}
			if !sendable {
				t.Fatalf("a row without a strong key: %s", rowText(r))
			}
		}
		if len(rows) > 0 {
			if diff := cmp.Diff(lists, found); diff != "" {
				t.Fatalf("values of the rows (-want +got):\n%s", diff)
			}
		}
		if len(keys) != len(rows) {
			t.Fatalf("%d rows are %d different ones", len(rows), len(keys))
		}
	})
}

// TestRowsDoNotDependOnOrder is I1 for rows: the same identifiers, in whatever
// order they came, are the same rows; and what came in stays as it was.
func TestRowsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := drawIdentifiers(t)
		other := *ids
		other.Emails = rapid.Permutation(ids.Emails).Draw(t, "emails again")
		other.Phones = rapid.Permutation(ids.Phones).Draw(t, "phones again")
		other.MADIDs = rapid.Permutation(ids.MADIDs).Draw(t, "madids again")
		before := slices.Clone(other.Emails)
		keys := func(rows []*musterpb.Row) (out []string) {
			for _, r := range rows {
				out = append(out, RowKey(r))
			}
			return out
		}
		if diff := cmp.Diff(keys(Rows(ids, DefaultKeys)), keys(Rows(&other, DefaultKeys))); diff != "" {
			t.Fatalf("rows depend on the order (-one +other):\n%s", diff)
		}
		if diff := cmp.Diff(before, other.Emails); diff != "" {
			t.Fatalf("Rows wrote to its input:\n%s", diff)
		}
	})
}
