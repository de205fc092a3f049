package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
)

// runsPerCluster is after how many runs the brokers are made anew.
const runsPerCluster = 25

var errFailed = errors.New("a run failed")

// binaries are what is under test, and Facebook.
type binaries struct{ worker, emulator string }

// build makes the binaries.
func build(ctx context.Context, dir string) (binaries, error) {
	b := binaries{filepath.Join(dir, "muster"), filepath.Join(dir, "graph-emulator")}
	for pkg, to := range map[string]string{"muster/cmd/muster": b.worker, "muster/cmd/graph-emulator": b.emulator} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", to, pkg).CombinedOutput(); err != nil {
			return b, fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return b, nil
}

// series is many runs on one cluster after the other.
type series struct {
	settings settings
	out      io.Writer
	binaries binaries
	report   report

	cluster *kafkatest.Cluster
	client  *kafka.Client
	used    int
}

// runSeries runs the seeds that the settings ask for.
func runSeries(ctx context.Context, set settings, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "muster-torture-bin-")
	if err != nil {
		return fmt.Errorf("make directory of binaries: %w", err)
	}
	defer os.RemoveAll(dir)
	s := &series{settings: set, out: out}
	if s.binaries, err = build(ctx, dir); err != nil {
		return err
	}
	defer s.closeCluster()
	done, err := readResults(set.results)
	if err != nil {
		return err
	}
	defer func() { fmt.Fprint(out, &s.report) }() // of an interrupted series too
	began := time.Now()
	failed := 0
	for seed, n := set.seed, 0; ctx.Err() == nil; n++ {
		if set.duration > 0 {
			if time.Since(began) >= set.duration {
				break
			}
			if n > 0 {
				seed = rand.Uint64N(1 << 40)
			}
		} else {
			if n == set.runs {
				break
			}
			seed = set.seed + uint64(n)
			if old, ok := done[seed]; ok {
				s.report.add(old)
				continue
			}
		}
		res, err := s.one(ctx, seed)
		if err != nil {
			return err
		}
		if len(res.Faults) > 0 {
			failed++
		} else if err := writeResult(set.results, res); err != nil {
			return err
		}
		s.report.add(res)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d runs: %w", failed, s.report.runs, errFailed)
	}
	return ctx.Err()
}

// one carries out one seed and says how it went.
func (s *series) one(ctx context.Context, seed uint64) (result, error) {
	if err := s.openCluster(ctx); err != nil {
		return result{}, err
	}
	s.used++
	dir, err := os.MkdirTemp(s.settings.keep, fmt.Sprintf("muster-torture-%d-", seed))
	if err != nil {
		return result{}, fmt.Errorf("make directory of the run: %w", err)
	}
	name := fmt.Sprintf("s%d", seed)
	r := &run{
		plan: newPlan(seed, s.settings.size), dir: dir, binaries: s.binaries, cluster: s.cluster, client: s.client,
		prefix: name + ".", group: name,
	}
	res, err := r.do(ctx, s.settings.converge)
	if ctx.Err() != nil {
		return res, errors.Join(ctx.Err(), os.RemoveAll(dir))
	}
	if err != nil {
		// The run could not be judged. It does not pass, and the brokers are not trusted.
		r.fault("the run broke off: %v", err)
		res.Faults = r.faults
		s.closeCluster()
	}
	fmt.Fprintln(s.out, res)
	if len(res.Faults) == 0 {
		if err := os.RemoveAll(dir); err != nil {
			return res, fmt.Errorf("remove directory of the run: %w", err)
		}
		return res, deleteTopics(ctx, s.client, r.prefix)
	}
	fmt.Fprint(s.out, r.obituary())
	return res, nil
}

func (s *series) openCluster(ctx context.Context) (err error) {
	if s.cluster != nil && s.used < runsPerCluster {
		return nil
	}
	s.closeCluster()
	s.cluster, err = kafkatest.Open(ctx, kafkatest.Options{Nodes: brokers, Doors: maxWorkers, Properties: map[string]string{
		"num.network.threads": "1",
	}})
	if err != nil {
		return err
	}
	s.client = &kafka.Client{
		Addr: kafka.TCP(s.cluster.Addrs()...), Timeout: 10 * time.Second,
		Transport: &kafka.Transport{DialTimeout: 2 * time.Second, MetadataTTL: 2 * time.Second},
	}
	return nil
}

func (s *series) closeCluster() {
	if s.cluster == nil {
		return
	}
	s.client.Transport.(*kafka.Transport).CloseIdleConnections()
	if err := s.cluster.Close(); err != nil {
		fmt.Fprintln(s.out, err)
	}
	s.cluster, s.used = nil, 0
}

// readResults reads the runs that passed, by seed.
func readResults(path string) (map[uint64]result, error) {
	done := make(map[uint64]result)
	if path == "" {
		return done, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer f.Close()
	for dec := json.NewDecoder(f); ; {
		var r result
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			return done, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read results %s: %w; delete the file to begin again", path, err)
		}
		done[r.Seed] = r
	}
}

// writeResult remembers a run that passed.
func writeResult(path string, r result) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = f.Write(append(b, '\n'))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
