package schema_test

import (
	"fmt"

	"muster/schema"
)

func ExampleNormaliser() {
	n, err := schema.NewNormaliser(schema.NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := schema.Hint{Country: "gb", Year: 2026}
	for _, in := range []struct {
		key schema.Key
		raw string
	}{
		{schema.Email, " Mary@Example.com"},
		{schema.Phone, "020 7946 0958"},
		{schema.ZIP, "SW1A 1AA"},
		{schema.Gen, "fluid"},
	} {
		v, reason := n.Normalise(in.key, in.raw, event)
		if reason != "" {
			fmt.Println(in.key, "dropped:", reason)
			continue
		}
		fmt.Println(in.key, v.Text, schema.Uploaded(in.key, v.Value)[:8]+"…")
	}
	// Output:
	// EMAIL mary@example.com f1904cf1…
	// PHONE 442079460958 35e206e5…
	// ZIP sw1a1 949af780…
	// GEN dropped: unknown_value
}
