package facebook

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AdAccount is what Facebook says of an ad account.
type AdAccount struct {
	ID   AccountID
	Name string
	// Active: ads can run, and so can audiences be of use (account_status 1).
	Active bool
	// TermsAccepted: the terms of custom audiences are accepted in this account.
	TermsAccepted bool
	// Tasks is what the token's user may do: DRAFT, ANALYZE, ADVERTISE, MANAGE.
	// Empty where Facebook does not say.
	Tasks []string
}

// MayUpload says whether the token's user may change audiences: with the task
// ADVERTISE or MANAGE. known is false where Facebook does not say.
func (a AdAccount) MayUpload() (may, known bool) {
	return slices.Contains(a.Tasks, "ADVERTISE") || slices.Contains(a.Tasks, "MANAGE"), len(a.Tasks) > 0
}

var accountFields = strings.Join([]string{"account_id", "name", "account_status", "tos_accepted", "user_tasks"}, ",")

// Account reads an ad account.
func (c *Client) Account(ctx context.Context, account AccountID) (AdAccount, error) {
	id, err := ParseAccountID(string(account))
	r := &call{op: OpReadAccount, account: id, path: []string{id.Node()}, query: url.Values{"fields": {accountFields}}}
	if err != nil {
		return AdAccount{}, r.refusal(err)
	}
	var read accountJSON
	r.decode = func(_ context.Context, body []byte) bool {
		return json.Unmarshal(body, &read) == nil && digits(string(read.ID))
	}
	if _, err := c.do(ctx, r); err != nil {
		return AdAccount{}, err
	}
	return read.account(), nil
}

// Accounts lists the ad accounts that the token's user sees: those after a cursor,
// the first ones after "". next is "" on the last page.
func (c *Client) Accounts(ctx context.Context, after string) (accounts []AdAccount, next string, err error) {
	r := &call{op: OpListAccounts, path: []string{"me", "adaccounts"},
		query: url.Values{"fields": {accountFields}, "limit": {strconv.Itoa(c.pageLimit)}}}
	if after != "" {
		r.query.Set("after", after)
	}
	r.decode = func(_ context.Context, body []byte) bool {
		items, cursor, ok := decodeList[accountJSON](body, after)
		for _, item := range items {
			ok = ok && digits(string(item.ID))
			accounts = append(accounts, item.account())
		}
		next = cursor
		return ok
	}
	if _, err := c.do(ctx, r); err != nil {
		return nil, "", err
	}
	return accounts, next, nil
}

type accountJSON struct {
	ID     idText   `json:"account_id"` // without act_
	Name   idText   `json:"name"`
	Status number   `json:"account_status"`
	Terms  flags    `json:"tos_accepted"`
	Tasks  []idText `json:"user_tasks"`
}

func (a accountJSON) account() AdAccount {
	account := AdAccount{
		ID: AccountID(a.ID), Name: string(a.Name), Active: a.Status == 1,
		TermsAccepted: bool(a.Terms["custom_audience_tos"]),
	}
	for _, t := range a.Tasks {
		account.Tasks = append(account.Tasks, string(t))
	}
	return account
}
