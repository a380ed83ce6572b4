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

		{post, "/v2/bot/richmenu", "menu-create", hourly100, false, menuCreate},
		{post, "/v2/bot/richmenu/validate", "menu-validate", usual, false, menuValidate},
		{get, "/v2/bot/richmenu/list", "menu-list", perSecond10, false, menuList},
		{post, "/v2/bot/richmenu/bulk/link", "menu-bulk-link", usual, false, menuBulkLink},
		{post, "/v2/bot/richmenu/bulk/unlink", "menu-bulk-unlink", usual, false, menuBulkUnlink},
		{post, "/v2/bot/richmenu/alias", "alias-create", usual, false, aliasCreate},
		{get, "/v2/bot/richmenu/alias/list", "alias-list", usual, false, aliasList},
		{get, "/v2/bot/richmenu/alias/:alias", "alias-get", usual, false, aliasGet},
		{post, "/v2/bot/richmenu/alias/:alias", "alias-update", usual, false, aliasUpdate},
		{del, "/v2/bot/richmenu/alias/:alias", "alias-delete", hourly100, false, aliasDelete},
		{post, "/v2/bot/richmenu/:richMenuId/content", "menu-upload", usual, false, menuUpload},
		{get, "/v2/bot/richmenu/:richMenuId/content", "menu-image", usual, false, menuImage},
		{get, "/v2/bot/richmenu/:richMenuId", "menu-get", usual, false, menuGet},
		{del, "/v2/bot/richmenu/:richMenuId", "menu-delete", hourly100, false, menuDelete},
		{post, "/v2/bot/user/all/richmenu/:richMenuId", "menu-default-set", usual, false, menuDefaultSet},
		{get, "/v2/bot/user/all/richmenu", "menu-default-get", usual, false, menuDefaultGet},
		{del, "/v2/bot/user/all/richmenu", "menu-default-clear", usual, false, menuDefaultClear},
		{post, "/v2/bot/user/:userId/richmenu/:richMenuId", "menu-link", usual, false, menuLink},
		{get, "/v2/bot/user/:userId/richmenu", "menu-of-user", usual, false, menuOfUser},
		{del, "/v2/bot/user/:userId/richmenu", "menu-unlink", usual, false, menuUnlink},
	}
}
