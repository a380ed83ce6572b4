package emulator

import "net/http"

func (e *Emulator) control(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
