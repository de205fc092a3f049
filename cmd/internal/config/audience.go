package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/schema"
)

// Audience is what is configured for one audience of the stream. Audiences
// that are not named here are synchronised with the defaults.
type Audience struct {
	Name         string        `yaml:"name" doc:"Name of the Facebook audience when it is created. Empty: audience_name of its events, else the key. A later change does not rename."`
	FacebookID   string        `yaml:"facebook_id" doc:"Id of an existing Facebook audience to fill instead of one made by Muster. One id belongs to one key. People whom it holds already stay until an exit names them; muster resync --replace removes them all."`
	FacebookName string        `yaml:"facebook_name" doc:"Name of an existing Facebook audience to fill, exactly as Facebook has it; it must be the only one of that name in the ad account."`
	Account      string        `yaml:"account" doc:"Ad account of this audience. Empty: facebook.ad_account."`
	Identifiers  []string      `yaml:"identifiers" doc:"Facebook keys that are uploaded, such as [EMAIL, PHONE]. Empty: all but EXTERN_ID and LOOKALIKE_VALUE (with extern_id.enabled EXTERN_ID too). At least one of EMAIL, PHONE, MADID, EXTERN_ID."`
	Window       time.Duration `yaml:"window" doc:"As window, for this audience. 0: the general one."`
	OnDeleted    string        `yaml:"on_deleted" doc:"block: an audience that is gone from Facebook waits for somebody to act; recreate: it is made anew and sent whole, if Muster made it. Empty: the general on_deleted."`
	Sync         string        `yaml:"sync" doc:"mirror: members are added and removed; add_only: they are only added, erased users excepted; paused: members are kept and nothing is sent, what Facebook has stays there. Empty: mirror."`
}

// Keys is the set of identifiers to upload.
func (a Audience) Keys(extern ExternID) schema.KeySet {
	if len(a.Identifiers) == 0 {
		keys := schema.DefaultKeys
		if extern.Enabled {
			keys |= schema.KeysOf(schema.ExternID)
		}
		return keys
	}
	var keys schema.KeySet
	for _, name := range a.Identifiers {
		if k, ok := schema.ParseKey(name); ok {
			keys |= schema.KeysOf(k)
		}
	}
	return keys
}

func facebookKeys() []string {
	names := make([]string, schema.NumKeys)
	for k := range schema.NumKeys {
		names[k] = schema.Key(k).String()
	}
	return names
}

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
		if a.FacebookName != "" && a.FacebookID != "" {
			p.add(path+".facebook_name", a.FacebookName, "only one of facebook_id and facebook_name", "keep the id")
		}
		if a.Account != "" && !accountID.MatchString(a.Account) {
			p.add(path+".account", a.Account, "digits with or without act_", "copy the account's id from the Ads Manager")
		}
		if a.Window != 0 {
			p.duration(path+".window", a.Window, minWindow, maxWindow)
		}
		p.oneOf(path+".sync", a.Sync, "", SyncMirror, SyncAddOnly, SyncPaused)
		p.oneOf(path+".on_deleted", a.OnDeleted, "", OnDeletedBlock, OnDeletedRecreate)
		c.checkIdentifiers(p, path+".identifiers", a.Identifiers)
	}
}

func (c *Config) checkIdentifiers(p *problems, path string, names []string) {
	strong := len(names) == 0
	for i, name := range names {
		k, ok := schema.ParseKey(name)
		switch {
		case !ok:
			p.add(index(path, i), name, "one of "+strings.Join(facebookKeys(), ", "), suggest(name, facebookKeys()))
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

func (c *Config) checkTraits(p *problems) {
	for _, name := range sorted(c.ExtraTraits) {
		path := "extra_traits." + name
		switch k, ok := schema.ParseKey(name); {
		case !ok:
			p.add(path, name, "one of "+strings.Join(facebookKeys(), ", "), suggest(name, facebookKeys()))
		case k == schema.ExternID:
			p.add(path, name, "a key that is filled from traits", "EXTERN_ID is always the user id; see extern_id.enabled")
		}
		for i, trait := range c.ExtraTraits[name] {
			if strings.TrimSpace(trait) == "" {
				p.add(index(path, i), trait, "a trait key, dotted when nested", "name the trait or remove the entry")
			}
		}
	}
}
