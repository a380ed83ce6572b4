package line

import (
	"context"
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

// newPaces makes the limits of one channel. LINE counts by token buckets of a
// size it does not tell; ours hold a tenth of a second's worth, so that a burst
// stays far from any likely size.
// Source: https://developers.line.biz/en/reference/messaging-api/#rate-limits
func newPaces() map[string]*rate.Limiter {
	perSecond := func(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(n), max(1, n/10)) }
	paces := map[string]*rate.Limiter{
		opMulticast:       perSecond(200),
		opLoading:         perSecond(100),
		opWebhookEndpoint: rate.NewLimiter(rate.Every(time.Minute/1000), 10),
		opTestWebhook:     rate.NewLimiter(rate.Every(time.Hour/60), 5),
	}
	for _, op := range []string{
		opReply, opPush, opValidate, opProfile, opGroupMember, opGroupSummary, opGroupCount,
		opLeaveGroup, opBotInfo, opQuota, opConsumption, opMarkAsRead, opContent,
	} {
		paces[op] = perSecond(2000)
	}
	return paces
}

// wait returns when one more request is within the limit, or with an error
// when ctx ends, or would end, before that.
func wait(ctx context.Context, op string, pace *rate.Limiter) *Error {
	err := pace.Wait(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return broken(ctx, op, err, true)
	}
	return &Error{Class: RateLimited, Op: op, NotSent: true, Reason: "held back to stay within LINE's limit"}
}
