package config_test

import (
	"strings"
	"testing"

	"muster/cmd/internal/config"
)

// Every key is documented, in sentences.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	keys := config.Keys()
	seen := map[string]config.Key{}
	for _, k := range keys {
		seen[k.Name] = k
		if len(k.Doc) < 15 || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: doc %q", k.Name, k.Doc)
		}
	}
	if len(seen) != len(keys) {
		t.Errorf("%d keys, %d different", len(keys), len(seen))
	}
	for _, want := range []config.Key{
		{Name: "kafka.brokers", Env: "MUSTER_KAFKA_BROKERS"},
		{Name: "window", Env: "MUSTER_WINDOW", Default: "1h"},
		{Name: "stages", Env: "MUSTER_STAGES", Default: "membership, uploader"},
		{Name: "extern_id.enabled", Env: "MUSTER_EXTERN_ID_ENABLED", Default: "false"},
		{Name: "sources[].topic"},
		{Name: "audiences.<key>.window", Default: "0"},
		{Name: "facebook.access_token_file", Env: "MUSTER_FACEBOOK_ACCESS_TOKEN_FILE"},
	} {
		got := seen[want.Name]
		got.Doc = ""
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
