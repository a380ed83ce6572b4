package line

import (
	"context"
	"net/http"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
)

// Profile is what a person shows of themselves. It is personal data.
type Profile struct {
	UserID   string
	Name     string
	Language string // BCP 47; empty for members of a group
}

// Profile asks for a friend's profile; NotFound when blocked, gone or no friend.
func (c *Client) Profile(ctx context.Context, user string) (Profile, error) {
	if !validIDOf('U', user) {
		return Profile{}, refuse(opProfile, "not a user's id of LINE's")
	}
	p, err := ask(ctx, c, opProfile, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.UserProfileResponse, error) {
		return api.GetProfileWithHttpInfo(user)
	})
	if err != nil {
		return Profile{}, err
	}
	return Profile{UserID: p.UserId, Name: p.DisplayName, Language: p.Language}, nil
}

// GroupMember asks for the profile of somebody in a group, friend or not;
// NotFound once that person has left.
func (c *Client) GroupMember(ctx context.Context, group, user string) (Profile, error) {
	if !validIDOf('C', group) || !validIDOf('U', user) {
		return Profile{}, refuse(opGroupMember, "not a group's and a user's id of LINE's")
	}
	p, err := ask(ctx, c, opGroupMember, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.GroupUserProfileResponse, error) {
		return api.GetGroupMemberProfileWithHttpInfo(group, user)
	})
	if err != nil {
		return Profile{}, err
	}
	return Profile{UserID: p.UserId, Name: p.DisplayName}, nil
}

// Group is a group chat that the bot is in.
type Group struct{ ID, Name string }

// GroupSummary asks for a group's name; NotFound when the bot is not in it.
func (c *Client) GroupSummary(ctx context.Context, group string) (Group, error) {
	if !validIDOf('C', group) {
		return Group{}, refuse(opGroupSummary, "not a group's id of LINE's")
	}
	g, err := ask(ctx, c, opGroupSummary, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.GroupSummaryResponse, error) {
		return api.GetGroupSummaryWithHttpInfo(group)
	})
	if err != nil {
		return Group{}, err
	}
	return Group{ID: g.GroupId, Name: g.GroupName}, nil
}

// GroupCount asks how many people are in a group, the bot not counted. A push
// to the group costs that many messages.
func (c *Client) GroupCount(ctx context.Context, group string) (int, error) {
	if !validIDOf('C', group) {
		return 0, refuse(opGroupCount, "not a group's id of LINE's")
	}
	n, err := ask(ctx, c, opGroupCount, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.GroupMemberCountResponse, error) {
		return api.GetGroupMemberCountWithHttpInfo(group)
	})
	if err != nil {
		return 0, err
	}
	return int(n.Count), nil
}

// LeaveGroup takes the bot out of a group.
func (c *Client) LeaveGroup(ctx context.Context, group string) error {
	if !validIDOf('C', group) {
		return refuse(opLeaveGroup, "not a group's id of LINE's")
	}
	_, err := ask(ctx, c, opLeaveGroup, func(api *messaging_api.MessagingApiAPI) (*http.Response, struct{}, error) {
		return api.LeaveGroupWithHttpInfo(group)
	})
	return err
}

// BotInfo is the account as LINE knows it.
type BotInfo struct {
	UserID    string
	BasicID   string // with @ in front
	PremiumID string // empty where none was bought
	Name      string
	// ChatMode is "bot" as this program needs it, or "chat": people answer by
	// hand in LINE Official Account Manager.
	ChatMode string
	// MarkAsReadMode is "auto" or "manual".
	MarkAsReadMode string
}

// BotInfo asks who the token belongs to.
func (c *Client) BotInfo(ctx context.Context) (BotInfo, error) {
	b, err := ask(ctx, c, opBotInfo, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.BotInfoResponse, error) {
		return api.GetBotInfoWithHttpInfo()
	})
	if err != nil {
		return BotInfo{}, err
	}
	return BotInfo{UserID: b.UserId, BasicID: b.BasicId, PremiumID: b.PremiumId, Name: b.DisplayName,
		ChatMode: string(b.ChatMode), MarkAsReadMode: string(b.MarkAsReadMode)}, nil
}

// Quota is how many messages the plan allows this month.
type Quota struct {
	Limited bool
	Value   int64 // meaningless unless Limited
}

// Quota asks for this month's limit.
func (c *Client) Quota(ctx context.Context) (Quota, error) {
	q, err := ask(ctx, c, opQuota, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.MessageQuotaResponse, error) {
		return api.GetMessageQuotaWithHttpInfo()
	})
	if err != nil {
		return Quota{}, err
	}
	return Quota{Limited: q.Type == messaging_api.QuotaType_LIMITED, Value: q.Value}, nil
}

