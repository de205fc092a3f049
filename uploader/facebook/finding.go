package facebook

import (
	"fmt"
	"slices"
	"time"
)

// ExpiryNotice is how long before its end a token is spoken of.
const ExpiryNotice = 14 * 24 * time.Hour

// Finding is something that stops uploads, or soon will, and what to do about it.
type Finding struct {
	Title  string `json:"title"`
	Remedy string `json:"remedy"`
}

// Findings judges a token for an app; appID may be empty.
func (i TokenInfo) Findings(appID string, now time.Time) []Finding {
	if !i.Valid {
		return []Finding{{i.Title, string(remedyToken)}}
	}
	var list []Finding
	if appID != "" && i.AppID != appID {
		list = append(list, Finding{"the token is of app " + i.AppID + ", not " + appID, string(remedyApp)})
	}
	if !slices.Contains(i.Scopes, "ads_management") {
		list = append(list, Finding{"the token lacks the permission ads_management", remedyPermission.sentence("")})
	}
	if !i.Expires.IsZero() && i.Expires.Sub(now) < ExpiryNotice {
		remedy := remedyLogin
		if i.Kind == TokenSystemUser {
			remedy = remedyRefresh
		}
		list = append(list, Finding{fmt.Sprintf("the token expires on %s", i.Expires.UTC().Format(time.RFC1123)), string(remedy)})
	}
	if !i.DataAccess.IsZero() && i.DataAccess.Sub(now) < ExpiryNotice {
		list = append(list, Finding{fmt.Sprintf("the app's access to data ends on %s", i.DataAccess.UTC().Format(time.RFC1123)), string(remedyLogin)})
	}
	return list
}

// Findings judges an account for uploads.
func (a AdAccount) Findings() []Finding {
	var list []Finding
	if !a.Active {
		list = append(list, Finding{"the ad account is not active", remedyInactive.sentence(a.ID)})
	}
	if may, known := a.MayUpload(); known && !may {
		list = append(list, Finding{"the token's user may look at the ad account only", remedyPermission.sentence(a.ID)})
	}
	if !a.TermsAccepted {
		list = append(list, Finding{"the custom audience terms are not accepted", remedyTerms.sentence(a.ID)})
	}
	return list
}
