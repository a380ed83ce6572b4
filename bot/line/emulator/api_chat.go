package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

func info(k *call) answer {
	mode, read := "bot", "auto"
	if k.c.o.Chat {
		mode, read = "chat", "manual"
	}
	return ok(map[string]any{
		"userId": k.c.o.UserID, "basicId": k.c.o.BasicID, "displayName": k.c.o.Name, "chatMode": mode, "markAsReadMode": read,
	})
}

func webhookGet(k *call) answer {
	if k.c.o.Webhook == "" {
		return refuse(http.StatusNotFound, "Webhook endpoint not found")
	}
	return ok(map[string]any{"endpoint": k.c.o.Webhook, "active": k.c.active})
}

// endpoint reads the optional property of the two calls below.
func (k *call) endpoint() (string, bool, *answer) {
	body, bad := k.object()
	if bad != nil {
		return "", false, bad
	}
	v := body.get("endpoint")
	if !v.set() {
		return "", false, nil
	}
	s := v.str()
	if checkWebhook(s) != nil { // no string is no URL
		a := refuse(http.StatusBadRequest, "Invalid webhook endpoint URL")
		return "", true, &a
	}
	return s, true, nil
}

func webhookSet(k *call) answer {
	s, set, bad := k.endpoint()
	if bad != nil {
		return *bad
	}
	if !set {
		return invalidBody(detail{"May not be null", "endpoint"})
	}
	k.c.o.Webhook = s
	k.e.poke("channel", "")
	return ok(empty{})
}

// webhookTest posts a body without events. It lets go of the lock meanwhile: a
// bot may well ask the API something before it answers.
func webhookTest(k *call) answer {
	target, set, bad := k.endpoint()
	if bad != nil {
		return *bad
	}
	if !set {
		target = k.c.o.Webhook
	}
	if target == "" {
		return refuse(http.StatusNotFound, "Webhook endpoint not found")
	}
	secret, limit := k.c.o.Secret, k.c.o.Timeout
	body := envelope(k.c.o.UserID, []*event{})
	k.e.mu.Unlock()
	began := time.Now()
	status, text, err := k.e.post(target, body, sign(secret, body), limit)
	took := time.Since(began)
	k.e.mu.Lock()
	w := Webhook{
		Time: k.now, Channel: k.c.o.ID, URL: target, Body: body, Signature: sign(secret, body), Events: []string{}, Attempt: 1,
		Status: status, Answer: text, Took: took,
	}
	reason, detail := "OK", strconv.Itoa(status)
	var uerr *url.Error
	switch {
	case err != nil:
		w.Error = err.Error()
		reason, detail = "COULD_NOT_CONNECT", "Failure to connect"
		if asURL(err, &uerr) && uerr.Timeout() {
			reason, detail = "REQUEST_TIMEOUT", "Request timeout"
		}
	case status < 200 || status > 299:
		reason = "ERROR_STATUS_CODE"
	}
	k.e.logWebhook(w, "")
	return ok(map[string]any{
		"success": reason == "OK", "timestamp": k.now.UTC().Format("2006-01-02T15:04:05.000Z"), "statusCode": status,
		"reason": reason, "detail": detail,
	})
}

func loading(k *call) answer {
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	chat, bad := text(body, "chatId")
	if bad != nil {
		return *bad
	}
	var wrong []detail
	if !userID.MatchString(chat) {
		wrong = append(wrong, detail{"Only user id is acceptable, please confirm if there are any group/room ids or illegal ids.", "chatId"})
	}
	if v := body.get("loadingSeconds"); v.set() {
		n, err := strconv.ParseInt(v.text, 10, 64)
		if v.kind != isNumber || err != nil {
			return propertyInvalid("loadingSeconds")
		}
		if n < 5 || n > 60 {
			wrong = append(wrong, detail{"Must be between 5 and 60", "loadingSeconds"})
		}
		if n%5 != 0 {
			wrong = append(wrong, detail{"must be a multiple of five", "loadingSeconds"})
		}
	}
	if len(wrong) > 0 {
		return invalidBody(wrong...)
	}
	return answer{status: http.StatusAccepted, body: empty{}}
}

