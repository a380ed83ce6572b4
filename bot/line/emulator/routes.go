package emulator

import "net/http"

// table is every API function the emulator knows, with its rate limit. Paths
// with a word in a place come before those with an argument there.
func (e *Emulator) table() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{get, "/v2/bot/info", "info", usual, false, info},
		{get, "/v2/bot/channel/webhook/endpoint", "webhook-get", minutely1k, false, webhookGet},
		{put, "/v2/bot/channel/webhook/endpoint", "webhook-set", minutely1k, false, webhookSet},
		{post, "/v2/bot/channel/webhook/test", "webhook-test", hourly60, false, webhookTest},

		{post, "/v2/bot/message/reply", "reply", usual, false, reply},
		{post, "/v2/bot/message/push", "push", usual, true, push},
		{post, "/v2/bot/message/multicast", "multicast", perSecond2c, true, multicast},
		{post, "/v2/bot/message/broadcast", "broadcast", hourly60, true, broadcast},
		{post, "/v2/bot/message/validate/:kind", "validate", usual, false, validateCall},
		{get, "/v2/bot/message/quota", "quota", usual, false, quota},
		{get, "/v2/bot/message/quota/consumption", "consumption", usual, false, consumption},
		{get, "/v2/bot/message/:messageId/content", "content", usual, false, contentGet},
		{get, "/v2/bot/message/:messageId/content/transcoding", "transcoding", usual, false, transcoding},
		{get, "/v2/bot/message/:messageId/content/preview", "preview", usual, false, preview},
		{post, "/v2/bot/chat/loading/start", "loading", perSecond1c, false, loading},
		{post, "/v2/bot/chat/markAsRead", "mark-as-read", usual, false, markAsRead},

		{get, "/v2/bot/profile/:userId", "profile", usual, false, profile},
		{get, "/v2/bot/group/:groupId/summary", "group-summary", usual, false, groupSummary},
		{get, "/v2/bot/group/:groupId/members/count", "group-count", usual, false, groupCount},
		{get, "/v2/bot/group/:groupId/members/ids", "group-ids", usual, false, groupIDs},
		{get, "/v2/bot/group/:groupId/member/:userId", "group-member", usual, false, groupMember},
		{post, "/v2/bot/group/:groupId/leave", "group-leave", usual, false, groupLeave},
	}
}
