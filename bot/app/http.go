package app

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
)

// The server's time limits. LINE waits 2 s for an answer; a body of 1 MiB
// arrives within a few seconds or not at all.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 15 * time.Second
	idleTimeout       = 75 * time.Second
	maxHeaderBytes    = 16 << 10
)

func (a *App) newServer() *http.Server {
	return &http.Server{
		Handler:           a.routes(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// The server's own words hold addresses, and a panic's value.
		ErrorLog:    log.New(complaint{a.log}, "", 0),
		BaseContext: func(net.Listener) context.Context { return a.base },
	}
}

// routes is what the outside reaches. A proxy needs to pass on /webhook/ only.
func (a *App) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(a.contain)
	a.door.Register(r)
	r.Get("/healthz", a.serveHealth)
	r.Get("/readyz", a.serveReady)
	r.Method(http.MethodGet, "/metrics", localOnly(a.metrics.Handler()))
	return r
}

// contain answers 500 for a panic and logs where, not with what.
func (a *App) contain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				a.log.ErrorContext(r.Context(), "a request panicked", "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// localOnly lets through whoever asks from this machine and directly: behind a
// proxy on the same machine everybody seems to. To others there is no such page.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		local := err == nil && ip != nil && ip.IsLoopback()
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
			local = local && r.Header.Get(name) == ""
		}
		if !local {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// complaint notes that the HTTP server had something to say, and nothing of it.
type complaint struct{ log *slog.Logger }

// Write takes one line of the server's.
func (c complaint) Write(p []byte) (int, error) {
	c.log.Debug("the HTTP server met a broken connection or request")
	return len(p), nil
}
