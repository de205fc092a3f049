package graphtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Lives of the tokens that login makes.
const (
	shortLife = time.Hour
	longLife  = 5183944 * time.Second
)

// me answers GET /me.
func (s *Server) me(c *call) (any, *graphError) {
	return map[string]string{"id": c.token.UserID, "name": "User " + c.token.UserID}, nil
}

// permissions answers GET /me/permissions.
func (s *Server) permissions(c *call) (any, *graphError) {
	data := make([]map[string]string, 0, len(c.token.Scopes))
	for _, scope := range c.token.Scopes {
		data = append(data, map[string]string{"permission": scope, "status": "granted"})
	}
	return map[string]any{"data": data}, nil
}

// debugToken answers GET /debug_token, asked with the app's own "id|secret" or with a token
// of the app. Meta takes such a token of the app's developers only; here every user is one.
func (s *Server) debugToken(c *call) (any, *graphError) {
	value, _ := c.tokenText()
	id, secret, _ := strings.Cut(value, "|")
	if asker := s.tokens[value]; asker != nil {
		if err := asker.dead(c.now); err != nil {
			return nil, err.withStatus(s.opts.AuthStatus)
		}
		id = asker.AppID
	} else if a := s.apps[id]; a == nil || a.Secret != secret {
		return nil, oauthError(190, 0, "Invalid OAuth access token signature.").withStatus(s.opts.AuthStatus)
	}
	t := s.tokens[c.params.text("input_token")]
	if t == nil || t.AppID != id {
		return map[string]any{"data": map[string]any{
			"is_valid": false, "scopes": []string{},
			"error": map[string]any{"code": 190, "message": "Invalid OAuth access token."},
		}}, nil
	}
	data := map[string]any{
		"app_id": t.AppID, "type": t.Type, "application": "Emulated app", "is_valid": true, "expires_at": unix(t.Expires),
		"data_access_expires_at": 0, "scopes": t.Scopes, "granular_scopes": []any{}, "user_id": t.UserID,
	}
	if err := t.dead(c.now); err != nil {
		data["is_valid"] = false
		data["error"] = map[string]any{"code": err.Code, "subcode": err.Subcode, "message": err.Message}
	}
	return map[string]any{"data": data}, nil
}

// dialog answers /dialog/oauth as if the user had agreed.
func (s *Server) dialog(c *call) (any, *graphError) {
	a := s.apps[c.params.text("client_id")]
	to, err := url.Parse(c.params.text("redirect_uri"))
	if a == nil || err != nil || to.Host == "" {
		return nil, oauthError(191, 0, "Can't load URL: the domain of this URL isn't included in the app's domains.")
	}
	s.minted++
	code := fmt.Sprintf("code-%d", s.minted)
	s.codes[code] = a.ID
	q := to.Query()
	q.Set("code", code)
	q.Set("state", c.params.text("state"))
	to.RawQuery = q.Encode()
	return redirect(to.String()), nil
}

// login answers /oauth/access_token: by code, for the app itself, or in exchange for a
// token that still lives.
func (s *Server) login(c *call) (any, *graphError) {
	a := s.apps[c.params.text("client_id")]
	if a == nil || a.Secret != c.params.text("client_secret") {
		return nil, oauthError(1, 0, "Error validating client secret.").withStatus(http.StatusBadRequest)
	}
	switch grant := c.params.text("grant_type"); {
	case grant == "client_credentials":
		return map[string]any{"access_token": a.ID + "|" + a.Secret, "token_type": "bearer"}, nil
	case grant == "fb_exchange_token":
		old := s.tokens[c.params.text("fb_exchange_token")]
		if old == nil || old.AppID != a.ID {
			return nil, oauthError(190, 0, "Invalid OAuth access token - Cannot parse access token").withStatus(s.opts.AuthStatus)
		}
		if err := old.dead(c.now); err != nil {
			return nil, err.withStatus(s.opts.AuthStatus)
		}
		return s.mint(*old, longLife, c.now), nil
	case s.codes[c.params.text("code")] == a.ID:
		delete(s.codes, c.params.text("code"))
		return s.mint(Token{AppID: a.ID, Type: "USER"}, shortLife, c.now), nil
	default:
		return nil, oauthError(100, 36009, "This authorization code has been used or is invalid.")
	}
}

func (s *Server) mint(t Token, life time.Duration, now time.Time) any {
	s.minted++
	t.Value, t.Expires = fmt.Sprintf("minted-token-%d", s.minted), now.Add(life)
	t = t.withDefaults(t.AppID)
	s.tokens[t.Value] = &t
	return map[string]any{"access_token": t.Value, "token_type": "bearer", "expires_in": int(life.Seconds())}
}

// revoke answers /oauth/revoke.
func (s *Server) revoke(c *call) (any, *graphError) {
	a := s.apps[c.params.text("client_id")]
	t := s.tokens[c.params.text("revoke_token")]
	if a == nil || a.Secret != c.params.text("client_secret") || t == nil {
		return nil, oauthError(190, 0, "Invalid OAuth access token.").withStatus(s.opts.AuthStatus)
	}
	t.Dead = 467
	return map[string]bool{"success": true}, nil
}
