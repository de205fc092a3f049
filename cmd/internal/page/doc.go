// Package page serves the status page: what all replicas say of themselves and of their
// audiences, for people with a browser.
//
//	Board ──► Overview / Detail ──► html/template, charts as SVG ──► the browser
//	  └────── /events: something has changed ──► live.js fetches the page again
//
// # Rules
//
//   - It only shows. Actions stay in the command line; the one thing that can be posted
//     is the token, and that it is to be forgotten.
//   - Everything is there without JavaScript, charts too: they are drawn here, as SVG.
//     The script fetches the same page again when something has changed and puts what
//     differs in its place, so that focus, selection and what was opened stay.
//   - The policy for content allows nothing but this package's own files: no inline
//     script or style, no foreign font, image or frame.
//   - A page on loopback answers to the names of loopback only, so that a name that was
//     made to point there (DNS rebinding) reads nothing. Beyond loopback it asks for a
//     token: as a bearer, or in a form that gives a cookie which only this site sends.
//     The cookie proves the token without holding it, and ends after twelve hours.
//   - No state is told by colour alone; tables have captions and headings; charts have
//     the numbers beside them.
//
// # Failures
//
//	Kafka away         at the start the page says so; later what was last read stays, and
//	                   after two minutes all replicas are shown as gone
//	replica silent     shown as gone after two minutes, not shown after an hour
//	a lost connection  the script says so and goes on by itself
package page