// Consumption asks how many messages were sent this month. LINE calls the
// number approximate.
func (c *Client) Consumption(ctx context.Context) (int64, error) {
	n, err := ask(ctx, c, opConsumption, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.QuotaConsumptionResponse, error) {
		return api.GetMessageQuotaConsumptionWithHttpInfo()
	})
	if err != nil {
		return 0, err
	}
	return n.TotalUsage, nil
}

// Webhook is where LINE delivers events.
type Webhook struct {
	Endpoint string
	Active   bool // "use webhook" is switched on
}

// WebhookEndpoint asks where LINE delivers; NotFound when nothing is set.
func (c *Client) WebhookEndpoint(ctx context.Context) (Webhook, error) {
	w, err := ask(ctx, c, opWebhookEndpoint, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.GetWebhookEndpointResponse, error) {
		return api.GetWebhookEndpointWithHttpInfo()
	})
	if err != nil {
		return Webhook{}, err
	}
	return Webhook{Endpoint: w.Endpoint, Active: w.Active}, nil
}

// WebhookTest is how a test delivery went.
type WebhookTest struct {
	Success bool
	Time    time.Time
	Status  int    // what the endpoint answered; 0 when it did not
	Reason  string // LINE's word: OK, COULD_NOT_CONNECT, REQUEST_TIMEOUT …
	Detail  string
}

// TestWebhook makes LINE deliver a body without events, to endpoint or, when
// that is empty, to the one that is set. At most 60 an hour.
func (c *Client) TestWebhook(ctx context.Context, endpoint string) (WebhookTest, error) {
	t, err := ask(ctx, c, opTestWebhook, func(api *messaging_api.MessagingApiAPI) (*http.Response, *messaging_api.TestWebhookEndpointResponse, error) {
		return api.TestWebhookEndpointWithHttpInfo(&messaging_api.TestWebhookEndpointRequest{Endpoint: endpoint})
	})
	if err != nil {
		return WebhookTest{}, err
	}
	return WebhookTest{Success: t.Success, Time: t.Timestamp, Status: int(t.StatusCode), Reason: t.Reason, Detail: t.Detail}, nil
}

// StartLoading shows the waiting animation in a person's talk until the next
// message, or for d: 5 to 60 s, rounded up to steps of 5.
func (c *Client) StartLoading(ctx context.Context, user string, d time.Duration) error {
	if !validIDOf('U', user) {
		return refuse(opLoading, "not a user's id of LINE's")
	}
	steps := (min(max(d, 5*time.Second), time.Minute) + 5*time.Second - 1) / (5 * time.Second)
	_, err := ask(ctx, c, opLoading, func(api *messaging_api.MessagingApiAPI) (*http.Response, *map[string]any, error) {
		return api.ShowLoadingAnimationWithHttpInfo(&messaging_api.ShowLoadingAnimationRequest{ChatId: user, LoadingSeconds: int32(steps) * 5})
	})
	return err
}

// MarkAsRead marks the message of this token, and all before it, as read.
func (c *Client) MarkAsRead(ctx context.Context, token string) error {
	if token == "" {
		return refuse(opMarkAsRead, "no token")
	}
	_, err := ask(ctx, c, opMarkAsRead, func(api *messaging_api.MessagingApiAPI) (*http.Response, struct{}, error) {
		res, _, err := api.MarkMessagesAsReadByTokenWithHttpInfo(&messaging_api.MarkMessagesAsReadByTokenRequest{MarkAsReadToken: token})
		return res, struct{}{}, err
	})
	return err
}

// Content is a picture, film, sound or file that somebody sent.
type Content struct {
	Type string // its media type, as LINE says
	Data []byte
}

// Content fetches what was sent as message id, up to the client's limit.
// NotReady while LINE prepares it, NotFound once it was taken back. LINE does
// not say for how long it keeps it.
func (c *Client) Content(ctx context.Context, id string) (Content, error) {
	if !validKey(id) {
		return Content{}, refuse(opContent, "not a message id of LINE's")
	}
	a, err := c.call(ctx, opContent, func(ctx context.Context) (*http.Response, error) {
		blob := *c.blob
		res, _, err := blob.WithContext(ctx).GetMessageContentWithHttpInfo(id)
		return res, err
	})
	switch {
	case err != nil:
		return Content{}, err
	case a.status == http.StatusAccepted:
		return Content{}, &Error{Class: NotReady, Op: opContent, Status: a.status, Reason: "still being prepared"}
	case a.status == http.StatusConflict:
		return Content{}, a.fault(opContent, c.clock.Now())
	}
	return Content{Type: a.header.Get("Content-Type"), Data: a.body}, nil
}
