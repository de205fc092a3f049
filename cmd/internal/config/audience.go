package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/schema"
)

// Audience is what is configured for one audience of the stream. Audiences
// that are not named here are synchronised with the defaults.
type Audience struct {
	Name               string         `yaml:"name" doc:"Name of the Facebook audience when it is created, plain or a template like facebook.name_template. Empty: that one. A later change does not rename."`
	Description        string         `yaml:"description" doc:"Its description, plain or a template like facebook.description_template. Empty: that one. A later change does not change it."`
	CustomerFileSource string         `yaml:"customer_file_source" doc:"As facebook.customer_file_source, for this audience. Empty: that one."`
	FacebookID         string         `yaml:"facebook_id" doc:"Id of an existing Facebook audience to fill instead of one made by Muster. One id belongs to one key. People whom it holds already stay until an exit names them; muster resync --replace removes them all."`
	FacebookName       string         `yaml:"facebook_name" doc:"Name of an existing Facebook audience to fill, exactly as Facebook has it; it must be the only one of that name in the ad account."`
	Account            string         `yaml:"account" doc:"Ad account of this audience. Empty: facebook.ad_account."`
	Identifiers        []string       `yaml:"identifiers" doc:"Facebook keys that are uploaded, such as [EMAIL, PHONE]. Empty: all but EXTERN_ID (with extern_id.enabled EXTERN_ID too). At least one of EMAIL, PHONE, MADID, EXTERN_ID."`
	ExternID           *bool          `yaml:"extern_id" doc:"Whether EXTERN_ID is among the keys of an audience without identifiers; true needs extern_id.enabled. With identifiers, those say it. Not set: as extern_id.enabled."`
	ValueTrait         string         `yaml:"value_trait" doc:"Trait that holds each member's value, such as lifetime_value; dotted when nested, LOOKALIKE_VALUE for that column of RudderStack rows. It makes the audience value-based: the Facebook audience is created so, and every row carries LOOKALIKE_VALUE, 0 where the trait is missing or negative. A changed value is sent again, nobody is removed for it. Values of a trait named here for the first time are those said from then on; muster replay brings the earlier ones. Facebook cannot change an existing audience: one that is not value-based is then left alone until another takes its place."`
	AppIDs             []string       `yaml:"app_ids" doc:"Ids of the apps whose user ids are in the rows (UID, APPUID), sent beside the rows of every request. Muster sends none of those ids, so this is only for an audience in which Facebook asks for it."`
	PageIDs            []string       `yaml:"page_ids" doc:"Ids of the pages whose user ids are in the rows (PAGEUID), likewise."`
	Window             time.Duration  `yaml:"window" doc:"As window, for this audience. 0: the general one."`
	ResendPeriod       *time.Duration `yaml:"resend_period" doc:"As resend_period, for this audience; 0 turns it off. Not set: the general one."`
	ResyncEvery        time.Duration  `yaml:"resync_every" doc:"How often all of the audience is sent again at once, as by muster resync, 1h to 8760h. It takes as many requests as the audience has batches. One that was last sent whole longer ago than this is sent at its next window. 0: never."`
	OnDeleted          string         `yaml:"on_deleted" doc:"block: an audience that is gone from Facebook waits for somebody to act; recreate: it is made anew and sent whole, if Muster made it. Empty: the general on_deleted."`
	DataProcessing     DataProcessing `yaml:"data_processing"`
	Sync               string         `yaml:"sync" doc:"mirror: members are added and removed; add_only: they are only added, erased users excepted; paused: members are kept and nothing is sent, what Facebook has stays there. Empty: mirror."`
}

// Keys is the set of identifiers to upload.
func (a Audience) Keys(extern ExternID) schema.KeySet {
	if len(a.Identifiers) == 0 {
		on := extern.Enabled
		if a.ExternID != nil {
			on = *a.ExternID
		}
		if on {
			return schema.DefaultKeys | schema.KeysOf(schema.ExternID)
		}
		return schema.DefaultKeys
	}
	var keys schema.KeySet
	for _, name := range a.Identifiers {
		if k, ok := schema.ParseKey(name); ok {
			keys |= schema.KeysOf(k)
		}
	}
	return keys
}

// ValueTraits are the traits that give LOOKALIKE_VALUE, by audience.
func (c *Config) ValueTraits() map[string]string {
	traits := map[string]string{}
	for key, a := range c.Audiences {
		if a.ValueTrait != "" {
			traits[key] = a.ValueTrait
		}
	}
	return traits
}

// identifierKeys are those that can be chosen; LOOKALIKE_VALUE identifies nobody.
func identifierKeys() []string {
	var names []string
	for k := range schema.LookalikeValue {
		names = append(names, k.String())
	}
	return names
}

const valueTraitRemedy = "name the trait that holds it: audiences.KEY.value_trait"

