package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var testSize = size{people: 100, audiences: 8, steps: 1000, partitions: 2, chaos: 40 * time.Second}

// TestPlanFollowsFromItsSeed: a failed run can be repeated by its seed alone.
func TestPlanFollowsFromItsSeed(t *testing.T) {
	t.Parallel()
	seen := make(map[string]uint64)
	for seed := range uint64(200) {
		text := newPlan(seed, testSize).String()
		if again := newPlan(seed, testSize).String(); again != text {
			t.Fatalf("seed %d gives two plans:\n%s\n%s", seed, text, again)
		}
		body := text[strings.Index(text, ":"):]
		if other, ok := seen[body]; ok {
			t.Errorf("seeds %d and %d give one plan", other, seed)
		}
		seen[body] = seed
	}
}

// TestPlansCoverAll: among a series of seeds everything breaks, and nothing
// that leaves Facebook without a way to converge.
func TestPlansCoverAll(t *testing.T) {
	t.Parallel()
	counts := make(map[kind]int)
	for seed := range uint64(200) {
		p := newPlan(seed, testSize)
		all := slices.Concat(append(p.workers[:], p.brokers, p.graph, p.group)...)
		for _, s := range all {
			counts[s.kind]++
		}
		for _, t := range p.turns {
			counts[t.kind]++
		}
		if slices.ContainsFunc(p.workers[0], func(s step) bool { return s.kind == leave }) {
			t.Errorf("seed %d: the first worker leaves for good", seed)
		}
		for i := 1; i < len(p.brokers); i++ {
			if p.brokers[i].at < p.brokers[i-1].at {
				t.Errorf("seed %d: brokers out of order", seed)
			}
		}
	}
	for _, k := range []kind{
		killWorker, killInFlight, freeze, freezeFlight, freezeRetry, restartWorker, restartLate, leave, join, wipeState, spoilState,
		cutKafka, hushKafka, slowKafka, narrowKafka, cutGraph, hushGraph, slowGraph,
		killBroker, freezeBroker, hidden, deleted, burst, unsigned, expired, throttled, replayAll, replayTime, replayRandom, replayMembers,
	} {
		if counts[k] < 10 {
			t.Errorf("%s is planned %d times in 200 runs", k, counts[k])
		}
	}
}
