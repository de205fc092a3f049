// Package graphtest is a Graph API for tests, the demo and docker-compose: the part of
// Meta's Marketing API that serves customer list Custom Audiences, with Facebook's manners
// and troubles. It shares no code with the client that it tests, so that neither can repeat
// the other's mistake.
//
// # Use
//
//	srv := graphtest.New(graphtest.Options{})                    // one account, "act_1", "test-token"
//	client := &http.Client{Transport: srv.RoundTripper()}        // in process, also in a synctest bubble
//	ts := httptest.NewServer(srv)                                // or over TCP
//	srv.Inject(graphtest.Fault{Kind: graphtest.ResetAfter, Match: graphtest.Match{Op: graphtest.OpAdd}})
//	diff, err := srv.Audience(id).Diff(desired)
//
// # A request's way
//
//	arrive ─► read body ─► identify ─► watch ─► fault? ─► admit ─► execute ─► wait ─► answer
//	journal    outside      account,   violations   │        │         │               or reset
//	opens      the lock     audience                │        │         └► operation waits until due
//	                                                │        └► version, token, proof, scope,
//	                                                │           role, quota, terms
//	                                                └► its own answer instead
//
// Everything between reading and waiting happens at one moment under one lock. Nothing runs
// in the background: accepted rows carry the time at which they take effect, and whoever
// looks at an audience first applies what is due. Time is the time of package time only.
//
// # What an audience holds
//
// Two models side by side:
//
//   - Lines: the rows as uploaded. A row is there from its add until a removal that shares one
//     of its strong keys (EMAIL, PHONE, MADID, EXTERN_ID, UID, APPUID, PAGEUID). Rows with the
//     same complete set of strong keys are one line; the newer replaces the older. A row
//     without strong keys is a line of its own, removed by its equal.
//   - People: of the directory in [Options.People]. A row stands for everybody who has one of
//     its strong keys, or all of a name with place or birthday; adds and removals are set
//     operations on them. The mapping of an EXTERN_ID is learned when it comes with another
//     match and forgotten after 90 days.
//
// [Audience.Diff] compares by lines and by reach, and says what it takes for equal.
//
// # What holds
//
//  1. An operation is refused whole or accepted whole; invalid rows of an accepted one are
//     skipped and counted.
//  2. Accepted operations on an audience take effect in the order of their arrival, but for
//     those that a fault holds up and, under [Options.ReorderSpan], those that overlapped.
//     Nothing overtakes an operation that was answered before it arrived.
//  3. A fault fires for at most one request at a time, one a request, and is counted when it
//     does. A fault that answers in place of the operation leaves it undone; slow, reset_after
//     and timeout_after do it.
//  4. The journal closes a request before the first byte of its answer, so one client that
//     waits for answers never seems to overlap itself.
//  5. Neither journal nor violations hold tokens or values of rows.
//
// # Who else checks it
//
// Meta's own Node and Python SDKs drive it (make sdk), so that it is not only our client that
// finds it right. What their programs hold: that every field they know can be asked for and has
// the type they declare, that pages lead on and back, how rows, sessions and replacements are
// answered in each of their encodings, and which exception each error becomes. They do not show
// what Facebook does inside.
//
// # Not established
//
// Meta does not document, and this package therefore guesses: the texts of most errors; HTTP
// statuses by code; the error for more than 10,000 rows in practice; how batches of /users
// sessions are checked; the order in which operations are applied; by which of several keys a
// removal matches (here: any); rounding of the approximate counts; what exactly stays after a
// timed-out replacement (here: old rows and those that arrived). Where tests depend on one of
// these, an option selects the alternative.
package graphtest
