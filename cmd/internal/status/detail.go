package status

import (
	"fmt"
	"time"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader"
	"muster/uploader/facebook"
)

// Detail is all that is known of one audience.
type Detail struct {
	Audience
	Unmatchable int64
	Leaving     int64 // rows of members that keep none
	Owed        int64 // members whose removal Facebook refuses
	Refused     int64 // members with refused rows
	Erasing     int64 // members of erased users of whom Facebook may hold rows
	Windows     int64
	Window      time.Duration
	Replace     string // what a replacement under way is doing
	Added       int64  // rows, of all time
	Removed     int64
	Rejected    int64
	Coverage    []Share // members who have rows with an identifier
	NotSent     []Share // members without rows, by why
	Facebook    *Facebook
	Requests    []Request // the newest first
	Errors      []Request
	status      *musterpb.AudienceStatus
}

// Share is some of an audience's members.
type Share struct {
	Of      string
	Members int64
	Percent int64
}

// Facebook is what Facebook says of the audience.
type Facebook struct {
	Size     string
	Delivery string
	State    string
	Read     time.Time
}

// Text is the percentage.
func (s Share) Text() string {
	if s.Percent == 0 && s.Members > 0 {
		return "< 1 %"
	}
	return fmt.Sprintf("%d %%", s.Percent)
}

// Request is one request to Facebook.
type Request struct {
	At      time.Time
	Op      string
	Rows    int64
	Took    time.Duration
	Outcome string // "done", or the class of the error with Facebook's codes
	Failed  bool
	Title   string
	Remedy  string
	Trace   string
}

// Detail returns all that was last said of an audience; false where nothing was.
func (b *Board) Detail(key string) (Detail, bool) {
	s := b.Audience(key)
	if s == nil {
		return Detail{}, false
	}
	d := Detail{
		Audience: audienceOf(key, s), Unmatchable: s.Unmatchable, Leaving: s.Leaving, Owed: s.Owed, Refused: s.Refused, Erasing: s.Erasing,
		Windows: s.Windows, Window: time.Duration(s.WindowSeconds) * time.Second, Replace: s.Replace,
		Added: s.Totals.GetAdded(), Removed: s.Totals.GetRemoved(), Rejected: s.Totals.GetRefused(),
		Requests: requestsOf(s.Requests), Errors: requestsOf(s.Errors), status: s,
	}
	share := func(of string, n int64) Share {
		return Share{Of: of, Members: n, Percent: n * 100 / max(s.Members, 1)}
	}
	for k, n := range s.Coverage {
		if n > 0 && k < schema.NumKeys {
			d.Coverage = append(d.Coverage, share(schema.Key(k).String(), n))
		}
	}
	for w, n := range s.UnmatchableBy {
		if text := Without[musterpb.Unmatchable(w)]; n > 0 && text != "" {
			d.NotSent = append(d.NotSent, share(text, n))
		}
	}
	if r := s.Reading; r != nil {
		d.Facebook = facebookOf(r)
	}
	return d, true
}

func facebookOf(r *musterpb.Reading) *Facebook {
	f := &Facebook{Size: "not told yet", Read: Moment(r.ReadMs)}
	if r.Lower >= 0 && r.Upper >= 0 {
		f.Size = Number(r.Lower) + " to " + Number(r.Upper) + " people"
	}
	f.Delivery = coded(r.DeliveryText, r.Delivery)
	f.State = coded(r.OperationText, r.Operation)
	if r.Delivery == facebook.DeliveryTooSmall {
		f.Delivery += fmt.Sprintf("; it delivers to no fewer than %d matched people", uploader.SmallAudience)
	}
	return f
}

func coded(text string, code uint32) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d)", text, code)
}

func requestsOf(notes []*musterpb.RequestNote) []Request {
	list := make([]Request, len(notes))
	for i, n := range notes {
		r := Request{
			At: Moment(n.AtMs), Op: n.Op, Rows: n.Rows, Took: time.Duration(n.Millis) * time.Millisecond,
			Outcome: "done", Failed: n.Class != "", Title: n.Title, Remedy: n.Remedy, Trace: n.TraceId,
		}
		if r.Failed {
			r.Outcome = n.Class
		}
		if n.Code != 0 {
			r.Outcome += fmt.Sprintf(" (%d", n.Code)
			if n.Subcode != 0 {
				r.Outcome += fmt.Sprintf("/%d", n.Subcode)
			}
			r.Outcome += ")"
		} else if n.Status != 0 {
			r.Outcome += fmt.Sprintf(" (HTTP %d)", n.Status)
		}
		list[len(notes)-1-i] = r
	}
	return list
}