func markAsRead(k *call) answer {
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	token, bad := text(body, "markAsReadToken")
	if bad != nil {
		return *bad
	}
	mark, known := k.e.reads[token]
	if !known || mark.c != k.c {
		return refuse(http.StatusBadRequest, "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.")
	}
	for _, en := range mark.talk.entries {
		if k.e.users[en.From] != nil {
			en.Read = true
		}
		if en.ID == mark.message {
			break
		}
	}
	k.e.poke("read", mark.talk.id)
	return ok(empty{})
}

// file finds a message's content: answered with 404 when the bot never got it,
// 410 when it was unsent, 202 while it is being prepared.
func (k *call) file() (*entry, *answer) {
	en := k.e.entries[k.args["messageId"]]
	var a answer
	switch {
	case en == nil || en.c != k.c || en.ctype == "" || en.From == k.c.o.UserID:
		a = refuse(http.StatusNotFound, "not found")
	case en.Unsent:
		a = refuse(http.StatusGone, "The content is gone")
	default:
		return en, nil
	}
	return nil, &a
}

func contentGet(k *call) answer {
	en, bad := k.file()
	switch {
	case bad != nil:
		return *bad
	case en.waiting:
		return answer{status: http.StatusAccepted, body: empty{}}
	}
	return answer{status: http.StatusOK, data: slices.Concat([]byte{}, en.data), ctype: en.ctype}
}

func preview(k *call) answer {
	en, bad := k.file()
	switch {
	case bad != nil:
		return *bad
	case en.Type != "image" && en.Type != "video":
		return refuse(http.StatusBadRequest, "The content can not be previewed")
	case en.waiting:
		return answer{status: http.StatusAccepted, body: empty{}}
	}
	return answer{status: http.StatusOK, data: slices.Concat([]byte{}, en.data), ctype: "image/jpeg"}
}

func transcoding(k *call) answer {
	en, bad := k.file()
	switch {
	case bad != nil:
		return *bad
	case en.Type != "video" && en.Type != "audio":
		return refuse(http.StatusBadRequest, "Transcoding status doesn't support this type of content")
	case en.waiting:
		return ok(map[string]string{"status": "processing"})
	}
	return ok(map[string]string{"status": "succeeded"})
}

func profile(k *call) answer {
	id := k.args["userId"]
	if !userID.MatchString(id) {
		return paramInvalid("userId")
	}
	u, f := k.e.users[id], k.c.friends[id]
	if u == nil || f == nil || f.blocked || (!f.friend && f.wrote.IsZero()) {
		return notFound()
	}
	return ok(map[string]string{"displayName": u.name, "userId": id, "language": "ja"})
}

// joined finds a group that the bot is in.
func (k *call) joined() (*group, *answer) {
	id := k.args["groupId"]
	if !groupID.MatchString(id) {
		a := paramInvalid("groupId")
		return nil, &a
	}
	g := k.e.groups[id]
	if g == nil || g.bot != k.c {
		a := notFound()
		return nil, &a
	}
	return g, nil
}

func groupSummary(k *call) answer {
	g, bad := k.joined()
	if bad != nil {
		return *bad
	}
	return ok(map[string]string{"groupId": g.id, "groupName": g.name})
}

func groupCount(k *call) answer {
	g, bad := k.joined()
	if bad != nil {
		return *bad
	}
	return ok(map[string]int{"count": len(g.members)})
}

// groupIDs is for verified and premium accounts only, which this one is not.
func groupIDs(k *call) answer {
	if _, bad := k.joined(); bad != nil {
		return *bad
	}
	return refuse(http.StatusForbidden, "Access to this API is not available for your account")
}

func groupMember(k *call) answer {
	g, bad := k.joined()
	if bad != nil {
		return *bad
	}
	id := k.args["userId"]
	if !userID.MatchString(id) {
		return paramInvalid("userId")
	}
	if !slices.Contains(g.members, id) {
		return notFound()
	}
	return ok(map[string]string{"displayName": k.e.users[id].name, "userId": id})
}

func groupLeave(k *call) answer {
	g, bad := k.joined()
	if bad != nil {
		return *bad
	}
	k.e.leave(g)
	return ok(empty{})
}
