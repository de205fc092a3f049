package uploader

import (
	"testing"

	"muster/schema/musterpb"
)

// A weak key that changed and changed back: what was sent last is not what is
// desired, though both rows are among the synced ones.
func TestPlanSendsAgainWhatALaterRowOverwrote(t *testing.T) {
	t.Parallel()
	row := func(name string) *musterpb.Row {
		return &musterpb.Row{Email: []byte("e1"), Fn: []byte(name)}
	}
	first, second := row("n1"), row("n2")
	m := &musterpb.Member{Desired: []*musterpb.Row{first}, Synced: []*musterpb.Row{first, second}}
	if p := planOf(m, true); len(p.add) != 1 || !p.add[0].EqualVT(first) || len(p.remove) != 0 {
		t.Errorf("plan after the change was taken back: %+v, want the first row added again", p)
	}
	m.Synced = []*musterpb.Row{second, first}
	if p := planOf(m, true); len(p.add) != 0 || len(p.drop) != 1 || !p.drop[0].EqualVT(second) {
		t.Errorf("plan after that: %+v, want the second row superseded", p)
	}
}
