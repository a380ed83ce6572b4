package config

import (
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// validator collects what is wrong.
type validator struct {
	lines  map[string]int
	raw    map[string]string // as written, where the value no longer tells
	broken map[string]bool   // fields that are reported already
	faults Faults
	warned Faults
}

// line is a field's line, or that of the nearest thing around it.
func (v *validator) line(field string) int {
	for field != "" {
		if n, ok := v.lines[field]; ok {
			return n
		}
		field = parent(field)
	}
	return v.lines[""]
}

// parent is what a field stands in: a.b[0].c, a.b[0], a.b, a and nothing.
func parent(field string) string { return field[:max(strings.LastIndexAny(field, ".["), 0)] }

func (v *validator) fault(field, value, problem string) {
	for at := field; ; at = parent(at) { // what stands inside something broken is not missing
		if v.broken[at] {
			return
		}
		if at == "" {
			break
		}
	}
	if raw, ok := v.raw[field]; ok && value != "" {
		value = raw
	}
	v.faults = append(v.faults, Fault{Line: v.line(field), Field: field, Value: clip(value), Problem: problem})
}

func (v *validator) warn(field, problem string) {
	v.warned = append(v.warned, Fault{Line: v.line(field), Field: field, Problem: problem})
}

// required reports an empty value and tells whether there is one.
func (v *validator) required(field, value, right string) bool {
	if strings.TrimSpace(value) == "" {
		v.fault(field, "", "is missing: "+right)
		return false
	}
	return true
}

func (v *validator) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.fault(field, value, "must be one of "+strings.Join(allowed, ", "))
	}
}

func (v *validator) within(field string, n, low, high int) {
	if n < low || n > high {
		v.fault(field, strconv.Itoa(n), "must be from "+strconv.Itoa(low)+" to "+strconv.Itoa(high))
	}
}

// text checks words that people read: one line, at most so many characters,
// and no number that would lead people astray.
func (v *validator) text(field, value string, most int) {
	switch {
	case strings.ContainsFunc(value, unicode.IsControl):
		v.fault(field, "", "must be one line without control characters")
	case utf8.RuneCountInString(value) > most:
		v.fault(field, value, "must have at most "+strconv.Itoa(most)+" characters")
	}
	v.numbers(field, value)
}

func (v *validator) config(c *Config) {
	v.address("listen", c.Listen)
	if c.PublicURL != "" {
		v.publicURL("public_url", c.PublicURL)
	}
	if v.required("control", c.Control, "a path such as /run/mimamori/control.sock") && len(c.Control) > 100 {
		v.fault("control", c.Control, "must have at most 100 bytes, with the directory; the system allows no longer socket paths")
	}
	if c.Storage.Engine == Bolt && c.Control != "" && filepath.Clean(c.Control) == filepath.Clean(c.Storage.Path) {
		v.fault("control", c.Control, "must be another path than storage.path: the one is a socket, the other the store's file")
	}
	v.storage(c.Storage)
	v.oneOf("log.format", c.Log.Format, "json", "text")
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	if c.Mail.Enabled() {
		v.mail(c.Mail)
	} else {
		v.warn("mail.host", "no mail server: when LINE fails, the secretariat hears nothing by a second way")
	}
	if len(c.Councils) == 0 {
		v.fault("councils", "", "is missing: at least one council")
	}
	seen := map[string]string{}
	for i := range c.Councils {
		field := "councils[" + strconv.Itoa(i) + "]"
		v.council(field, &c.Councils[i], c.Mail.Enabled())
		v.unique(seen, field+".id", c.Councils[i].ID)
	}
	v.channels(c)
}

func (v *validator) unique(seen map[string]string, field, id string) {
	if first, ok := seen[id]; ok && id != "" {
		v.fault(field, id, "is used by "+first+" already; each must have its own")
		return
	}
	seen[id] = field
}

