// Package facebook is the client of Meta's Graph API for customer-list custom
// audiences: create, list, read, add users, remove users.
//
// # One call, one attempt
//
// A method makes one HTTP request and tells what came of it. Repeating, waiting,
// splitting and blocking belong to the caller, who has what they need: the
// [Class] says what to do, the [Scope] how far it reaches, RetryAfter how long at
// least, Unknown whether the request may have been carried out, [Usage] how near
// the limits are (on success too).
//
//	caller ──► Client.AddUsers ──► token, proof ──► gate ──► Transport ──► Graph
//	             ▲                                   │ BeforeSend: may bytes go out?
//	             │                                   └ notes whether any did
//	             └── UsersResult + Usage, or *Error ◄── Classify(code, subcode, …)
//
// # What holds
//
//  1. The access token is in the Authorization header and nowhere else. Redirects
//     are not followed and paging.next, a URL that holds the token, is not called.
//  2. No error, log, span or metric holds a token, a row, a hash of a value, an
//     audience's name, or text that Facebook wrote: messages are looked at where
//     one code means several things, then dropped. Titles and remedies are words
//     of this package. Samples of invalid rows become a [RowHash] at decoding (I8).
//  3. Unknown is false only when the request certainly had no effect: it was not
//     sent, it was a read, or Graph refused it by a code that is a refusal. After
//     a time-out, a reset, an answer cut short, a 5xx, an answer that is not
//     Graph's, or "unknown error", it is true.
//  4. BeforeSend is asked last: before connecting, and again when the body is
//     first read, which is after the connection stands (I3).
//  5. Payload.Data is sent byte for byte, and not touched once the call returned.
//  6. Nothing read of an answer is unbounded, and no field of it is trusted more
//     than it must be: an odd field is zero, an odd header is absent. What says
//     whether the request succeeded must be there.
//
// # Failures
//
//	what happened                           class             scope     unknown
//	no usable token or app secret           Reauth            app       no
//	BeforeSend refused, context over        Withheld          request   if sent
//	no connection                           Transient         request   no
//	time-out, reset, cut answer             Transient         request   writes
//	HTML, text, 200 that is not JSON        Transient         request   writes
//	codes 1, 2, is_transient, any 5xx       mostly Transient  request   writes
//	codes 4, 17, 613, 80000 to 80014        Throttle…         account, app (4)
//	code 368                                Cooldown          account   no
//	2650/1870145                            AudienceBusy      audience  no
//	803                                     AudienceUnseen    audience  no
//	100/33, deleted, unshared, disabled     AudienceGone      audience  no
//	100/1713230 and neighbours              AudienceFlagged   audience  no
//	other 2650, 2654, 2656                  AudienceRefused   audience  no
//	200/1870047 on a removal                LowSize           request   no
//	105, 413, 1 or 1/99 on a big batch      TooLarge          request   if code 1
//	190, 102, 2500, appsecret_proof         Reauth            app       no
//	3, 10, 200 to 299, 270, 294             Permission        account; audience (200)
//	200/1870034, 200/1870090, 2655, 2663    Terms             account   no
//	2635                                    Version           app       no
//	100 and unknown codes                   BadRequest        request   no
//
// [Classify] and the rules table are the whole of it. Two classes leave a
// decision to the caller, who knows more: AudienceUnseen is lag after a creation
// and loss later; a BadRequest on many rows can be one row's fault, yet where
// every half is refused the rows are not to blame, so a bisection needs a bound.
//
// Requests are JSON, POST and DELETE alike, with an array schema and 2-D data: a
// first upload in the single-key form locks an audience to it. No session is
// sent; answers carry one all the same, which identifies nothing.
//
// # Not established
//
// Meta's documentation and public traffic leave open, and this package depends on
// none of: the error for more than 10,000 rows (105 is documented, 1/99 was seen);
// whether customer_file_source is enforced (it is sent); whether names can be
// filtered on (listings are compared by the caller) or are unique (taken as not);
// a floor of 1000 in size bounds; the order in which concurrent requests apply;
// the HTTP status of each code (never decisive); what 1487390 is (one sighting:
// terms); by which keys a removal matches; which limit meters POST users (all
// headers are read). That repeating an add or a removal is harmless is practice,
// not documentation.
package facebook
