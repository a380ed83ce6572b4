package council

// State is where a case stands.
type State string

// The states of a case.
const (
	Received   State = "received"    // 受付: nobody has taken it
	Taken      State = "taken"       // a clerk has it
	Instructed State = "instructed"  // the member has an instruction to answer
	Answered   State = "answered"    // the member has answered, or asked back
	HandedOver State = "handed_over" // センターへ引き継いだ, not confirmed
	Connected  State = "connected"   // つながった
	Closed     State = "closed"      // 終了, with a result
)

// States lists every state.
var States = []State{Received, Taken, Instructed, Answered, HandedOver, Connected, Closed}

// Action is what is done to an existing case.
type Action string

// The actions. Reporting makes a case and is not among them.
const (
	Take           Action = "take"            // 担当する
	TakeOver       Action = "take_over"       // 担当を替わる
	Prepare        Action = "prepare"         // an instruction is being prepared
	Instruct       Action = "instruct"        // 構成員へ送る
	Inform         Action = "inform"          // the same, where no answer is expected
	Thank          Action = "thank"           // 対応不要・お礼: closes
	Correct        Action = "correct"         // 訂正を送る
	HandOver       Action = "hand_over"       // センターへ引き継いだ
	Connect        Action = "connect"         // つながった
	ReportedItself Action = "reported_itself" // 事務局が通報した
	Telephoned     Action = "telephoned"      // 団体に電話した
	Close          Action = "close"           // 終了
	Reply          Action = "reply"           // the member answers an instruction
	AskBack        Action = "ask_back"        // the member asks
	Add            Action = "add"             // 追加で知らせる
	Withdraw       Action = "withdraw"        // 取り下げる
	WishWithdraw   Action = "wish_withdraw"   // the same where it is dangerous: a clerk looks first
	Raise          Action = "raise"           // nobody looked: raised again
	Lose           Action = "lose"            // an instruction could not be delivered
)

// Actions lists every action.
var Actions = []Action{Take, TakeOver, Prepare, Instruct, Inform, Thank, Correct, HandOver, Connect,
	ReportedItself, Telephoned, Close, Reply, AskBack, Add, Withdraw, WishWithdraw, Raise, Lose}

// Role is who acts on a case.
type Role string

// The roles.
const (
	RoleReporter   Role = "reporter"   // the member whose case it is
	RoleMember     Role = "member"     // another member
	RoleClerk      Role = "clerk"      // approved, in the secretariat's group
	RoleBystander  Role = "bystander"  // in the group, not approved
	RoleUnknown    Role = "unknown"    // LINE did not tell who it was
	RoleCounsellor Role = "counsellor" // 消費生活センター相談員
	RoleAdmin      Role = "admin"      // of a member organisation
	RoleResident   Role = "resident"
	RoleReviewer   Role = "reviewer"
	RoleSystem     Role = "system" // the program itself
)

// Roles lists every role.
var Roles = []Role{RoleReporter, RoleMember, RoleClerk, RoleBystander, RoleUnknown,
	RoleCounsellor, RoleAdmin, RoleResident, RoleReviewer, RoleSystem}

// Refusal says why an action is not allowed; "" when it is. It is an answer
// for the person, not an error.
type Refusal string

// The refusals.
const (
	Allowed      Refusal = ""
	NotYours     Refusal = "not_yours"     // this role may not do this
	AlreadyOver  Refusal = "already_over"  // the case is closed
	AlreadyTaken Refusal = "already_taken" // somebody has taken it
	NotTakenYet  Refusal = "not_taken_yet"
	NothingSent  Refusal = "nothing_sent" // no instruction to correct or answer
	NotHanded    Refusal = "not_handed"   // no hand-over to confirm
	AlreadyDone  Refusal = "already_done" // e.g. already connected
)

// rule is one row of the table: who may, and where each state leads. An
// absent state is refused with the word in otherwise, Closed with AlreadyOver
// unless otherwise[Closed] says something else.
type rule struct {
	roles     []Role
	to        map[State]State
	otherwise map[State]Refusal
}

