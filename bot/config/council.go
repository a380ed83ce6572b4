package config

import "time"

// Council is one 見守りネットワーク with its own LINE channel.
type Council struct {
	// ID stands in paths, storage and logs and never changes: 1 to 32 of
	// a-z, 0-9 and hyphen.
	ID           string `yaml:"id"`
	Name         string `yaml:"name"`         // 協議会名, signs requests under the law
	Network      string `yaml:"network"`      // ネットワーク名, what members know it by
	Municipality string `yaml:"municipality"` // 市町村名
	Telephone    string `yaml:"telephone"`    // the secretariat's

	Centre Place   `yaml:"centre"` // 消費生活センター; its telephone may be 188
	Police []Place `yaml:"police"` // police stations a clerk can choose from
	Office Office  `yaml:"office"`
	LINE   LINE    `yaml:"line"`

	// GroupCard is how much a case's card shows in the group: Basic (default),
	// Full or NumberOnly.
	GroupCard     string         `yaml:"group_card"`
	Districts     []District     `yaml:"districts"` // at most 11
	Organisations []Organisation `yaml:"organisations"`
	Escalation    Escalation     `yaml:"escalation"`
	// MailTo are the addresses of the second channel.
	MailTo  []string `yaml:"mail_to"`
	Notices Notices  `yaml:"notices"`
	Quota   Quota    `yaml:"quota"`
	// Flows is a file of the council's own texts and choices; empty: none.
	Flows string `yaml:"flows"`
	// Drill puts the whole council into drill mode: 【訓練】 everywhere, and
	// nothing is counted.
	Drill bool `yaml:"drill"`
}

// How much a case's card shows in the secretariat's group.
const (
	Basic      = "basic"       // number, urgency, kind, trade and time
	Full       = "full"        // and the rest of what was chosen
	NumberOnly = "number_only" // number and urgency
)

// Place is somewhere with a telephone.
type Place struct {
	Name      string `yaml:"name"`
	Telephone string `yaml:"telephone"`
}

// LINE is a council's channel of the Messaging API.
type LINE struct {
	ChannelID string `yaml:"channel_id"`  // digits
	BotUserID string `yaml:"bot_user_id"` // optional: U and 32 hexadecimal digits, checked against each webhook's destination
	BasicID   string `yaml:"basic_id"`    // with its @; the card's code leads there
	Secret    Secret `yaml:"secret"`      // channel secret
	Token     Secret `yaml:"token"`       // channel access token, long-lived
	// Endpoint and DataEndpoint replace LINE's own servers, for the emulator.
	// Empty: LINE. https, or http on the same machine.
	Endpoint     string `yaml:"endpoint"`
	DataEndpoint string `yaml:"data_endpoint"`
}

// District is one answer to the question where.
type District struct {
	ID    string `yaml:"id"` // as Council.ID, with _ allowed; not elsewhere, unknown or withheld
	Label string `yaml:"label"`
}

// An organisation's legal status, which decides what it may be asked for.
const (
	Member     = "member"     // 構成員, statutory
	Cooperator = "cooperator" // 協力団体・協力員
	Agreement  = "agreement"  // 協定のみ
)

// Organisation is a firm or body whose staff report.
type Organisation struct {
	ID     string `yaml:"id"` // as Council.ID
	Name   string `yaml:"name"`
	Trade  string `yaml:"trade"`  // 業種, as the card in the group shows it
	Status string `yaml:"status"` // Member, Cooperator or Agreement; no default
	// Hide lists, per question of the report, the ids of choices its staff do
	// not see: {signs: [phone_at_atm]}. Urgency and confirm cannot be hidden.
	Hide map[string][]string `yaml:"hide"`
}

// Level is when a case of one level of urgency is brought to mind by itself.
// Zero: only with the digest at opening time.
type Level struct {
	Untaken    time.Duration `yaml:"untaken"`    // it waits for a clerk: not taken, or the member waits for an answer
	Unanswered time.Duration `yaml:"unanswered"` // the member has not answered an instruction
	Idle       time.Duration `yaml:"idle"`       // a clerk has it, and nothing happens any more; once
	Repeat     time.Duration `yaml:"repeat"`     // and then every so often; zero: once
	Times      int           `yaml:"times"`      // how often in all, before it goes with the digest
}

