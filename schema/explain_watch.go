package schema

import "strings"

// watch sees what a Decoder sees and an Event no longer holds. Only an
// Explainer has one: it is personal data (I8).
type watch struct {
	at     watched // of the event at hand
	events []watched
}

type watched struct {
	user  string
	texts map[watchedValue]string // before hashing, by stored value
}

type watchedValue struct {
	key   Key
	value string
}

// user notes the user of the event at hand.
func (w *watch) user(id string) { w.at.user = strings.Clone(id) }

// value notes a usable value of the event at hand.
func (w *watch) value(k Key, n Normalised) {
	if w.at.texts == nil {
		w.at.texts = map[watchedValue]string{}
	}
	w.at.texts[watchedValue{k, string(n.Value)}] = strings.Clone(n.Text)
}

// end closes the event at hand.
func (w *watch) end() {
	w.events = append(w.events, w.at)
	w.at = watched{}
}
