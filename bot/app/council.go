package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/recogniser"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
	"mimamori.example/mimamori/storage"
)

// House is what the councils' own work is built from. All of it is ready to be
// used; nothing runs yet.
type House struct {
	Config   *config.Config
	Store    storage.Store
	Post     *outbox.Post
	Channels outbox.Channels
	Clock    clock.Clock
	Log      *slog.Logger
	Rand     io.Reader // for codes and ids
	Calendar schedule.Observer
}

// Parts are the councils' own work, to be joined to the doors and the outbox.
type Parts struct {
	Turner webhook.Turner
	Hooks  outbox.Hooks
	// Audience says who may read what is posted in a group.
	Audience outbox.Audience
	// Sorry is what is said, at most once per event, when an event could not
	// be stored: the council's telephone. It is rendered once, at start.
	Sorry func(council string, group bool) []message.Message
	// Letter is what the second channel is told of the store, directly.
	Letter func(council string, what Trouble) outbox.Letter
	// Prepare, when set, runs after the store is open and before anything
	// else starts: organisations of the configuration are written, jobs that
	// were left are taken up. It may be run by several processes at once.
	Prepare func(ctx context.Context) error
	// Background are parts that run until their context ends, such as the
	// calendar. One that returns an error stops the program.
	Background map[string]func(ctx context.Context) error
	// Idle waits until Background has nothing to do at the clock's time.
	Idle func(ctx context.Context) error
	// BeforeRelease, when set, readies a restored or copied store for sending:
	// ticks up to now are marked as done. The store is still held.
	BeforeRelease func(ctx context.Context) error
	// Commands are added to the program's own.
	Commands Commands
}

// councilKinds are the kinds that the councils' own work keeps.
func councilKinds() []storage.Definition {
	return append(records.Definitions(), schedule.Definitions()...)
}

// JoinCouncils joins dialogue, casework and calendar: what Options.Join is by
// default, for tests that put something of their own around it.
func JoinCouncils(h House) (Parts, error) {
	desks := make(map[string]*casework.Desk, len(h.Config.Councils))
	talks := make(map[string]dialogue.Council, len(h.Config.Councils))
	for i := range h.Config.Councils {
		c := &h.Config.Councils[i]
		words, err := Catalog(c)
		if err != nil {
			return Parts{}, fmt.Errorf("app: council %s: %w", c.ID, err)
		}
		reports, err := reports(c, words)
		if err != nil {
			return Parts{}, fmt.Errorf("app: council %s: %w", c.ID, err)
		}
		desk := &casework.Desk{Settings: settings(c), Catalog: words,
			Personal: recogniser.New(c.Published()...).Personal, NewID: newID(h.Rand), NoQuota: outbox.OutOfQuota}
		desks[c.ID] = desk
		talks[c.ID] = dialogue.Council{Desk: desk, Report: reports}
	}
	plan := newSchedule(h, desks)
	return Parts{
		Turner: watchful{dialogue.New(h.Store, h.Post, names{h.Channels}, h.Clock, talks), plan.Wake},
		Hooks:  hooks{desks}, Audience: hooks{desks},
		Sorry: func(id string, group bool) []message.Message {
			if group {
				return []message.Message{message.Text{Body: desks[id].Catalog.Text("replies.not_kept")}}
			}
			d := desks[id]
			return []message.Message{message.Text{Body: d.Catalog.Text("replies.not_reached", "電話", d.Telephone)}}
		},
		Letter: func(id string, what Trouble) outbox.Letter {
			d := desks[id]
			body := d.Catalog.Text(letterKeys[what], "ネットワーク", d.Network, "電話", d.Telephone)
			return outbox.Letter{Subject: d.Catalog.Text("mail.store_subject", "ネットワーク", d.Network), Body: body + "\n"}
		},
		Prepare:    func(ctx context.Context) error { return writeOrganisations(ctx, h, desks) },
		Background: map[string]func(context.Context) error{"schedule": plan.Run},
		Idle:       plan.Idle,
		BeforeRelease: func(ctx context.Context) error {
			for _, id := range ids(h.Config) {
				if err := schedule.Restore(ctx, h.Store, id, entries(h, id, desks[id]), h.Clock.Now()); err != nil {
					return fmt.Errorf("council %s: %w", id, err)
				}
			}
			return nil
		},
		Commands: deskCommands(desks),
	}, nil
}

