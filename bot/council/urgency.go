package council

// Level is how soon a case must be seen. Levels are compared; what is stored is
// their names.
type Level int

// The levels.
const (
	Calm   Level = iota // with the digest
	Unsure              // within the hour, while the office is open: nobody knows, or a contract has just been paid
	Soon                // somebody pays today or tomorrow: at once, but not at night
	Danger              // at once, day and night
)

// levelNames are the names that catalogs and stored cases use.
var levelNames = [...]string{Calm: "calm", Unsure: "unsure", Soon: "soon", Danger: "danger"}

// Levels lists every level, the most urgent first.
var Levels = []Level{Danger, Soon, Unsure, Calm}

// String is the level's name.
func (l Level) String() string { return levelNames[l] }

// LevelNamed finds a level by its name. What no level is called counts as
// dangerous: an urgency that a council has added itself, say. Seen too early
// does less harm than seen too late.
func LevelNamed(name string) Level {
	for l, n := range levelNames {
		if n == name {
			return Level(l)
		}
	}
	return Danger
}

// before are the urgencies of cases that were stored without their level, and
// what they count as. A contract just made has no new haste: its level of then is
// called Unsure now. New ones are not added: the catalog says their level.
var before = map[string]Level{
	"danger": Danger, "injured": Danger, "about_to_pay": Danger,
	"trader_present": Danger, "on_the_phone": Danger, "defrauded": Danger,
	"pays_soon": Soon, "paid_contract": Calm, "recent_contract": Unsure, "not_urgent": Calm,
}

// levelBefore is how soon a case must be seen that was stored without a level.
func levelBefore(urgency string) Level {
	if l, ok := before[urgency]; ok {
		return l
	}
	return Danger
}
