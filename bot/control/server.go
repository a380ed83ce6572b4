package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// writeWait is how long a caller may take to read what was written.
const writeWait = 30 * time.Second

// Server answers commands on a unix socket.
type Server struct {
	path     string
	commands map[string]Command
	log      *slog.Logger
	http     *http.Server
	slots    chan struct{}

	mu     sync.Mutex
	socket *socket
}

// New makes a server for the socket at path. commands must not change
// afterwards. It does nothing yet.
func New(path string, commands map[string]Command, log *slog.Logger) *Server {
	s := &Server{path: path, commands: commands, log: log, slots: make(chan struct{}, atOnce)}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       30 * time.Second,
		// WriteTimeout would end a long backup; each write has its own instead.
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s
}

// Bind creates the socket; callers wait until Serve. It answers ErrInUse or
// ErrNotSocket where the path is not free.
func (s *Server) Bind(ctx context.Context) error {
	l, err := listen(ctx, s.path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socket = l
	return nil
}

// Serve answers callers until Shutdown or Close, then returns nil. Bind comes
// first.
func (s *Server) Serve() error {
	s.mu.Lock()
	l := s.socket
	s.mu.Unlock()
	if l == nil {
		return errors.New("control: serve before bind")
	}
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control: serve: %w", err)
	}
	return nil
}

// Shutdown takes no more commands and waits for those that run. When ctx ends
// first, they are cancelled and its error is returned. The socket is gone
// afterwards, also where Serve was never called.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil {
		_ = s.socket.Close() // Serve may have closed it already
		s.socket = nil
	}
	return err
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != path {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxArgs+1024)) // and room for the name
	if err != nil {
		status := http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "", status)
		return
	}
	var c call
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || d.More() {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	command, ok := s.commands[c.Command]
	if !ok {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	s.run(w, r, command, c)
}

// run answers with what the command writes, and its outcome behind it.
func (s *Server) run(w http.ResponseWriter, r *http.Request, command Command, c call) {
	args := c.Args
	if len(args) == 0 {
		args = json.RawMessage("null")
	}
	w.Header().Set("Trailer", outcome)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(http.StatusOK)
	out := &stream{w: w, control: http.NewResponseController(w)}
	// The request is whole; its deadline must not end a long command.
	if err := errors.Join(out.control.SetReadDeadline(time.Time{}), out.flush()); err != nil {
		return // the caller is gone; nothing was begun
	}
	began := time.Now()
	err := protect(r.Context(), command, args, out)
	w.Header().Set(outcome, "ok")
	if err != nil {
		w.Header().Set(outcome, "failed "+base64.StdEncoding.EncodeToString([]byte(short(err.Error()))))
	}
	s.log.InfoContext(r.Context(), "command", "command", c.Command, "ok", err == nil, "took", time.Since(began))
}

// protect makes an error of a panic: a command must not end the process.
func protect(ctx context.Context, command Command, args json.RawMessage, out io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the command broke inside (%T)", p) // its value may hold anything
		}
	}()
	return command(ctx, args, out)
}

func short(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return string(bytes.ToValidUTF8([]byte(message[:maxMessage]), nil)) + "…"
}

// stream hands every write to the caller at once.
type stream struct {
	w       io.Writer
	control *http.ResponseController
}

// Write writes and flushes; a caller who does not read for half a minute is
// given up.
func (s *stream) Write(p []byte) (int, error) {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, err
	}
	n, err := s.w.Write(p)
	if err != nil {
		return n, err
	}
	return n, s.flush()
}

func (s *stream) flush() error { return s.control.Flush() }

// Names lists the commands, sorted.
func (s *Server) Names() []string {
	names := make([]string, 0, len(s.commands))
	for name := range s.commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
