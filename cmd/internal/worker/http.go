package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"muster/cmd/internal/config"
)

// handler serves what operators and orchestrators ask for.
func (w *Worker) handler(scrape http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.Write([]byte("ok\n")) // a lost asker needs no answer
	})
	mux.HandleFunc("GET /readyz", func(out http.ResponseWriter, _ *http.Request) {
		w.ready(out)
	})
	mux.Handle("GET /metrics", scrape)
	return mux
}

func (w *Worker) ready(out http.ResponseWriter) {
	type task struct {
		Partition int              `json:"partition"`
		State     string           `json:"state"`
		Lag       map[string]int64 `json:"lag,omitempty"`
	}
	type stage struct {
		Name  string `json:"name"`
		Tasks []task `json:"tasks"`
	}
	s := w.Status()
	answer := struct {
		State   State    `json:"state"`
		Reasons []string `json:"reasons,omitempty"`
		Stages  []stage  `json:"stages"`
	}{State: s.State, Reasons: s.Reasons, Stages: []stage{}}
	for _, st := range s.Stages {
		tasks := []task{}
		for _, t := range st.Tasks {
			tasks = append(tasks, task{t.Partition, string(t.State), t.Lag})
		}
		answer.Stages = append(answer.Stages, stage{st.Name, tasks})
	}
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("Cache-Control", "no-store")
	if !s.Serving() {
		out.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(out).Encode(answer) // a lost asker needs no answer
}

// serve runs an http server on the address of a key until ctx ends. Listening fails
// at once or not at all, so that a taken port is told before anything else happens.
func (w *Worker) serve(ctx context.Context, key, address string, h http.Handler) (wait func() error, err error) {
	if address == config.Off {
		return func() error { return nil }, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s.listen: %w; free the address, or set %[1]s.listen to another one or to off", key, err)
	}
	w.log.Info("listening", key, listener.Addr().String())
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		WriteTimeout: time.Minute, // a reader who takes nothing holds an answer no longer
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return func() error {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			_ = server.Close() // the askers that are left have had their time
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve %s: %w", key, err)
		}
		return nil
	}, nil
}
