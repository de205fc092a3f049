package facebook

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

type statusJSON struct {
	Code        number `json:"code"`
	Description idText `json:"description"`
}

type audienceJSON struct {
	ID             idText     `json:"id"`
	Account        idText     `json:"account_id"`
	Name           idText     `json:"name"`
	Description    idText     `json:"description"`
	Subtype        idText     `json:"subtype"`
	ValueBased     boolean    `json:"is_value_based"`
	Delivery       statusJSON `json:"delivery_status"`
	Operation      statusJSON `json:"operation_status"`
	Lower          number     `json:"approximate_count_lower_bound"`
	Upper          number     `json:"approximate_count_upper_bound"`
	Created        number     `json:"time_created"`
	Updated        number     `json:"time_updated"`
	ContentUpdated number     `json:"time_content_updated"`
}

func (a audienceJSON) audience() Audience {
	account, err := ParseAccountID(string(a.Account))
	if err != nil {
		account = ""
	}
	return Audience{
		ID: AudienceID(a.ID), Account: account, Name: string(a.Name), Description: string(a.Description),
		Subtype: string(a.Subtype), ValueBased: bool(a.ValueBased),
		Delivery:  Status{a.Delivery.Code.int(), string(a.Delivery.Description)},
		Operation: Status{a.Operation.Code.int(), string(a.Operation.Description)},
		Lower:     a.Lower.int(), Upper: a.Upper.int(),
		Created: unix(a.Created), Updated: unix(a.Updated), ContentUpdated: unix(a.ContentUpdated),
	}
}

func unix(n number) time.Time {
	if n <= 0 || n > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// decodePage reads one page of audiences.
func decodePage(body []byte, after string) (Page, bool) {
	items, next, ok := decodeList[audienceJSON](body, after)
	if !ok {
		return Page{}, false
	}
	page := Page{Audiences: make([]Audience, 0, len(items)), Next: next}
	for _, a := range items {
		if !digits(string(a.ID)) {
			return Page{}, false
		}
		page.Audiences = append(page.Audiences, a.audience())
	}
	return page, true
}

// decodeList reads one page of a listing, and the cursor of the one after it. The
// last one is known by its missing next, not by missing cursors. next is a URL
// with the token in it: only its cursor is used, and only when there is no other.
func decodeList[T any](body []byte, after string) (items []T, next string, ok bool) {
	var list struct {
		Data   *[]T `json:"data"`
		Paging struct {
			Cursors struct {
				After idText `json:"after"`
			} `json:"cursors"`
			Next idText `json:"next"`
		} `json:"paging"`
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return nil, "", false
	}
	if list.Paging.Next == "" {
		return *list.Data, "", true
	}
	next = string(list.Paging.Cursors.After)
	if next == "" {
		_, query, _ := strings.Cut(string(list.Paging.Next), "?")
		if values, err := url.ParseQuery(query); err == nil {
			next = values.Get("after")
		}
	}
	// Without a cursor, or with the one just used, the rest cannot be had; a
	// listing that silently ends early would make an audience twice.
	if next == "" || next == after {
		return nil, "", false
	}
	return *list.Data, next, true
}
