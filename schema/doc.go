// Package schema says what bytes mean: what an event of the stream tells, what
// the one form of an identifier is, what is stored of it, and which rows
// Facebook receives for it. It is pure: no I/O, no clock, no goroutines, no
// state between two records. Everything else imports it; it imports nothing of
// ours but its own protobuf messages.
//
//	record ──Decoder──► Event ──(membership)──► Identifiers ──Rows──► Row
//	           │                                                       │
//	       Normaliser                                           AppendUploaded
//	   text, then stored form                                   hex, in a request
//
// # Forms of a value
//
// A value has three forms, and a text is in memory only while its event is
// decoded (I8):
//
//	              text                 stored               uploaded
//	hashed keys   "mary@example.com"   32 bytes of SHA-256  64 hex digits
//	 small sets   "us"                 "us", a code         64 hex digits
//	MADID         lower-case UUID      16 bytes             lower-case UUID
//	EXTERN_ID     byte for byte        the same             the same
//	LOOKALIKE…    "44.5"               the same             the same
//
// The small sets are GEN, DOBY 1900–2100, DOBM, DOBD, COUNTRY and the states of
// the US: their hashes can be guessed, so hashing them in store hides nothing
// and costs 30 bytes. The stored form follows from key and text alone, and a
// value that arrives as a hash is stored like the value itself where it can be
// known: equal uploads are equal in store, and so are rows.
//
// # Rules of normalising
//
//  1. A value that normalises to nothing is absent. Nothing is ever stored or
//     uploaded as the hash of "", and a row is never lost over one bad value.
//  2. N(N(x)) = N(x); for PHONE N("+" + N(x)) = N(x).
//  3. A value is read by its own event (Hint) and the configured options, never
//     by what is stored of the user: the order of arrival cannot matter (I1).
//  4. DropEmpty is the word to clear a value; every other reason leaves alone
//     what is known.
//  5. 64 hex digits in a hashed key are a hash; of MD5, SHA-1 and SHA-512 ones
//     nothing can be made; no hash can be split into parts.
//
// Where Meta's SDK helpers differ from Meta's customer list guide, the guide
// wins: the helpers drop é and 정, hash mobile ids, and hash blanks. The vectors
// in testdata/vectors.json start with those that Meta prints.
//
// Which reading was chosen where the guide leaves one open:
//
//	EMAIL    one @, something before it, a dot between two characters after it
//	PHONE    possible to the phone library, not only within a town; else the
//	         digits. Read again from its result until it stays, so that
//	         "0044 (0)20 …" loses its second zero, whatever the region
//	FN, LN   full Unicode lower case (ΓΙΏΡΓΟΣ ends in ς), NFC; the letters that
//	         are typed for an apostrophe (ʼ ʻ) are dropped like one
//	ST       judged by the event's COUNTRY only, not by the default country
//	ZIP      US: the part before the dash; a UK form is cut in the UK, and where
//	         no country is known
//	dates    parts of an impossible date are all absent; 05.02.1971 and years of
//	         two digits are not guessed at
//	COUNTRY  officially assigned codes only: no xk, eu, su
//
// # Rows
//
// A row carries one value per key. A user has as many rows as the longest of
// the lists EMAIL, PHONE and MADID, each list in the order of its bytes; the
// single-valued keys are in all of them. So equal identifiers make equal rows in
// equal order, however they came (I1). The deterministic encoding of a row is
// its identity (RowKey): what the uploader compares, removes and adds.
package schema
