package schema

import "time"

// Explained is what Facebook would receive for one event, to be shown to the
// person who has the event anyway: it holds the user's id as the event names it.
type Explained struct {
	User        string                `json:"user"`
	Memberships []ExplainedMembership `json:"memberships"`
	// Identifiers by Facebook key, as uploaded.
	Identifiers map[string][]string `json:"identifiers"`
	// Values of the value traits, as LOOKALIKE_VALUE of the audiences that name them;
	// "" clears one.
	Values  map[string]string `json:"values,omitempty"`
	Dropped []ExplainedDrop   `json:"dropped"`
	Erase   bool              `json:"erase"`
	// Error is the reason why the record is a dead letter.
	Error string `json:"error"`
	// Detail says more of it, with the remedy where there is one.
	Detail string `json:"detail,omitempty"`
	// Ignored is the type of an event that has nothing to say here.
	Ignored string `json:"ignored,omitempty"`
	// Normalised holds, where asked for, the text before hashing. A value that
	// came as a hash has none.
	Normalised map[string][]string `json:"normalised,omitempty"`
}

// ExplainedMembership is one audience of the user.
type ExplainedMembership struct {
	Audience string `json:"audience"`
	In       bool   `json:"in"`
}

// ExplainedDrop is one trait that could not be used.
type ExplainedDrop struct {
	Key    string `json:"key"`
	Trait  string `json:"trait"`
	Reason string `json:"reason"`
}

// ExplainerOptions configure an Explainer.
type ExplainerOptions struct {
	// Decoder is configured as for the worker. UserKeySecret may be empty:
	// user keys are not shown.
	Decoder DecoderOptions
	// ShowNormalised adds the texts before hashing, which are personal data.
	ShowNormalised bool
}

// Explainer says of records what a Decoder makes of them. Not safe for
// concurrent use.
type Explainer struct {
	decoder *Decoder
	texts   bool
}

// NewExplainer returns an Explainer, or every problem of the options.
func NewExplainer(opts ExplainerOptions) (*Explainer, error) {
	if len(opts.Decoder.UserKeySecret) == 0 {
		opts.Decoder.UserKeySecret = []byte("explain")
	}
	d, err := NewDecoder(opts.Decoder)
	if err != nil {
		return nil, err
	}
	d.watch = &watch{}
	return &Explainer{decoder: d, texts: opts.ShowNormalised}, nil
}

// Explain returns one Explained for each event or row of the record, one for a
// record that is ignored or cannot be used. A record without a key, as in a
// file of events, is taken as keyed by its user; one without a time as just now.
func (x *Explainer) Explain(r SourceRecord) []Explained {
	x.decoder.anyKey = x.decoder.opts.AnyKey || len(r.Key) == 0
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	w := x.decoder.watch
	*w = watch{}
	out := x.decoder.Decode(r)
	if len(out.Events) == 0 {
		e := emptyExplained(w.at.user)
		e.Ignored = out.Ignored
		e.Error, e.Detail = string(out.DeadLetter), out.DeadLetterDetail
		return []Explained{e}
	}
	explained := make([]Explained, len(out.Events))
	for i := range out.Events {
		explained[i] = x.event(&out.Events[i], &w.events[i])
	}
	return explained
}

func emptyExplained(user string) Explained {
	return Explained{
		User:        user,
		Memberships: []ExplainedMembership{},
		Identifiers: map[string][]string{},
		Dropped:     []ExplainedDrop{},
	}
}

func (x *Explainer) event(e *Event, w *watched) Explained {
	out := emptyExplained(w.user)
	out.Erase = e.Erase
	for _, m := range e.Memberships {
		out.Memberships = append(out.Memberships, ExplainedMembership{m.Audience, m.In})
	}
	for _, d := range e.Dropped {
		out.Dropped = append(out.Dropped, ExplainedDrop{d.Key.String(), d.Trait, string(d.Reason)})
	}
	if e.ExternID != "" {
		x.add(&out, w, ExternID, []byte(e.ExternID))
	}
	for _, s := range e.Sets {
		for _, value := range s.Values {
			x.add(&out, w, s.Key, value)
		}
	}
	for _, r := range e.Registers {
		if len(r.Value) > 0 {
			x.add(&out, w, r.Key, r.Value)
		}
	}
	for _, v := range e.Values {
		if out.Values == nil {
			out.Values = map[string]string{}
		}
		out.Values[v.Trait] = string(v.Value)
	}
	return out
}

// add adds one value, unless another source of the event gave it too.
func (x *Explainer) add(out *Explained, w *watched, k Key, value []byte) {
	name, uploaded := k.String(), Uploaded(k, value)
	for _, have := range out.Identifiers[name] {
		if have == uploaded {
			return
		}
	}
	out.Identifiers[name] = append(out.Identifiers[name], uploaded)
	if !x.texts {
		return
	}
	t := w.texts[watchedValue{k, string(value)}]
	if k == ExternID {
		t = uploaded
	}
	if t != "" {
		if out.Normalised == nil {
			out.Normalised = map[string][]string{}
		}
		out.Normalised[name] = append(out.Normalised[name], t)
	}
}
