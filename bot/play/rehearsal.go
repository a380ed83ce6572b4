package play

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/clock/shifted"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/flows/catalog"
)

// DemoProgram is the hidden command that runs Program.
const DemoProgram = "demo-program"

// RehearsalOptions say what is rehearsed. The zero value is the made-up town.
type RehearsalOptions struct {
	// Config is a council's own configuration, from config.LoadForRehearsal. It
	// is not changed. Of its councils the one named by Council is put on; the
	// first when that is empty.
	Config  *config.Config
	Council string
	// Day is when it begins: on this day or, when the office is closed then, on
	// its next working day. Today when zero.
	Day time.Time
	// Listen is where page and platform answer: a loopback address, 127.0.0.1
	// and any port when empty.
	Listen string
	// Program is the command whose process calls Program; empty is this binary
	// with DemoProgram.
	Program []string
	Log     *slog.Logger // default: none
	// Stderr gets the last words of a program that ends by itself; default:
	// nobody does.
	Stderr io.Writer
}

// Rehearsal is the program in a process of its own beside the emulated
// platform, both on a clock that can be moved on. It implements
// page.Backstage. Its data lie in a temporary folder until Close.
type Rehearsal struct {
	Line *emulator.Emulator
	Bot  *emulator.Channel

	o       RehearsalOptions
	clock   *shifted.Clock
	server  *emulator.Server
	dir     string
	config  *config.Config // as the child gets it; the address stays
	council *config.Council
	words   *catalog.Catalog
	cast    cast
	// subjects find a case's number, see Subject.
	subjects []*regexp.Regexp

	life   chan struct{}   // holds one while the program is started or killed
	open   context.Context // ends with Close, and a start under way with it
	shut   context.CancelFunc
	moving sync.Mutex // one MoveTo at a time

	mu      sync.Mutex
	child   *child // nil while none runs
	letters []page.Letter
	changed []func()
}

var _ page.Backstage = (*Rehearsal)(nil)

// NewRehearsal starts the platform and the program, and puts the people into
// their places. What it has begun is ended again when it fails.
func NewRehearsal(ctx context.Context, o RehearsalOptions) (r *Rehearsal, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if len(o.Program) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("play: %w", err)
		}
		o.Program = []string{self, DemoProgram}
	}
	r = &Rehearsal{o: o, life: make(chan struct{}, 1)}
	r.open, r.shut = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			err = errors.Join(err, r.Close(closing))
			r = nil
		}
	}()
	if err := r.prepare(ctx); err != nil {
		return r, err
	}
	if err := r.Start(ctx); err != nil {
		return r, err
	}
	if err := r.takePlaces(ctx); err != nil {
		return r, fmt.Errorf("play: the people take their places: %w", err)
	}
	r.Line.ForgetLog() // what is watched begins now
	return r, nil
}

// dataFolder is how the name of the folder with the data begins.
const dataFolder = "mimamori-demo-"

// prepare makes everything but the program.
func (r *Rehearsal) prepare(ctx context.Context) (err error) {
	if r.dir, err = os.MkdirTemp("", dataFolder); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	town, err := r.choose()
	if err != nil {
		return err
	}
	now := time.Now()
	day := now
	if !r.o.Day.IsZero() {
		day = config.At(0, 0).On(r.o.Day)
	}
	r.clock = shifted.New(opening(&town.Office, day).Sub(now))
	r.Line = emulator.New(emulator.Options{Clock: r.clock, Log: r.o.Log, KeepLog: 2000})
	if r.server, err = r.Line.Serve(ctx, r.o.Listen); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	monthly := town.Quota.Monthly
	if monthly == 0 {
		monthly = freeMonthly
	}
	// Redeliveries go on until the program has been started again, however long
	// it lies dead; after that nobody wants to wait for the next.
	r.Bot, err = r.Line.AddChannel(emulator.ChannelOptions{Name: town.Network, BasicID: town.LINE.BasicID, Monthly: monthly,
		Redelivery: emulator.Redelivery{On: true, Count: math.MaxInt, Interval: 5 * time.Second}})
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	r.stage(town)
	// Validate wants a control socket and a port; the child has neither of its
	// own, but gets orders and keeps the port of its first start.
	if err := r.config.Validate(); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	if err := app.InitStore(ctx, r.config.Storage); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	r.config.Control = ""
	if r.words, err = app.Catalog(r.council); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	r.subjects = subjectForms(r.words.Template("command.case"))
	return nil
}

// freeMonthly is how many messages a month Japan's free plan has.
const freeMonthly = 200

// choose copies the council that is put on.
func (r *Rehearsal) choose() (config.Council, error) {
	c := r.o.Config
	if c == nil {
		town := madeUp()
		town.LINE.BasicID = "@mimamori"
		town.Office.Closed = holidays
		return town, nil
	}
	if len(c.Councils) == 0 {
		return config.Council{}, errors.New("play: the configuration has no council")
	}
	if r.o.Council == "" {
		return c.Councils[0], nil
	}
	own, ok := c.Council(r.o.Council)
	if !ok {
		return config.Council{}, fmt.Errorf("play: council %q is not in the configuration", r.o.Council)
	}
	return *own, nil
}

