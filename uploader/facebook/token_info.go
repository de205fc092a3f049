package facebook

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"
)

// TokenInfo is what Facebook says of the client's access token.
type TokenInfo struct {
	Valid bool
	// Title is why the token is not valid, in this package's words.
	Title string
	AppID string
	User  string // app-scoped id
	Kind  TokenKind
	// Expires is when the token ends, DataAccess when a person must have confirmed
	// again that the app may see their data. The zero time is never.
	Expires, DataAccess time.Time
	Scopes              []string
}

// TokenKind says whose a token is.
type TokenKind string

// The kinds of Meta's page "Debug-Token" that matter here.
const (
	TokenUser       TokenKind = "USER"
	TokenSystemUser TokenKind = "SYSTEM_USER"
)

// Missing lists what the token may not do and ought to.
func (i TokenInfo) Missing() []string {
	var missing []string
	for _, scope := range Scopes {
		if !slices.Contains(i.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// InspectToken asks Facebook about the client's access token. With AppID and
// AppSecret the app asks; without, the token asks about itself, which Facebook
// allows to the app's developers only. The token is in the URL of this one call,
// as Meta documents it; no URL appears anywhere else.
func (c *Client) InspectToken(ctx context.Context) (TokenInfo, error) {
	r := &call{op: OpInspectToken, path: []string{"debug_token"}}
	token, err := c.token()
	if err != nil {
		return TokenInfo{}, r.tokenless(err)
	}
	r.query = url.Values{"input_token": {token.AccessToken}}
	if secret, err := c.appSecret(); err == nil && c.appID != "" {
		r.credential = func() (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: c.appID + "|" + secret, TokenType: "Bearer"}, nil
		}
	}
	var info TokenInfo
	r.decode = func(_ context.Context, body []byte) bool {
		var ok bool
		info, ok = decodeTokenInfo(body)
		return ok
	}
	_, err = c.do(ctx, r)
	return info, err
}

func decodeTokenInfo(body []byte) (TokenInfo, bool) {
	var read struct {
		Data *struct {
			AppID      idText   `json:"app_id"`
			Type       idText   `json:"type"`
			User       idText   `json:"user_id"`
			Valid      boolean  `json:"is_valid"`
			Expires    number   `json:"expires_at"`
			DataAccess number   `json:"data_access_expires_at"`
			Scopes     []idText `json:"scopes"`
			Error      struct {
				Code    number `json:"code"`
				Subcode number `json:"subcode"`
			} `json:"error"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &read) != nil || read.Data == nil {
		return TokenInfo{}, false
	}
	d := read.Data
	info := TokenInfo{
		Valid: bool(d.Valid), AppID: wordWith(string(d.AppID), ""), User: wordWith(string(d.User), ""), Kind: TokenKind(wordWith(string(d.Type), "_")),
		Expires: unix(d.Expires), DataAccess: unix(d.DataAccess),
	}
	for _, s := range d.Scopes {
		if scope := wordWith(string(s), "_"); scope != "" {
			info.Scopes = append(info.Scopes, scope)
		}
	}
	if !info.Valid {
		info.Title = "the access token is not valid"
		if v, ok := byCode(d.Error.Code.int(), d.Error.Subcode.int()); ok {
			info.Title = v.Title
		}
	}
	return info, true
}
