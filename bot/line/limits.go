package line

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The operations, as errors and metrics name them. LINE limits each apart.
const (
	opReply           = "reply"
	opPush            = "push"
	opMulticast       = "multicast"
	opValidate        = "validate"
	opProfile         = "profile"
	opGroupMember     = "group member"
	opGroupSummary    = "group summary"
	opGroupCount      = "group count"
	opLeaveGroup      = "leave group"
	opBotInfo         = "bot info"
	opQuota           = "quota"
	opConsumption     = "consumption"
	opWebhookEndpoint = "webhook endpoint"
	opTestWebhook     = "test webhook"
	opLoading         = "loading"
	opMarkAsRead      = "mark as read"
	opContent         = "content"
)

// pace keeps one operation under LINE's limit.
type pace struct {
	bucket *rate.Limiter
	mu     sync.Mutex
	until  time.Time // LINE asked to be left alone until then
}

// newPaces makes the limits of one channel. LINE counts by token buckets of a
// size it does not tell; ours hold a tenth of a second's worth, so that a burst
// stays far from any likely size.
// Source: https://developers.line.biz/en/reference/messaging-api/#rate-limits
func newPaces() map[string]*pace {
	perSecond := func(n int) *pace { return &pace{bucket: rate.NewLimiter(rate.Limit(n), max(1, n/10))} }
	paces := map[string]*pace{
		opMulticast:       perSecond(200),
		opLoading:         perSecond(100),
		opWebhookEndpoint: {bucket: rate.NewLimiter(rate.Every(time.Minute/1000), 10)},
		opTestWebhook:     {bucket: rate.NewLimiter(rate.Every(time.Hour/60), 5)},
	}
	for _, op := range []string{
		opReply, opPush, opValidate, opProfile, opGroupMember, opGroupSummary, opGroupCount,
		opLeaveGroup, opBotInfo, opQuota, opConsumption, opMarkAsRead, opContent,
	} {
		paces[op] = perSecond(2000)
	}
	return paces
}

// wait returns when one more request is within the limit, or at once with an
// error when LINE's own Retry-After has not passed or ctx would end first.
func (p *pace) wait(ctx context.Context, op string, now time.Time) *Error {
	p.mu.Lock()
	left := p.until.Sub(now)
	p.mu.Unlock()
	if left > 0 {
		return &Error{Class: RateLimited, Op: op, RetryAfter: left, NotSent: true, Reason: "LINE asked to wait"}
	}
	if err := p.bucket.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return broken(ctx, op, err, true)
		}
		return &Error{Class: RateLimited, Op: op, NotSent: true, Reason: "held back to stay within LINE's limit"}
	}
	return nil
}

// rest holds further requests back for d.
func (p *pace) rest(now time.Time, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := now.Add(d); t.After(p.until) {
		p.until = t
	}
}
