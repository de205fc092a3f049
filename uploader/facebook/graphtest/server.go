package graphtest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Server is the emulated Graph API. It may be used by many goroutines.
type Server struct {
	opts   Options
	people *directory

	mu         sync.Mutex
	apps       map[string]*app
	tokens     map[string]*Token
	codes      map[string]string // login code → app
	accounts   map[string]*account
	audiences  map[string]*audience
	order      []*audience // by creation
	counts     map[*account]int
	faults     []*armed
	fired      map[Kind]int
	journal    journal
	violations []Violation
	tally      tally
	rand       *rand.Rand
	minted     int // tokens and codes made
}

// app is a Facebook app with its meter.
type app struct {
	App
	calls window
}

// New makes a server; it starts nothing.
func New(opts Options) *Server {
	opts = opts.withDefaults()
	s := &Server{
		opts: opts, people: newDirectory(opts.People),
		apps: make(map[string]*app), tokens: make(map[string]*Token), codes: make(map[string]string),
		accounts: make(map[string]*account), audiences: make(map[string]*audience), counts: make(map[*account]int),
		fired:   make(map[Kind]int),
		journal: journal{live: make(map[int64]*inflight), max: opts.JournalSize},
		tally:   tally{byOp: make(map[Op]int), byStatus: make(map[int]int), violations: make(map[ViolationKind]int)},
		rand:    rand.New(rand.NewPCG(opts.Seed, 0x6d7573746572)),
	}
	for _, a := range opts.Apps {
		s.apps[a.ID] = &app{App: a, calls: window{span: time.Hour}}
	}
	for _, t := range opts.Tokens {
		t = t.withDefaults(opts.Apps[0].ID)
		s.tokens[t.Value] = &t
	}
	for _, a := range opts.Accounts {
		acct := newAccount(a)
		s.accounts[acct.ID] = acct
	}
	return s
}

// call is one request on its way.
type call struct {
	http     *http.Request
	entry    *Entry
	route    route
	params   params
	method   string // after the override
	op       Op
	payload  *payload // of membership requests
	badInput *graphError
	token    *Token
	account  *account
	audience *audience
	fault    *Fault
	now      time.Time
	done     bool      // carried out
	due      time.Time // when this call's rows are applied
}

// ServeHTTP answers one request of the Graph API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.arrive(r)
	if err := c.read(s.opts.TooManyRows1_99); err != nil {
		s.leave(c, Abandoned)
		panic(http.ErrAbortHandler)
	}
	rep := s.decide(c)
	s.deliver(w, c, rep)
}

// arrive opens the journal entry.
func (s *Server) arrive(r *http.Request) *call {
	c := &call{http: r, route: parsePath(r.URL.Path)}
	c.entry = &Entry{
		Start: time.Now(), Client: r.Header.Get(s.opts.ClientHeader), Method: r.Method, Path: r.URL.Path,
		Op: OpUnknown, Account: c.route.account, Audience: c.route.object,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.begin(c.entry)
	return c
}

// decide does all the work of a request under the lock and leaves only the waiting.
func (s *Server) decide(c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = time.Now()
	s.identify(c)
	s.watch(c)
	c.fault = s.strike(c.entry)
	rep := s.consult(c)
	if c.account != nil {
		s.meterReply(c, rep)
	}
	rep.delay = s.opts.Latency
	if c.fault != nil {
		s.bend(c, rep)
	}
	s.tally.count(c)
	c.entry.Status, c.entry.Code, c.entry.Subcode = rep.status, rep.code, rep.subcode
	return rep
}

// consult finds the answer: that of a fault, or of the operation.
func (s *Server) consult(c *call) *reply {
	if c.fault != nil && !c.fault.Kind.executes() {
		if rep := c.fault.Kind.reply(c.entry, s.opts.TOSSubcode); rep != nil {
			return rep
		}
		return &reply{} // nothing is done and nothing is answered
	}
	if c.badInput != nil && c.badInput.Status == http.StatusRequestURITooLong {
		return errorReply(c.badInput, c.entry.Seq)
	}
	if err := s.admit(c); err != nil {
		return errorReply(err, c.entry.Seq)
	}
	result, err := s.execute(c)
	c.done = err == nil
	if err != nil {
		return errorReply(err, c.entry.Seq)
	}
	return jsonReply(result)
}

// execute carries out an admitted request.
func (s *Server) execute(c *call) (any, *graphError) {
	if c.audience != nil {
		s.settle(c.audience, c.now)
	}
	do, ok := map[Op]func(*call) (any, *graphError){
		OpList: s.list, OpCreate: s.create, OpRead: s.read, OpUpdate: s.update, OpDelete: s.remove,
		OpAdd: s.users, OpRemove: s.users, OpReplace: s.usersReplace, OpSessions: s.listSessions, OpForget: s.forget,
		OpAccount: s.readAccount, OpMe: s.me, OpPermissions: s.permissions, OpAccounts: s.accountsOf, OpDebugToken: s.debugToken,
		OpLogin: s.login, OpRevoke: s.revoke, OpDialog: s.dialog,
	}[c.entry.Op]
	if !ok {
		return nil, errNoObject(c.method, c.route.object+c.route.account, 33)
	}
	return do(c)
}
