// Package status puts together what all replicas say of themselves and of their
// audiences, for whoever shows it: the status page and muster status.
//
// Nobody is called for it. The owner of an audience writes to muster.audiences, each
// replica every half minute to muster.replicas; both topics are small, and this package
// reads them:
//
//	muster.audiences ─┐                       ┌─► page (every replica has all)
//	                  ├─► Board ─► Overview ──┤
//	muster.replicas  ─┘                       └─► muster status
//
// A [Board] is what was last said, an [Overview] a moment of it in the words of people.
// There are names of audiences in it, counts, states and remedies; no user, identifier
// or hash ever was in those topics (I8).
package status
