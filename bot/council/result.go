package council

// Result is how a case ended.
type Result string

// The results.
const (
	Prevented   Result = "prevented"   // 未然防止: before contact
	Stopped     Result = "stopped"     // 直前防止: at the last moment
	Reduced     Result = "reduced"     // 発見・被害軽減
	NoTrouble   Result = "no_trouble"  // 該当なし
	Withdrawn   Result = "withdrawn"   // 取下げ
	Duplicate   Result = "duplicate"   // 重複
	Declined    Result = "declined"    // 本人辞退
	Unconfirmed Result = "unconfirmed" // 確認できず
	OtherTown   Result = "other_town"  // 他自治体へ引継ぎ
)

// Results lists them in the order in which a clerk sees them.
var Results = []Result{Prevented, Stopped, Reduced, NoTrouble, Duplicate, Declined, Unconfirmed, OtherTown, Withdrawn}

// Outcome names the sentence that the reporter hears. Organisations bound by
// agreement only hear that it was dealt with, not what it was.
func (r Result) Outcome(s Status) string {
	if s == Agreement {
		return "handled"
	}
	switch r {
	case Prevented, Stopped, Reduced, NoTrouble:
		return string(r)
	default:
		return "handled"
	}
}
