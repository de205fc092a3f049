package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// list makes a RudderStack record or list: a row that came into the list
// audience or left it, and is its own user.
func (s *Stream) list() {
	n := s.rand.IntN(len(s.rows))
	in := !s.rows[n] || s.rand.IntN(3) == 0
	s.rows[n] = in
	text := fmt.Sprintf("row%06d@example.com", n)
	d := &draft{context: object{}, late: false, fact: Fact{
		At: s.now.UnixMilli(), In: map[string]bool{AudienceList: in}, Single: make(map[string]string),
	}}
	e := (&person{}).spellEmail(s.rand, text)
	row := object{"EMAIL": e.raw}
	d.say(email, fromTrait, "", e)
	d.fact.User = rowUser(e.uploaded)
	if in {
		s.fill(d, row, n)
	}
	if s.rand.IntN(4) == 0 {
		side := map[bool]string{true: "add", false: "remove"}[in]
		d.json = object{
			"type": "audiencelist", "userId": "user 1", "timestamp": s.now.Format("2006-01-02T15:04:05.000Z"),
			"properties": object{"listData": object{side: []any{row}}},
		}
		d.late = true
	} else {
		d.json = s.row(row, in)
	}
	s.truth.add(d.fact)
	s.deliver(TopicLists, d.fact.User, d.fact.User, d.bytes(), d.late)
}

// row makes a record of one of RudderStack's versions.
func (s *Stream) row(row object, in bool) object {
	action := "delete"
	if in {
		action = pick(s.rand, []string{"insert", "update"})
	}
	if s.rand.IntN(3) == 0 {
		action = strings.ToUpper(action)
	}
	return object{
		"type": "record", "action": action, "recordId": "2", "rudderId": "2",
		pick(s.rand, []string{"fields", "identifiers"}): row,
	}
}

// fill adds what a row may hold beside its email, by Facebook's names.
func (s *Stream) fill(d *draft, row object, n int) {
	for key, raw := range map[string]any{"FI": pick(s.rand, []string{"ghui", "M"}), "GEN": "f", "DOBM": "2", "DOBD": "13", "DOBY": "2013"} {
		row[key] = raw
	}
	d.fact.Single["FI"] = uploaded("FI", row["FI"].(string))
	d.fact.Single["GEN"] = uploaded("GEN", "F")
	d.fact.Single["DOBM"] = uploaded("DOBM", "2")
	d.fact.Single["DOBD"] = uploaded("DOBD", "13")
	d.fact.Single["DOBY"] = uploaded("DOBY", "2013")
	row["COUNTRY"], row["ST"], row["ZIP"] = "US", "ny", "10001"
	d.fact.Single["COUNTRY"] = uploaded("COUNTRY", "US")
	d.fact.Single["ST"] = uploaded("ST", "ny")
	d.fact.Single["ZIP"] = uploaded("ZIP", "10001")
	row["MADID"] = "ABC"         // none
	row["LOOKALIKE_VALUE"] = 100 // not asked for
	if n%3 == 0 {
		digits := fmt.Sprintf("1202%07d", 3_000_000+n)
		row["PHONE"] = "+" + digits
		d.say(phone, fromTrait, "", written{nil, hashOf(digits)})
	}
}

// rowUser names the user that a row is, by its email.
func rowUser(uploaded string) string {
	sum := sha256.Sum256([]byte(AudienceList + "\x00EMAIL\x00" + uploaded))
	return "row:" + hex.EncodeToString(sum[:])
}