// stage makes the configuration of the child: the council's own words, hours,
// districts and organisations, and the emulator, a temporary file and this
// machine for everything else.
func (r *Rehearsal) stage(town config.Council) {
	c := config.New()
	c.Listen = "127.0.0.1:0"
	c.Storage = config.Storage{Engine: config.Bolt, Path: filepath.Join(r.dir, "mimamori.db")}
	c.Log = config.Log{Format: "text", Level: "warn"}
	if len(town.MailTo) > 0 { // never reached: the child keeps the letters
		c.Mail.Host, c.Mail.TLS, c.Mail.From = "127.0.0.1", config.NoTLS, "mimamori@example.jp"
	}
	town.LINE = config.LINE{ChannelID: r.Bot.ID(), BotUserID: r.Bot.UserID(), BasicID: r.Bot.BasicID(),
		Secret: config.NewSecret(r.Bot.Secret()), Token: config.NewSecret(r.Bot.Token()),
		Endpoint: r.server.URL(), DataEndpoint: r.server.URL()}
	if len(town.Organisations) == 0 {
		town.Organisations = []config.Organisation{{ID: "example", Name: "見本移動スーパー", Trade: "移動販売", Status: config.Member}}
	}
	c.Councils = []config.Council{town}
	r.config, r.council = c, &c.Councils[0]
}

// URL is where page and platform answer, without a slash at the end.
func (r *Rehearsal) URL() string { return r.server.URL() }

// Close ends the program, also one that is about to start, and the platform, and
// removes the data. ctx bounds it. A second call does nothing.
func (r *Rehearsal) Close(ctx context.Context) error {
	if r.open.Err() != nil {
		return nil
	}
	r.shut() // a page that is still open must not start it again
	err := r.kill(ctx)
	if r.dir != "" { // before anything waits: a second Ctrl+C would leave the data behind
		err = errors.Join(err, os.RemoveAll(r.dir))
	}
	if r.Line != nil {
		err = errors.Join(err, r.Line.Close())
	}
	if r.server != nil {
		err = errors.Join(err, r.server.Shutdown(ctx))
	}
	return err
}

// hold waits until nobody else starts or kills the program; release ends that.
func (r *Rehearsal) hold(ctx context.Context) error {
	select {
	case r.life <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("play: %w", ctx.Err())
	}
}

func (r *Rehearsal) release() { <-r.life }

// Start implements page.Backstage: the program is started on the same data, at
// the clock's time.
func (r *Rehearsal) Start(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.open, cancel)()
	if err := r.hold(ctx); err != nil {
		return err
	}
	defer r.release()
	if r.open.Err() != nil {
		return errDead
	}
	if r.Running() {
		return nil
	}
	s := setup{Config: r.config, Secret: r.Bot.Secret(), Token: r.Bot.Token(), Ahead: r.clock.Ahead(), Folder: r.dir}
	c, address, err := startChild(ctx, r.o.Program, s, r.posted, r.ended)
	if err != nil {
		return err
	}
	r.config.Listen = address
	if err := r.Bot.SetWebhook("http://" + address + r.council.WebhookPath()); err != nil {
		return errors.Join(err, c.kill())
	}
	r.mu.Lock()
	r.child = c
	r.mu.Unlock()
	// The clock may have been moved while it started.
	if _, err := c.ask(ctx, order{Do: doAhead, Ahead: r.clock.Ahead()}); err != nil {
		return errors.Join(fmt.Errorf("play: %w", err), c.kill())
	}
	r.tell()
	return nil
}

// Kill implements page.Backstage.
func (r *Rehearsal) Kill() error { return r.kill(context.Background()) }

func (r *Rehearsal) kill(ctx context.Context) error {
	if err := r.hold(ctx); err != nil {
		return err
	}
	defer r.release()
	c := r.alive()
	if c == nil {
		return nil
	}
	err := c.kill()
	r.tell() // before it returns; the end of the process tells it a little later
	return err
}

// ended is told that the program has ended, and why unless it was killed.
func (r *Rehearsal) ended(why error) {
	if why != nil {
		_, _ = fmt.Fprintf(r.o.Stderr, "%v\n", why) // else nobody hears of it
	}
	r.tell()
}

// Running implements page.Backstage.
func (r *Rehearsal) Running() bool { return r.alive() != nil }

// alive is the child that runs, nil when none does.
func (r *Rehearsal) alive() *child {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child == nil || !r.child.alive() {
		return nil
	}
	return r.child
}

// Changed implements page.Backstage.
func (r *Rehearsal) Changed(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = append(r.changed, f)
}

func (r *Rehearsal) tell() {
	r.mu.Lock()
	all := append([]func(){}, r.changed...)
	r.mu.Unlock()
	for _, f := range all {
		f()
	}
}

func (r *Rehearsal) posted(l page.Letter) {
	r.mu.Lock()
	r.letters = append(r.letters, l)
	r.mu.Unlock()
	r.tell()
}

// Letters implements page.Backstage.
func (r *Rehearsal) Letters() []page.Letter {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]page.Letter(nil), r.letters...)
}

// Queue implements page.Backstage. While the program is not running nobody
// knows what waits.
func (r *Rehearsal) Queue(ctx context.Context) (page.Queue, error) {
	w, err := r.ask(ctx, order{Do: doQueue})
	if err != nil {
		return page.Queue{}, err
	}
	if w.Queue == nil {
		return page.Queue{}, errors.New("play: the program does not say what waits")
	}
	return *w.Queue, nil
}

// SetupCode implements page.Backstage.
func (r *Rehearsal) SetupCode(ctx context.Context) (string, error) {
	out, err := r.command(ctx, "setup-code")
	return codeLine.FindString(out), err
}

// command runs an operator's command in the program.
func (r *Rehearsal) command(ctx context.Context, name string, args ...string) (string, error) {
	w, err := r.ask(ctx, order{Do: doCommand, Name: name, Args: append([]string{r.council.ID}, args...)})
	return w.Text, err
}

func (r *Rehearsal) ask(ctx context.Context, o order) (word, error) {
	c := r.alive()
	if c == nil {
		return word{}, errDead
	}
	return c.ask(ctx, o)
}