// Escalation is what happens when nobody looks. Whatever else it says, every
// open case is brought to mind again.
type Escalation struct {
	// Danger is raised day and night; after Times times eight times more, at six
	// times the distance and in office hours, and then every working day.
	// Default 5m, 30m, 2h, every 10m, 6 times.
	Danger Level `yaml:"danger"`
	// Soon is where somebody pays today or tomorrow: from From to Until, office
	// hours or not. Default 45m, 2h, digest, every 75m, twice.
	Soon Level `yaml:"soon"`
	// Unsure is what nobody knows, or a contract that has just been made: in
	// office hours. Default 1h, digest, digest, once.
	Unsure Level `yaml:"unsure"`
	Calm   Level `yaml:"calm"` // default digest only
	// From and Until, times of day, are when a case of the level Soon may reach
	// clerks' telephones outside office hours; default 7:00 and 21:00.
	From  TimeOfDay `yaml:"from"`
	Until TimeOfDay `yaml:"until"`
	// MostDays is the longest wait between two digests of a case, in working
	// days. They grow: 1, 2, 4, 8. Default 8.
	MostDays int `yaml:"most_days"`
	// HandOver is after how many working days a hand-over that is not
	// confirmed is raised; default 3.
	HandOver int `yaml:"hand_over_days"`
	// Unsent is when a member is reminded who was shown dangerous advice but
	// has not sent the report; default 15m.
	Unsent time.Duration `yaml:"unsent"`
	// LateCall is after how long 110 or 119 makes the clerk be warned to
	// telephone first; default 10m.
	LateCall time.Duration `yaml:"late_call"`
	// Unfinished is when a report that was begun and not sent is dropped;
	// default 24h.
	Unfinished time.Duration `yaml:"unfinished"`
	// FollowUpAt is the time of day of 「その後いかがですか」; default 10:00.
	FollowUpAt TimeOfDay `yaml:"follow_up_at"`
}

// Quota is how LINE's monthly number of messages is shared out.
type Quota struct {
	// Monthly replaces the limit that LINE reports; zero: as LINE says.
	Monthly int `yaml:"monthly"`
	// Reserve is the percentage kept for casework, 0 to 90; default 20.
	Reserve int `yaml:"reserve"`
}

// NewCouncil is a council with every default; the rest is to be filled in.
func NewCouncil(id string) Council {
	c := Council{}
	c.defaults()
	c.ID = id
	return c
}

func (c *Council) defaults() {
	c.GroupCard = Basic
	c.Escalation = Escalation{
		Danger:     Level{Untaken: 5 * time.Minute, Unanswered: 30 * time.Minute, Idle: 2 * time.Hour, Repeat: 10 * time.Minute, Times: 6},
		Soon:       Level{Untaken: 45 * time.Minute, Unanswered: 2 * time.Hour, Repeat: 75 * time.Minute, Times: 2},
		Unsure:     Level{Untaken: time.Hour, Times: 1},
		From:       At(7, 0),
		Until:      At(21, 0),
		MostDays:   8,
		HandOver:   3,
		Unsent:     15 * time.Minute,
		LateCall:   10 * time.Minute,
		Unfinished: 24 * time.Hour,
		FollowUpAt: At(10, 0),
	}
	c.Notices = Notices{Enabled: true, Week: 1, Weekday: Weekday(time.Tuesday), At: At(10, 0), CatchUp: 72 * time.Hour}
	c.Quota = Quota{Reserve: 20}
	c.Office.defaults()
}

// WebhookPath is where LINE delivers this council's events.
func (c *Council) WebhookPath() string { return "/webhook/" + c.ID }

// Published are the council's own numbers, which may stand in any text: the
// secretariat's, the centre's and the police stations'.
func (c *Council) Published() []string {
	var numbers []string
	for _, n := range []string{c.Telephone, c.Centre.Telephone} {
		if n != "" {
			numbers = append(numbers, n)
		}
	}
	for _, p := range c.Police {
		if p.Telephone != "" {
			numbers = append(numbers, p.Telephone)
		}
	}
	return numbers
}

// Organisation finds an organisation by its id.
func (c *Council) Organisation(id string) (Organisation, bool) {
	for _, o := range c.Organisations {
		if o.ID == id {
			return o, true
		}
	}
	return Organisation{}, false
}
