package uploader

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"regexp"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"muster/schema"
	"muster/uploader/facebook"
)

// Options configure the stage. Facebook, Installation, Account and Topic are
// needed; zero durations and counts stand for the defaults named here.
type Options struct {
	Facebook Facebook
	// Installation names this Muster in the marker of the audiences it makes. Two
	// installations on one ad account must differ in it. It must not change:
	// audiences are found by it when the state is lost.
	Installation string
	// Account holds audiences that the configuration puts nowhere else.
	Account facebook.AccountID
	// Audiences holds what is configured of single audiences, by key.
	Audiences map[string]AudienceOptions
	// Topic takes the audiences' status rows.
	Topic string
	// Rejected takes the rows that Facebook does not take, without their values; "" =
	// they are counted only.
	Rejected string
	// Audit takes the steps of erasures; "" = none are told.
	Audit string
	// EraseAccounts has erasures that are said as a whole carried out in every ad account
	// named here: Facebook removes the person from all audiences there, other people's
	// too. Otherwise they are called off.
	EraseAccounts bool
	// Members is the topic that member rows come by; every task of the stage is told there
	// of what EraseAccounts has removed. Needed with it and, to
	// end what it began, after it.
	Members string
	// OverdueAfter is how long rows of an erased user may be at Facebook before that is
	// told loudly. Default 72 h: removals that are refused have been tried a dozen times
	// by then, and of the month that Art. 12 (3) GDPR grants, four weeks are left for a
	// person to act.
	OverdueAfter time.Duration
	// Commands is the input that people's commands come by; "" = there are none.
	Commands string
	// MaxRemovedShare is the share of an audience of 1,000 rows or more above which
	// what leaves it within one window period is held until a person agrees.
	// Default 0.5; 1 = never.
	MaxRemovedShare float64
	// HoldNew has an audience that Facebook does not have held, until a person
	// agrees to its being created.
	HoldNew bool
	// Include and Exclude choose audiences by patterns of their keys, as path.Match
	// reads them: those that match Include, all where that is empty, and do not match
	// Exclude. The others are left out.
	Include, Exclude []string
	// Spaces are the spaces of the stream of which several may use one audience key.
	// Otherwise a key that two of them use is blocked.
	Spaces []string
	// Recreate is AudienceOptions.Recreate of audiences that are not in Audiences.
	Recreate bool
	// MaxAudiences is how many audiences an account may hold, of whomever, before
	// none is created any more. Facebook's limit is 500 customer lists (Meta,
	// "Custom Audiences"). Default 450.
	MaxAudiences int

	// Name and Description are what AudienceOptions.Name and Description are of
	// audiences without their own. Default: the stream's name, else the key; and that
	// Muster keeps the audience.
	Name, Description *schema.AudienceText
	// Source is AudienceOptions.Source of audiences without their own.
	Source facebook.CustomerFileSource

	// Window is the period after which an audience's delta is sent. Default 1 h.
	Window time.Duration
	// Quiet: a first sync is sent early once nothing has changed for so long.
	// Default 1 min.
	Quiet time.Duration
	// ResendOver is the time over which every audience is sent anew. Default 30
	// days; negative = never.
	ResendOver time.Duration
	// RequestTimeout is how long a request may still take effect after it was
	// begun: no opposite request follows an unknown answer sooner. It must not be
	// below the client's time-out. Default 60 s.
	RequestTimeout time.Duration
	// TakeoverWait is the time before the first upload when the former owner did
	// not release the task: lease and request time-out. Default 2 min.
	TakeoverWait time.Duration
	// SlowBeat is how often something that needs a person is tried again.
	// Default 10 min.
	SlowBeat time.Duration
	// OwedEvery is how often removals that Facebook refused are tried again.
	// Default 6 h.
	OwedEvery time.Duration
	// StatusEvery is the least time between two status rows of an audience.
	// Default 5 s.
	StatusEvery time.Duration
	// ReadEvery is how often Facebook is asked for an audience's size and state, in
	// spare capacity. Default 6 h; negative = never.
	ReadEvery time.Duration
	// KeepEmptied is how long a member with nothing in it keeps its version.
	// Default 7 days.
	KeepEmptied time.Duration
	// RetryBase and RetryMax bound the waits between repeats of a request that
	// failed for the moment. Default 1 s and 2 min.
	RetryBase, RetryMax time.Duration
	// MaxTries is how often a request is tried before its window is given up and
	// a new one is made of what is then desired. Default 10.
	MaxTries int

	// MaxRows and MaxBatchBytes bound a request. Default 10,000 and 1,500,000.
	MaxRows, MaxBatchBytes int
	// MaxSlice is how many members one Tick looks at. Default 10,000.
	MaxSlice int
	// MaxInFlight is how many requests a task has in flight. Default 4.
	MaxInFlight int

	// MaxLabels is how many audiences metrics tell apart; what is beyond is summed up as
	// "other". Default 200.
	MaxLabels int
	// LabelByID has metrics and spans name audiences by their Facebook ids, for keys may
	// say what nobody else may know.
	LabelByID bool

	// Health, if set, is told of what only a person can mend.
	Health         *Health
	jitter         func(wait time.Duration) time.Duration
	Logger         *slog.Logger
	TracerProvider trace.TracerProvider // default: the global one
	MeterProvider  metric.MeterProvider // default: the global one
}

