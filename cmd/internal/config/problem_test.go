package config_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/cmd/internal/config"
)

// Each case is a whole configuration and all the lines it must be told.
func TestProblems(t *testing.T) {
	t.Parallel()
	const none = `kafka: {brokers: ["k:1"]}` + "\nsources: [{topic: t}]\nstages: [membership]\nuser_key_secret: 0123456789abcdef\n"
	tests := []struct {
		name, text   string
		environ, set []string
		want         []string
	}{
		{name: "nothing given", text: "", want: []string{
			`kafka.brokers: not set: want one or more host:port; name one or more brokers, such as kafka:9092`,
			`sources: not set: want one or more topics; list the topics of events: sources: [{topic: identify}, {topic: audience-membership}]`,
			`user_key_secret_file: not set: want a file with at least 16 bytes; make one with: openssl rand -hex 32 > user_key_secret; or set MUSTER_USER_KEY_SECRET`,
			`facebook.ad_account: not set: want the ad account's id; set it, or leave uploader out of stages`,
			`facebook.access_token_file: not set: want a file with an access token; set it or MUSTER_FACEBOOK_ACCESS_TOKEN, or leave uploader out of stages`,
		}},
		{name: "unknown keys", text: good + "windw: 1h\nfacebok: {}\nreplication_factor: 3\nzzz: 1\n", want: []string{
			`muster.yaml:5:1: windw: unknown key; did you mean window?`,
			`muster.yaml:6:1: facebok: unknown key; did you mean facebook?`,
			`muster.yaml:7:1: replication_factor: unknown key; did you mean topics.replication_factor?`,
			`muster.yaml:8:1: zzz: unknown key; want one of anonymous, audiences, date_order, default_country, entered_events, erase, exclude, exited_events, extern_id, extra_traits, facebook, first_sync_quiet, forget_after, group, http, include, installation, kafka, log, max_audiences, max_event_bytes, max_removed_share, max_values, new_audiences, on_deleted, page, require_consent, resend_period, sources, spaces, stages, state_dir, telemetry, topics, user_key_secret, user_key_secret_file, window`,
		}},
		{name: "unknown nested keys", text: none + "audiences: {vip: {nmae: x}}\ntopics: {prefx: m}\n", want: []string{
			`muster.yaml:5:19: audiences.vip.nmae: unknown key; did you mean audiences.vip.name?`,
			`muster.yaml:6:10: topics.prefx: unknown key; did you mean topics.prefix?`,
		}},
		{name: "unknown variable and flag", text: none, environ: []string{"MUSTER_WINDOWS=1h"}, set: []string{"stage=uploader", "kafka=x"}, want: []string{
			`environment: MUSTER_WINDOWS: unknown key; did you mean MUSTER_WINDOW?`,
			`--set: stage: unknown key; did you mean stages?`,
			`--set: kafka: unknown key; want one of`,
		}},
		{name: "wrong types", text: none + "window: soon\nmax_values: many\nextern_id: {enabled: perhaps}\ntopics: 3\ngroup: [a]\naudiences: [a]\nentered_events: {a: b}\n", want: []string{
			`muster.yaml:5:9: window: "soon": want a duration such as 90s, 15m or 1h30m`,
			`muster.yaml:6:13: max_values: "many": want a whole number`,
			`muster.yaml:7:22: extern_id.enabled: "perhaps": want true or false`,
			`muster.yaml:8:9: topics: "3": want keys and values, such as {key: value}`,
			`muster.yaml:9:8: group: "a list": want one value`,
			`muster.yaml:10:12: audiences: "a list": want keys and values, such as {key: value}`,
			`muster.yaml:11:17: entered_events: "a mapping": want a list, such as [a, b]; put a value that holds a colon in quotes`,
		}},
		{name: "wrong types elsewhere", text: none, environ: []string{"MUSTER_WINDOW=soon", "MUSTER_SOURCES=[{topik: x}]"}, set: []string{"max_values=many"}, want: []string{
			`MUSTER_SOURCES: sources[0].topik: unknown key; did you mean sources[0].topic?`,
			`MUSTER_WINDOW: window: "soon": want a duration such as 90s, 15m or 1h30m`,
			`--set: max_values: "many": want a whole number`,
			`MUSTER_SOURCES: sources[0].topic: not set: want 1 to 249 of a-z A-Z 0-9 . _ -; give the topic's name as Kafka knows it`,
		}},
		{name: "not a mapping", text: "hello", want: []string{
			`muster.yaml:1:1: configuration: "hello": want keys and values, such as {key: value}`,
			"kafka.brokers", "sources", "user_key_secret_file", "facebook.ad_account", "facebook.access_token_file",
		}},
		{name: "merge key", text: none + "audiences:\n  a: &a {name: A}\n  b:\n    <<: *a\n", want: []string{
			`muster.yaml:8:5: audiences.b: "<<": want plain keys; write what is merged or computed out in full`,
		}},
		{name: "an anchor of itself", text: none + "group: &a\n  *a\ninstallation: *a\n", want: []string{
			`muster.yaml:6:3: group: "*a": want an alias of an anchor above it`,
		}},
		{name: "aliases without an anchor", text: none + "window: *w\naudiences:\n  *a : {name: A}\n*b : 1\n", want: []string{
			`muster.yaml:5:9: window: "*w": want an alias of an anchor above it; write &w before the value it stands for, or put text with a star in quotes`,
			`muster.yaml:7:3: audiences: "*a": want an alias of an anchor above it`,
			`muster.yaml:8:1: configuration: "*b": want an alias of an anchor above it`,
		}},
		{name: "ranges", text: none + `window: 1ms
first_sync_quiet: 200h
resend_period: 1h
max_values: 0
max_event_bytes: 9000000
default_country: EU
date_order: ymd
anonymous: acept
topics: {prefix: "a b", replication_factor: -1, partitions: 10001}
group: "a b"
state_dir: ""
installation: "a b"
log: {level: warning, format: xml}
erase: {scope: all, overdue_after: 1m}
`, want: []string{
			`muster.yaml:13:18: topics.prefix: "a b": want up to 200 of a-z A-Z 0-9 . _ -; choose a prefix such as muster.`,
			`muster.yaml:13:45: topics.replication_factor: "-1": want 0 to 32767`,
			`muster.yaml:13:61: topics.partitions: "10001": want 0 to 10000`,
			`muster.yaml:14:8: group: "a b": want 1 to 249 of a-z A-Z 0-9 . _ -; choose a name such as muster`,
			`muster.yaml:15:12: state_dir: not set: want a directory; name one on a local disk`,
			`muster.yaml:16:15: installation: "a b": want up to 100 printable ASCII characters without blanks; choose a name such as prod-eu`,
			`muster.yaml:5:9: window: "1ms": want 100ms to 168h`,
			`muster.yaml:6:19: first_sync_quiet: "200h0m0s": want 100ms to 168h`,
			`muster.yaml:7:16: resend_period: "1h0m0s": want 24h to 8760h`,
			`muster.yaml:18:16: erase.scope: "all": want one of audiences, account; audiences reaches those that Muster keeps, account also all others in the ad account, lists that keep people out of advertising included`,
			`muster.yaml:18:36: erase.overdue_after: "1m0s": want 1h to 720h`,
			`muster.yaml:10:18: default_country: "EU": want an ISO 3166-1 alpha-2 code; use a code such as US, GB or DE`,
			`muster.yaml:11:13: date_order: "ymd": want one of mdy, dmy; did you mean mdy?`,
			`muster.yaml:12:12: anonymous: "acept": want one of accept, ignore; did you mean accept?`,
			`muster.yaml:8:13: max_values: "0": want 1 to 100`,
			`muster.yaml:9:18: max_event_bytes: "9000000": want 1024 to 8388608`,
			`muster.yaml:17:14: log.level: "warning": want one of debug, info, warn, error; did you mean warn?`,
			`muster.yaml:17:31: log.format: "xml": want one of text, json`,
		}},
		{name: "kafka", text: `
sources: [{topic: t}]
stages: [membership]
user_key_secret: 0123456789abcdef
kafka:
  brokers: [kafka, ":9092", "k:0"]
  request_timeout: 1ms
  session_timeout: 100ms
  rebalance_timeout: 1h
  heartbeat_interval: 1s
  tls: {ca_file: ca.pem, insecure_skip_verify: true}
  sasl: {mechanism: scram-sha-1}
`, want: []string{
			`muster.yaml:6:13: kafka.brokers[0]: "kafka": want host:port; name one or more brokers, such as kafka:9092`,
			`muster.yaml:6:20: kafka.brokers[1]: ":9092": want host:port; name one or more brokers, such as kafka:9092`,
			`muster.yaml:6:29: kafka.brokers[2]: "k:0": want host:port; name one or more brokers, such as kafka:9092`,
			`muster.yaml:7:20: kafka.request_timeout: "1ms": want 1s to 5m`,
			`muster.yaml:8:20: kafka.session_timeout: "100ms": want 1s to 30m`,
			`muster.yaml:9:22: kafka.rebalance_timeout: "1h0m0s": want 1s to 30m`,
			`muster.yaml:10:23: kafka.heartbeat_interval: "1s": want 100ms to a third of kafka.session_timeout (100ms); two heartbeats may get lost before a session ends; shorten it or lengthen the session`,
			`muster.yaml:11:18: kafka.tls.ca_file: "ca.pem": want nothing while kafka.tls.enabled is false; set kafka.tls.enabled: true, or remove the key`,
			`muster.yaml:12:21: kafka.sasl.mechanism: "scram-sha-1": want one of plain, scram-sha-256, scram-sha-512; did you mean scram-sha-512?`,
			`muster.yaml:12:9: kafka.sasl.username: not set: want a user name with scram-sha-1; name the user`,
			`muster.yaml:12:9: kafka.sasl.password: not set: want a password with scram-sha-1; give kafka.sasl.password_file or MUSTER_KAFKA_SASL_PASSWORD`,
		}},
		{name: "kafka files and login", text: none, set: []string{
			"kafka.tls.enabled=true", "kafka.tls.ca_file=/nonexistent/ca.pem", "kafka.tls.cert_file=/nonexistent/cert.pem", "kafka.sasl.username=u",
		}, want: []string{
			`--set: kafka.tls.cert_file: "/nonexistent/cert.pem": want both of cert_file and key_file, or neither; name the other file too`,
			`--set: kafka.tls.ca_file: "/nonexistent/ca.pem": want a file that can be read (no such file or directory); put the file there, readable for this user, or correct the path`,
			`--set: kafka.tls.cert_file: "/nonexistent/cert.pem": want a file that can be read (no such file or directory)`,
			`muster.yaml:1:8: kafka.sasl.mechanism: not set: want plain, scram-sha-256 or scram-sha-512 when there is a user or a password; name the mechanism the brokers ask for, or remove the login`,
		}},
		{name: "sources", text: `kafka: {brokers: ["k:1"]}` + "\nstages: [membership]\nuser_key_secret: 0123456789abcdef\n" + `sources:
  - {topic: "a b"}
  - {topic: x, start: latest}
  - {topic: x, tombstone: erases}
  - {topic: muster.members}
  - {topic: y, audience: "a\0b", on_data_loss: skip}
`, want: []string{
			`muster.yaml:5:13: sources[0].topic: "a b": want 1 to 249 of a-z A-Z 0-9 . _ -; give the topic's name as Kafka knows it`,
			`muster.yaml:6:23: sources[1].start: "latest": want earliest or a time as in 2026-11-20T10:00:00Z; to begin later, use a time: the latest record is no starting point, it would lose what came before`,
			`muster.yaml:7:13: sources[2].topic: "x": want each topic once; remove one of the two`,
			`muster.yaml:7:27: sources[2].tombstone: "erases": want one of erase, ignore; did you mean erase?`,
			`muster.yaml:8:13: sources[3].topic: "muster.members": want a topic that is not one of Muster's own; read the events' topic, or change topics.prefix`,
			`muster.yaml:9:48: sources[4].on_data_loss: "skip": want one of stop, continue; did you mean stop?`,
			`muster.yaml:9:26: sources[4].audience: "a\x00b": want an audience key of 1 to 1024 bytes without NUL; use the key that the events name (computation_key)`,
		}},
		{name: "repartition", text: `kafka: {brokers: ["k:1"]}` + "\nstages: [membership]\nuser_key_secret: 0123456789abcdef\n" + `sources:
  - {topic: a, repartition: true}
  - {topic: b}
  - {topic: muster.events, repartition: true}
  - {topic: muster.repartition.a, repartition: true}
  - {topic: ` + strings.Repeat("x", 240) + `, repartition: true}
`, want: []string{
			`muster.yaml:6:5: sources[1].repartition: "false": want the same for all sources; set it to true here too: all that is said of a user must meet in one task, and who keyed this source may have put the user elsewhere`,
			`muster.yaml:7:13: sources[2].topic: "muster.events": want a topic that is not one of Muster's own; read the events' topic, or change topics.prefix`,
			`muster.yaml:8:13: sources[3].topic: "muster.repartition.a": want a topic that is not one of Muster's own; read the events' topic, or change topics.prefix`,
			`muster.yaml:9:13: sources[4].topic: "` + strings.Repeat("x", 100) + `…": want 10 characters less while repartition is on; shorten topics.prefix: muster.repartition.… has to be a topic's name`,
		}},
		{name: "stages and secret", text: `kafka: {brokers: ["k:1"]}` + "\nsources: [{topic: t}]\nstages: [membership, upload, membership]\nuser_key_secret: short\n", want: []string{
			`muster.yaml:3:22: stages[1]: "upload": want one of membership, uploader; did you mean uploader?`,
			`muster.yaml:3:30: stages[2]: "membership": want each stage once; remove one of the two`,
			`muster.yaml:4:18: user_key_secret: "(secret)": want at least 16 bytes; make one with: openssl rand -hex 32`,
		}},
		{name: "no stages", text: none, set: []string{"stages="}, want: []string{
			`--set: stages: not set: want membership, uploader or both; remove the key to run both`,
		}},
		{name: "facebook", text: none + "facebook: {base_url: graph.facebook.com, api_version: 26, ad_account: abc, request_timeout: 1ms, app_secret_proof: tmed}\n", want: []string{
			`muster.yaml:5:22: facebook.base_url: "graph.facebook.com": want http(s)://host[/path], without user, query or fragment; use https://graph.facebook.com, or the emulator's address`,
			`muster.yaml:5:55: facebook.api_version: "26": want v and a number, such as v26.0; see Meta's page "Graph API changelog" for the versions served`,
			`muster.yaml:5:116: facebook.app_secret_proof: "tmed": want one of plain, timed; did you mean timed?`,
			`muster.yaml:5:93: facebook.request_timeout: "1ms": want 1s to 10m`,
			`muster.yaml:5:71: facebook.ad_account: "abc": want digits with or without act_; copy the account's id from the Ads Manager`,
		}},
		{name: "events", text: none + "extern_id: {alone: true}\nentered_events: [In, ' ']\nexited_events: [In]\nextra_traits: {PHONES: [m], EXTERN_ID: [m], EMAIL: [''], LOOKALIKE_VALUE: [ltv]}\n", want: []string{
			`muster.yaml:5:20: extern_id.alone: "true": want false while extern_id.enabled is false; set extern_id.enabled: true, or remove the key`,
			`muster.yaml:6:22: entered_events[1]: " ": want a name; remove the empty entry`,
			`muster.yaml:7:17: exited_events[0]: "In": want a name that is not in entered_events too; an event cannot mean both; remove one`,
			`muster.yaml:8:53: extra_traits.EMAIL[0]: not set: want a trait key, dotted when nested; name the trait or remove the entry`,
			`muster.yaml:8:40: extra_traits.EXTERN_ID: "EXTERN_ID": want a key that is filled from traits; EXTERN_ID is always the user id; see extern_id.enabled`,
			`muster.yaml:8:75: extra_traits.LOOKALIKE_VALUE: "LOOKALIKE_VALUE": want a key that identifies people; name the trait that holds it: audiences.KEY.value_trait`,
			`muster.yaml:8:24: extra_traits.PHONES: "PHONES": want one of EXTERN_ID, EMAIL, PHONE, MADID, FN, LN, FI, GEN, DOBY, DOBM, DOBD, ST, CT, ZIP, COUNTRY; did you mean PHONE?`,
		}},
		{name: "audiences", text: none + `audiences:
  a: {facebook_id: 1}
  b: {facebook_id: 1, account: x, window: 1ms}
  c: {facebook_id: act_1, identifiers: [EMIAL, FN, FN, EXTERN_ID]}
  d: {identifiers: [FN, LN]}
  e: {identifiers: [EMAIL, LOOKALIKE_VALUE], extern_id: true, value_trait: shop..margin}
  f: {extern_id: true}
  g: {extern_id: yes}
  h: {extern_id: false, value_trait: LOOKALIKE_VALUE}
  i: {identifiers: [EMAIL], extern_id: false}
`, want: []string{
			`muster.yaml:12:18: audiences.g.extern_id: "yes": want true or false`,
			`muster.yaml:7:20: audiences.b.facebook_id: "1": want an id of its own; audiences.a has this one; two audiences would remove each other's members: give each its own Facebook audience`,
			`muster.yaml:7:32: audiences.b.account: "x": want digits with or without act_; copy the account's id from the Ads Manager`,
			`muster.yaml:7:43: audiences.b.window: "1ms": want 100ms to 168h`,
			`muster.yaml:8:20: audiences.c.facebook_id: "act_1": want 1 to 32 digits; copy the audience's id from the Ads Manager`,
			`muster.yaml:8:41: audiences.c.identifiers[0]: "EMIAL": want one of EXTERN_ID, EMAIL, PHONE, MADID, FN, LN, FI, GEN, DOBY, DOBM, DOBD, ST, CT, ZIP, COUNTRY; did you mean EMAIL?`,
			`muster.yaml:8:52: audiences.c.identifiers[2]: "FN": want each key once; remove one of the two`,
			`muster.yaml:8:56: audiences.c.identifiers[3]: "EXTERN_ID": want EXTERN_ID only with extern_id.enabled; set extern_id.enabled: true, which stores raw user ids`,
			`muster.yaml:9:20: audiences.d.identifiers: "[FN LN]": want at least one of EMAIL, PHONE, MADID, EXTERN_ID; add one: the other keys alone match nobody`,
			`muster.yaml:10:28: audiences.e.identifiers[1]: "LOOKALIKE_VALUE": want a key that identifies people; for a value-based audience name the trait that holds it: audiences.KEY.value_trait`,
			`muster.yaml:10:57: audiences.e.extern_id: "true": want what identifiers says; remove extern_id: identifiers lists all keys, EXTERN_ID among them or not`,
			`muster.yaml:10:76: audiences.e.value_trait: "shop..margin": want a trait key, dotted when nested; name the trait as events do, such as lifetime_value`,
			`muster.yaml:11:18: audiences.f.extern_id: "true": want true only with extern_id.enabled; set extern_id.enabled: true, which stores raw user ids`,
		}},
		{name: "requests", text: none + `audiences:
  a: {data_processing: {options: [LDU, LDU, ldu], country: 2, state: 5}, app_ids: [12, x], page_ids: ["", 7]}
  b: {data_processing: {state: 1000}}
  c: {data_processing: {options: [LDU], state: 1000}}
  d: {data_processing: {options: [LDU], country: 1, state: 1000}, app_ids: [12]}
`, want: []string{
			`muster.yaml:6:40: audiences.a.data_processing.options[1]: "LDU": want each option once; remove one of the two`,
			`muster.yaml:6:45: audiences.a.data_processing.options[2]: "ldu": want one of LDU; did you mean LDU?`,
			`muster.yaml:6:60: audiences.a.data_processing.country: "2": want 0 to 1`,
			`muster.yaml:6:70: audiences.a.data_processing.state: "5": want 1000 to 9999`,
			`muster.yaml:6:88: audiences.a.app_ids[1]: "x": want 1 to 32 digits; copy the id from the app's dashboard or the page's settings`,
			`muster.yaml:6:103: audiences.a.page_ids[0]: not set: want 1 to 32 digits; copy the id from the app's dashboard or the page's settings`,
			`muster.yaml:7:24: audiences.b.data_processing.options: not set: want [LDU] where country or state is set; set options: [LDU], or remove country and state`,
			`muster.yaml:8:24: audiences.c.data_processing.country: "0": want a country where state is set; set country: 1, the US, or remove state`,
		}},
		{name: "names", text: none + `facebook: {name_template: "{{.Nmae}}", description_template: "{{", customer_file_source: USERS_ONLY}
audiences:
  a: {name: "{{.Key}} {{x}}", description: "{{/* nothing */}}", customer_file_source: user_provided_only}
  b: {name: "Plain", description: "Engage – {{.Name}}", customer_file_source: PARTNER_PROVIDED_ONLY}
`, want: []string{
			`muster.yaml:5:90: facebook.customer_file_source: "USERS_ONLY": want one of USER_PROVIDED_ONLY, PARTNER_PROVIDED_ONLY, BOTH_USER_AND_PARTNER_PROVIDED`,
			`muster.yaml:5:27: facebook.name_template: "{{.Nmae}}": want a template of {{.Key}}, {{.Name}}, {{.Space}} and {{.Computation}} (can't evaluate field Nmae in type schema.AudienceWords); write it as in Engage – {{.Name}}`,
			`muster.yaml:5:62: facebook.description_template: "{{": want a template of {{.Key}}, {{.Name}}, {{.Space}} and {{.Computation}} (1: unclosed action`,
			`muster.yaml:7:13: audiences.a.name: "{{.Key}} {{x}}": want a template of {{.Key}}, {{.Name}}, {{.Space}} and {{.Computation}} (1: function "x" not defined); write it as in Engage – {{.Name}}`,
			`muster.yaml:7:44: audiences.a.description: "{{/* nothing */}}": want a template of {{.Key}}, {{.Name}}, {{.Space}} and {{.Computation}} (the text comes to nothing); write it as in Engage – {{.Name}}`,
			`muster.yaml:7:87: audiences.a.customer_file_source: "user_provided_only": want one of USER_PROVIDED_ONLY`,
		}},
		{name: "audiences by name", text: none + `audiences:
  a: {facebook_name: VIP}
  b: {facebook_name: VIP, account: 7}
  c: {facebook_name: VIP, account: act_7}
  d: {facebook_name: VIP}
  e: {facebook_name: VIP, facebook_id: 1}
`, want: []string{
			`muster.yaml:8:22: audiences.c.facebook_name: "VIP": want a name of its own; audiences.b has this one; two audiences would remove each other's members: give each its own Facebook audience`,
			`muster.yaml:9:22: audiences.d.facebook_name: "VIP": want a name of its own; audiences.a has this one; two audiences would remove each other's members: give each its own Facebook audience`,
			`muster.yaml:10:22: audiences.e.facebook_name: "VIP": want only one of facebook_id and facebook_name; keep the id`,
		}},
		{name: "sending again", text: none + `audiences:
  a: {resend_period: 1h, resync_every: 1m}
  b: {resend_period: soon, resync_every: 0}
  c: {resend_period: 0, resync_every: 24h}
  d: {resend_period: 48h}
`, want: []string{
			`muster.yaml:7:22: audiences.b.resend_period: "soon": want a duration such as 90s, 15m or 1h30m`,
			`muster.yaml:6:22: audiences.a.resend_period: "1h0m0s": want 24h to 8760h`,
			`muster.yaml:6:40: audiences.a.resync_every: "1m0s": want 1h to 8760h`,
		}},
		{name: "listeners", text: none + "http: {listen: 8080}\npage: {listen: 0.0.0.0:8081}\n", want: []string{
			`muster.yaml:5:16: http.listen: "8080": want host:port, or off; use 127.0.0.1:8080, or 0.0.0.0:8080 inside a container`,
			`muster.yaml:6:16: page.listen: "0.0.0.0:8081": want a loopback host:port while there is no page.token_file; use 127.0.0.1:8081 and reach it through a tunnel, or have it ask for a token: openssl rand -hex 32 > page_token, and page.token_file: page_token`,
		}},
		{name: "page", text: none + "page: {listen: ':8081', token: a short one}\n", want: []string{
			`muster.yaml:5:32: page.token: "(secret)": want at least 16 bytes; make one with: openssl rand -hex 32`,
		}},
		{name: "page beyond loopback", text: none + "page: {listen: '0.0.0.0:8081', token: a long enough token}\n"},
		{name: "page nowhere", text: none + "page: {listen: 8081}\n", want: []string{
			`muster.yaml:5:16: page.listen: "8081": want host:port, or off; use 127.0.0.1:8081 and reach it through a tunnel`,
		}},
		{name: "one address twice", text: none + "http: {listen: 127.0.0.1:8081}\n", want: []string{
			`page.listen: "127.0.0.1:8081": want another address than http.listen; change the port of one of the two`,
		}},
		{name: "listeners off", text: none + "http: {listen: off}\npage: {listen: off}\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := config.Input{Environ: test.environ}
			for _, s := range test.set {
				setting, err := config.ParseSet(s)
				if err != nil {
					t.Fatal(err)
				}
				in.Set = append(in.Set, setting)
			}
			_, err := load(t, test.text, in)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			// A want may be the beginning of a long line.
			for i := range min(len(got), len(test.want)) {
				if strings.HasPrefix(got[i], test.want[i]) {
					got[i] = test.want[i]
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"a: [1\n", "muster.yaml:1:4: not YAML: sequence end token ']' not found"},
		{"window: 1h\nwindow: 2h\n", `muster.yaml:2:1: not YAML: mapping key "window" already defined at [1:1]`},
		{"window: 1h\n\tgroup: x\n", "muster.yaml:2:1: not YAML: found character '\t' that cannot start any token"},
	} {
		_, err := load(t, test.text, config.Input{})
		if err == nil || !strings.HasPrefix(err.Error(), test.want+"\n") {
			t.Errorf("%q: got %v, want first %s", test.text, err, test.want)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret, empty := write("secret", " 0123456789abcdef\n"), write("empty", "\n")
	const base = `kafka: {brokers: ["k:1"]}` + "\nsources: [{topic: t}]\nstages: [membership]\n"

	c, err := load(t, base+"user_key_secret_file: "+secret+"\n", config.Input{})
	if err != nil || c.UserKeySecret.Reveal() != "0123456789abcdef" {
		t.Errorf("secret read: %v, right %t", err, c.UserKeySecret.Reveal() == "0123456789abcdef")
	}
	c, err = load(t, base+"user_key_secret_file: "+secret+"\n", config.Input{Environ: []string{"MUSTER_USER_KEY_SECRET=fedcba9876543210"}})
	if err != nil || c.UserKeySecret.Reveal() != "fedcba9876543210" || c.UserKeySecretFile != "" {
		t.Errorf("the environment's secret against the file's: %v, right %t", err, c.UserKeySecret.Reveal() == "fedcba9876543210")
	}
	for _, test := range []struct{ text, want string }{
		{"user_key_secret_file: " + empty, "want a file that is not empty; put the secret there"},
		{"user_key_secret_file: " + filepath.Join(dir, "none"), "want a file that can be read (no such file or directory)"},
		{"user_key_secret_file: " + secret + "\nuser_key_secret: 0123456789abcdef", "want only one of user_key_secret and user_key_secret_file; remove one of the two"},
	} {
		_, err := load(t, base+test.text+"\n", config.Input{})
		if err == nil || !strings.Contains(err.Error(), "muster.yaml:4:23: user_key_secret_file: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// What is no text is cut short all the same.
func TestLongValues(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		strings.Repeat("a", 100):                             strings.Repeat("a", 100),
		strings.Repeat("a", 101):                             strings.Repeat("a", 100) + "…",
		strings.Repeat("a", 99) + "é" + "b":                  strings.Repeat("a", 99) + "…",
		strings.Repeat("\x80", 101):                          strings.Repeat("\x80", 100) + "…",
		strings.Repeat("a", 50) + strings.Repeat("\x80", 60): strings.Repeat("a", 50) + strings.Repeat("\x80", 50) + "…",
	} {
		_, err := config.Load(config.Input{Set: []config.Setting{{Flag: "--set", Key: "window", Value: given}}})
		if err == nil || !strings.HasPrefix(err.Error(), "--set: window: "+strconv.Quote(want)+": ") {
			t.Errorf("%q is told as %q", given, err)
		}
	}
}

// A key cannot end the line in which it is told.
func TestKeyOfTwoLines(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&config.UnknownKey{Where: "muster.yaml:1:1", Key: "a\nb", Legal: []string{"c"}},
		&config.UnknownKey{Where: "muster.yaml:1:1", Key: "a\nb", Nearest: "c"},
		&config.Problem{Where: "muster.yaml:1:1", Key: "a\nb", Want: "c"},
	} {
		if said := err.Error(); strings.Contains(said, "\n") || !strings.Contains(said, `"a\nb"`) {
			t.Errorf("told as %q", said)
		}
	}
}
