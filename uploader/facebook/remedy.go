package facebook

import "strings"

// remedy is a sentence that a person can act on; {account} is replaced.
type remedy string

const (
	remedyNone       remedy = ""
	remedyWait       remedy = "Nothing to do: Muster pauses until Facebook allows calls again. If it happens often, apply for full access (https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/rate-limiting) or lengthen the window."
	remedyCooldown   remedy = "Look at the account's quality page in Business Manager (https://business.facebook.com/accountquality) and stop other tools that upload to this ad account; Muster pauses for hours before it tries again."
	remedyToken      remedy = "Reauthorise: muster auth login, or put a new system user's token with ads_management (best: it need not expire) where facebook.access_token_file points; Muster reads the file again by itself."
	remedyLogin      remedy = "Log in again: muster auth login. A system user's token, which need not expire, fits a server better."
	remedyRefresh    remedy = "Extend it before it ends: muster auth refresh. Afterwards only a new one helps."
	remedyInactive   remedy = "Look at ad account {account} in Ads Manager: https://business.facebook.com/adsmanager/manage/campaigns?act={account}."
	remedyCheckpoint remedy = "The person whose token is used must log in at https://www.facebook.com and finish the check there; then create a new access token, or use a system user's."
	remedyProof      remedy = "Give Muster the app's secret, or switch off \"Require App Secret\" in the app's advanced settings; check that the secret belongs to the app that made the token."
	remedyApp        remedy = "Check facebook.app_id and facebook.app_secret (App settings, Basic), then log in again: muster auth login."
	remedyPermission remedy = "Give the token's user the Advertiser or Admin role on ad account {account} and the permission ads_management (and business_management for business assets) to the app, then create a new token."
	remedyTier       remedy = "Apply for Full access to the Marketing API for the app, or use an ad account that the app's owner holds."
	remedyBusiness   remedy = "Add ad account {account} to a business in Business Manager: https://business.facebook.com/settings/ad-accounts."
	remedyBarred     remedy = "The advertiser may not advertise: ask for a review at https://business.facebook.com/accountquality."
	remedyTerms      remedy = "Somebody of the business (not a system user) must accept the terms at https://business.facebook.com/ads/manage/customaudiences/tos/?act={account}."
	remedyFlagged    remedy = "Open the audience in Ads Manager (https://business.facebook.com/adsmanager/audiences?act={account}) and resolve its integrity restriction."
	remedyGone       remedy = "Look whether the audience still exists and is visible to the token's user in ad account {account} (a system user needs the Admin role there); if it was deleted on purpose, leave it out in the configuration."
	remedyLowSize    remedy = "Nothing is broken: Facebook keeps audiences above about 100 matched people; the removal stays owed."
	remedySource     remedy = "The audience was first filled in another way (single-key or partner data, or a replace that is too large): let Muster make an audience of its own, or map the key to a fresh one."
	remedyCreate     remedy = "Look whether ad account {account} already holds 500 customer-list audiences and delete those no longer used."
	remedyLookalikes remedy = "Delete the lookalike audiences made from this audience first."
	remedyRequest    remedy = "Facebook refuses the request as it is; if it stays so, report it with the trace id."
	remedyValue      remedy = "The Facebook audience is value-based: set value_trait for its audience, or give it another Facebook audience (facebook_id)."
	remedyTooLarge   remedy = "Lower max_values, so that a single member has fewer rows; where a proxy stands before Facebook (facebook.base_url), have it take requests of 2 MB and longer answers."
	remedyUnsent     remedy = "Muster does not send such a request: report it with the line of the log, which says why."
	remedySecret     remedy = "Check facebook.app_id and facebook.app_secret (App settings, Basic) and restart: one of them is missing or cannot be read; the log says more."
	remedyBusy       remedy = "Nothing to do: Muster waits until Facebook has finished another update of the audience. If it never ends, stop other tools that write to it."
	remedySession    remedy = "Nothing to do: Muster begins another replacement, or sends the full list in the ordinary way."
	remedyVersion    remedy = "Set facebook.api_version to a version that Meta still serves: https://developers.facebook.com/docs/graph-api/changelog."
)

// remedy is what to do about a failure for which no rule knows better. Only the
// classes that pass by themselves and block nothing have none.
func (c Class) remedy() remedy {
	switch c {
	case Throttle, ThrottleApp:
		return remedyWait
	case Cooldown:
		return remedyCooldown
	case AudienceBusy:
		return remedyBusy
	case AudienceUnseen, AudienceGone:
		return remedyGone
	case AudienceFlagged:
		return remedyFlagged
	case AudienceRefused:
		return remedySource
	case LowSize:
		return remedyLowSize
	case TooLarge:
		return remedyTooLarge
	case BadRequest:
		return remedyRequest
	case ReplaceFailed:
		return remedySession
	case Reauth:
		return remedyToken
	case Permission:
		return remedyPermission
	case Terms:
		return remedyTerms
	case Version:
		return remedyVersion
	case Unclassified, Transient, Withheld:
	}
	return remedyNone
}

// sentence fills in the account; without one the placeholder goes with the
// words around it still making sense.
func (r remedy) sentence(account AccountID) string {
	text := string(r)
	if account != "" {
		return strings.ReplaceAll(text, "{account}", string(account))
	}
	text = strings.ReplaceAll(text, "?act={account}", "")
	text = strings.ReplaceAll(text, "ad account {account}", "the ad account")
	return strings.ReplaceAll(text, "{account}", "")
}
