package browser

// phone is one of the page's telephones, or the group's window.
type phone struct {
	*stage
	name string
}

func (s *stage) phone(name string) phone { return phone{s, name} }

// tap taps the newest button of this name.
func (p phone) tap(label string) { p.t.Helper(); p.press("label", p.name, label) }

// say types a text and sends it.
func (p phone) say(text string) {
	p.t.Helper()
	p.press("css", p.name, ".composer input[name=text]")
	p.insert(text)
	p.send()
}

// send sends what stands in the line.
func (p phone) send() {
	p.t.Helper()
	js[bool](p.stage, "mark", p.name)
	p.tap("送信")
	p.must(js[bool](p.stage, "renewed"), "%s: nothing was sent", p.name)
}

// scan reads the code of the first card and sends what it fills in.
func (p phone) scan() {
	p.t.Helper()
	js[bool](p.stage, "mark", p.name)
	p.tap("構成員証を読み取る")
	p.must(js[bool](p.stage, "renewed"), "%s: the card fills nothing in", p.name)
	p.send()
}

// act opens the menu of the newest message with the words, and taps there.
func (p phone) act(words, what string) {
	p.t.Helper()
	p.press("dots", p.name, words)
	p.press("css", p.name, ".sheet:popover-open [data-act="+what+"]")
}

// quote answers a message by quoting it.
func (p phone) quote(words, text string) {
	p.t.Helper()
	js[bool](p.stage, "mark", p.name)
	p.act(words, "quote")
	p.must(js[bool](p.stage, "renewed"), "%s: nothing is quoted", p.name)
	p.say(text)
}

// menu opens the phone's own menu and taps there.
func (p phone) menu(label string) {
	p.t.Helper()
	p.press("css", p.name, ".bar > button")
	p.tap(label)
}

// as lets somebody else speak in the group.
func (p phone) as(name string) phone {
	p.t.Helper()
	p.tap(name)
	speaks := `.phone[data-name="` + p.name + `"] .speakers [data-label="` + name + `"] input[checked]`
	p.must(js[bool](p.stage, "is", speaks), "%s does not speak", name)
	return p
}

// sees waits for a message with the words.
func (p phone) sees(words string) { p.t.Helper(); p.seesTimes(words, 1) }

func (p phone) seesTimes(words string, n int) {
	p.t.Helper()
	if !js[bool](p.stage, "sees", p.name, words, n) {
		p.t.Fatalf("%s has not got %q %d times, but %q", p.name, words, n, js[[]string](p.stage, "texts", p.name))
	}
}

// offers waits for a button that can be tapped.
func (p phone) offers(label string) {
	p.t.Helper()
	p.must(js[bool](p.stage, "offers", p.name, label), "%s: no button %q; there are %q", p.name, label, js[[]string](p.stage, "labels", p.name))
}

// has counts the messages with the words.
func (p phone) has(words string, want int) {
	p.t.Helper()
	if got := js[int](p.stage, "count", p.name, words); got != want {
		p.t.Errorf("%s has %q %d times, want %d", p.name, words, got, want)
	}
}
