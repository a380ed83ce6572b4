package page

import (
	"context"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// Backstage is what the page needs of whoever puts the program on: the program
// itself as a process, its clock, its printed cards. The page knows LINE; what
// the program is for, it does not know. All methods are safe for use by many
// goroutines.
type Backstage interface {
	// Phones are those on the page at the beginning.
	Phones() []Phone
	// Cards are the cards whose codes can be scanned, in the order they were
	// printed.
	Cards() []Card
	// SetupCode makes a one-time code by which a group becomes the secretariat.
	SetupCode(ctx context.Context) (string, error)

	// Now is the time of platform and program.
	Now() time.Time
	// Moments are the times worth moving to from here, earliest first.
	Moments() []Moment
	// MoveTo moves the clock on to t, step by step, so that everything that is
	// due on the way happens in its order. An earlier t is an error.
	MoveTo(ctx context.Context, t time.Time) error

	// Kill ends the program as kill -9 does, Start starts it again on the same
	// data. Both do nothing when that is so already.
	Kill() error
	Start(ctx context.Context) error
	Running() bool

	// Queue is what waits to be sent.
	Queue(ctx context.Context) (Queue, error)
	// Letters are the e-mails that the program has handed over, oldest first.
	Letters() []Letter
	// Subject names what a message is about (a case's number), empty when it is
	// about nothing that is counted.
	Subject(message string) string
	// Tour is the guided tour, step by step.
	Tour() []Step
	// Changed is called with a function that the backstage calls after each
	// change of its own: a kill, a start, the clock, a letter.
	Changed(func())
}

// Phone is a person's telephone, or the window in which a group's people speak.
type Phone struct {
	ID      string // a user's or a group's
	Name    string
	Role    string // what the person is in the play: 構成員
	English string // the same for reviewers
	Group   bool
	// Speakers may speak in a group, also those who are not in it yet.
	Speakers []Speaker
}

// Speaker is somebody who can be spoken as.
type Speaker struct{ ID, Name, Role string }

// Card is a printed card with a code on it.
type Card struct {
	Number string
	Holder string // whose card it is, as a person would say it
	// Link is what the code holds: a LINE URL that opens the talk with a text
	// filled in.
	Link string
}

// Moment is a time to move to.
type Moment struct {
	ID      string // for forms and tests: evening, morning, notice
	Label   string
	English string
	At      time.Time
}

// Queue is what the program has not sent yet.
type Queue struct {
	Waiting int           // deliveries, the parked ones included
	Parked  int           // put aside after trouble, so that others pass; tried again
	Oldest  time.Duration // how long the oldest has been waiting
}

// Letter is an e-mail.
type Letter struct{ To, Subject, Body string }

// ScanLabel is the button of a phone that scans a card. As a step's label it
// leads on to the button that sends what was scanned.
const ScanLabel = "構成員証を読み取る"

// Step is one step of the tour.
type Step struct {
	ID string
	// Say is one short sentence: what to do now, or what has just happened.
	Say, English string
	// Phone is where to look: a person's or group's id, empty for no phone.
	Phone string
	// Label is the button to tap there; an empty one points at the phone.
	Label string
	// Done tells that the step has been taken, from what the phones show. A nil
	// Done ends the tour by its button.
	Done func(*emulator.Emulator) bool
}
