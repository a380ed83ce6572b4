package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // a menu's picture is read for its size
	_ "image/png"
	"net/http"
	"slices"
)

// menu reads and judges the rich menu object of a request.
func (k *call) menu() *answer {
	menu, bad := k.object()
	if bad != nil {
		return bad
	}
	if wrong := judgeMenu(menu); len(wrong) > 0 {
		a := invalidBody(wrong...)
		return &a
	}
	return nil
}

func menuValidate(k *call) answer {
	if bad := k.menu(); bad != nil {
		return *bad
	}
	return ok(empty{})
}

func menuCreate(k *call) answer {
	if bad := k.menu(); bad != nil {
		return *bad
	}
	r := &k.c.menus
	if len(r.order) >= maxMenus {
		return refuse(http.StatusBadRequest, "The maximum number of rich menus has been reached")
	}
	m := &richMenu{id: "richmenu-" + k.e.hex()}
	if json.Unmarshal(k.body, &m.fields) != nil || json.Unmarshal(m.fields["areas"], &m.areas) != nil {
		return propertyInvalid("areas")
	}
	r.byID[m.id] = m
	r.order = append(r.order, m.id)
	return ok(map[string]string{"richMenuId": m.id})
}

// show is the rich menu response object.
func (m *richMenu) show() map[string]any {
	out := map[string]any{"richMenuId": m.id}
	for _, key := range []string{"size", "selected", "name", "chatBarText", "areas"} {
		out[key] = m.fields[key]
	}
	return out
}

func menuList(k *call) answer {
	list := []map[string]any{}
	for _, id := range k.c.menus.order {
		list = append(list, k.c.menus.byID[id].show())
	}
	return ok(map[string]any{"richmenus": list})
}

func menuGet(k *call) answer {
	m := k.c.menus.byID[k.args["richMenuId"]]
	if m == nil {
		return notFound()
	}
	return ok(m.show())
}

func menuDelete(k *call) answer {
	r, id := &k.c.menus, k.args["richMenuId"]
	if r.byID[id] == nil {
		return notFound()
	}
	delete(r.byID, id)
	r.order = slices.DeleteFunc(r.order, func(s string) bool { return s == id })
	if r.all == id {
		r.all = ""
	}
	for user, m := range r.linked {
		if m == id {
			delete(r.linked, user)
		}
	}
	k.e.poke("people", "")
	return ok(empty{})
}

// menuUpload sets the picture: JPEG or PNG, 800 to 2,500 wide, at least 250
// high, at least 1.45 times as wide as high, at most 1 MB, and only once.
func menuUpload(k *call) answer {
	m := k.c.menus.byID[k.args["richMenuId"]]
	if m == nil {
		return notFound()
	}
	ctype := k.r.Header.Get("Content-Type")
	if ctype != "image/jpeg" && ctype != "image/png" {
		return refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("The content type, '%s', is not supported", ctype))
	}
	if m.image != nil {
		return refuse(http.StatusBadRequest, "An image has already been uploaded to the richmenu")
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(k.body))
	if err != nil || "image/"+format != ctype || len(k.body) > maxMenuImage || size.Width < 800 || size.Width > 2500 ||
		size.Height < 250 || float64(size.Width)/float64(size.Height) < 1.45 {
		return refuse(http.StatusBadRequest, "The image size is not allowed for richmenu")
	}
	m.image, m.ctype = slices.Clone(k.body), ctype
	return ok(empty{})
}

func menuImage(k *call) answer {
	m := k.c.menus.byID[k.args["richMenuId"]]
	if m == nil || m.image == nil {
		return notFound()
	}
	return answer{status: http.StatusOK, data: m.image, ctype: m.ctype}
}

// usable finds a menu that has a picture.
func (k *call) usable(id string, missing answer) *answer {
	m := k.c.menus.byID[id]
	switch {
	case m == nil:
		return &missing
	case m.image == nil:
		a := refuse(http.StatusBadRequest, "must upload richmenu image before applying it to user")
		return &a
	}
	return nil
}

func menuDefaultSet(k *call) answer {
	if bad := k.usable(k.args["richMenuId"], notFound()); bad != nil {
		return *bad
	}
	k.c.menus.all = k.args["richMenuId"]
	k.e.poke("people", "")
	return ok(empty{})
}

func menuDefaultGet(k *call) answer {
	if k.c.menus.all == "" {
		return refuse(http.StatusNotFound, "no default richmenu")
	}
	return ok(map[string]string{"richMenuId": k.c.menus.all})
}

func menuDefaultClear(k *call) answer {
	k.c.menus.all = ""
	k.e.poke("people", "")
	return ok(empty{})
}

// link links a menu to a friend; for anybody else nothing happens.
func (k *call) link(user, menu string) {
	if f := k.c.friends[user]; f != nil && f.friend && !f.blocked {
		k.c.menus.linked[user] = menu
		k.e.poke("people", user)
	}
}

func menuLink(k *call) answer {
	if !userID.MatchString(k.args["userId"]) {
		return paramInvalid("userId")
	}
	if bad := k.usable(k.args["richMenuId"], notFound()); bad != nil {
		return *bad
	}
	k.link(k.args["userId"], k.args["richMenuId"])
	return ok(empty{})
}

