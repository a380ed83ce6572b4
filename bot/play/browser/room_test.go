package browser

// engine opens the engine room.
func (s *stage) engine() {
	s.t.Helper()
	if !s.ask(`document.querySelector("#engine").open`) {
		s.press("css", "", "#engine > summary")
	}
	s.must(js[bool](s, "is", "#engine[open] [data-fault]"), "the engine room stays empty")
}

// fault turns a switch of the engine room.
func (s *stage) fault(id string, on bool) {
	s.t.Helper()
	s.engine()
	s.press("css", "#room", `[data-fault="`+id+`"]`)
	s.must(js[bool](s, "is", `[data-fault="`+id+`"][aria-checked="`+map[bool]string{true: "true", false: "false"}[on]+`"]`), "the switch %s does not turn", id)
}

// moment moves the clock on.
func (s *stage) moment(id string) {
	s.t.Helper()
	before := s.clock()
	s.press("css", "#clock", `button[value="`+id+`"]`)
	s.must(js[bool](s, "moved", before), "the clock stays at %s", before)
	s.must(js[bool](s, "is", "#clock form:not(.htmx-request)"), "the clock goes on moving") // it takes one move at a time
}

// clock is what the page's clock shows.
func (s *stage) clock() string { s.t.Helper(); return js[string](s, "clock") }

// kill ends the program as kill -9 does, start starts it again.
func (s *stage) kill() {
	s.t.Helper()
	s.engine()
	s.press("label", "#room", "強制終了")
	s.must(js[bool](s, "shows", "#room", "止まっています"), "the program does not end")
}

func (s *stage) start() {
	s.t.Helper()
	s.press("label", "#room", "もう一度始める")
	s.must(js[bool](s, "shows", "#room", "動いています"), "the program does not start")
}

// calm waits until nothing is waiting to be sent.
func (s *stage) calm() {
	s.t.Helper()
	s.engine()
	s.must(js[bool](s, "is", `#room [data-queue="0"]`), "something still waits to be sent")
}
