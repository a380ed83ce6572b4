package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is an emulator that listens.
type Server struct {
	http *http.Server
	url  string
	done chan error
}

// ErrNotLoopback is why an emulator does not listen: it has no passwords, and
// what people say in it is nobody else's.
var ErrNotLoopback = errors.New("emulator: listens on loopback addresses only")

// Serve listens on a loopback address such as "127.0.0.1:0" and answers until
// Shutdown. It returns once the port is bound.
func (e *Emulator) Serve(ctx context.Context, address string) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("emulator: serve: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%w, not on %q", ErrNotLoopback, host)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("emulator: serve: %w", err)
	}
	s := &Server{
		http: &http.Server{
			Handler: e, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
			// What a mounted page streams ends with Close; Shutdown would wait for it.
			BaseContext: func(net.Listener) context.Context { return e.ctx },
		},
		url: "http://" + l.Addr().String(), done: make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// URL is where it listens, without a slash at the end.
func (s *Server) URL() string { return s.url }

// Shutdown ends it; calls under way have until the context's end. Close the
// emulator first when a fault keeps calls waiting.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
