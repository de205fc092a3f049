package facebook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"time"
)

// ProofForm is how the proof of the app secret is made.
type ProofForm uint8

const (
	// ProofPlain is HMAC-SHA256 over the token, the form of Meta's SDKs.
	ProofPlain ProofForm = iota
	// ProofTimed is HMAC-SHA256 over token, "|" and the time, sent beside it,
	// which Facebook accepts for five minutes ("Login Security").
	ProofTimed
)

// addProof puts appsecret_proof into the query, where Meta's documentation has
// it. It is useless without the token, yet no URL is ever logged either.
func addProof(query url.Values, form ProofForm, secret, token string, now time.Time) {
	message := token
	if form == ProofTimed {
		stamp := strconv.FormatInt(now.Unix(), 10)
		query.Set("appsecret_time", stamp)
		message += "|" + stamp
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message))
	query.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
}