// letterKeys are the texts about troubles of the store.
var letterKeys = map[Trouble]string{
	StoreFull: "mail.store_full", StoreUnwritable: "mail.store_unwritable",
	StoreGone: "mail.store_gone", StoreDamaged: "mail.store_damaged", StoreRefused: "mail.store_refused",
}

// Catalog is a council's words: ours, with the council's own file over them,
// its districts and its numbers filled in.
func Catalog(c *config.Council) (*catalog.Catalog, error) {
	var overrides []catalog.Source
	if c.Flows != "" {
		data, err := os.ReadFile(c.Flows)
		if err != nil {
			return nil, fmt.Errorf("flows: %w", err)
		}
		overrides = append(overrides, catalog.Source{Name: c.Flows, Data: data})
	}
	words, err := catalog.Load(overrides...)
	if err != nil {
		return nil, err
	}
	districts := make([]catalog.District, 0, len(c.Districts))
	for _, d := range c.Districts {
		districts = append(districts, catalog.District{ID: d.ID, Label: d.Label})
	}
	if words, err = words.WithDistricts(districts); err != nil {
		return nil, err
	}
	return words.WithValues(
		catalog.ValueTelephone, c.Telephone, catalog.ValueCouncil, c.Name, catalog.ValueNetwork, c.Network,
		catalog.ValueMunicipality, c.Municipality, catalog.ValueCentre, c.Centre.Name,
		catalog.ValueCentreTelephone, c.Centre.Telephone, catalog.ValueOfficeHours, c.Office.Text()), nil
}

// reports is the flow of each organisation: what its own duty of secrecy
// forbids it to say is left out.
func reports(c *config.Council, words *catalog.Catalog) (func(string) *flows.Flow, error) {
	all := words.Flow("report")
	if all == nil {
		return nil, fmt.Errorf("flows: the flow %q is missing", "report")
	}
	own := map[string]*flows.Flow{}
	for _, o := range c.Organisations {
		if len(o.Hide) == 0 {
			continue
		}
		f, faults := all.Hide(o.Hide)
		if len(faults) > 0 {
			return nil, fmt.Errorf("organisation %s: %s", o.ID, faults[0])
		}
		own[o.ID] = f
	}
	return func(id string) *flows.Flow {
		if f, ok := own[id]; ok {
			return f
		}
		return all
	}, nil
}

// settings is what casework needs of a council's configuration.
func settings(c *config.Council) casework.Settings {
	s := casework.Settings{
		Council: c.ID, Name: c.Name, Network: c.Network, Telephone: c.Telephone,
		Centre: casework.Place{Name: c.Centre.Name, Telephone: c.Centre.Telephone},
		Hours:  &c.Office, Zone: config.Tokyo, GroupCard: c.GroupCard, MailTo: c.MailTo, Drill: c.Drill,
		Rules: rules(&c.Escalation), RulesMark: mark(c),
		Nudge: c.Escalation.Unsent, LateCall: c.Escalation.LateCall,
		Unfinished: c.Escalation.Unfinished, FollowUpAt: time.Duration(c.Escalation.FollowUpAt) * time.Minute,
	}
	for _, p := range c.Police {
		s.Police = append(s.Police, casework.Place{Name: p.Name, Telephone: p.Telephone})
	}
	return s
}

// rules are how long open cases wait.
func rules(e *config.Escalation) council.Rules {
	waits := func(l config.Level) council.Waits {
		return council.Waits{Untaken: l.Untaken, Unanswered: l.Unanswered, Idle: l.Idle, Repeat: l.Repeat, Times: l.Times}
	}
	return council.Rules{
		Levels: map[council.Level]council.Waits{
			council.Danger: waits(e.Danger), council.Soon: waits(e.Soon), council.Unsure: waits(e.Unsure), council.Calm: waits(e.Calm)},
		Connect: e.HandOver, MostDays: e.MostDays, Zone: config.Tokyo,
		From: time.Duration(e.From) * time.Minute, Until: time.Duration(e.Until) * time.Minute,
	}
}

// mark changes with whatever the waits of open cases depend on: they are then
// looked at again.
func mark(c *config.Council) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v %+v", c.Escalation, c.Office))
	return hex.EncodeToString(sum[:8])
}