func menuOfUser(k *call) answer {
	if !userID.MatchString(k.args["userId"]) {
		return paramInvalid("userId")
	}
	id, linked := k.c.menus.linked[k.args["userId"]]
	if !linked {
		return refuse(http.StatusNotFound, "the user has no richmenu")
	}
	return ok(map[string]string{"richMenuId": id})
}

func menuUnlink(k *call) answer {
	if !userID.MatchString(k.args["userId"]) {
		return paramInvalid("userId")
	}
	delete(k.c.menus.linked, k.args["userId"])
	k.e.poke("people", k.args["userId"])
	return ok(empty{})
}

// users reads the userIds of a bulk request.
func (k *call) users(body *value) ([]string, *answer) {
	ids, isList := body.get("userIds").strings()
	if !isList {
		a := propertyInvalid("userIds")
		return nil, &a
	}
	if len(ids) == 0 || len(ids) > maxBulk {
		a := invalidBody(detail{fmt.Sprintf("Size must be between 1 and %d", maxBulk), "userIds"})
		return nil, &a
	}
	for i, id := range ids {
		if !userID.MatchString(id) {
			a := propertyInvalid(fmt.Sprintf("userIds[%d]", i))
			return nil, &a
		}
	}
	return ids, nil
}

// menuBulkLink answers 202; LINE does it a moment later, the emulator at once.
func menuBulkLink(k *call) answer {
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	id, bad := text(body, "richMenuId")
	if bad != nil {
		return *bad
	}
	users, bad := k.users(body)
	if bad != nil {
		return *bad
	}
	if !menuID.MatchString(id) {
		return invalidBody(detail{"invalid richMenuId", "richMenuId"})
	}
	if bad := k.usable(id, refuse(http.StatusNotFound, "richmenu not found")); bad != nil {
		return *bad
	}
	for _, u := range users {
		k.link(u, id)
	}
	return answer{status: http.StatusAccepted, body: empty{}}
}

func menuBulkUnlink(k *call) answer {
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	users, bad := k.users(body)
	if bad != nil {
		return *bad
	}
	for _, u := range users {
		delete(k.c.menus.linked, u)
		k.e.poke("people", u)
	}
	return answer{status: http.StatusAccepted, body: empty{}}
}

// aliased reads and judges the menu that an alias shall stand for.
func (k *call) aliased(body *value) (string, *answer) {
	id, bad := text(body, "richMenuId")
	if bad != nil {
		return "", bad
	}
	if !menuID.MatchString(id) {
		a := invalidBody(detail{"invalid richMenuId", "richMenuId"})
		return "", &a
	}
	if m := k.c.menus.byID[id]; m == nil || m.image == nil {
		a := refuse(http.StatusBadRequest, "richmenu not found")
		return "", &a
	}
	return id, nil
}

func aliasCreate(k *call) answer {
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	alias, bad := text(body, "richMenuAliasId")
	if bad != nil {
		return *bad
	}
	if !aliasID.MatchString(alias) {
		return invalidBody(detail{"invalid richMenuAliasId", "richMenuAliasId"})
	}
	id, bad := k.aliased(body)
	if bad != nil {
		return *bad
	}
	r := &k.c.menus
	switch _, taken := r.aliases[alias]; {
	case taken:
		return refuse(http.StatusBadRequest, "conflict richmenu alias id")
	case len(r.names) >= maxAliases:
		return refuse(http.StatusBadRequest, "The maximum number of rich menu aliases has been reached")
	}
	r.aliases[alias] = id
	r.names = append(r.names, alias)
	return ok(empty{})
}

// alias finds the alias of a path.
func (k *call) alias() (string, *answer) {
	alias := k.args["alias"]
	if !aliasID.MatchString(alias) {
		a := paramInvalid("richMenuAliasId")
		return "", &a
	}
	if _, known := k.c.menus.aliases[alias]; !known {
		a := refuse(http.StatusNotFound, "richmenu alias not found")
		return "", &a
	}
	return alias, nil
}

func aliasUpdate(k *call) answer {
	alias, bad := k.alias()
	if bad != nil {
		return *bad
	}
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	id, bad := k.aliased(body)
	if bad != nil {
		return *bad
	}
	k.c.menus.aliases[alias] = id
	return ok(empty{})
}

func aliasDelete(k *call) answer {
	alias, bad := k.alias()
	if bad != nil {
		return *bad
	}
	delete(k.c.menus.aliases, alias)
	k.c.menus.names = slices.DeleteFunc(k.c.menus.names, func(s string) bool { return s == alias })
	return ok(empty{})
}

func aliasGet(k *call) answer {
	alias, bad := k.alias()
	if bad != nil {
		return *bad
	}
	return ok(map[string]string{"richMenuAliasId": alias, "richMenuId": k.c.menus.aliases[alias]})
}

func aliasList(k *call) answer {
	list := []map[string]string{}
	for _, name := range k.c.menus.names {
		list = append(list, map[string]string{"richMenuAliasId": name, "richMenuId": k.c.menus.aliases[name]})
	}
	return ok(map[string]any{"aliases": list})
}
