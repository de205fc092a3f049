package graphtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// proofLife is how long a timed appsecret_proof is valid (Meta, Login security).
const proofLife = 5 * time.Minute

// admit checks everything that comes before the operation itself, in Facebook's order:
// version, token, proof, scope, role, quota, terms.
func (s *Server) admit(c *call) *graphError {
	if s.opts.RejectOldVersions && c.oldVersion(s.opts.OldestVersion) {
		return oauthError(2635, 0, "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version")
	}
	if !c.op.needsToken() {
		return nil
	}
	if err := s.admitToken(c); err != nil {
		return err
	}
	if err := s.admitProof(c); err != nil {
		return err
	}
	if c.op.onMe() {
		return nil
	}
	if err := s.admitRole(c); err != nil {
		return err
	}
	if err := s.admitQuota(c); err != nil {
		return err
	}
	if c.op.writes() && c.account.TOSNotAccepted {
		return errTerms(s.opts.TOSSubcode)
	}
	return c.badInput
}

func (s *Server) admitToken(c *call) *graphError {
	value, _ := c.tokenText()
	if value == "" {
		if c.op.onMe() {
			return oauthError(2500, 0, "An active access token must be used to query information about the current user.")
		}
		return oauthError(104, 0, "An access token is required to request this resource.")
	}
	t := s.tokens[value]
	if t == nil {
		return oauthError(190, 0, "Invalid OAuth access token - Cannot parse access token").withStatus(s.opts.AuthStatus)
	}
	c.token = t
	if err := t.dead(c.now); err != nil {
		return err.withStatus(s.opts.AuthStatus)
	}
	return nil
}

// dead says why a token does not work any more.
func (t *Token) dead(now time.Time) *graphError {
	const stamp = "Monday, 02-Jan-06 15:04:05 MST"
	switch {
	case t.Dead == 460:
		return oauthError(190, 460, "Error validating access token: The session has been invalidated because the user changed "+
			"their password or Facebook has changed the session for security reasons.")
	case t.Dead == 458:
		return oauthError(190, 458, "Error validating access token: The user has not authorized application %s.", t.AppID)
	case t.Dead == 459:
		return oauthError(190, 459, "Error validating access token: You cannot access the app till you log in to "+
			"www.facebook.com and follow the instructions given.")
	case t.Dead != 0:
		return oauthError(190, t.Dead, "Error validating access token: This token has been revoked.")
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return oauthError(190, 463, "Error validating access token: Session has expired on %s. The current time is %s.",
			t.Expires.UTC().Format(stamp), now.UTC().Format(stamp))
	default:
		return nil
	}
}

// errExpired is the answer to an expired token, for faults.
func errExpired() *graphError {
	now := time.Now()
	return (&Token{Expires: now}).dead(now)
}

func errReadOnly(audience string) *graphError {
	return oauthError(200, 0, "(#200) The current user can not update audience %s", audience).withStatus(http.StatusForbidden)
}

func (s *Server) admitProof(c *call) *graphError {
	a := s.apps[c.token.AppID]
	if a == nil || !a.RequireProof {
		return nil
	}
	proof := c.params.text("appsecret_proof")
	if proof == "" {
		return oauthError(100, 0, "API calls from the server require an appsecret_proof argument").withType("GraphMethodException")
	}
	message, stamp := c.token.Value, c.params.text("appsecret_time")
	fresh := true
	if stamp != "" {
		message += "|" + stamp
		at, err := strconv.ParseInt(stamp, 10, 64)
		age := c.now.Sub(time.Unix(at, 0))
		fresh = err == nil && age <= proofLife && age >= -proofLife
	}
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write([]byte(message))
	if !fresh || !hmac.Equal([]byte(proof), []byte(hex.EncodeToString(mac.Sum(nil)))) {
		return oauthError(100, 0, "Invalid appsecret_proof provided in the API argument").withType("GraphMethodException")
	}
	return nil
}

// role is what the token's user may do on an account.
func (t *Token) role(account string) Role {
	switch role := t.Roles[account]; {
	case t.Roles == nil:
		return RoleAdmin
	case role == "":
		return RoleNone
	default:
		return role
	}
}

func (s *Server) admitRole(c *call) *graphError {
	if !slices.Contains(c.token.Scopes, "ads_management") && (c.op.writes() || !slices.Contains(c.token.Scopes, "ads_read")) {
		return oauthError(294, 0, "(#294) Managing advertisements requires the extended permission ads_management and an "+
			"application that is allowed to use the Marketing API")
	}
	object := c.route.object + c.route.account
	if c.account == nil {
		return errNoObject(c.method, object, 33)
	}
	role := c.token.role(c.account.ID)
	if a := s.apps[c.token.AppID]; a != nil && a.DevTier && (c.token.Roles == nil || role == RoleNone) {
		return oauthError(270, 0, "(#270) This Ads API request is not allowed for apps with development access level")
	}
	switch {
	case role == RoleNone:
		return errNoObject(c.method, object, 33)
	case c.audience != nil && (c.audience.deleted || c.audience.hidden):
		return errNoObject(c.method, object, s.opts.GoneSubcode)
	case role == RoleReadOnly && c.op.writes():
		return errReadOnly(object)
	default:
		return nil
	}
}
