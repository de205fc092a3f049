package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/schema"
)

// Facebook says how to reach the Marketing API.
type Facebook struct {
	BaseURL             string        `yaml:"base_url" doc:"Scheme and host of the Graph API, and a path before the version where a gateway needs one."`
	APIVersion          string        `yaml:"api_version" doc:"Version in every path, v and a number. Facebook keeps a version for about a year and then answers with a newer one, which is logged."`
	AdAccount           string        `yaml:"ad_account" doc:"Ad account of the audiences, digits with or without act_. Required by the uploader."`
	AccessToken         Secret        `yaml:"access_token" doc:"Access token with ads_management, best a system user's."`
	AccessTokenFile     string        `yaml:"access_token_file" doc:"File with the access token; it is read again when it changes, so tokens can be rotated without a restart."`
	AppID               string        `yaml:"app_id" doc:"The Facebook app's id, for muster auth and for knowing when the token expires. Needs app_secret."`
	LoginURL            string        `yaml:"login_url" doc:"Scheme and host of the page where muster auth login sends a person."`
	AppSecret           Secret        `yaml:"app_secret" doc:"The app's secret, for appsecret_proof where the app requires it. Empty: no proof is sent."`
	AppSecretFile       string        `yaml:"app_secret_file" doc:"File to read app_secret from, once, at start; white space around it is dropped."`
	AppSecretProof      string        `yaml:"app_secret_proof" doc:"Form of the proof: plain (over the token) or timed (over the token and the time)."`
	CustomerFileSource  string        `yaml:"customer_file_source" doc:"What Facebook is told, when an audience is made, of where its people come from: USER_PROVIDED_ONLY (from themselves), PARTNER_PROVIDED_ONLY (from partners) or BOTH_USER_AND_PARTNER_PROVIDED. Nothing else follows from it. A later change changes no audience."`
	NameTemplate        string        `yaml:"name_template" doc:"What a Facebook audience is called when it is made, as a Go template of {{.Key}}, {{.Name}} (audience_name of its events, else the key), {{.Space}} and {{.Computation}} (Engage's, else empty), such as Engage – {{.Name}}. Cut to 150 characters. A later change does not rename."`
	DescriptionTemplate string        `yaml:"description_template" doc:"Its description, likewise. Cut to 180 characters; the marker by which Muster finds the audience again comes after it. Empty: that Muster keeps it equal to the audience KEY. A later change does not rename."`
	HonourEventSettings bool          `yaml:"honour_event_settings" doc:"Fill the existing Facebook audience that an event names in context.personas.external_audience_id, which Segment's own destination made, instead of one of Muster's; the ad account is still facebook.ad_account or the audience's. Two writers undo each other: switch Segment's destination off for those audiences first. Holds for events read from then on."`
	ReadInterval        time.Duration `yaml:"read_interval" doc:"How often Facebook is asked for an audience's size and state, 10m to 168h, in spare request budget only. 0 turns it off."`
	RequestTimeout      time.Duration `yaml:"request_timeout" doc:"Time for one HTTP attempt, 1s to 10m. After an attempt without answer no opposite request goes to that audience for this long."`
}

var (
	accountID  = regexp.MustCompile(`^(act_)?[0-9]{1,32}$`)
	appID      = regexp.MustCompile(`^[0-9]{1,32}$`)
	audienceID = regexp.MustCompile(`^[0-9]{1,32}$`)
	apiVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
)

func (f *Facebook) check(p *problems, uploads bool) {
	p.baseURL("facebook.base_url", f.BaseURL, "use https://graph.facebook.com, or the emulator's address")
	p.baseURL("facebook.login_url", f.LoginURL, "use https://www.facebook.com, or the emulator's address")
	if f.AppID != "" && !appID.MatchString(f.AppID) {
		p.add("facebook.app_id", f.AppID, "1 to 32 digits", "copy the app's id from its dashboard (App settings, Basic)")
	}
	if !apiVersion.MatchString(f.APIVersion) {
		p.add("facebook.api_version", f.APIVersion, "v and a number, such as v26.0", "see Meta's page \"Graph API changelog\" for the versions served")
	}
	p.oneOf("facebook.customer_file_source", f.CustomerFileSource, fileSources...)
	p.template("facebook.name_template", f.NameTemplate)
	p.template("facebook.description_template", f.DescriptionTemplate)
	p.oneOf("facebook.app_secret_proof", f.AppSecretProof, "plain", "timed")
	if f.ReadInterval != 0 {
		p.duration("facebook.read_interval", f.ReadInterval, 10*time.Minute, 168*time.Hour)
	}
	p.duration("facebook.request_timeout", f.RequestTimeout, time.Second, 10*time.Minute)
	if f.AdAccount != "" && !accountID.MatchString(f.AdAccount) {
		p.add("facebook.ad_account", f.AdAccount, "digits with or without act_", "copy the account's id from the Ads Manager")
	}
	if !uploads {
		return
	}
	if f.AdAccount == "" {
		p.add("facebook.ad_account", "", "the ad account's id", "set it, or leave uploader out of stages")
	}
	if f.AccessToken == "" && f.AccessTokenFile == "" {
		p.add("facebook.access_token_file", "", "a file with an access token", "set it or MUSTER_FACEBOOK_ACCESS_TOKEN, or leave uploader out of stages")
	}
	p.readable("facebook.access_token_file", f.AccessTokenFile)
}

func (p *problems) baseURL(key, value, remedy string) {
	if u, err := url.Parse(value); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		p.add(key, value, "http(s)://host[/path], without user, query or fragment", remedy)
	}
}

// AdAccounts lists the ad accounts in use, without act_, each once, the general one
// first.
func (c *Config) AdAccounts() []string {
	all := []string{c.Facebook.AdAccount}
	for _, key := range sorted(c.Audiences) {
		all = append(all, c.Audiences[key].Account)
	}
	var accounts []string
	for _, a := range all {
		if a = strings.TrimPrefix(a, "act_"); a != "" && !slices.Contains(accounts, a) {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// fileSources are all values of customer_file_source (Meta, "Custom Audiences").
var fileSources = []string{"USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"}

// template checks what an audience is called; an empty one stands for a default.
func (p *problems) template(key, text string) {
	if text == "" {
		return
	}
	if _, err := schema.ParseAudienceText(text); err != nil {
		p.add(key, text, "a template of {{.Key}}, {{.Name}}, {{.Space}} and {{.Computation}} ("+err.Error()+")", "write it as in Engage – {{.Name}}")
	}
}
