package app

import (
	"fmt"
	"net/http"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/outbox"
)

// NewChannels makes a LINE client for each council. It does not speak to LINE
// yet. A nil HTTP client is the program's usual one.
func NewChannels(councils []config.Council, client *http.Client, c clock.Clock) (outbox.Channels, error) {
	if client == nil {
		client = line.NewHTTPClient()
	}
	channels := make(outbox.Channels, len(councils))
	for i := range councils {
		council := &councils[i]
		made, err := line.NewClient(line.Options{
			Token: council.LINE.Token.Reveal(), Endpoint: council.LINE.Endpoint,
			DataEndpoint: council.LINE.DataEndpoint, HTTPClient: client, Clock: c,
		})
		if err != nil {
			return nil, fmt.Errorf("app: council %s: %w", council.ID, err)
		}
		channels[council.ID] = made
	}
	return channels, nil
}
