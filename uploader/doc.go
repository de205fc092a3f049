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
// A batch leaves the list of open ones by the success of adds, or when no member
// carries its number any more. A removal that succeeded stays open on purpose:
// who carries its number and is desired may have been removed with it, so is not
// confirmed until an add says so.
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
// Refused rows stay in synced, because an earlier request may have brought them;
// when what is desired changes, the member is unsettled: all of it is sent again.
// Refused removals are owed: tried again every OwedEvery.
//
// # Erasure
//
// An erased user is a member with nothing desired, removed like any other, also
// where members are only added (as is who has withdrawn consent). Member.erased_ms
// says since when rows are to go; each way in which that ends is a step for the
// topic of audits, see erasure.go.
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
//	throttled                          the account waits for as long as Facebook says
//	token, permission, terms           account or everything blocked; one request a
//	                                   SlowBeat tries
//	audience gone, flagged, refused    that audience blocked; tried every SlowBeat
//	lease over                         the request's context ends; nothing is sent
//	member from two source partitions  alarm with remedy, not merged
//	key used in two spaces             that audience blocked, until a restart with both
//	                                   in Options.Spaces
//
// # Not built here yet
//
// Replacing a whole audience, adopting one with unknown content, guard rails,
// data processing options, value-based audiences and commands.
package uploader
