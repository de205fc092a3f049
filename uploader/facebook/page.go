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

// decodePage reads one page. The last one is known by its missing next, not by
// missing cursors. next is a URL with the token in it: only its cursor is used,
// and only when there is no other.
func decodePage(body []byte, after string) (Page, bool) {
	var list struct {
		Data   *[]audienceJSON `json:"data"`
		Paging struct {
			Cursors struct {
				After idText `json:"after"`
			} `json:"cursors"`
			Next idText `json:"next"`
		} `json:"paging"`
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return Page{}, false
	}
	page := Page{Audiences: make([]Audience, 0, len(*list.Data))}
	for _, a := range *list.Data {
		if !digits(string(a.ID)) {
			return Page{}, false
		}
		page.Audiences = append(page.Audiences, a.audience())
	}
	if list.Paging.Next == "" {
		return page, true
	}
	page.Next = string(list.Paging.Cursors.After)
	if page.Next == "" {
		_, query, _ := strings.Cut(string(list.Paging.Next), "?")
		if values, err := url.ParseQuery(query); err == nil {
			page.Next = values.Get("after")
		}
	}
	// Without a cursor, or with the one just used, the rest cannot be had; a
	// listing that silently ends early would make an audience twice.
	if page.Next == "" || page.Next == after {
		return Page{}, false
	}
	return page, true
}
