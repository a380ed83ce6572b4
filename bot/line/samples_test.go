package line_test

import (
	"fmt"

	"mimamori.example/mimamori/bot/message"
)

func tap(label string) message.Button {
	return message.Button{Label: label, Data: "f:s1:3:" + fmt.Sprint(len(label)), Say: label}
}

func say(label string, style message.Style) message.Button {
	return message.Button{Label: label, Action: message.Say, Say: "R8-0012 " + label, Style: style}
}

func choices(labels ...string) []message.Choice {
	var cs []message.Choice
	for _, l := range labels {
		cs = append(cs, message.Choice{Button: tap(l)})
	}
	return cs
}

var nav = []message.Button{
	{Label: "ひとつ戻る", Data: "f:s1:3:back", Style: message.Quiet},
	{Label: "やめる", Data: "f:s1:3:stop", Style: message.Quiet},
}

// samples hold every kind of message; each has a golden file of its name.
func samples() map[string][]message.Message {
	urgency := choices("暴力・脅しの危険がある", "けが・急病（助けが必要）", "いま払う・渡す・振り込む直前", "業者がその場にいる",
		"不審な電話の最中", "きょう・あす払う予定", "だまされて渡した・送った", "契約の代金を払った", "契約・購入して間もない", "急ぎではない")
	kinds := choices("訪問販売・しつこい勧誘", "屋根・外壁などの点検商法", "訪問購入（押し買い）", "電話勧誘・不審な電話", "頼んでいない荷物が届く",
		"定期購入・ネット通販", "還付金・ATMへの誘導", "警察・役所を名乗る連絡", "架空請求・電子マネー", "SNSの投資・副業の話",
		"ロマンス詐欺の疑い", "霊感商法・不安をあおる", "ほかの種類を見る", "わからない")
	kinds[0].Hint = "断っても帰らない、何度も来るなど"
	// The longest question there is: more kinds than the catalog has on one page.
	hinted := choices("訪問販売・しつこい勧誘", "屋根・外壁などの点検商法", "訪問購入（押し買い）", "電話勧誘・不審な電話", "頼んでいない荷物が届く", "定期購入・ネット通販",
		"還付金・ATMへの誘導", "警察・役所を名乗る連絡", "架空請求・電子マネー", "SNSの投資・副業の話", "ロマンス詐欺の疑い", "霊感商法・不安をあおる",
		"パソコンの警告画面", "無料配布の会場・催眠商法", "災害・保険金で修理の話", "自宅の売却・リースバック", "わからない")
	for i, hint := range []string{"知らない業者が何度も来る、断っても帰らない", "「無料で点検」「近くで工事中」と言って来た", "「不用品を買い取る」と来て、貴金属を出させる", "知らない会社から何度も電話がある、長電話",
		"注文した覚えのない荷物や代引きが届いた", "「お試し」のはずが毎月届く、箱がたまっている", "電話しながらATMへ、「お金が戻る」と言う", "警察や市役所を名乗り、口座やお金の話をする", "覚えのない請求、カードの番号を送れと言われた",
		"SNSで「必ずもうかる」、会ったことのない先生", "ネットで親しくなった人から、お金の話が出た", "「買わないと不幸になる」と言われ、お札や壺がある", "警告音と電話番号が出て、電話をかけてしまった",
		"日用品をくれる会場に通い、高い物を買った", "「保険を使えば無料で直せる」と言って来た", "「家を売って住み続けられる」と急がされている", "うまく言えないが、いつもとようすがちがう"} {
		hinted[i].Hint = hint
	}
	done := choices("声をかけた", "188を案内した", "チラシを渡した", "支払い・契約を止めた", "家族・職場に伝えた", "警察に通報した", "まだ何もしていない", "選びました（次へ）")
	done[0].Marked, done[3].Marked = true, true
	var districts []message.Choice
	for i := range 60 {
		c := message.Choice{Button: tap(fmt.Sprintf("第%d地区", i+1)), Hint: "この地区にふくまれる町の名前がここにならびます。番地は要りません。"}
		c.Data = fmt.Sprintf("f:0123456789abcdef0123456789abcdef:3:district_%060d", i)
		districts = append(districts, c)
	}
	card := message.CaseCard{
		Alt: "受付R8-0012 暴力・脅しの危険がある", Heading: "受付番号 R8-0012", Tone: message.Danger, Urgency: "【危険】暴力・脅しの危険がある",
		Rows: []message.Row{{Label: "種類", Value: "屋根・外壁などの点検商法"}, {Label: "団体", Value: "見守り宅配（運送）"}, {Label: "受付", Value: "4月1日 14:05"}, {Label: "気づき", Value: ""}},
		Note: "構成員には110番と離れることを伝えてあります。",
		Buttons: []message.Button{
			say("担当する", message.Primary), say("110番へ通報", message.Secondary), say("188・センターを案内", message.Secondary), say("終了", message.Quiet),
		},
	}
	soon, calm := card, card
	soon.Tone, soon.Urgency, soon.Alt, soon.Rows, soon.Buttons = message.Soon, "きょう・あす払う予定", "", card.Rows[:1], nil
	calm.Tone, calm.Urgency, calm.Heading, calm.Note = message.Calm, "急ぎではない", "【訓練】再送 受付番号 R8-0013", ""
	return map[string][]message.Message{
		"text": {message.Text{Body: "受け付けました（受付番号 R8-0012）。\n事務局が確認し、このトークでお知らせします。"}},
		"text_quick": {
			message.Text{Body: "訂正しました <&> \"…\"", QuoteToken: "IStG5h1Tz7b"},
			message.Text{Body: "つづけますか？", Quick: []message.Button{tap("つづける"), {Label: "188に電話", Action: message.Link, URI: "tel:188"}, say("はい", message.Secondary)}},
		},
		"ask_urgency": {message.Ask{Prompt: "いま、どんな状況ですか？いちばん近いものを1つ選んでください。", Hint: "運転中は操作しないでください。", Choices: urgency,
			Keep: []message.Button{{Label: "事務局にも知らせる", Data: "f:s1:3:tell_now", Style: message.Primary}}, Nav: nav}},
		"ask_kind":       {message.Ask{Prompt: "何がありましたか？", Choices: kinds, Nav: nav}},
		"ask_kind_hints": {message.Ask{Prompt: "何がありましたか？", Choices: hinted, Nav: nav}},
		"ask_marked":     {message.Ask{Prompt: "すでにしたことはありますか？（いくつでも）", Choices: done, Nav: nav}},
		"ask_carousel":   {message.Ask{Prompt: "どの地区ですか？（番地は不要です）", Choices: districts, Nav: nav}},
		"ask_text":       {message.Ask{Prompt: "ひとことで教えてください。", Hint: "お名前・住所・電話番号は書かないでください。", Nav: nav}},
		"panel": {message.Panel{Alt: "受付R8-0012 事務局からの連絡", Heading: "事務局からの連絡", Body: "受付R8-0012：すぐに110番へ通報してください。\n済んだら「通報しました」を押してください。",
			Buttons: []message.Button{tap("通報しました"), tap("もう通報済み"), tap("相手は立ち去った"), {Label: "110番に電話", Action: message.Link, URI: "tel:110", Style: message.Primary}}}},
		"card_danger": {card},
		"card_soon":   {soon},
		"card_calm":   {calm},
		"preview": {message.Preview{Alt: "受付R8-0012 下書き", Heading: "下書き（まだ送っていません）",
			Rows: []message.Row{{Label: "受付", Value: "R8-0012"}, {Label: "相手", Value: "見守り宅配"}}, Body: "受付R8-0012：すぐに110番へ通報してください。",
			Warning: "報告から10分以上たっています。先に電話で確かめてください。", Buttons: []message.Button{say("構成員へ送る", message.Primary), say("送らない（職員の相談）", message.Secondary)}}},
		"notice": {message.Notice{Alt: "点検商法にご注意", Heading: "点検商法にご注意", Body: "「屋根がこわれている」と言われても、その場で契約しないでください。",
			Buttons: []message.Button{{Label: "188に電話", Action: message.Link, URI: "tel:188", Style: message.Primary}, {Label: "#9110に電話", Action: message.Link, URI: "tel:%239110"}}}},
	}
}
