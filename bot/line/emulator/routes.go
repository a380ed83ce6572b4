package emulator

import (
	"net/http"
	"strings"
)

// table is every API function the emulator knows, with its rate limit. Paths
// with a word in a place come before those with an argument there.
func (e *Emulator) table() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	all := []route{
		{get, "/v2/bot/info", "info", usual, false, info, nil},
		{get, "/v2/bot/channel/webhook/endpoint", "webhook-get", minutely1k, false, webhookGet, nil},
		{put, "/v2/bot/channel/webhook/endpoint", "webhook-set", minutely1k, false, webhookSet, nil},
		{post, "/v2/bot/channel/webhook/test", "webhook-test", hourly60, false, webhookTest, nil},

		{post, "/v2/bot/message/reply", "reply", usual, false, reply, nil},
		{post, "/v2/bot/message/push", "push", usual, true, push, nil},
		{post, "/v2/bot/message/multicast", "multicast", perSecond2c, true, multicast, nil},
		{post, "/v2/bot/message/broadcast", "broadcast", hourly60, true, broadcast, nil},
		{post, "/v2/bot/message/validate/:kind", "validate", usual, false, validateCall, nil},
		{get, "/v2/bot/message/quota", "quota", usual, false, quota, nil},
		{get, "/v2/bot/message/quota/consumption", "consumption", usual, false, consumption, nil},
		{get, "/v2/bot/message/:messageId/content", "content", usual, false, contentGet, nil},
		{get, "/v2/bot/message/:messageId/content/transcoding", "transcoding", usual, false, transcoding, nil},
		{get, "/v2/bot/message/:messageId/content/preview", "preview", usual, false, preview, nil},
		{post, "/v2/bot/chat/loading/start", "loading", perSecond1c, false, loading, nil},
		{post, "/v2/bot/chat/markAsRead", "mark-as-read", usual, false, markAsRead, nil},

		{get, "/v2/bot/profile/:userId", "profile", usual, false, profile, nil},
		{get, "/v2/bot/group/:groupId/summary", "group-summary", usual, false, groupSummary, nil},
		{get, "/v2/bot/group/:groupId/members/count", "group-count", usual, false, groupCount, nil},
		{get, "/v2/bot/group/:groupId/members/ids", "group-ids", usual, false, groupIDs, nil},
		{get, "/v2/bot/group/:groupId/member/:userId", "group-member", usual, false, groupMember, nil},
		{post, "/v2/bot/group/:groupId/leave", "group-leave", usual, false, groupLeave, nil},

		{post, "/v2/bot/richmenu", "menu-create", hourly100, false, menuCreate, nil},
		{post, "/v2/bot/richmenu/validate", "menu-validate", usual, false, menuValidate, nil},
		{get, "/v2/bot/richmenu/list", "menu-list", perSecond10, false, menuList, nil},
		{post, "/v2/bot/richmenu/bulk/link", "menu-bulk-link", usual, false, menuBulkLink, nil},
		{post, "/v2/bot/richmenu/bulk/unlink", "menu-bulk-unlink", usual, false, menuBulkUnlink, nil},
		{post, "/v2/bot/richmenu/alias", "alias-create", usual, false, aliasCreate, nil},
		{get, "/v2/bot/richmenu/alias/list", "alias-list", usual, false, aliasList, nil},
		{get, "/v2/bot/richmenu/alias/:alias", "alias-get", usual, false, aliasGet, nil},
		{post, "/v2/bot/richmenu/alias/:alias", "alias-update", usual, false, aliasUpdate, nil},
		{del, "/v2/bot/richmenu/alias/:alias", "alias-delete", hourly100, false, aliasDelete, nil},
		{post, "/v2/bot/richmenu/:richMenuId/content", "menu-upload", usual, false, menuUpload, nil},
		{get, "/v2/bot/richmenu/:richMenuId/content", "menu-image", usual, false, menuImage, nil},
		{get, "/v2/bot/richmenu/:richMenuId", "menu-get", usual, false, menuGet, nil},
		{del, "/v2/bot/richmenu/:richMenuId", "menu-delete", hourly100, false, menuDelete, nil},
		{post, "/v2/bot/user/all/richmenu/:richMenuId", "menu-default-set", usual, false, menuDefaultSet, nil},
		{get, "/v2/bot/user/all/richmenu", "menu-default-get", usual, false, menuDefaultGet, nil},
		{del, "/v2/bot/user/all/richmenu", "menu-default-clear", usual, false, menuDefaultClear, nil},
		{post, "/v2/bot/user/:userId/richmenu/:richMenuId", "menu-link", usual, false, menuLink, nil},
		{get, "/v2/bot/user/:userId/richmenu", "menu-of-user", usual, false, menuOfUser, nil},
		{del, "/v2/bot/user/:userId/richmenu", "menu-unlink", usual, false, menuUnlink, nil},
	}
	for i := range all {
		all[i].parts = strings.Split(strings.Trim(all[i].pattern, "/"), "/")
	}
	return all
}