// AudienceOptions are what is configured of one audience.
type AudienceOptions struct {
	// Name and Description are what the Facebook audience is called when it is made,
	// cut to 150 and 180 characters. Default Options.Name and Options.Description.
	Name, Description *schema.AudienceText
	// Source is what Facebook is told, when the audience is made, of where its rows
	// come from. Default Options.Source, then facebook.SourceUser.
	Source facebook.CustomerFileSource

	FacebookID facebook.AudienceID // an existing audience; default: an own one
	// FacebookName finds an existing audience by its name, which must be unique in the
	// account; none is made. Not with FacebookID.
	FacebookName string
	Account      facebook.AccountID // default Options.Account
	// ValueBased makes the audience value-based: rows carry LOOKALIKE_VALUE. A Facebook
	// audience that is not as it says is left alone, and a person told.
	ValueBased bool
	// DataProcessing is said in every row, AppIDs and PageIDs in every request.
	DataProcessing  DataProcessing
	AppIDs, PageIDs []string
	Window          time.Duration // default Options.Window
	// ResendOver is the time over which the audience is sent anew. Default
	// Options.ResendOver; negative = never.
	ResendOver time.Duration
	// ResyncEvery is how often all of it is sent again at once; 0 = never.
	ResyncEvery time.Duration
	// Recreate has the audience made anew, and sent whole, when Facebook says that it
	// is gone. Otherwise it is blocked until a person acts.
	Recreate bool
	// AddOnly has members added and none removed, erased users excepted. Facebook may
	// hold all of them until they are removed after all, when it is false again.
	AddOnly bool
	// LeaveOut has the audience's members kept and nothing sent.
	LeaveOut bool
}

