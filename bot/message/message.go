// Package message holds what the program says, before it becomes LINE's JSON:
// neutral messages, with every word already chosen. Package line renders them.
package message

// Message is one of Text, Ask, Panel, CaseCard, Preview and Notice.
type Message interface{ message() }

// Action says what a button does.
type Action int

// The actions of buttons.
const (
	Postback Action = iota // sends Data unseen; Say is shown as the person's own words
	Say                    // sends Say as a message that everybody in the chat sees
	Link                   // opens URI (https, tel)
)

// Style is a button's weight.
type Style int

// The styles of buttons.
const (
	Secondary Style = iota
	Primary
	Quiet // a text link: going back, stopping
)

// Button is one thing to tap. A label has at most 20 characters, Data and Say
// at most 300 UTF-16 units, URI 1,000.
type Button struct {
	Label  string
	Action Action
	Data   string
	Say    string
	URI    string
	Style  Style
}

// Text is plain text, at most 5,000 UTF-16 units. Quick holds at most 13
// buttons that vanish with the next message.
type Text struct {
	Body  string
	Quick []Button
	// QuoteToken quotes an earlier message of the same chat.
	QuoteToken string
}

// Ask is a question of a conversation. Up to ten choices are quick replies,
// more are a list of buttons; Nav (back, skip, stop) and Keep (what must not
// vanish, such as telling the secretariat at once) always are buttons.
type Ask struct {
	Prompt  string
	Hint    string // smaller, below the prompt
	Choices []Choice
	Keep    []Button
	Nav     []Button
}

// Choice is one answer that can be tapped.
type Choice struct {
	Button
	Marked bool // already chosen, where any number may be
	Hint   string
}

// Panel is a boxed text with buttons that stay: an instruction and its answers.
type Panel struct {
	Alt     string // the notification's text, at most 1,500 UTF-16 units
	Heading string
	Body    string
	Buttons []Button
}

// Tone is how urgent a card looks; a word always says the same.
type Tone int

// The tones of cards.
const (
	Calm Tone = iota
	Soon
	Danger
)

// Row is one labelled line of a card.
type Row struct{ Label, Value string }

// CaseCard is a case as the secretariat's group sees it. It never holds
// personal details; Alt holds the number and the urgency only.
type CaseCard struct {
	Alt     string
	Heading string // the receipt number, with 【訓練】 or 再送 in front where due
	Tone    Tone
	Urgency string // the urgency in words
	Rows    []Row
	Note    string
	Buttons []Button
}

// Preview is a draft as the clerk sees it before it goes out.
type Preview struct {
	Alt     string
	Heading string
	Rows    []Row  // who receives it
	Body    string // the exact text
	Warning string
	Buttons []Button
}

// Notice is news for residents or members, with numbers to call.
type Notice struct {
	Alt     string
	Heading string
	Body    string
	Buttons []Button
}

func (Text) message()     {}
func (Ask) message()      {}
func (Panel) message()    {}
func (CaseCard) message() {}
func (Preview) message()  {}
func (Notice) message()   {}
