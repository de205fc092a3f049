package uploader

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/schema"
	"muster/uploader/facebook"
)

// journal writes down what is asked of Facebook, with the names of a script in
// the place of hashes.
type journal struct {
	Facebook
	mu      sync.Mutex
	lines   []journalLine
	names   map[string]string              // uploaded value → name
	created map[facebook.AudienceID]string // audience → its name
}

type journalLine struct {
	at       time.Time
	audience string // "" before all audiences of the same instant
	text     string
}

func (j *journal) learn(rows ...string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, text := range rows {
		row := parseRow(text)
		for f := range strings.FieldsSeq(text) {
			key, name, _ := strings.Cut(f, ":")
			k, _ := schema.ParseKey(strings.ToUpper(key))
			j.names[schema.Uploaded(k, schema.Value(row, k))] = name
		}
	}
}

var cell = regexp.MustCompile(`"[^"]*"`)

func (j *journal) readable(text string) string {
	return cell.ReplaceAllStringFunc(text, func(s string) string {
		if name, ok := j.names[strings.Trim(s, `"`)]; ok {
			return `"` + name + `"`
		}
		return s
	})
}

func (j *journal) note(audience, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, journalLine{at: time.Now(), audience: audience, text: fmt.Sprintf(format, args...)})
}

// take returns the requests since the last call. Only those of one audience have
// an order within an instant: audiences are sent side by side.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	slices.SortStableFunc(j.lines, func(x, y journalLine) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.audience, y.audience))
	})
	texts := make([]string, len(j.lines))
	for i, l := range j.lines {
		texts[i] = l.at.Format("15:04:05 ") + l.text
	}
	j.lines = nil
	return j.readable(strings.Join(texts, "\n"))
}

func (j *journal) nameOf(id facebook.AudienceID) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return cmp.Or(j.created[id], string(id))
}

func outcomeOf(err error) string {
	if err != nil {
		return facebook.ClassOf(err).String()
	}
	return "ok"
}

func (j *journal) CreateAudience(ctx context.Context, a facebook.AccountID, n facebook.NewAudience) (facebook.AudienceID, facebook.Usage, error) {
	id, u, err := j.Facebook.CreateAudience(ctx, a, n)
	j.mu.Lock()
	j.created[id] = n.Name
	j.mu.Unlock()
	j.note(n.Name, "create %q in %s: %s", n.Name, a, outcomeOf(err))
	return id, u, err
}

func (j *journal) AudiencePage(ctx context.Context, a facebook.AccountID, after string, fields ...string) (facebook.Page, error) {
	p, err := j.Facebook.AudiencePage(ctx, a, after, fields...)
	j.note("", "list %s: %s", a, outcomeOf(err))
	return p, err
}

func (j *journal) Audience(ctx context.Context, id facebook.AudienceID, fields ...string) (facebook.Audience, facebook.Usage, error) {
	a, u, err := j.Facebook.Audience(ctx, id, fields...)
	if slices.Contains(fields, "operation_status") {
		j.note(j.nameOf(id), "status %d: %s", a.Operation.Code, outcomeOf(err))
	} else {
		j.note(j.nameOf(id), "read audience: %s", outcomeOf(err))
	}
	return a, u, err
}

func (j *journal) AddUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	r, err := j.Facebook.AddUsers(ctx, id, p)
	j.users("add", id, p, err)
	return r, err
}

func (j *journal) RemoveUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	r, err := j.Facebook.RemoveUsers(ctx, id, p)
	j.users("remove", id, p, err)
	return r, err
}

func (j *journal) ReplaceUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload, s facebook.Session) (facebook.UsersResult, error) {
	r, err := j.Facebook.ReplaceUsers(ctx, id, p, s)
	verb := fmt.Sprintf("replace %d", s.Seq)
	if s.Last {
		verb += " (last)"
	}
	j.users(verb, id, p, err)
	return r, err
}

func (j *journal) DeleteAudience(ctx context.Context, id facebook.AudienceID) (facebook.Usage, error) {
	u, err := j.Facebook.DeleteAudience(ctx, id)
	j.note(j.nameOf(id), "delete: %s", outcomeOf(err))
	return u, err
}

func (j *journal) users(verb string, id facebook.AudienceID, p facebook.Payload, err error) {
	beside := ""
	if len(p.AppIDs)+len(p.PageIDs) > 0 {
		beside = fmt.Sprintf(` apps %v, pages %v`, p.AppIDs, p.PageIDs)
	}
	j.note(j.nameOf(id), `%s {"schema":[%s],"data":%s}%s: %s`, verb, `"`+strings.Join(p.Schema, `","`)+`"`, p.Data, beside, outcomeOf(err))
}