// channels finds two councils that share what LINE gives to one.
func (v *validator) channels(c *Config) {
	channel, bot, secret := map[string]string{}, map[string]string{}, map[string]string{}
	for i, council := range c.Councils {
		field := "councils[" + strconv.Itoa(i) + "].line"
		v.unique(channel, field+".channel_id", council.LINE.ChannelID)
		v.unique(bot, field+".bot_user_id", council.LINE.BotUserID)
		if s := council.LINE.Secret.Reveal(); s != "" {
			if first, ok := secret[s]; ok {
				v.fault(field+".secret", "", "is the same as "+first+"; each council has its own channel")
			}
			secret[s] = field + ".secret"
		}
	}
}

func (v *validator) storage(s Storage) {
	v.oneOf("storage.engine", s.Engine, Bolt, Postgres)
	switch s.Engine {
	case Bolt:
		v.required("storage.path", s.Path, "the file to keep everything in, such as /var/lib/mimamori/mimamori.db")
		if !s.DSN.Empty() {
			v.fault("storage.dsn", "", "belongs to engine postgres; remove it or set engine: postgres")
		}
	case Postgres:
		if s.DSN.Empty() {
			v.fault("storage.dsn", "", "is missing: the connection string, such as env:MIMAMORI_DSN")
		}
	}
}

func (v *validator) mail(m Mail) {
	if strings.ContainsAny(m.Host, " :/\r\n") {
		v.fault("mail.host", m.Host, "must be a host name such as smtp.example.jp, without port")
	}
	v.within("mail.port", m.Port, 1, 65535)
	v.oneOf("mail.tls", m.TLS, StartTLS, ImplicitTLS, NoTLS)
	if m.TLS == NoTLS && !loopback(m.Host) {
		v.fault("mail.tls", m.TLS, "is only for a server on the same machine (localhost); use starttls or implicit")
	}
	if v.required("mail.from", m.From, "the sender's address") {
		v.mailAddress("mail.from", m.From)
	}
	if (m.User == "") != m.Password.Empty() {
		v.fault("mail.password", "", "user and password belong together: give both or neither")
	}
	if m.Timeout <= 0 || m.Timeout.Minutes() > 2 {
		v.fault("mail.timeout", m.Timeout.String(), "must be more than 0 and at most 2m")
	}
}

// mailAddress takes a bare address.
func (v *validator) mailAddress(field, s string) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || !strings.Contains(s[strings.LastIndex(s, "@")+1:], ".") && !strings.HasSuffix(s, "@localhost") {
		v.fault(field, s, "must be a bare e-mail address such as shohi@example.jp")
	}
}

func (v *validator) address(field, s string) {
	if !v.required(field, s, "host:port, such as 127.0.0.1:8080") {
		return
	}
	_, port, err := net.SplitHostPort(s)
	n, numErr := strconv.Atoi(port)
	if err != nil || numErr != nil || n < 0 || n > 65535 {
		v.fault(field, s, "must be host:port, such as 127.0.0.1:8080")
	}
}

func (v *validator) publicURL(field, s string) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		v.fault(field, "", "must be https and a host, such as https://mimamori.example.jp")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		v.fault(field, s, "must begin with https://; LINE delivers to nothing else")
	}
}

// endpoint is another server in LINE's place.
func (v *validator) endpoint(field, s string) {
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		v.fault(field, "", "must be a web address such as http://127.0.0.1:9090, or left out to speak to LINE")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		v.fault(field, s, "must be https, or http on the same machine")
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

var (
	idPattern       = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	choicePattern   = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)
	channelPattern  = regexp.MustCompile(`^[0-9]{6,20}$`)
	botUserPattern  = regexp.MustCompile(`^U[0-9a-f]{32}$`)
	basicIDPattern  = regexp.MustCompile(`^@[a-z0-9._-]{1,32}$`)
	questionPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

const idRight = "must be 1 to 32 of a-z, 0-9 and hyphen"