func (c *Config) checkAudiences(p *problems) {
	owner := map[string]string{}
	for _, key := range sorted(c.Audiences) {
		a, path := c.Audiences[key], "audiences."+key
		p.audienceKey(path, key)
		if a.FacebookID != "" {
			switch first, taken := owner[a.FacebookID]; {
			case !audienceID.MatchString(a.FacebookID):
				p.add(path+".facebook_id", a.FacebookID, "1 to 32 digits", "copy the audience's id from the Ads Manager")
			case taken:
				p.add(path+".facebook_id", a.FacebookID, "an id of its own; audiences."+first+" has this one", "two audiences would remove each other's members: give each its own Facebook audience")
			default:
				owner[a.FacebookID] = key
			}
		}
		if a.FacebookName != "" {
			account := strings.TrimPrefix(cmp.Or(a.Account, c.Facebook.AdAccount), "act_")
			named := account + "\x00" + a.FacebookName
			switch first, taken := owner[named]; {
			case a.FacebookID != "":
				p.add(path+".facebook_name", a.FacebookName, "only one of facebook_id and facebook_name", "keep the id")
			case taken:
				p.add(path+".facebook_name", a.FacebookName, "a name of its own; audiences."+first+" has this one", "two audiences would remove each other's members: give each its own Facebook audience")
			default:
				owner[named] = key
			}
		}
		if a.Account != "" && !accountID.MatchString(a.Account) {
			p.add(path+".account", a.Account, "digits with or without act_", "copy the account's id from the Ads Manager")
		}
		if a.Window != 0 {
			p.duration(path+".window", a.Window, minWindow, maxWindow)
		}
		if r := a.ResendPeriod; r != nil && *r != 0 {
			p.duration(path+".resend_period", *r, minResend, maxResend)
		}
		if a.ResyncEvery != 0 {
			p.duration(path+".resync_every", a.ResyncEvery, time.Hour, maxResend)
		}
		p.oneOf(path+".sync", a.Sync, "", SyncMirror, SyncAddOnly, SyncPaused)
		p.oneOf(path+".on_deleted", a.OnDeleted, "", OnDeletedBlock, OnDeletedRecreate)
		p.template(path+".name", a.Name)
		p.template(path+".description", a.Description)
		if a.CustomerFileSource != "" {
			p.oneOf(path+".customer_file_source", a.CustomerFileSource, fileSources...)
		}
		a.DataProcessing.check(p, path+".data_processing")
		p.scopeIDs(path+".app_ids", a.AppIDs)
		p.scopeIDs(path+".page_ids", a.PageIDs)
		c.checkIdentifiers(p, path+".identifiers", a.Identifiers)
		c.checkExternID(p, path+".extern_id", a)
		if a.ValueTrait != "" && slices.ContainsFunc(strings.Split(a.ValueTrait, "."), blank) {
			p.add(path+".value_trait", a.ValueTrait, "a trait key, dotted when nested", "name the trait as events do, such as lifetime_value")
		}
	}
}

func (c *Config) checkIdentifiers(p *problems, path string, names []string) {
	strong := len(names) == 0
	for i, name := range names {
		k, ok := schema.ParseKey(name)
		switch {
		case ok && k == schema.LookalikeValue:
			p.add(index(path, i), name, "a key that identifies people", "for a value-based audience "+valueTraitRemedy)
		case !ok:
			p.add(index(path, i), name, "one of "+strings.Join(identifierKeys(), ", "), suggest(name, identifierKeys()))
		case slices.Contains(names[:i], name):
			p.add(index(path, i), name, "each key once", "remove one of the two")
		case k == schema.ExternID && !c.ExternID.Enabled:
			p.add(index(path, i), name, "EXTERN_ID only with extern_id.enabled", "set extern_id.enabled: true, which stores raw user ids")
		}
		strong = strong || (ok && k.Strong())
	}
	if !strong {
		p.add(path, fmt.Sprint(names), "at least one of EMAIL, PHONE, MADID, EXTERN_ID", "add one: the other keys alone match nobody")
	}
}

func (c *Config) checkExternID(p *problems, path string, a Audience) {
	switch {
	case a.ExternID == nil:
	case len(a.Identifiers) > 0 && *a.ExternID != slices.Contains(a.Identifiers, schema.ExternID.String()):
		p.add(path, *a.ExternID, "what identifiers says", "remove extern_id: identifiers lists all keys, EXTERN_ID among them or not")
	case *a.ExternID && !c.ExternID.Enabled:
		p.add(path, *a.ExternID, "true only with extern_id.enabled", "set extern_id.enabled: true, which stores raw user ids")
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func (c *Config) checkTraits(p *problems) {
	for _, name := range sorted(c.ExtraTraits) {
		path := "extra_traits." + name
		switch k, ok := schema.ParseKey(name); {
		case !ok:
			p.add(path, name, "one of "+strings.Join(identifierKeys(), ", "), suggest(name, identifierKeys()))
		case k == schema.LookalikeValue:
			p.add(path, name, "a key that identifies people", valueTraitRemedy)
		case k == schema.ExternID:
			p.add(path, name, "a key that is filled from traits", "EXTERN_ID is always the user id; see extern_id.enabled")
		}
		for i, trait := range c.ExtraTraits[name] {
			if blank(trait) {
				p.add(index(path, i), trait, "a trait key, dotted when nested", "name the trait or remove the entry")
			}
		}
	}
}
