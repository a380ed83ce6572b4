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
func program(ctx context.Context, dir string, l net.Listener) (func() error, error) {
	app.PaceMemory()
	s, err := readSeed(dir)
	if err != nil {
		return nil, err
	}
	c := configure(dir, s)
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := plant(ctx, c.Storage, s, log); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	a, err := app.New(c, app.Options{Version: "bench", Log: log, Listener: l})
	if err != nil {
		return nil, err
	}
	if err := a.Start(ctx); err != nil {
		return nil, err
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout)
		defer cancel()
		return a.Stop(ctx)
	}, nil
}

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
func plant(ctx context.Context, where config.Storage, s seed, log *slog.Logger) (err error) {
	store, err := app.OpenStore(ctx, where, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	now := time.Now()
	for _, c := range s.Councils {
		err := store.Update(ctx, c.ID, func(tx storage.Tx) error {
			return records.Groups.Put(tx, council.Group{ID: c.Group, State: council.GroupBound, Since: now})
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
