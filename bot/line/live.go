package line

import (
	"context"
	"fmt"
	"strings"
)

// Level says how bad a finding is.
type Level int

// The levels of findings.
const (
	Good     Level = iota // as it should be, or worth knowing
	Doubtful              // it works, but not as people will expect
	Wrong                 // it will not work
)

// Finding is one thing that was looked at on LINE's side.
type Finding struct {
	Level Level
	What  string // "bot", "chat mode", "quota", "webhook", "webhook test", "redelivery"
	Found string
	Want  string // what would be right; empty where it is
}

// Expected is what the configuration says about a channel. Empty fields are
// not compared.
type Expected struct {
	BotUserID string
	BasicID   string
	Webhook   string // the address that LINE should deliver to
}

// CheckLive asks LINE about a channel and holds the answers against want. It
// changes nothing and sends nothing but LINE's own test delivery, of which 60
// an hour are allowed. What cannot be asked becomes a finding, not an error.
func CheckLive(ctx context.Context, c *Client, want Expected) []Finding {
	var fs []Finding
	add := func(level Level, what, found, right string) {
		fs = append(fs, Finding{Level: level, What: what, Found: found, Want: right})
	}
	checkBot(ctx, c, want, add)
	checkQuota(ctx, c, add)
	checkWebhook(ctx, c, want, add)
	add(Doubtful, "redelivery", "LINE does not tell", "Webhook redelivery switched on in the LINE Developers Console")
	return fs
}

type addFinding func(level Level, what, found, right string)

func checkBot(ctx context.Context, c *Client, want Expected, add addFinding) {
	b, err := c.BotInfo(ctx)
	if err != nil {
		right := ""
		if class, _ := ClassOf(err); class == Unauthorized {
			right = "a valid channel access token of this channel"
		}
		add(Wrong, "bot", err.Error(), right)
		return
	}
	found := fmt.Sprintf("%s %s %s", b.Name, b.BasicID, b.UserID)
	switch {
	case want.BotUserID != "" && want.BotUserID != b.UserID:
		add(Wrong, "bot", found, "the bot's user id as configured: "+want.BotUserID)
	case want.BasicID != "" && want.BasicID != b.BasicID && want.BasicID != b.PremiumID:
		add(Wrong, "bot", found, "the basic id as configured: "+want.BasicID)
	default:
		add(Good, "bot", found, "")
	}
	if b.ChatMode == "bot" {
		add(Good, "chat mode", b.ChatMode, "")
	} else {
		add(Doubtful, "chat mode", b.ChatMode, "bot: switch chat off in LINE Official Account Manager, and its greeting and auto-reply with it")
	}
}

func checkQuota(ctx context.Context, c *Client, add addFinding) {
	q, err := c.Quota(ctx)
	if err != nil {
		add(Wrong, "quota", err.Error(), "")
		return
	}
	used, err := c.Consumption(ctx)
	switch {
	case err != nil:
		add(Wrong, "quota", err.Error(), "")
	case !q.Limited:
		add(Good, "quota", fmt.Sprintf("%d sent this month, no limit", used), "")
	case used >= q.Value:
		add(Wrong, "quota", fmt.Sprintf("%d of %d sent this month", used, q.Value), "messages left: only replies go out until next month")
	case used*10 >= q.Value*9:
		add(Doubtful, "quota", fmt.Sprintf("%d of %d sent this month", used, q.Value), "more than a tenth left")
	default:
		add(Good, "quota", fmt.Sprintf("%d of %d sent this month", used, q.Value), "")
	}
}

func checkWebhook(ctx context.Context, c *Client, want Expected, add addFinding) {
	w, err := c.WebhookEndpoint(ctx)
	if class, ok := ClassOf(err); ok && class == NotFound {
		add(Wrong, "webhook", "not set", orDefault(want.Webhook, "the address of this council's webhook"))
		return
	}
	switch {
	case err != nil:
		add(Wrong, "webhook", err.Error(), "")
		return
	case want.Webhook != "" && w.Endpoint != want.Webhook:
		add(Wrong, "webhook", w.Endpoint, want.Webhook)
	case !strings.HasPrefix(w.Endpoint, "https://"):
		add(Wrong, "webhook", orDefault(w.Endpoint, "not set"), "an https address")
	case !w.Active:
		add(Wrong, "webhook", w.Endpoint+", switched off", "Use webhook switched on")
	default:
		add(Good, "webhook", w.Endpoint, "")
	}
	t, err := c.TestWebhook(ctx, "")
	switch {
	case err != nil:
		add(Wrong, "webhook test", err.Error(), "")
	case t.Success:
		add(Good, "webhook test", fmt.Sprintf("answered %d", t.Status), "")
	case t.Status == 401:
		add(Wrong, "webhook test", "answered 401", "the channel secret of this channel")
	default:
		add(Wrong, "webhook test", strings.TrimSpace(fmt.Sprintf("%s %s", t.Reason, t.Detail)), "an answer 200 within 2 s")
	}
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
