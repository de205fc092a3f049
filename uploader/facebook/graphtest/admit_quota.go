package graphtest

import "time"

func (s *Server) admitQuota(c *call) *graphError {
	if a := s.apps[c.token.AppID]; a != nil {
		a.calls.add(c.now, 1)
		if a.calls.sum(c.now) > s.opts.AppCallsPerHour {
			return errAppThrottled()
		}
	}
	if c.account.meter.take(c.now, c.op.writes(), s.countAudiences(c.account)) {
		return nil
	}
	switch {
	case c.op != OpAdd:
		return errAccountThrottled()
	case s.opts.UsersThrottle613:
		return errCallsThrottled()
	default:
		return errScoreThrottled()
	}
}

// meterReply adds the usage headers, and remembers what time the client was told to wait.
func (s *Server) meterReply(c *call, rep *reply) {
	u := c.account.meter.usage(c.now, c.account.ID, s.countAudiences(c.account))
	if c.token != nil {
		if a := s.apps[c.token.AppID]; a != nil {
			u.app = percent(a.calls.sum(c.now), s.opts.AppCallsPerHour)
		}
	}
	throttled := u.regain > 0
	if c.fault != nil {
		switch {
		case c.fault.Kind.throttles():
			u.calls, u.score, u.regain, throttled = 100, 100, c.fault.regain(), c.fault.regain() > 0
		case c.fault.Kind == Code4:
			u.app = 100
		case !c.fault.Kind.executes():
			return // Facebook's front knows no quotas
		}
	}
	if rep.header == nil {
		rep.header = make(map[string][]string)
	}
	setUsage(rep.header, u, c.op == OpAdd)
	if throttled && rep.code != 0 {
		c.account.tell(c.entry.Client, order{
			from: c.now.Add(s.opts.Latency), until: c.now.Add(time.Duration(u.regain) * time.Minute),
		})
	}
}
