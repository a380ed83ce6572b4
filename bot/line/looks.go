package line

// Colours are always given, so that no theme of LINE's can take the contrast
// away. Each pair of text and ground has a contrast of 7 or more (WCAG AAA),
// which a test computes.
const (
	ink       = "#1A1A1A"
	faint     = "#4A4A4A"
	paper     = "#FFFFFF"
	blue      = "#0B4F8A"
	grey      = "#E9EDF2"
	calm      = "#37474F"
	soon      = "#FFD54F"
	danger    = "#A30000"
	draft     = "#FFF4D6"
	draftInk  = "#5C3B00"
	draftEdge = "#8A5A00"
)

// The looks of texts by themselves.
var (
	asPrompt = textLook{Size: "lg", Weight: "bold", Color: ink}.text()
	asHint   = textLook{Size: "md", Color: faint, Margin: "sm"}.text()

	asHeading = textLook{Size: "lg", Weight: "bold", Color: ink}.text()
	asBody    = textLook{Size: "md", Color: ink, Margin: "md"}.text()
	asNote    = textLook{Size: "sm", Color: faint, Margin: "md"}.text()

	// News is for people who may be eighty: large letters throughout.
	asNewsHeading = textLook{Size: "xl", Weight: "bold", Color: ink}.text()
	asNewsBody    = textLook{Size: "lg", Color: ink, Margin: "lg"}.text()

	asDraftHeading = textLook{Size: "lg", Weight: "bold", Color: draftInk}.text()
	asWarning      = textLook{Size: "md", Weight: "bold", Color: danger, Margin: "md"}.text()
)

// The looks of a card's header, by its tone.
var (
	calmHeader   = newHeader(calm, paper)
	soonHeader   = newHeader(soon, ink)
	dangerHeader = newHeader(danger, paper)
)

type header struct{ box, urgency, heading string }

func newHeader(fill, color string) header {
	return header{
		box:     boxLook{Ground: fill, Padding: "16px", Spacing: "xs"}.box(),
		urgency: textLook{Size: "xl", Weight: "bold", Color: color}.text(),
		heading: textLook{Size: "md", Weight: "bold", Color: color}.text(),
	}
}

// The looks of boxes and of the texts inside.
var (
	plainBox = boxLook{}.box()

	pairBox = boxLook{Layout: "horizontal", Spacing: "md", Margin: "md"}.box()
	asName  = textLook{Size: "sm", Color: faint, Flex: 2}.text()
	asValue = textLook{Size: "md", Weight: "bold", Color: ink, Flex: 5}.text()

	// The exact text that would go out, in a frame.
	exactBox = boxLook{Ground: paper, Border: draftEdge, BorderSize: "2px", Corner: "8px", Padding: "12px", Margin: "md"}.box()
	asExact  = textLook{Size: "md", Color: ink}.text()

	// One answer in a list, to be read and tapped.
	answerBox     = boxLook{Ground: grey, Corner: "8px", Padding: "10px", Margin: "sm"}.box()
	asAnswer      = textLook{Size: "md", Color: ink}.text()
	markedBox     = boxLook{Ground: grey, Border: blue, BorderSize: "2px", Corner: "8px", Padding: "10px", Margin: "sm"}.box()
	asMarked      = textLook{Size: "md", Weight: "bold", Color: ink}.text()
	asAnswersHint = textLook{Size: "sm", Color: faint, Margin: "xs"}.text()
)

// The looks of buttons. LINE's own button component shows one line and cuts
// what does not fit: 20 wide characters do not, even less in large letters. A
// box with an action looks the same and wraps.
var (
	primaryBox   = boxLook{Ground: blue, Corner: "8px", Padding: "12px", Margin: "md"}.box()
	asPrimary    = textLook{Size: "md", Weight: "bold", Color: paper, Align: "center"}.text()
	secondaryBox = boxLook{Ground: grey, Corner: "8px", Padding: "12px", Margin: "md"}.box()
	asSecondary  = textLook{Size: "md", Weight: "bold", Color: ink, Align: "center"}.text()
	quietBox     = boxLook{Corner: "8px", Padding: "8px", Margin: "md"}.box()
	asQuiet      = textLook{Size: "md", Color: blue, Align: "center", Decoration: "underline"}.text()
)
