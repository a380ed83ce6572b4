package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/flows/catalog"
)

// Check says everything that is wrong with the councils' texts and flows, and
// how they fit the configuration. Of one that config.Load found faults in it
// says what can be said.
func Check(c *config.Config) []string {
	var faults []string
	for i := range c.Councils {
		council := &c.Councils[i]
		words, err := Catalog(council)
		if err == nil {
			_, err = reports(council, words)
		}
		for _, fault := range apart(err) {
			faults = append(faults, fmt.Sprintf("council %s: %s", council.ID, fault))
		}
	}
	return faults
}

// apart lists the faults of a catalog one by one.
func apart(err error) []string {
	if err == nil {
		return nil
	}
	var faults catalog.Faults
	if errors.As(err, &faults) {
		lines := make([]string, len(faults))
		for i, f := range faults {
			lines[i] = f.Error()
		}
		return lines
	}
	return strings.Split(err.Error(), "\n")
}

// LiveFinding is what was looked at on LINE's side of a council.
type LiveFinding struct {
	Council string
	line.Finding
}

// CheckLive asks LINE about each council's channel: bot, quota, webhook and its
// test delivery, which needs the program to be running.
func CheckLive(ctx context.Context, c *config.Config, o Options) ([]LiveFinding, error) {
	channels, err := NewChannels(c.Councils, o.HTTPClient, clock.System{})
	if err != nil {
		return nil, err
	}
	var all []LiveFinding
	for i := range c.Councils {
		council := &c.Councils[i]
		want := line.Expected{BotUserID: council.LINE.BotUserID, BasicID: council.LINE.BasicID}
		if c.PublicURL != "" {
			want.Webhook = strings.TrimSuffix(c.PublicURL, "/") + council.WebhookPath()
		}
		for _, f := range line.CheckLive(ctx, channels[council.ID], want) {
			all = append(all, LiveFinding{council.ID, f})
		}
	}
	return all, nil
}
