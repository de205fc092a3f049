package membership

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"muster/schema"
)

// alarmInterval is how often one source is complained of.
const alarmInterval = time.Minute

// alarm says loudly that a source cannot be used as it is. It is safe for
// concurrent use.
type alarm struct {
	logger *slog.Logger
	health *Health

	mu     sync.Mutex
	topics map[string]*rate.Sometimes
}

// notKeyed is called for each record that is not keyed by its user. remedy says
// what to do about it.
func (a *alarm) notKeyed(r schema.Origin, remedy string) {
	a.health.addNotKeyed(r.Topic, 1)
	a.sometimes(r.Topic).Do(func() {
		a.logger.LogAttrs(context.Background(), slog.LevelError, "source is not keyed by its user: its records go to the dead letters",
			slog.String("reason", "not_keyed"), slog.String("topic", r.Topic), slog.Int("partition", r.Partition),
			slog.Int64("offset", r.Offset), slog.Int64("records", a.health.NotKeyed()[r.Topic]), slog.String("remedy", remedy))
	})
}

func (a *alarm) sometimes(topic string) *rate.Sometimes {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.topics == nil {
		a.topics = map[string]*rate.Sometimes{}
	}
	if a.topics[topic] == nil {
		a.topics[topic] = &rate.Sometimes{First: 1, Interval: alarmInterval}
	}
	return a.topics[topic]
}
