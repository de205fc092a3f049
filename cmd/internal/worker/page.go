package worker

import (
	"context"
	"log/slog"
	"net/http"

	"muster/cmd/internal/config"
	"muster/cmd/internal/page"
	"muster/cmd/internal/status"
	"muster/consumer"
)

// statusTopics are where the status page reads.
func statusTopics(c *config.Config) status.Topics {
	return status.Topics{Audiences: c.Topic(config.TopicAudiences), Replicas: c.Topic(config.TopicReplicas)}
}

// page is the status page; it ends its streams with ctx.
func (w *Worker) page(ctx context.Context) http.Handler {
	return page.New(page.Options{
		Board:   &w.board,
		Token:   w.config.Page.Token.Reveal(),
		Version: w.options.Version,
		Waiting: func() string {
			if s := w.Status(); s.State == Starting {
				return s.String()
			}
			return ""
		},
		Done: ctx.Done(),
	})
}

// follow keeps the board up to date, where somebody can look at it.
func (w *Worker) follow(ctx context.Context, cluster *consumer.Cluster) {
	if w.config.Page.Listen == config.Off {
		return
	}
	topics := statusTopics(w.config)
	if w.mute {
		topics.Replicas = "" // it cannot be read either
	}
	w.board.Follow(ctx, cluster, topics, w.log)
}

// FollowStatus brings a board up to date until ctx ends.
func FollowStatus(ctx context.Context, board *status.Board, cluster *consumer.Cluster, c *config.Config, log *slog.Logger) {
	board.Follow(ctx, cluster, statusTopics(c), log)
}

// ReadStatus reads what all replicas last said.
func ReadStatus(ctx context.Context, cluster *consumer.Cluster, c *config.Config) (*status.Board, error) {
	board := new(status.Board)
	return board, board.Read(ctx, cluster, statusTopics(c))
}
