package worker

import (
	"io"
	"log/slog"

	"muster/cmd/internal/config"
)

// Logger writes to w as configured.
func Logger(c config.Log, w io.Writer) *slog.Logger {
	level := map[string]slog.Level{
		"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[c.Level] // info is the zero level
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
