package uploader

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

func batchOf(rows ...*musterpb.Row) *batch {
	b := newBatch(adding)
	for _, r := range rows {
		b.append(item{rows: []*musterpb.Row{r}})
	}
	return b
}

func TestEncode(t *testing.T) {
	t.Parallel()
	one, two := parseRow("email:1 fn:x"), parseRow("phone:2")
	one.Country = []byte("us")
	two.Madid = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	b := batchOf(one, two)
	b.encode("7")
	hash := func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	want := facebook.Payload{
		Account: "7", Rows: 2, Schema: []string{"EMAIL", "PHONE", "MADID", "FN", "COUNTRY"},
		Data: []byte(`[["` + hash("1") + `","","","` + hash("x") + `","` + hash("us") + `"],["","` + hash("2") +
			`","00010203-0405-0607-0809-0a0b0c0d0e0f","",""]]`),
	}
	if d := cmp.Diff(want, *b.payload); d != "" {
		t.Error(d)
	}
}

// What all rows carry alike is part of the row by which Facebook names one that is
// invalid, and of what is reckoned.
func TestEncodeShape(t *testing.T) {
	t.Parallel()
	o := AudienceOptions{ValueBased: true, DataProcessing: DataProcessing{Options: []string{"LDU"}, Country: 1, State: 1000}, AppIDs: []string{"3"}}
	b := newBatch(adding)
	b.shape = o.shape()
	one, two := parseRow("email:1 lookalike_value:0.9"), parseRow("email:2 lookalike_value:07")
	b.append(item{rows: []*musterpb.Row{one, two}})
	b.encode("7")
	hash := func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	first, second := `["`+hash("1")+`",0.9,["LDU"],1,1000]`, `["`+hash("2")+`",0,["LDU"],1,1000]`
	want := facebook.Payload{
		Account: "7", Rows: 2, AppIDs: []string{"3"},
		Schema: []string{"EMAIL", "LOOKALIKE_VALUE", "DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_COUNTRY", "DATA_PROCESSING_OPTIONS_STATE"},
		Data:   []byte("[" + first + "," + second + "]"),
	}
	if d := cmp.Diff(want, *b.payload); d != "" {
		t.Error(d)
	}
	if len(want.Data) > b.bytes+2 {
		t.Errorf("%d bytes, reckoned %d", len(want.Data), b.bytes+2)
	}
	if rejected := b.rejected([]facebook.InvalidRow{{Hash: facebook.HashRow([]byte(second)), Reason: "why"}}); len(rejected) != 1 || rejected[two] != "why" {
		t.Errorf("refused are %v", rejected)
	}
}

// TestEncodeText: whatever an EXTERN_ID holds, the payload is JSON that decodes to
// it, no longer than was reckoned, and a refused row is found by its hash.
func TestEncodeText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringN(1, 20, -1).Draw(t, "id")
		row := parseRow("email:1")
		schema.SetValue(row, schema.ExternID, []byte(id))
		b := batchOf(row)
		b.encode("7")
		var data [][]string
		if err := json.Unmarshal(b.payload.Data, &data); err != nil {
			t.Fatalf("%v: %s", err, b.payload.Data)
		}
		if data[0][0] != id {
			t.Errorf("got %q, want %q", data[0][0], id)
		}
		if len(b.payload.Data) > b.bytes+2 {
			t.Errorf("%d bytes, reckoned %d", len(b.payload.Data), b.bytes+2)
		}
		text, err := json.Marshal(data[0])
		if err != nil {
			t.Fatal(err)
		}
		if b.rejected([]facebook.InvalidRow{{Hash: facebook.HashRow(text), Reason: "why"}})[row] != "why" {
			t.Error("the row is not found by its hash")
		}
	})
}

func TestEncodeNotUTF8(t *testing.T) {
	t.Parallel()
	row := parseRow("email:1")
	row.ExternId = []byte{'a', 0xff, 'b', '\n', '"'}
	b := batchOf(row)
	b.encode("7")
	var data [][]string
	if err := json.Unmarshal(b.payload.Data, &data); err != nil {
		t.Fatal(err)
	}
	if want := "a\ufffdb\n\""; data[0][0] != want {
		t.Errorf("got %q, want %q", data[0][0], want)
	}
}

func TestHalve(t *testing.T) {
	t.Parallel()
	b := batchOf(parseRows("email:1", "email:2", "email:3")...)
	first, second := b.halve()
	if len(first.items) != 1 || len(second.items) != 2 || first.rows+second.rows != b.rows || first.bytes+second.bytes != b.bytes {
		t.Errorf("halves of %+v: %+v, %+v", b, first, second)
	}
}
