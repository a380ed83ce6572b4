package emulator

import (
	"strings"
	"time"
)

// Limits of the reference. LINE writes KB and MB without saying of which kind:
// the smaller reading is enforced.
const (
	maxBody        = 2_000_000 // 413 beyond
	maxMessages    = 5
	maxMulticast   = 500
	maxBulk        = 500
	maxText        = 5000 // UTF-16 units
	maxAltText     = 1500
	maxQuick       = 13
	maxLabel       = 20  // graphemes
	maxFlexLabel   = 40  // graphemes
	maxImageLabel  = 12  // graphemes, image carousel
	maxData        = 300 // UTF-16 units; texts of actions: graphemes
	maxURI         = 1000
	maxImageURL    = 2000
	maxClipboard   = 1000
	maxBubble      = 30_000
	maxCarousel    = 50_000
	maxBubbles     = 12
	maxAnimated    = 10
	maxEmojis      = 20
	maxMentions    = 20
	maxSubstitutes = 100
	maxSenderName  = 20
	maxWebhookURL  = 500
	maxMenus       = 1000
	maxAliases     = 1000
	maxMenuImage   = 1_000_000
)

// Texts of the two 429s, which programs tell apart by them.
const (
	rateText  = "The API rate limit has been exceeded. Try again later."
	quotaText = "You have reached your monthly limit."
)

// rate is so many requests per period, for one endpoint of one channel.
type rate struct {
	n   float64
	per time.Duration
}

// The rate limits of the reference's table.
var (
	usual       = rate{2000, time.Second}
	hourly60    = rate{60, time.Hour}
	hourly100   = rate{100, time.Hour}
	minutely1k  = rate{1000, time.Minute}
	perSecond10 = rate{10, time.Second}
	perSecond1c = rate{100, time.Second}
	perSecond2c = rate{200, time.Second}
)

// bucket is the token bucket that LINE says it uses.
type bucket struct {
	left float64
	at   time.Time
}

// allow takes a token of an endpoint's bucket, or says no.
func (c *Channel) allow(endpoint string, r rate, now time.Time) bool {
	b := c.buckets[endpoint]
	if b == nil {
		b = &bucket{left: r.n, at: now}
		c.buckets[endpoint] = b
	}
	if d := now.Sub(b.at); d > 0 {
		b.left = min(r.n, b.left+r.n*float64(d)/float64(r.per))
		b.at = now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// tokyo is where the accounts' months begin.
var tokyo = time.FixedZone("JST", 9*60*60)

// spend counts messages of this month, or says that the month has no room.
// Messages are counted per recipient who can receive them.
func (c *Channel) spend(n int, now time.Time) bool {
	c.turn(now)
	if c.o.Monthly > 0 && n > 0 && c.used+int64(n) > int64(c.o.Monthly) {
		return false
	}
	c.used += int64(n)
	return true
}

func (c *Channel) turn(now time.Time) {
	if m := now.In(tokyo).Format("2006-01"); m != c.month {
		c.month, c.used = m, 0
	}
}

// Consumption is how many messages the channel has sent this month, counted per
// recipient.
func (c *Channel) Consumption() int64 {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.turn(c.e.clock.Now())
	return c.used
}

// SetMonthly changes the month's limit; zero takes it away.
func (c *Channel) SetMonthly(n int) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.o.Monthly = n
	c.e.poke("channel", "")
}

// Spend counts n messages as if they had been sent, to bring a quota to its end.
func (c *Channel) Spend(n int) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.turn(c.e.clock.Now())
	c.used += int64(n)
	c.e.poke("channel", "")
}

// jsonType tells whether a Content-Type is JSON's.
func jsonType(s string) bool {
	kind, _, _ := strings.Cut(s, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
