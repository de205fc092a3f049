package worker

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/uploader"
	"muster/uploader/facebook"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	task := func(p int, s consumer.State) consumer.TaskStatus { return consumer.TaskStatus{Partition: p, State: s} }
	failed := consumer.TaskStatus{Partition: 1, State: consumer.StateFailed, Err: errors.New("broker away")}
	lost := consumer.TaskStatus{Partition: 2, State: consumer.StateDataLoss, Err: errors.New("offset 5 is gone")}
	restoring := consumer.TaskStatus{Partition: 3, State: consumer.StateRestoring, RestoreDone: 4, RestoreTotal: 9}
	tests := []struct {
		name    string
		stages  []consumer.StageStatus
		needs   needs
		state   State
		serving bool
		line    string
	}{
		{name: "nothing assigned", stages: []consumer.StageStatus{{Name: "membership"}}, state: Ready, serving: true, line: "ready"},
		{name: "running", stages: []consumer.StageStatus{{Name: "membership", Tasks: []consumer.TaskStatus{task(0, consumer.StateRunning), task(1, consumer.StateDraining)}}},
			state: Ready, serving: true, line: "ready"},
		{name: "the token ends", stages: []consumer.StageStatus{{Name: "uploader"}},
			needs: needs{token: []facebook.Finding{{Title: "the token expires on 2026-12-01", Remedy: "run muster auth refresh"}}},
			state: Ready, serving: true, line: "ready: access token: the token expires on 2026-12-01: run muster auth refresh"},
		{name: "restoring", stages: []consumer.StageStatus{{Name: "uploader", Tasks: []consumer.TaskStatus{task(0, consumer.StateRunning), restoring}}},
			state: Restoring, line: "restoring: task uploader/3 is taking over, 4 of 9 changelog records read"},
		{name: "failed beats restoring", stages: []consumer.StageStatus{{Name: "uploader", Tasks: []consumer.TaskStatus{failed, restoring}}},
			state: Degraded, line: "degraded: task uploader/1 failed and will be tried again: broker away; task uploader/3 is taking over, 4 of 9 changelog records read"},
		{name: "no stage can run", stages: []consumer.StageStatus{{Name: "uploader", Err: errors.New("counts differ")}},
			state: Degraded, line: "degraded: stage uploader: counts differ"},
		{name: "data loss is a decision", stages: []consumer.StageStatus{{Name: "membership", Tasks: []consumer.TaskStatus{lost}}},
			state: Blocked, serving: true, line: "blocked: task membership/2 waits for a decision: offset 5 is gone"},
		{name: "not fenced", stages: []consumer.StageStatus{{Name: "membership", Tasks: []consumer.TaskStatus{
			{State: consumer.StateRunning, Guard: consumer.GuardSequence}, {State: consumer.StateRunning, Guard: consumer.GuardPosition}, {State: consumer.StateRunning, Guard: consumer.GuardEpoch},
		}}}, state: Ready, serving: true,
			line: "ready: brokers grant no transactional id, former owners of 2 tasks are noticed but not shut out: see the warning in the log for the command that grants it"},
		{name: "not keyed", stages: []consumer.StageStatus{{Name: "membership"}}, needs: needs{notKeyed: map[string]int64{"identify": 7}},
			state: Blocked, serving: true, line: "blocked: source identify holds records that are not keyed by their user (7 seen, not_keyed in the dead letters): set sources[].repartition: true on all sources, with another group and topics.prefix, or key it by userId, or by anonymousId where there is none"},
		{name: "two sources", stages: []consumer.StageStatus{{Name: "uploader"}}, needs: needs{twoSources: map[string]int64{"vip": 2}},
			state: Blocked, serving: true, line: "blocked: audience vip hears of one member from two source partitions (2 records left out, alarm two_sources): set sources[].repartition: true on all sources, with another group and topics.prefix, or key them by userId, or by anonymousId where there is none"},
		{name: "erasures are overdue", stages: []consumer.StageStatus{{Name: "uploader"}}, needs: needs{overdue: map[string]uploader.Overdue{"vip": {Erasures: 3, Remedy: "Run muster audience resume vip."}}},
			state: Blocked, serving: true, line: "blocked: audience vip may still hold rows of 3 erased users, longer than erase.overdue_after: Run muster audience resume vip."},
		{name: "erasures are overdue in an ad account", stages: []consumer.StageStatus{{Name: "uploader"}}, needs: needs{overdueIn: map[facebook.AccountID]uploader.Overdue{"7": {Erasures: 3, Remedy: "Wait."}}},
			state: Blocked, serving: true, line: "blocked: audiences of others in ad account 7 may still hold 3 erased users, longer than erase.overdue_after: Wait."},
		{name: "audiences wait for a person", stages: []consumer.StageStatus{{Name: "uploader"}}, needs: needs{blocked: map[string]uploader.Block{
			"a": {Reason: "reauth", Title: "the token is refused", Remedy: "Make another."}, "b": {Reason: "reauth", Title: "the token is refused", Remedy: "Make another."},
			"c": {Reason: "reauth", Title: "the token is refused", Remedy: "Make another."}, "d": {Reason: "reauth", Title: "the token is refused", Remedy: "Make another."},
			"e": {Reason: "audience_flagged", Title: "it is flagged", Remedy: "Ask Meta."},
		}}, state: Blocked, serving: true,
			line: "blocked: nothing is sent to audience e (audience_flagged): it is flagged: Ask Meta.; nothing is sent to audiences a, b, c and 1 more (reauth): the token is refused: Make another."},
		{name: "restoring beats blocked", stages: []consumer.StageStatus{{Name: "membership", Tasks: []consumer.TaskStatus{lost, restoring}}},
			state: Restoring, line: "restoring: task membership/2 waits for a decision: offset 5 is gone; task membership/3 is taking over, 4 of 9 changelog records read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := judge(test.stages, test.needs)
			if s.State != test.state || s.Serving() != test.serving {
				t.Errorf("got %s, serving %t", s.State, s.Serving())
			}
			if diff := cmp.Diff(test.line, s.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
