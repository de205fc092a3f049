// Package uploader is the second stage: it keeps each Facebook Custom Audience
// equal to the audience of the stream. It consumes member rows by (audience,
// user), holds every audience whole in one task's table, and once per window
// sends the difference.
//
// # Who is authoritative
//
// The stream for what is desired; the table (its changelog) for what Facebook
// may hold, which is "synced"; Facebook for nothing: it cannot be read back, and
// its counts are estimates. The task's goroutine is the only writer of the table.
// A request runs in a goroutine that gets encoded bytes and hands an answer back
// to the task's next Tick: consuming never waits for uploading.
//
// # Invariants
//
//   - I4 Nothing unsaid in Facebook. A row is logged in synced before the request
//     that adds it is sent, and leaves by a confirmed removal, or when it is
//     superseded or shared (below). Before any request every member whose
//     presence it can touch is logged as unconfirmed under its batch: those whose
//     rows it carries, and for a removal those that share a strong value with it.
//   - I5 Removal first. A window's removals are settled (confirmed, refused or set
//     aside) before its adds are sent. After a removal every member that shares
//     one of its strong values is added again, the same user's own rows included:
//     at most 100 a value, more are counted.
//   - I6 Convergence. When the stream is quiet and Facebook answers, Facebook holds
//     the desired rows after one window.
//   - I7 Nothing stops for one record or one row. A record that cannot be read is a
//     dead letter; a row that Facebook refuses is isolated and remembered; an
//     audience that is blocked holds up no other.
//
// # An audience
//
//	first member ──► (no Facebook id) ──► looking ──► creating ──► linked
//	                                         └── found by marker ──►┘
//	linked:   waiting ──► removing ──► adding ──► waiting
//	             ▲                        │ a removal was refused: both once more
//	             └── abandoned: a person must act, or too many tries;
//	                 batches stay open
//
// A person may adopt an existing Facebook audience for a key (linked anew, before the next
// request), have the one that Muster made deleted (paused from then on; resuming makes it
// anew), or have the audience forgotten. Each ends the window under way after the request
// in flight. Forgetting waits until no request can take effect any more, drops members in
// slices, after what is to be told of their erasures, and the audience's row last, so that
// a crash finds the row and goes on; a member
// who comes in meanwhile is kept, and the audience begins anew with them. While a replace
// session may be under way at Facebook, forgetting is refused. An order that
// cannot be obeyed changes nothing and is shown with its remedy (order_refused).
//
// Two requests of one audience are never in flight at once, and it has one window
// at a time. A window looks at dirty members in slices of MaxSlice a Tick.
// "since" is the position at which the present Facebook id began: what members
// were sent in earlier batches is not in it, so all that is desired is sent.
//
// # A batch
//
//	number = position of the audience row that lists it as open
//	opened ─► its members logged with the number ─► sent ─► success ─► closed (adds)
//	                                                 │         └► open until its members
//	                                                 │            are logged again (removals)
//	                                                 ├► unknown, for the moment: sent again
//	                                                 ├► too large, bad: two halves, new numbers
//	                                                 └► given up: stays open
//
// What all rows of an audience carry alike, LOOKALIKE_VALUE among them, is put in
// when a request is encoded (shape.go).
//
// A batch leaves the list of open ones by the success of adds, or when no member
// carries its number any more. A removal that succeeded stays open on purpose:
// who carries its number and is desired may have been removed with it, so is not
// confirmed until an add says so.
//
// # A replacement
//
// muster resync --replace has all that a Facebook audience holds, of whoever put it
// there, give way to what is desired: one session of /usersreplace.
//
//	asked ─► counting ─► sending ─► watching ─► replaced
//	  │         ▲  │        │          │ 415, or no end within a day
//	  │         │  │        ▼          ▼
//	  │         │  │      given up: waits until Facebook has ended the session
//	  │         │  │        │  │
//	  │         └──┼────────┘  └─► the third, or for good: all is sent again in the
//	  │            ▼               ordinary way, and shown as failed
//	  └───────► refused: shown with its remedy, nothing is changed
//
// It begins when no window is open and no answer is owed, and no window opens before
// its end: what changes meanwhile is sent afterwards. Members are first counted: a
// session has one schema, the keys that any row has, and must end within 90 minutes,
// so a list that is too long for what is left of the account's budget is refused.
//
// One number, of one open batch, is carried by every member that the session sends: the
// position of the audience's row that lists it together with the session. A member's
// rows are added to its synced ones before they are sent (I4), as they are sent: without
// keys that the session's schema does not have. Where only some rows have an EXTERN_ID
// the schema has none (a blank one is refused), and rows with nothing else are left
// out. So once the replacement is done such members differ from what is desired, and the
// next window sends the rest: nothing else is needed for them, or for who entered, left
// or changed meanwhile.
//
// Replaced: the batch closes and since is its number. What was sent before is gone, and
// what members carry under the number is confirmed, of it only the rows that were sent
// under it (replaced_rows). Members are looked at once, and those that keep rows of
// before are logged without them.
//
// Given up: nothing leaves synced and the batch stays open, so its members are sent again;
// members that were in Facebook and not sent yet may have lost their place, so all that
// is desired is sent again (as by muster resync). No request is sent before operation_status
// is another than "replace in progress": a removal could otherwise be overtaken by
// what the session still holds.
//
// Meta documents that the first batch of a session must not be sent twice and that others
// may. So an unknown answer to the first one, or one that its owner took with it, gives the
// session up; others are repeated, the same bytes under the same number. An owner that
// finds a session whose batches were all answered goes on with it where it stood.
//
// # Content unknown
//
// An audience that existed when it was linked (configured by id or name, named by the
// stream, or found by its marker by an installation that remembers nothing of it) may hold
// people whom Muster did not send. Until it was replaced once, whoever leaves it is removed
// by the rows that the exit came with, or else by those that were wanted until then, sent or
// not: they are put among the member's synced rows (I4), and removed as any others are (I5).
// left_rows remembers which, so that an exit said again is not sent again, and more being
// known of who left is. A stranger, of whom nobody knew that Facebook had them, counts for
// no guard rail. Who comes back is unconfirmed, and sent.
//
// # A member
//
//	confirmed = its batch is not open
//	clean     = nothing to add, to remove or to drop (planOf)
//
// To add: desired rows that are not refused and, if the member is confirmed, not
// synced. To remove: synced rows that are not desired; of a member who stays only
// the strong values that left, and what is left of the row stays synced. To drop:
// superseded rows, all of whose strong values are in rows desired and confirmed. A
// row that another member desires identically and has in its own synced rows is
// not removed: it leaves this member's synced as shared. Synced rows stand in the
// order of sending: a later one that is not desired any more may have overwritten
// the weak values of an earlier one, which is then added again.
// When a superseded row leaves, other members that desire just its strong values
// are unsettled, for the same reason.
//
// Rows are sent again without a change by the slow re-send and by a resync; see
// resend.go.
//
// Refused rows stay in synced, because an earlier request may have brought them;
// when what is desired changes, the member is unsettled: all of it is sent again.
// Refused removals are owed: tried again every OwedEvery.
//
// # Requests
//
// An ad account's requests are few (Meta, "Rate Limiting"), so each process makes
// one at a time and learns from its answer before the next. Who is ready to send
// queues for the account: the audience whose window closed the earliest goes first,
// and after each request to the end of those already closed, so that one with many
// batches holds up none with few. What is sent early, in spare capacity, comes
// last, the fullest batch first. A window that cannot be sent before the next one
// closes goes on, with what has come meanwhile: nothing is dropped.
//
// # Erasure
//
// An erased user is a member with nothing desired, removed like any other, also
// where members are only added (as is who has withdrawn consent). Member.erased_ms
// says since when rows are to go; each way in which that ends is a step for the
// topic of audits, see erasure.go.
//
// # Erasure in whole ad accounts
//
// With Options.EraseAccounts one more request has Facebook remove the person from every
// audience of an ad account, other people's too. It is made by the task that the user's
// key falls to, for each account of the configuration, from an entry in its table that
// the erasure's own record makes (eraser.go). Who is erased within Quiet goes in one
// request; it queues for the account like an audience whose window has closed. What a
// person must mend holds up the erasures of that account and nothing else: whether
// Facebook allows this request to an app says nothing of others.
//
// It removes members, too, who share a strong value with the person and are to stay, in
// audiences of any task, and who was erased and has come back. So every task is told of
// the values once Facebook has confirmed, by the topic of members, and has such members
// unsettled (everywhere.go): they are added again with the next window. For that the
// repeat of a request without an answer waits RequestTimeout: the one that is confirmed
// is the last to take effect.
//
// Rows are kept for as long as the request is owed: the record that brought them gets its
// tombstone with the entry, the entry its own when it was told. Every step goes to the topic of
// audits, with the account in the place of the audience.
//
// # Derived keys
//
// Dirty members, strong value → members, carriers of each batch, counts, emptied
// members by time, pending erasures by time, steps of erasures to be told; see index.go. They follow from logged rows. The dirty keys may
// hold members that are clean, never the other way round.
//
// # What can fail
//
//	crash before the log's answer      nothing happened; records are read again
//	crash with a batch half logged     its number is open; members are unconfirmed
//	                                   and sent again under another
//	crash with a request in flight     the next owner waits TakeoverWait, then as above
//	crash after creating an audience   found by the marker in its description
//	unknown answer                     the same again at once; an opposite request,
//	                                   and other rows with a strong value of an
//	                                   unanswered add, only after RequestTimeout
//	row named as invalid               remembered in its member by hash
//	bad request                        halved down to one member, at most 32 halvings
//	                                   a window; then the audience is blocked
//	too large                          halved
//	too small for a removal            adds go, once more, then owed; alarm if erased,
//	                                   until the rows are gone after all
//	erasure not carried out for        told by status, log, metric and Health, with what
//	OverdueAfter, for whatever reason  holds it up; age from the log, whoever owns it
//	step of an erasure logged, not     stands in its member; the next owner tells it,
//	told to the topic of audits        maybe twice
//	crash between an account's         the entry is in the log: asked again, which does
//	erasure and its answer             no harm
//	crash before others are told of    the entry keeps its rows until they are; told twice,
//	it, or before its tombstone        members are added once more than needed
//	erasure in an account refused      halved down to one user, tried every OwedEvery; told
//	                                   once, overdue after OverdueAfter
//	erase.scope set back, or an        called off after CalledOffAfter
//	account left out
//	throttled                          the account waits for as long as Facebook says
//	token, permission, terms           account or everything blocked; one request a
//	                                   SlowBeat tries
//	audience gone, flagged, refused    that audience blocked; tried every SlowBeat
//	value-based, and should    blocked; Facebook is asked anew at each try, and
//	not be, or the reverse     another audience put in its place goes on
//	crash while it is forgotten        the row still says so: the next owner goes on
//	crash after its tombstone          the next owner takes the status away
//	crash with a deletion in flight    asked for again; one that is gone is deleted
//	deleted, and still listed          not taken for the one to be made
//	replacement: crash before the      its session is logged: the next owner sends it
//	first batch is sent
//	crash with a batch of it in flight the session is given up; another one is begun once
//	                                   Facebook has ended it
//	crash between two batches          the next owner goes on with the session
//	crash while it is watched          the next owner goes on watching
//	crash after its end                members below since are looked at again
//	unknown answer to its first batch  given up, likewise
//	unknown answer to another          the same again
//	90 minutes, 415, out of order      given up, likewise
//	bad request, 100 million rows      given up for good: the ordinary resync finds the row
//	too large                          given up; the next session has half as many rows a batch
//	paused, throttled, token, terms,   waits; given up when the 90 minutes are over
//	two spaces, another kind
//	add_only configured meanwhile      given up for good
//	audience gone                      given up; one made anew is filled whole, and not
//	                                   replaced
//	lease over                         the request's context ends; nothing is sent
//	member from two source partitions  alarm with remedy, not merged
//	key used in two spaces             that audience blocked, until a restart with both
//	                                   in Options.Spaces
package uploader
