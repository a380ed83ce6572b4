package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// program is the line "whole": the program on bbolt, as serve runs it, with
// its metrics and its log at the level "warn".
func program(ctx context.Context, dir string, l net.Listener) (server, error) {
	_, s, err := begin(ctx, dir, l, false)
	return s, err
}

// patient is the line "turns": the same, but its store is held until the
// release, so that each answer waits there, ready to be sent.
func patient(ctx context.Context, dir string, l net.Listener) (server, error) {
	store, s, err := begin(ctx, dir, l, true)
	s.release = func(ctx context.Context) error { return store.Release(ctx) }
	return s, err
}

func begin(ctx context.Context, dir string, l net.Listener, held bool) (storage.Store, server, error) {
	app.PaceMemory()
	s, err := readSeed(dir)
	if err != nil {
		return nil, server{}, err
	}
	c := configure(dir, s)
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := app.InitStore(ctx, c.Storage); err != nil {
		return nil, server{}, err
	}
	store, err := app.OpenStore(ctx, c.Storage, log)
	if err != nil {
		return nil, server{}, err
	}
	if err = plant(ctx, store, s); err == nil && held {
		err = store.Hold(ctx, "until the load is over")
	}
	if err != nil {
		return nil, server{}, errors.Join(fmt.Errorf("seed: %w", err), store.Close())
	}
	a, err := app.New(c, app.Options{Version: "bench", Log: log, Listener: l, Store: unspoken{store}})
	if err == nil {
		err = a.Start(ctx)
	}
	if err != nil {
		return nil, server{}, errors.Join(err, store.Close())
	}
	return store, server{stop: func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout)
		defer cancel()
		return a.Stop(ctx)
	}}, nil
}

// unspoken is a store that does not say that it is held: the program tells who
// writes meanwhile to telephone, at once, and does not do so here.
type unspoken struct{ storage.Store }

func (unspoken) Held(context.Context) (reason string, held bool, err error) { return "", false, nil }

func configure(dir string, s seed) *config.Config {
	c := config.New()
	c.Storage.Path = filepath.Join(dir, "mimamori.db")
	c.Control = filepath.Join(dir, "control.sock")
	for n, sc := range s.Councils {
		name := fmt.Sprintf("Council %d", n)
		made := config.NewCouncil(sc.ID)
		made.Name, made.Network, made.Municipality, made.Telephone = name, name, name, "0885-00-0001"
		made.Centre = config.Place{Name: "Centre", Telephone: "188"}
		made.LINE = config.LINE{
			ChannelID: fmt.Sprint(1_000_000 + n), BotUserID: sc.Bot, BasicID: "@bench",
			Secret: config.NewSecret(secretOf(sc.ID)), Token: config.NewSecret(sc.Token),
			Endpoint: s.Endpoint, DataEndpoint: s.Endpoint,
		}
		made.Office = config.Office{Name: "Office", Hours: always, OpenNewYear: true}
		made.Organisations = []config.Organisation{{ID: organisation, Name: "Shop", Trade: "trade", Status: config.Member}}
		c.Councils = append(c.Councils, made)
	}
	return c
}

const organisation = "shop"

// always: out of hours, cards would wait for the morning.
var always = []config.Hours{{
	Days: []config.Weekday{0, 1, 2, 3, 4, 5, 6}, From: config.At(0, 0), Until: config.At(24, 0),
}}

// plant stores groups and members as if they had joined by talking.
func plant(ctx context.Context, store storage.Store, s seed) error {
	now := time.Now()
	for _, c := range s.Councils {
		err := store.Update(ctx, c.ID, func(tx storage.Tx) error {
			return errors.Join(
				records.Groups.Put(tx, council.Group{ID: c.Group, State: council.GroupBound, Since: now}),
				records.Clerks.Put(tx, council.Clerk{User: c.Clerk, Name: "clerk", Tag: "AAAA", State: council.ClerkApproved, Since: now, In: c.Group}),
			)
		})
		if err != nil {
			return err
		}
		n := 0
		for some := range slices.Chunk(c.Members, 250) {
			err := store.Update(ctx, c.ID, func(tx storage.Tx) error {
				for i, m := range some {
					if err := join(tx, fmt.Sprintf("M-%05d", n+i), m, now); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			n += len(some)
		}
	}
	return nil
}

func join(tx storage.Tx, number string, m seedMember, now time.Time) error {
	return errors.Join(
		records.Cards.Put(tx, council.Card{
			ID: number, Organisation: organisation, Hash: casework.HashCode(m.Code),
			State: council.CardBound, Member: number, Issued: now,
		}),
		records.Members.Put(tx, council.Member{
			ID: number, Card: number, Organisation: organisation, User: m.User, State: council.MemberActive, Joined: now,
		}),
		records.People.Put(tx, council.Person{User: m.User, Since: now, Member: true}),
	)
}
