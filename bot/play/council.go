package play

import (
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
)

// Council is the made-up town of the demo and the scenarios. Its telephone
// numbers begin with 0000: nobody has them.
func Council(bot *emulator.Channel, platform string) *config.Config {
	c := config.New()
	c.Listen = "127.0.0.1:0"
	c.Mail.Host, c.Mail.TLS, c.Mail.From = "127.0.0.1", config.NoTLS, "mimamori@example.jp" // never reached: World keeps the letters
	town := madeUp()
	town.LINE = config.LINE{ChannelID: bot.ID(), BotUserID: bot.UserID(), BasicID: bot.BasicID(),
		Secret: config.NewSecret(bot.Secret()), Token: config.NewSecret(bot.Token()),
		Endpoint: platform, DataEndpoint: platform}
	c.Councils = []config.Council{town}
	return c
}

func madeUp() config.Council {
	town := config.NewCouncil("mihon")
	town.Name = "見本市消費者安全確保地域協議会"
	town.Network = "見本市見守りネットワーク"
	town.Municipality = "見本市"
	town.Telephone = "0000-00-0001"
	town.Centre = config.Place{Name: "見本市消費生活センター", Telephone: "0000-00-0002"}
	town.Police = []config.Place{{Name: "見本警察署", Telephone: "0000-00-0110"}}
	town.Office.Name = "市民生活課"
	town.MailTo = []string{"secretariat@example.jp"}
	town.Districts = []config.District{{ID: "east", Label: "東地区"}, {ID: "west", Label: "西地区"}, {ID: "harbour", Label: "みなと地区"}}
	town.Organisations = []config.Organisation{
		{ID: "shop", Name: "見本移動スーパー", Trade: "移動販売", Status: config.Member},
		{ID: "gas", Name: "見本ガス", Trade: "ガス検針", Status: config.Cooperator},
		{ID: "milk", Name: "見本牛乳店", Trade: "宅配", Status: config.Agreement},
	}
	return town
}