// stay leads every open state to itself.
func stay() map[State]State {
	m := map[State]State{}
	for _, s := range States {
		if s != Closed {
			m[s] = s
		}
	}
	return m
}

// all leads every open state to one.
func all(to State) map[State]State {
	m := stay()
	for s := range m {
		m[s] = to
	}
	return m
}

// with changes single rows.
func with(m map[State]State, pairs ...State) map[State]State {
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// without takes single rows out.
func without(m map[State]State, states ...State) map[State]State {
	for _, s := range states {
		delete(m, s)
	}
	return m
}

// nothingSent: while nobody has acted there is no instruction.
var nothingSent = map[State]Refusal{Received: NothingSent}

var clerk = []Role{RoleClerk}
var reporter = []Role{RoleReporter}
var system = []Role{RoleSystem}

// table is the whole of what may happen to a case. An instruction sent after
// the hand-over does not undo the hand-over. After a correction the member has
// nothing to answer any more.
var table = map[Action]rule{
	Take: {roles: clerk, to: map[State]State{Received: Taken}, otherwise: map[State]Refusal{
		Taken: AlreadyTaken, Instructed: AlreadyTaken, Answered: AlreadyTaken, HandedOver: AlreadyTaken, Connected: AlreadyTaken}},
	TakeOver: {roles: clerk, to: map[State]State{Taken: Taken, Instructed: Instructed, Answered: Answered,
		HandedOver: HandedOver, Connected: Connected}, otherwise: map[State]Refusal{Received: NotTakenYet}},
	Prepare:  {roles: clerk, to: stay()},
	Instruct: {roles: clerk, to: with(all(Instructed), HandedOver, HandedOver, Connected, Connected)},
	Inform:   {roles: clerk, to: with(stay(), Received, Taken)},
	Thank:    {roles: clerk, to: all(Closed)},
	Correct:  {roles: clerk, to: without(with(stay(), Closed, Closed, Instructed, Taken), Received), otherwise: nothingSent},
	HandOver: {roles: clerk, to: map[State]State{Received: HandedOver, Taken: HandedOver, Instructed: HandedOver, Answered: HandedOver},
		otherwise: map[State]Refusal{HandedOver: AlreadyDone, Connected: AlreadyDone}},
	Connect: {roles: []Role{RoleClerk, RoleCounsellor}, to: map[State]State{HandedOver: Connected}, otherwise: map[State]Refusal{
		Received: NotHanded, Taken: NotHanded, Instructed: NotHanded, Answered: NotHanded, Connected: AlreadyDone}},
	ReportedItself: {roles: clerk, to: with(stay(), Received, Taken)},
	Telephoned:     {roles: clerk, to: with(stay(), Received, Taken)},
	Close:          {roles: clerk, to: all(Closed)},
	Reply:          {roles: reporter, to: without(with(stay(), Instructed, Answered, Taken, Answered), Received), otherwise: nothingSent},
	AskBack:        {roles: reporter, to: with(stay(), Instructed, Answered, Taken, Answered)},
	Add:            {roles: reporter, to: stay()},
	Withdraw:       {roles: reporter, to: all(Closed)},
	WishWithdraw:   {roles: reporter, to: stay()},
	Raise:          {roles: system, to: stay()},
	Lose:           {roles: system, to: without(with(stay(), Instructed, Taken, Closed, Closed), Received), otherwise: nothingSent},
}

// Next answers where an action by a role leads a case, or why it may not.
func Next(s State, a Action, r Role) (State, Refusal) {
	row, ok := table[a]
	if !ok || !contains(row.roles, r) {
		return s, NotYours
	}
	if to, ok := row.to[s]; ok {
		return to, Allowed
	}
	if why, ok := row.otherwise[s]; ok {
		return s, why
	}
	return s, AlreadyOver
}

func contains(roles []Role, r Role) bool {
	for _, x := range roles {
		if x == r {
			return true
		}
	}
	return false
}
