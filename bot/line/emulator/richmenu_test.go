package emulator_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
)

// menu is a rich menu of two areas.
func menu() obj {
	bounds := obj{"x": 0, "y": 0, "width": 400, "height": 540}
	return obj{
		"size": obj{"width": 800, "height": 540}, "selected": true, "name": "main", "chatBarText": "メニュー",
		"areas": []obj{
			{"bounds": bounds, "action": obj{"type": "message", "text": "report"}},
			{"bounds": bounds, "action": obj{"type": "richmenuswitch", "richMenuAliasId": "other", "data": "switched"}},
		},
	}
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRichMenus(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana, stranger := w.friend("Hana"), w.e.AddUser("S")
	create := func() string {
		t.Helper()
		r := w.call("POST", "/v2/bot/richmenu", menu())
		w.expect(r, 200, "")
		return str(r.body["richMenuId"])
	}
	one, two := create(), create()
	const path = "/v2/bot/richmenu/"
	w.expect(w.call("POST", "/v2/bot/user/all/richmenu/"+one, nil), 400, "must upload richmenu image before applying it to user")
	w.expect(w.call("POST", path+one+"/content", picture(t, 800, 600), "Content-Type", "image/png"), 400, "The image size is not allowed for richmenu")
	w.expect(w.call("POST", path+one+"/content", picture(t, 800, 540), "Content-Type", "image/gif"), 415, "")
	w.expect(w.call("POST", path+"richmenu-x/content", picture(t, 800, 540), "Content-Type", "image/png"), 404, "Not found")
	img := picture(t, 800, 540)
	for _, id := range []string{one, two} {
		w.expect(w.call("POST", path+id+"/content", img, "Content-Type", "image/png"), 200, "")
	}
	w.expect(w.call("POST", path+one+"/content", img, "Content-Type", "image/png"), 400, "An image has already been uploaded to the richmenu")
	if r := w.call("GET", path+one+"/content", nil); !bytes.Equal(r.raw, img) || r.header.Get("Content-Type") != "image/png" {
		t.Errorf("image: %d bytes, %v", len(r.raw), r.header)
	}

	w.expect(w.call("GET", "/v2/bot/user/all/richmenu", nil), 404, "no default richmenu")
	w.expect(w.call("POST", "/v2/bot/user/all/richmenu/"+one, nil), 200, "")
	if m, shown := w.e.Menu(stranger, ""); !shown || m.ID != one || m.ChatBarText != "メニュー" || len(m.Areas) != 2 {
		t.Errorf("default menu: %+v %v", m, shown)
	}
	w.expect(w.call("GET", "/v2/bot/user/"+hana+"/richmenu", nil), 404, "the user has no richmenu")
	w.expect(w.call("POST", "/v2/bot/user/"+hana+"/richmenu/"+two, nil), 200, "")
	w.expect(w.call("POST", "/v2/bot/user/"+stranger+"/richmenu/"+two, nil), 200, "") // dropped in silence
	if r := w.call("GET", "/v2/bot/user/"+hana+"/richmenu", nil); r.body["richMenuId"] != two {
		t.Errorf("linked: %s", r.raw)
	}
	w.expect(w.call("GET", "/v2/bot/user/"+stranger+"/richmenu", nil), 404, "")
	w.expect(w.call("POST", "/v2/bot/user/hana/richmenu/"+two, nil), 400, "The value for the 'userId' parameter is invalid")

	w.must(w.e.TapMenu(hana, "", 0))
	if ev := w.last(); ev.Message["text"] != "report" {
		t.Errorf("tapped: %+v", ev)
	}
	w.must(w.e.TapMenu(hana, "", 1))
	if ev := w.last(); dig(ev.Postback["params"], "status") != "RICHMENU_ALIAS_ID_NOTFOUND" {
		t.Errorf("switch without alias: %+v", ev.Postback)
	}
	alias := obj{"richMenuAliasId": "other", "richMenuId": one}
	w.expect(w.call("POST", path+"alias", alias), 200, "")
	w.expect(w.call("POST", path+"alias", alias), 400, "conflict richmenu alias id")
	w.expect(w.call("POST", path+"alias", obj{"richMenuAliasId": "b", "richMenuId": "x"}), 400, "The request body has 1 error(s)")
	w.must(w.e.TapMenu(hana, "", 1))
	if ev := w.last(); dig(ev.Postback["params"], "status") != "SUCCESS" || dig(ev.Postback["params"], "newRichMenuAliasId") != "other" {
		t.Errorf("switch: %+v", ev.Postback)
	}
	if m, _ := w.e.Menu(hana, ""); m.ID != one {
		t.Error("the switch did not change the menu")
	}
	w.expect(w.call("POST", path+"alias/other", obj{"richMenuId": two}), 200, "")
	if r := w.call("GET", path+"alias/other", nil); r.body["richMenuId"] != two {
		t.Errorf("alias: %s", r.raw)
	}
	if r := w.call("GET", path+"alias/list", nil); size(r.body["aliases"]) != 1 {
		t.Errorf("aliases: %s", r.raw)
	}
	w.expect(w.call("DELETE", path+"alias/other", nil), 200, "")
	w.expect(w.call("DELETE", path+"alias/other", nil), 404, "richmenu alias not found")

	w.expect(w.call("POST", path+"bulk/link", obj{"richMenuId": two, "userIds": []string{hana}}), 202, "")
	w.expect(w.call("POST", path+"bulk/link", obj{"richMenuId": two, "userIds": []string{"x"}}), 400, "The property, 'userIds[0]', in the request body is invalid (line: -, column: -)")
	w.expect(w.call("POST", path+"bulk/link", obj{"richMenuId": "x", "userIds": []string{hana}}), 400, "The request body has 1 error(s)")
	w.expect(w.call("POST", path+"bulk/link", obj{"richMenuId": "richmenu-" + strings.Repeat("0", 32), "userIds": []string{hana}}), 404, "richmenu not found")
	w.expect(w.call("POST", path+"bulk/unlink", obj{"userIds": []string{hana}}), 202, "")

	if r := w.call("GET", path+"list", nil); size(r.body["richmenus"]) != 2 {
		t.Errorf("list: %s", r.raw)
	}
	w.expect(w.call("DELETE", path+one, nil), 200, "")
	w.expect(w.call("GET", path+one, nil), 404, "Not found")
	if _, shown := w.e.Menu(hana, ""); shown {
		t.Error("a deleted default menu is still shown")
	}
}

func TestRichMenuObject(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	for name, change := range map[string]func(obj){
		"name":                 func(m obj) { delete(m, "name") },
		"size.height":          func(m obj) { m["size"] = obj{"width": 800, "height": 552} },
		"areas[0].action.uri":  func(m obj) { m["areas"] = []obj{{"bounds": bounds, "action": obj{"type": "uri", "uri": "mailto:a@b"}}} },
		"areas[0].action.type": func(m obj) { m["areas"] = []obj{{"bounds": bounds, "action": obj{"type": "camera"}}} },
	} {
		m := menu()
		change(m)
		r := w.call("POST", "/v2/bot/richmenu/validate", m)
		w.expect(r, 400, "The request body has 1 error(s)")
		if str(dig(r.body, "details", 0, "property")) != name {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	w.expect(w.call("POST", "/v2/bot/richmenu/validate", menu()), 200, "")
}

var bounds = obj{"x": 0, "y": 0, "width": 1, "height": 1}
