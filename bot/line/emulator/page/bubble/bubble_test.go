package bubble_test

import (
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page/bubble"
)

// draw draws a message object as the platform would hand it over without any
// button that can be tapped.
func draw(object string) template.HTML {
	return bubble.HTML(emulator.Message{ID: "461230966842064897", JSON: json.RawMessage(object)})
}

// inBody draws components in the body of a bubble.
func inBody(components string) template.HTML {
	return draw(`{"type":"flex","contents":{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[` + components + `]}}}`)
}

func TestMarkup(t *testing.T) {
	body := func(within string) string {
		return `<span class="ln-bubble ln-mega"><span class="ln-block ln-body"><span class="ln-box ln-col">` + within + `</span></span></span>`
	}
	tests := []struct {
		name string
		got  template.HTML
		want string
	}{
		{"text", draw(`{"type":"text","text":"一行目\n二行目"}`), "<span class=\"ln-plain\">一行目\n二行目</span>"},
		{"emojis", draw(`{"type":"text","text":"😀$あ$","emojis":[{"index":4},{"index":2},{"index":2},{"index":99}]}`),
			`<span class="ln-plain">😀<span class="ln-emoji" role="img" aria-label="LINE絵文字">☺</span>あ` +
				`<span class="ln-emoji" role="img" aria-label="LINE絵文字">☺</span></span>`},
		{"mention in a text", draw(`{"type":"text","text":"😀@事務局 はい","mention":{"mentionees":[{"index":2,"length":4},{"index":3,"length":90}]}}`),
			`<span class="ln-plain">😀<span class="ln-mention">@事務局</span> はい</span>`},
		{"text v2", draw(`{"type":"textV2","text":"{{a}} {all} {u}{e}","substitution":{"all":{"type":"mention","mentionee":{"type":"all"}},
			"u":{"type":"mention","mentionee":{"type":"user","userId":"U0123456789"}},"e":{"type":"emoji"}}}`),
			`<span class="ln-plain">{a} <span class="ln-mention">@All</span> <span class="ln-mention">@U0123456…</span>` +
				`<span class="ln-emoji" role="img" aria-label="LINE絵文字">☺</span></span>`},
		{"spacing and margins", inBody(`{"type":"box","layout":"horizontal","spacing":"sm","contents":[{"type":"text","text":"a","margin":"md"},
			{"type":"text","text":"b"},{"type":"filler"},{"type":"text","text":"c","margin":"none","flex":0},{"type":"text","text":"d","margin":"7.5px","flex":5}]}`),
			body(`<span class="ln-box ln-row"><span class="ln-text ln-gap-md"><span class="ln-words">a</span></span>` +
				`<span class="ln-text ln-gap-sm"><span class="ln-words">b</span></span><span class="ln-filler" aria-hidden="true"></span>` +
				`<span class="ln-text ln-flex-0"><span class="ln-words">c</span></span>` +
				`<span class="ln-text" style="flex:5 0 0;margin-inline-start:7.5px"><span class="ln-words">d</span></span></span>`)},
		{"share below each other", inBody(`{"type":"text","text":"a","flex":2,"wrap":true,"maxLines":3}`),
			body(`<span class="ln-text" style="flex:2 0 auto"><span class="ln-words ln-wrap ln-clamp" style="-webkit-line-clamp:3">a</span></span>`)},
		{"surface", inBody(`{"type":"box","layout":"vertical","contents":[],"width":"50%","backgroundColor":"#0000007F","borderWidth":"light","borderColor":"#ABCDEF",
			"cornerRadius":"5px","paddingAll":"md","paddingTop":"3%","background":{"type":"linearGradient","angle":"90deg","startColor":"#FFFFFF","endColor":"#000000","centerColor":"#111111"}}`),
			body(`<span class="ln-box ln-col ln-border-light" style="width:50%;background-color:#0000007F;` +
				`background-image:linear-gradient(90deg, #FFFFFF, #111111, #000000);border-color:#ABCDEF;border-radius:5px;padding:8px;padding-top:3%"></span>`)},
		{"position", inBody(`{"type":"text","text":"a","position":"absolute","offsetTop":"10px","offsetStart":"xl","offsetEnd":"5%","offsetBottom":"none"}`),
			body(`<span class="ln-text ln-abs" style="top:10px;bottom:0;inset-inline-start:16px;inset-inline-end:5%"><span class="ln-words">a</span></span>`)},
		{"blocks", draw(`{"type":"flex","contents":{"type":"bubble","size":"kilo","direction":"rtl","styles":{"body":{"separator":true},"footer":{"separator":true,"separatorColor":"#FF0000","backgroundColor":"#00FF00"}},
			"body":{"type":"box","layout":"vertical","contents":[]},"footer":{"type":"box","layout":"baseline","contents":[]}}}`),
			`<span class="ln-bubble ln-kilo" dir="rtl"><span class="ln-block ln-body ln-footed"><span class="ln-box ln-col"></span></span>` +
				`<span class="ln-line" style="background-color:#FF0000" aria-hidden="true"></span>` +
				`<span class="ln-block ln-footer" style="background-color:#00FF00"><span class="ln-box ln-row ln-baseline"></span></span></span>`},
		{"picture", inBody(`{"type":"image","url":"https://example.com/a.png?secret","size":"30%","aspectRatio":"1.5:1","align":"start"}`),
			body(`<span class="ln-image ln-image-start"><span class="ln-frame" style="width:30%;aspect-ratio:1.5 / 1" role="img" aria-label="画像（読み込みません） example.com">` +
				`<span class="ln-frame-word" aria-hidden="true">画像（読み込みません）</span><span class="ln-frame-host" aria-hidden="true">example.com</span></span></span>`)},
		{"button that cannot be tapped", inBody(`{"type":"button","style":"primary","color":"#123456","action":{"type":"message","label":"はい","text":"x"}}`),
			body(`<span class="ln-cell"><button type="submit" name="path" value="/contents/body/contents/0" data-label="はい" data-type="message" disabled="" ` +
				`class="ln-button ln-button-primary" style="background-color:#123456"><span class="ln-button-word">はい</span></button></span>`)},
		{"box that cannot be tapped", inBody(`{"type":"box","layout":"vertical","action":{"type":"uri","label":"開く","uri":"x"},"contents":[{"type":"text","text":"a"}]}`),
			body(`<button type="submit" name="path" value="/contents/body/contents/0" data-label="開く" data-type="uri" disabled="" class="ln-box ln-col ln-tap ln-tap-middle">` +
				`<span class="ln-text"><span class="ln-words">a</span></span></button>`)},
		{"box with an order of its own", inBody(`{"type":"box","layout":"vertical","justifyContent":"flex-end","action":{"type":"uri","uri":"x"},"contents":[]}`),
			body(`<button type="submit" name="path" value="/contents/body/contents/0" data-label="" data-type="uri" disabled="" class="ln-box ln-col ln-justify-flex-end ln-tap"></button>`)},
		{"system", bubble.HTML(emulator.Message{Type: "system", Text: "花子が参加しました"}), `<span class="ln-note">花子が参加しました</span>`},
		{"unsent", bubble.HTML(emulator.Message{Type: "text", Text: "秘密", JSON: json.RawMessage(`{"type":"text","text":"秘密"}`), Unsent: true}),
			`<span class="ln-note">メッセージの送信を取り消しました</span>`},
		{"text without its object", bubble.HTML(emulator.Message{Type: "text", Text: "はい"}), `<span class="ln-plain">はい</span>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			look(t, test.got)
			if string(test.got) != test.want {
				t.Errorf("have %s\nwant %s", test.got, test.want)
			}
		})
	}
}

// TestTapping finds out whether what the page sends back is taken by the
// platform, and that nothing else can be tapped.
func TestTapping(t *testing.T) {
	p := newPhone(t)
	m := p.push(json.RawMessage(`[{"type":"flex","altText":"a","contents":{"type":"bubble","action":{"type":"message","label":"泡","text":"泡"},
		"body":{"type":"box","layout":"vertical","action":{"type":"message","text":"箱"},"contents":[
			{"type":"box","layout":"vertical","action":{"type":"message","label":"内","text":"内"},"contents":[{"type":"text","text":"内側"}]}]}},
		"quickReply":{"items":[{"type":"action","action":{"type":"message","label":"早く","text":"早く"}}]}}]`))[0]
	root := look(t, bubble.HTML(m))
	want := []string{"/contents", "/contents/body", "/contents/body/contents/0"}
	if live, dead := root.buttons(); !slices.Equal(live, want) || dead != nil {
		t.Fatalf("can be tapped: %q, cannot: %q", live, dead)
	}
	if names := root.all("ln-cover"); len(names) != 2 || names[0].words != "泡" || names[1].words != "箱" {
		t.Errorf("boxes with buttons inside are not covered by named buttons: %d", len(names))
	}
	quick := look(t, bubble.Quick(m))
	live, dead := quick.buttons()
	if !slices.Equal(live, []string{"/quickReply/items/0"}) || dead != nil {
		t.Errorf("quick replies: %q, %q", live, dead)
	}
	for _, path := range append(live, want...) { // quick replies go with the next message
		if _, err := p.e.TapAt(p.user, "", m.ID, path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	after, _ := p.e.Message(m.ID)
	if rest := bubble.Quick(after); rest != "" {
		t.Errorf("quick replies of a message that is not the newest: %s", rest)
	}
	m.Buttons = m.Buttons[:1]
	if live, dead := look(t, bubble.HTML(m)).buttons(); len(live) != 1 || len(dead) != 2 {
		t.Errorf("with one action left can be tapped: %q, cannot: %q", live, dead)
	}
}

// TestSent looks at what people send.
func TestSent(t *testing.T) {
	p := newPhone(t)
	tests := map[string]struct {
		send func() (*emulator.Handle, error)
		want []string
	}{
		"text":     {func() (*emulator.Handle, error) { return p.e.Say(p.user, "", "<b>はい</b>") }, []string{"<b>はい</b>"}},
		"sticker":  {func() (*emulator.Handle, error) { return p.e.Sticker(p.user, "", "446", "1988") }, []string{"スタンプ", "446 / 1988"}},
		"voice":    {func() (*emulator.Handle, error) { return p.e.Voice(p.user, "", []byte("x"), 61_000) }, []string{"音声", "1:01"}},
		"video":    {func() (*emulator.Handle, error) { return p.e.Video(p.user, "", []byte("x"), 1_000) }, []string{"動画", "0:01"}},
		"file":     {func() (*emulator.Handle, error) { return p.e.File(p.user, "", "見積書.pdf", make([]byte, 2500)) }, []string{"見積書.pdf", "2.5 KB"}},
		"location": {func() (*emulator.Handle, error) { return p.e.Location(p.user, "", "", "中央1-1", 35.5, 139.25) }, []string{"位置情報", "中央1-1", "35.50000, 139.25000"}},
	}
	for name, test := range tests {
		if _, err := test.send(); err != nil {
			t.Fatal(name, err)
		}
		root := look(t, bubble.HTML(p.talk(1)[0]))
		for _, want := range test.want {
			if !strings.Contains(root.words, want) {
				t.Errorf("%s: %q is not in %q", name, want, root.words)
			}
		}
		if m := marks(root); m != nil {
			t.Errorf("%s: marked: %q", name, m)
		}
	}
	if _, err := p.e.Picture(p.user, "", []byte("x"), "image/png"); err != nil {
		t.Fatal(err)
	}
	m := p.talk(1)[0]
	if src := look(t, bubble.HTML(m)).all("ln-photo")[0].attrs["src"]; src != "/content?message="+m.ID {
		t.Errorf("picture from %q", src)
	}
}

// TestUnknown shows that nothing is lost in silence.
func TestUnknown(t *testing.T) {
	tests := []struct {
		name string
		got  template.HTML
		want []string
	}{
		{"message", draw(`{"type":"coupon","couponId":"x"}`), []string{"coupon"}},
		{"message without a type", draw(`{}`), []string{"？"}},
		{"no object", bubble.HTML(emulator.Message{Type: "flex", JSON: json.RawMessage(`[`)}), []string{"flex"}},
		{"container", draw(`{"type":"flex","contents":{"type":"cube"}}`), []string{"flex cube"}},
		{"bubble in a carousel", draw(`{"type":"flex","contents":{"type":"carousel","contents":[{"type":"cube"}],"speed":1}}`), []string{"cube", "carousel.speed"}},
		{"template", draw(`{"type":"template","template":{"type":"cube"}}`), []string{"template cube"}},
		{"component", inBody(`{"type":"hologram"}`), []string{"hologram"}},
		{"component without a type", inBody(`{},7,null`), []string{"？", "？", "？"}},
		{"component in the wrong place", inBody(`{"type":"icon","url":"https://example.com/i.png"}`), []string{"icon"}},
		{"properties", inBody(`{"type":"text","text":"a","glow":true,"blink":{},"shadow":null}`), []string{"text.blink", "text.glow"}},
		{"values", inBody(`{"type":"text","text":"a","size":"huge","weight":7,"flex":-1,"wrap":"yes","lineSpacing":"1em"}`),
			[]string{"text.flex=-1", "text.lineSpacing=1em", "text.size=huge", "text.weight", "text.wrap"}},
		{"lengths", inBody(`{"type":"box","layout":"vertical","contents":[],"width":"100vw","height":"5000px","paddingAll":"-1px","margin":"5%"}`),
			[]string{"box.height=5000px", "box.margin=5%", "box.paddingAll=-1px", "box.width=100vw"}},
		{"box", inBody(`{"type":"box","layout":"grid","contents":{}}`), []string{"box.contents", "box.layout", "box.layout=grid"}},
		{"gradient", inBody(`{"type":"box","layout":"vertical","contents":[],"background":{"type":"radial","angle":"1turn","startColor":"red","endColor":"#000000","x":1}}`),
			[]string{"box.background", "box.background.angle=1turn", "box.background.startColor=red", "box.background.type=radial", "box.background.x"}},
		{"action", inBody(`{"type":"text","text":"a","action":{"type":"fly"}},{"type":"button"}`), []string{"text.action=fly", "button.action"}},
		{"ratio", inBody(`{"type":"image","url":"https://example.com/","aspectRatio":"0:1"}`), []string{"image.aspectRatio=0:1"}},
		{"styles", draw(`{"type":"flex","contents":{"type":"bubble","styles":{"hero":{"glow":1},"tail":{}},"size":"tera"}}`), []string{"styles.hero.glow", "styles.tail", "bubble.size=tera"}},
		{"placeholder", draw(`{"type":"textV2","text":"{a}"}`), []string{"{a}"}},
		{"imagemap", draw(`{"type":"imagemap","baseSize":{"width":0,"height":1}}`), []string{"imagemap.baseSize"}},
		{"area", draw(`{"type":"imagemap","baseSize":{"width":100,"height":100},"actions":[{"type":"message","area":{"x":100,"y":0,"width":1,"height":1}}],"video":{}}`),
			[]string{"imagemap.video", "imagemap.area"}},
		{"depth", inBody(strings.Repeat(`{"type":"box","layout":"vertical","contents":[`, 300) + strings.Repeat(`]}`, 300)), []string{"box（深すぎます）"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := marks(look(t, test.got)); !slices.Equal(have, test.want) {
				t.Errorf("marked: %q\nwant:   %q", have, test.want)
			}
		})
	}
}

// TestEscape puts markup and CSS wherever a message can hold a text.
func TestEscape(t *testing.T) {
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onclick='alert(1)`, `red;background:url(//evil.example)`,
		`#000000;background:url(https://evil.example)`, "#FFFFFF\n;position:fixed", `javascript:alert(1)`, `1px) url(x`, `</span></button>`, "a\x00b\u0085c\ufffe",
	} {
		q, err := json.Marshal(evil)
		if err != nil {
			t.Fatal(err)
		}
		flex := `{"type":"flex","contents":{"type":"carousel","contents":[{"type":"bubble","size":E,"direction":E,"E2":1,"action":{"type":"uri","label":E,"uri":E},
			"styles":{"body":{"backgroundColor":E,"separatorColor":E}},"hero":{"type":"image","url":E,"size":E,"aspectRatio":E,"backgroundColor":E,"action":{"type":E,"label":E}},
			"body":{"type":"box","layout":E,"backgroundColor":E,"borderColor":E,"borderWidth":E,"cornerRadius":E,"width":E,"paddingAll":E,"spacing":E,"justifyContent":E,"alignItems":E,
			"background":{"type":"linearGradient","angle":E,"startColor":E,"endColor":E,"centerColor":E,"centerPosition":E},
			"contents":[{"type":E},{"type":"text","text":E,"color":E,"size":E,"lineSpacing":E,"margin":E,"offsetTop":E,"contents":[{"type":"span","text":E,"color":E,"size":E}]},
			{"type":"text","text":E},{"type":"button","color":E,"style":E,"action":{"type":"message","label":E,"text":E}},{"type":"separator","color":E,"margin":E}]}}]}}`
		others := []string{
			`{"type":"text","text":E,"emojis":[{"index":0}]}`, `{"type":"textV2","text":E}`, `{"type":"textV2","text":"{k}","substitution":{"k":{"type":"mention","mentionee":{"userId":E}}}}`,
			`{"type":"sticker","packageId":E,"stickerId":E}`, `{"type":"image","originalContentUrl":E}`, `{"type":"image","originalContentUrl":"https://evil.example/x"}`,
			`{"type":"video","originalContentUrl":E}`, `{"type":"file","fileName":E}`, `{"type":"location","title":E,"address":E}`, `{"type":E}`,
			`{"type":"template","template":{"type":"buttons","thumbnailImageUrl":E,"imageBackgroundColor":E,"title":E,"text":E,"defaultAction":{"label":E},"actions":[{"label":E}]}}`,
			`{"type":"imagemap","baseUrl":E,"baseSize":{"width":1,"height":1},"actions":[{"linkUri":E,"area":{"x":0,"y":0,"width":1,"height":1}}]}`,
		}
		for _, object := range append(others, flex) {
			object = strings.ReplaceAll(object, "E2", strings.Trim(string(q), `"`))
			raw := strings.ReplaceAll(object, ":E", ":"+string(q))
			m := emulator.Message{ID: evil, Type: evil, Name: evil, Alt: evil, Text: evil, JSON: json.RawMessage(raw),
				Buttons: []emulator.Button{{Path: "/contents/contents/0/body/contents/3", Label: evil, Type: evil}, {Path: evil, Label: evil, Quick: true}}}
			look(t, bubble.HTML(m))
			look(t, bubble.Quick(m))
			m.Content = true
			look(t, bubble.HTML(m))
		}
		menu := emulator.Menu{Name: evil, Areas: []emulator.Area{{Action: json.RawMessage(`{"type":` + string(q) + `,"label":` + string(q) + `}`)}}}
		menu.Size.Width, menu.Size.Height = 2500, 1686
		menu.Areas[0].Bounds.Width, menu.Areas[0].Bounds.Height = 1, 1
		look(t, bubble.Menu(menu, "/menu"))
		look(t, bubble.Menu(menu, evil))
	}
}

func TestMenu(t *testing.T) {
	var m emulator.Menu
	object := `{"name":"見守りメニュー","size":{"width":2500,"height":1000},"areas":[
		{"bounds":{"x":0,"y":0,"width":1250,"height":1000},"action":{"type":"postback","label":"通報する","displayText":"x","data":"r"}},
		{"bounds":{"x":1250,"y":250,"width":9999,"height":500},"action":{"type":"postback","displayText":"使い方","data":"h"}},
		{"bounds":{"x":2500,"y":0,"width":10,"height":10},"action":{"type":"message","text":"外"}},
		{"bounds":{"x":0,"y":0,"width":10,"height":10},"action":{"type":"richmenuswitch","richMenuAliasId":"b","data":"s"}}]}`
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatal(err)
	}
	root := look(t, bubble.Menu(m, "/menu?user=U1"))
	if img := root.all("ln-menu-image"); len(img) != 1 || img[0].attrs["src"] != "/menu?user=U1" || img[0].attrs["alt"] != "見守りメニュー" {
		t.Errorf("picture: %v", img)
	}
	var have []string
	for _, a := range root.all("ln-area") {
		have = append(have, fmt.Sprint(a.attrs["name"], a.attrs["value"], " ", a.words, " ", a.attrs["data-label"], " ", a.attrs["style"]))
	}
	want := []string{
		"area0 通報する 通報する left:0.0000%;top:0.0000%;width:50.0000%;height:100.0000%",
		"area1 使い方 使い方 left:50.0000%;top:25.0000%;width:50.0000%;height:50.0000%",
		"area3 ボタン ボタン left:0.0000%;top:0.0000%;width:0.4000%;height:1.0000%",
	}
	if !slices.Equal(have, want) {
		t.Errorf("areas %q\nwant %q", have, want)
	}
	for _, src := range []string{"", "https://example.com/menu.png", "//example.com/menu.png", "/\\example.com"} {
		root := look(t, bubble.Menu(m, src))
		if live, _ := root.buttons(); !slices.Equal(live, []string{"0", "1", "2", "3"}) || len(root.all("ln-menu-image")) != 0 {
			t.Errorf("grid for %q: %q", src, live)
		}
	}
}

func TestStyles(t *testing.T) {
	css := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(bubble.Styles(), "")
	if strings.Count(css, "{") != strings.Count(css, "}") || strings.Count(css, "{") < 100 {
		t.Errorf("%d braces open, %d close", strings.Count(css, "{"), strings.Count(css, "}"))
	}
	for _, bad := range []string{"url(", "@import", "http", "<", "expression"} {
		if strings.Contains(css, bad) {
			t.Errorf("the stylesheet holds %q", bad)
		}
	}
	rules := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(css, "")
	for _, c := range regexp.MustCompile(`\.[A-Za-z][A-Za-z0-9_-]*`).FindAllString(rules, -1) {
		if !strings.HasPrefix(c, ".ln-") {
			t.Errorf("class %s", c)
		}
	}
}
