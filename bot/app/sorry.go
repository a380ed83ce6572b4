package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
)

// sorry is the direct answer to an event that could not be stored. It is ready
// before anything fails.
type sorry struct {
	channels outbox.Channels
	frozen   map[sorryTo]json.RawMessage
}

// sorryTo is whom it is said to: members alone, or the secretariat's group.
type sorryTo struct {
	council string
	group   bool
}

func newSorry(ch outbox.Channels, councils []string, words func(council string, group bool) []message.Message) (*sorry, error) {
	s := &sorry{channels: ch, frozen: map[sorryTo]json.RawMessage{}}
	if words == nil {
		return s, nil
	}
	for _, council := range councils {
		for _, group := range []bool{false, true} {
			ms := words(council, group)
			if len(ms) == 0 {
				continue
			}
			raw, err := line.Renderer{}.Render(ms)
			if err != nil {
				return nil, fmt.Errorf("app: what %s says when storing fails: %w", council, err)
			}
			s.frozen[sorryTo{council, group}] = raw
		}
	}
	return s, nil
}

// say answers once. There is no second try: with a token that may have been
// used, it could not be told from a repetition.
func (s *sorry) say(ctx context.Context, council, token string, group bool) error {
	messages, ok := s.frozen[sorryTo{council, group}]
	if !ok {
		return fmt.Errorf("app: council %s has nothing to say when storing fails", council)
	}
	if _, err := s.channels.Reply(ctx, council, token, messages); err != nil {
		return fmt.Errorf("app: apology: %w", err)
	}
	return nil
}

// learnBots asks LINE for the bots' user ids that the configuration does not
// name, so that a webhook for another bot is noticed. It gives up after a day's
// worth of trying less and less often: the signature is what protects.
func (a *App) learnBots(ctx context.Context) error {
	wait := time.Second
	open := map[string]bool{}
	for i := range a.config.Councils {
		if c := &a.config.Councils[i]; c.LINE.BotUserID == "" {
			open[c.ID] = true
		}
	}
	for len(open) > 0 && wait < 24*time.Hour {
		for council := range open {
			info, err := a.channels[council].BotInfo(ctx)
			if err != nil {
				continue
			}
			a.door.SetBotUserID(council, info.UserID)
			delete(open, council)
		}
		if len(open) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.o.Clock.After(wait):
			wait *= 4
		}
	}
	return nil
}
