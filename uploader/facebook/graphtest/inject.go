package graphtest

import (
	"maps"
	"math"
	"slices"
	"time"
)

// armed is a fault with what is left of it.
type armed struct {
	Fault
	skip, count int
}

// Inject arms a fault. Faults fire in the order in which they were armed, one a request.
func (s *Server) Inject(f Fault) {
	if !f.Kind.known() {
		panic("graphtest: unknown kind of fault " + string(f.Kind))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Count == 0 {
		f.Count = 1
	}
	s.faults = append(s.faults, &armed{f, f.Skip, f.Count})
}

// ClearFaults disarms every fault that was injected and ends those by chance.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	s.opts.Random.Rates = nil
}

// SetRandomFaults replaces the faults by chance.
func (s *Server) SetRandomFaults(r RandomFaults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Random = r
}

// PendingFaults counts the injected faults that have not fired yet; endless ones count one.
func (s *Server) PendingFaults() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.faults {
		n += max(1, a.count)
	}
	return n
}

// FaultsFired counts, by kind, the requests that a fault really met.
func (s *Server) FaultsFired() map[Kind]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.fired)
}

// strike picks the fault for a request, if any.
func (s *Server) strike(e *Entry) *Fault {
	f := s.injected(e)
	if f == nil {
		f = s.byChance(e)
	}
	if f == nil {
		return nil
	}
	e.Fault = f.Kind
	s.fired[f.Kind]++
	return f
}

func (s *Server) injected(e *Entry) *Fault {
	for i, a := range s.faults {
		if !a.Match.matches(e) {
			continue
		}
		if a.skip > 0 {
			a.skip--
			continue
		}
		if a.count > 0 {
			a.count--
		}
		if a.count == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return &a.Fault
	}
	return nil
}

func (s *Server) byChance(e *Entry) *Fault {
	rates := s.opts.Random.Rates
	if len(rates) == 0 {
		return nil
	}
	dice := s.rand.Float64()
	for _, k := range slices.Sorted(maps.Keys(rates)) {
		if !k.possible(e.Op) {
			continue
		}
		if dice -= rates[k]; dice < 0 {
			return &Fault{Kind: k, Delay: s.opts.Random.Delay}
		}
	}
	return nil
}

// holdBack is how long a fault keeps a request's rows from being applied.
func (f *Fault) holdBack() time.Duration {
	switch {
	case f == nil || !f.Kind.executes():
		return 0
	case f.Kind == Slow && f.Delay == 0:
		return time.Second
	default:
		return f.Delay
	}
}

// regain is the announced time to regain access in minutes.
func (f *Fault) regain() int {
	switch {
	case f.Delay < 0:
		return 0
	case f.Delay == 0:
		return 1
	default:
		return int(math.Ceil(f.Delay.Minutes()))
	}
}

// bend turns the answer into what the fault makes of it.
func (s *Server) bend(c *call, rep *reply) {
	switch c.fault.Kind {
	case Slow:
		rep.delay += c.fault.holdBack()
	case ResetBefore, ResetAfter:
		rep.reset = true
	case TimeoutBefore, TimeoutAfter:
		rep.reset, rep.delay = true, maxHang
	}
}
