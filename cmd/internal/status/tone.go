package status

// Tone is how urgent a state is, for its colour. The name of the state is always there
// too.
type Tone string

// The tones.
const (
	Good Tone = "good"
	Busy Tone = "busy"
	Warn Tone = "warn" // somebody wanted it so, or it passes
	Bad  Tone = "bad"
)

// ToneOf returns the tone of the state of an audience, a replica or a task.
func ToneOf(state string) Tone {
	switch state {
	case "blocked", "degraded", "failed", "data_loss":
		return Bad
	case "held", "paused", "left_out", StateGone, "restoring", "starting", "draining", "deleting", "forgetting", "unfenced":
		return Warn
	case "adding", "removing", "replacing", "linking":
		return Busy
	default:
		return Good
	}
}
