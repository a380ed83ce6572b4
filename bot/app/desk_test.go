package app

import (
	"context"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// Residents who get no notice are somebody's: the group hears, once for all
// pages of a month, and hears of the next month's again.
func TestNoticeThatFails(t *testing.T) {
	f := newFrame(t, func(_ *config.Config, o *Options) { o.Join, o.Clock = nil, clock.System{} })
	f.run(t, func(ctx context.Context) {
		now := born
		for _, step := range []struct {
			job  string
			why  outbox.Reason
			want int
		}{
			{"notice@1", outbox.Stuck, 0}, // it is tried on
			{"notice@1", outbox.QuotaOut, 1},
			{"notice@1", outbox.Expired, 0},
			{"notice@1", outbox.Refused, 0},
			{"notice@2", outbox.Refused, 1},
		} {
			var out []message.Outgoing
			err := f.Store().Update(ctx, "minato", func(tx storage.Tx) error {
				err := records.Groups.Put(tx, council.Group{ID: "C" + alice[1:], State: council.GroupBound})
				if err != nil {
					return err
				}
				out, err = f.parts.Hooks.Failed(tx, outbox.Delivery{
					To: message.Recipient{Kind: message.ToMany, ID: step.job + "/1", IDs: []string{alice}}, Lane: message.LaneNotice,
					About:   message.About{Kind: "notice", Ref: step.job},
					Created: born,
				}, step.why, now)
				return err
			})
			if err != nil || len(out) != step.want {
				t.Errorf("%+v: %d messages, %v", step, len(out), err)
			}
			now = now.Add(time.Hour)
		}
	})
}