func (o Options) withDefaults() Options {
	o.Window = cmp.Or(o.Window, time.Hour)
	o.Quiet = cmp.Or(o.Quiet, time.Minute)
	o.ResendOver = cmp.Or(o.ResendOver, 30*24*time.Hour)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, facebook.DefaultTimeout)
	o.TakeoverWait = cmp.Or(o.TakeoverWait, 2*time.Minute)
	o.SlowBeat = cmp.Or(o.SlowBeat, 10*time.Minute)
	o.OwedEvery = cmp.Or(o.OwedEvery, 6*time.Hour)
	o.OverdueAfter = cmp.Or(o.OverdueAfter, 72*time.Hour)
	o.StatusEvery = cmp.Or(o.StatusEvery, 5*time.Second)
	o.ReadEvery = cmp.Or(o.ReadEvery, 6*time.Hour)
	o.KeepEmptied = cmp.Or(o.KeepEmptied, 7*24*time.Hour)
	o.RetryBase = cmp.Or(o.RetryBase, time.Second)
	o.RetryMax = cmp.Or(o.RetryMax, 2*time.Minute)
	o.MaxTries = cmp.Or(o.MaxTries, 10)
	o.MaxRows = cmp.Or(o.MaxRows, facebook.MaxRows)
	o.MaxBatchBytes = cmp.Or(o.MaxBatchBytes, 1_500_000)
	o.MaxRemovedShare = cmp.Or(o.MaxRemovedShare, 0.5)
	o.MaxAudiences = cmp.Or(o.MaxAudiences, 450)
	o.MaxSlice = cmp.Or(o.MaxSlice, 10_000)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 4)
	o.MaxLabels = cmp.Or(o.MaxLabels, 200)
	if o.Health == nil {
		o.Health = new(Health)
	}
	if o.jitter == nil {
		o.jitter = jitter
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// validate returns every mistake.
func (o Options) validate() error {
	var mistakes []error
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	if o.Facebook == nil {
		wrong("facebook client: none given")
	}
	if o.Installation == "" {
		wrong("installation: want a name")
	}
	if o.EraseAccounts && o.Members == "" {
		wrong("topic of members: want a name, to erase in whole ad accounts")
	}
	if o.Topic == "" {
		wrong("status topic: want a name")
	}
	for _, pattern := range append(o.Include[:len(o.Include):len(o.Include)], o.Exclude...) {
		if _, err := path.Match(pattern, ""); err != nil {
			wrong("audience pattern %q: %w", pattern, err)
		}
	}
	for name, d := range map[string]time.Duration{
		"window": o.Window, "quiet": o.Quiet, "request time-out": o.RequestTimeout,
		"takeover wait": o.TakeoverWait, "slow beat": o.SlowBeat, "owed every": o.OwedEvery, "overdue after": o.OverdueAfter, "status every": o.StatusEvery,
		"keep emptied": o.KeepEmptied, "retry base": o.RetryBase, "retry max": o.RetryMax,
	} {
		if d < 0 {
			wrong("%s %s: want more than 0", name, d)
		}
	}
	if o.MaxRows < 1 || o.MaxRows > facebook.MaxRows {
		wrong("max rows %d: want 1 to %d", o.MaxRows, facebook.MaxRows)
	}
	for name, n := range map[string]int{"max tries": o.MaxTries, "max batch bytes": o.MaxBatchBytes, "max slice": o.MaxSlice, "max in flight": o.MaxInFlight, "max labels": o.MaxLabels} {
		if n < 1 {
			wrong("%s %d: want 1 or more", name, n)
		}
	}
	mistakes = append(mistakes, o.twoKeys()...)
	slices.SortFunc(mistakes, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(mistakes...)
}

// dataOption is what goes into a request as it is.
var dataOption = regexp.MustCompile(`^[A-Z_]+$`)

// twoKeys refuses two keys on one Facebook audience: each would undo the other.
func (o Options) twoKeys() []error {
	var mistakes []error
	keys := make(map[string][]string)
	for key, a := range o.Audiences {
		if what := cmp.Or(string(a.FacebookID), a.FacebookName); what != "" && !o.of(key).LeaveOut {
			if a.FacebookID == "" {
				what = fmt.Sprintf("%q in ad account %s", what, o.of(key).Account)
			}
			keys[what] = append(keys[what], key)
		}
		for _, o := range a.DataProcessing.Options {
			if !dataOption.MatchString(o) {
				mistakes = append(mistakes, fmt.Errorf("audience %q: data processing option %q: want capital letters, such as LDU", key, o))
			}
		}
		if a.ResyncEvery < 0 {
			mistakes = append(mistakes, fmt.Errorf("audience %q: resync every %s: want more than 0", key, a.ResyncEvery))
		}
		if a.Window < 0 {
			mistakes = append(mistakes, fmt.Errorf("audience %q: window %s: want more than 0", key, a.Window))
		}
	}
	for what, k := range keys {
		if len(k) > 1 {
			slices.Sort(k)
			mistakes = append(mistakes, fmt.Errorf("facebook audience %s: is given to %q: want one key for it", what, k))
		}
	}
	return mistakes
}

// givenTo returns the key to which the configuration gives a Facebook audience, in
// whatever partition that is; "" = none.
func (o *Options) givenTo(id facebook.AudienceID) string {
	for key, a := range o.Audiences {
		if a.FacebookID == id && !o.of(key).LeaveOut {
			return key
		}
	}
	return ""
}

// of returns what holds for one audience.
func (o *Options) of(key string) AudienceOptions {
	a, configured := o.Audiences[key]
	if !configured {
		a.Recreate = o.Recreate
	}
	a.LeaveOut = a.LeaveOut || !o.chosen(key)
	a.Account = cmp.Or(a.Account, o.Account)
	a.Window = cmp.Or(a.Window, o.Window)
	a.Name, a.Description = cmp.Or(a.Name, o.Name), cmp.Or(a.Description, o.Description)
	a.Source = cmp.Or(a.Source, o.Source)
	a.ResendOver = cmp.Or(a.ResendOver, o.ResendOver)
	return a
}

func (o *Options) chosen(key string) bool {
	matches := func(pattern string) bool {
		ok, err := path.Match(pattern, key)
		return ok && err == nil // bad patterns do not pass validate
	}
	return (len(o.Include) == 0 || slices.ContainsFunc(o.Include, matches)) && !slices.ContainsFunc(o.Exclude, matches)
}
