package worker_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"muster/uploader/facebook/graphtest"
)

// TestHonourEventSettings: the Facebook audience that an event names is filled instead
// of an own one, where that is asked for, and the danger of two writers is told.
func TestHonourEventSettings(t *testing.T) {
	t.Parallel()
	for _, honour := range []bool{false, true} {
		t.Run(fmt.Sprint(honour), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.topic("identify", 1)
				w.topic("audience-membership", 1)
				id := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "made by Segment", "subtype": "CUSTOM"})
				c := w.config()
				c.Facebook.HonourEventSettings = honour
				var log bytes.Buffer
				_, stop := w.run(c, &log)
				w.produce("audience-membership", "u1", fmt.Appendf(nil, `{"type":"identify","userId":"u1","context":{"personas":{"computation_class":"audience",
					"computation_key":"vip","external_audience_id":%q}},"traits":{"vip":true,"email":"jane@example.com"}}`, id))
				name := "vip"
				if honour {
					name = "made by Segment"
				}
				w.await("the row in "+name, func() bool { return w.lines()[name] == 1 })
				if err := stop(); err != nil {
					t.Error(err)
				}
				if told := strings.Contains(log.String(), "must not write to it any more"); told != honour {
					t.Errorf("the warning was given: %t", told)
				}
				if all := w.lines(); honour && len(all) != 1 {
					t.Errorf("audiences %v", all)
				}
			})
		})
	}
}
