package emulator

import (
	"net"
	"net/http"
	"path"
	"strings"
)

// Mount lets h answer everything that is neither LINE's API (below /v2/) nor the
// control API (below /_emulator/): a page that shows the talks, on the same
// address. It is guarded as the control API is: h is asked by loopback host
// names only, and never by another site's page to change anything. A nil h, as
// at the beginning, means 404. It may be called while the emulator serves.
func (e *Emulator) Mount(h http.Handler) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mounted = h
}

// rest answers what is no API's.
func (e *Emulator) rest(w http.ResponseWriter, r *http.Request) {
	if !guard(w, r) {
		return
	}
	e.mu.Lock()
	h := e.mounted
	e.mu.Unlock()
	if h == nil {
		write(w, http.StatusNotFound, problem{Message: "Not found"})
		return
	}
	h.ServeHTTP(w, r)
}

// guard lets loopback host names pass and refuses other sites' pages with 403:
// the emulator has no passwords, and a browser on this machine may be led to it
// from anywhere, also by a name that somebody lets point to 127.0.0.1.
func guard(w http.ResponseWriter, r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		write(w, http.StatusForbidden, problem{Message: ErrNotLoopback.Error()})
		return false
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		write(w, http.StatusForbidden, problem{Message: err.Error()})
		return false
	}
	return true
}

// isAPI tells whether a path is LINE's API's. A path that only leads there when
// it is cleaned is as well: "//v2/bot/info" comes of an endpoint that ends in a
// slash.
func isAPI(p string) bool {
	return strings.HasPrefix(p, "/v2/") || strings.HasPrefix(path.Clean("/"+p)+"/", "/v2/")
}
