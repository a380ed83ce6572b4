package council

// Level is how soon a case must be seen.
type Level int

// The levels. Only Danger reaches clerks outside office hours.
const (
	Calm Level = iota
	Soon
	Danger
)

// levels of the urgency choices in the catalog.
var levels = map[string]Level{
	"danger": Danger, "injured": Danger, "about_to_pay": Danger,
	"trader_present": Danger, "on_the_phone": Danger, "defrauded": Danger,
	"pays_soon": Soon, "paid_contract": Calm, "recent_contract": Soon, "not_urgent": Calm,
}

// LevelOf an urgency's id. One that a council has added itself counts as
// dangerous: seen too early does less harm than seen too late.
func LevelOf(urgency string) Level {
	if l, ok := levels[urgency]; ok {
		return l
	}
	return Danger
}
