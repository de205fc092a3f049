package membership

import (
	"bytes"
	"testing"

	"muster/schema"
)

// Every option that decides the rows changes the fingerprint, and no other does.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	of := func(change func(*Options)) []byte {
		o := testOptions()
		o.Decoder.ExternID = true
		change(&o)
		if err := o.complete(); err != nil {
			t.Fatal(err)
		}
		r := o.rules()
		return fingerprint(&r, &o)
	}
	plain := of(func(*Options) {})
	tests := []struct {
		name   string
		change func(*Options)
		same   bool
	}{
		{"keys", func(o *Options) { o.Keys = schema.KeysOf(schema.Email) }, false},
		{"keys spelled out", func(o *Options) { o.Keys = schema.DefaultKeys }, true},
		{"keys of an audience", func(o *Options) { o.AudienceKeys = map[string]schema.KeySet{"A": schema.DefaultKeys} }, false},
		{"existing audiences", func(o *Options) { o.Existing = []string{"A"} }, false},
		{"consent", func(o *Options) { o.RequireConsent = []string{"ads"} }, false},
		{"max values", func(o *Options) { o.MaxValues = 3 }, false},
		{"extern id alone", func(o *Options) { o.ExternIDAlone = true }, false},
		{"extern id", func(o *Options) { o.Decoder.ExternID = false }, false},
		{"default country", func(o *Options) { o.Normaliser.DefaultCountry = "de" }, false},
		{"date order", func(o *Options) { o.Normaliser.DateOrder = schema.DMY }, false},
		{"extra traits", func(o *Options) { o.Decoder.ExtraTraits = map[schema.Key][]string{schema.ZIP: {"plz"}} }, false},
		{"value trait", func(o *Options) { o.ValueTraits = map[string]string{"A": "lifetime_value"} }, false},
		{"another value trait", func(o *Options) { o.ValueTraits = map[string]string{"A": "margin"} }, false},
		{"value trait of another audience", func(o *Options) { o.ValueTraits = map[string]string{"B": "margin"} }, false},
		{"topic", func(o *Options) { o.MembersTopic = "other" }, true},
		{"secret", func(o *Options) { o.Decoder.UserKeySecret = []byte("other") }, true},
	}
	seen := map[string]string{}
	for _, tt := range tests {
		f := of(tt.change)
		if bytes.Equal(f, plain) != tt.same {
			t.Errorf("%s: fingerprint same = %v, want %v", tt.name, !tt.same, tt.same)
		}
		if other, ok := seen[string(f)]; ok && !tt.same {
			t.Errorf("%s and %s: one fingerprint", tt.name, other)
		}
		seen[string(f)] = tt.name
	}
}
