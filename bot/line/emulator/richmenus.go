package emulator

import (
	"encoding/json"
	"regexp"
	"slices"
)

// richMenus are a channel's menus, who has which, and their aliases.
type richMenus struct {
	byID    map[string]*richMenu
	order   []string
	all     string            // the default menu
	linked  map[string]string // user → menu
	aliases map[string]string // alias → menu
	names   []string          // aliases in the order of their making
}

type richMenu struct {
	id     string
	fields map[string]json.RawMessage
	areas  []Area
	image  []byte
	ctype  string
}

func newRichMenus() richMenus {
	return richMenus{byID: map[string]*richMenu{}, linked: map[string]string{}, aliases: map[string]string{}}
}

var (
	menuID  = regexp.MustCompile(`^richmenu-[0-9a-f]{32}$`)
	aliasID = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)
)

// Menu is a rich menu as a user sees it.
type Menu struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ChatBarText string `json:"chatBarText"`
	Selected    bool   `json:"selected"`
	Size        struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	} `json:"size"`
	Areas       []Area `json:"areas"`
	Image       []byte `json:"-"`
	ContentType string `json:"contentType,omitempty"`
}

// Area is a part of a rich menu that can be tapped.
type Area struct {
	Bounds struct {
		X      int `json:"x"`
		Y      int `json:"y"`
		Width  int `json:"width"`
		Height int `json:"height"`
	} `json:"bounds"`
	Action json.RawMessage `json:"action"`
}

// Menu returns the rich menu under a user's talk with a bot: the user's own
// before the default; false when there is none.
func (e *Emulator) Menu(user, bot string) (Menu, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.bot(bot)
	if err != nil {
		return Menu{}, false
	}
	m := c.menus.of(user)
	if m == nil {
		return Menu{}, false
	}
	out := Menu{ID: m.id, Areas: slices.Clone(m.areas), Image: slices.Clone(m.image), ContentType: m.ctype}
	into := map[string]any{"name": &out.Name, "chatBarText": &out.ChatBarText, "selected": &out.Selected, "size": &out.Size}
	for key, p := range into {
		if json.Unmarshal(m.fields[key], p) != nil {
			return Menu{}, false // judged when it was created
		}
	}
	return out, true
}

func (r *richMenus) of(user string) *richMenu {
	if m := r.byID[r.linked[user]]; m != nil {
		return m
	}
	return r.byID[r.all]
}

// TapMenu taps an area of the user's rich menu, counted from 0.
func (e *Emulator) TapMenu(user, bot string, area int) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, c, err := e.place(user, bot)
	if err != nil {
		return nil, err
	}
	if t.group != nil {
		return nil, ErrNotShown
	}
	if c.friend(user).blocked {
		return nil, ErrBlocked
	}
	m := c.menus.of(user)
	if m == nil || area < 0 || area >= len(m.areas) {
		return nil, ErrNotShown
	}
	var r reading
	v, _ := readValue(string(m.areas[area].Action)) // judged when it was created
	r.action(v, "", false)
	if len(r.buttons) == 0 {
		return nil, ErrNotShown
	}
	b := r.buttons[0]
	if b.Type != "richmenuswitch" {
		return e.act(user, bot, t, c, nil, b, "")
	}
	params := map[string]string{"status": "SUCCESS", "newRichMenuAliasId": b.alias}
	switch to, known := c.menus.aliases[b.alias]; {
	case !known:
		params = map[string]string{"status": "RICHMENU_ALIAS_ID_NOTFOUND"}
	case c.menus.byID[to] == nil:
		params = map[string]string{"status": "RICHMENU_NOTFOUND"}
	default:
		c.menus.linked[user] = to
		e.poke("people", user)
	}
	return e.postback(user, t, c, b, params)
}

// judgeMenu judges a rich menu object.
func judgeMenu(menu *value) []detail {
	f := &findings{root: menu}
	n := node{menu, f}
	must := func(n node, keys ...string) {
		for _, key := range keys {
			if !n.has(key) {
				n.bad(key, "must be specified")
			}
		}
	}
	must(n, "size", "selected", "name", "chatBarText", "areas")
	n.bool("selected")
	if n.has("name") {
		n.text("name", true, 300, graphemes)
	}
	if n.has("chatBarText") {
		n.text("chatBarText", true, 14, graphemes)
	}
	var width, height int64
	if size, is := n.object("size", false); is {
		must(size, "width", "height")
		width, _ = size.integer("width", 800, 2500)
		height, _ = size.integer("height", 250, 1<<31-1)
		if width > 0 && height > 0 && float64(width)/float64(height) < 1.45 {
			size.bad("height", "The aspect ratio (width / height) must be at least 1.45")
		}
	}
	if !n.has("areas") {
		return f.found
	}
	for _, a := range n.list("areas", 0, 20) {
		must(a, "bounds", "action")
		if b, is := a.object("bounds", false); is {
			must(b, "x", "y", "width", "height")
			b.integer("x", 0, 1<<31-1)
			b.integer("y", 0, 1<<31-1)
			b.integer("width", 1, 1<<31-1)
			b.integer("height", 1, 1<<31-1)
		}
		if act, is := a.object("action", false); is {
			judgeAction(act, inRichMenu)
		}
	}
	return f.found
}
