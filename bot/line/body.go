package line

// readBody decodes a body as LINE writes them, in a fraction of encoding/json's
// time; false for one that is unusual in any way. What it decodes it decodes as
// decodeJSON would.
func readBody(body []byte) (Envelope, bool) {
	r := reader{json: body}
	var env Envelope
	begun := false
	r.object(
		property{"destination", func() {
			r.odd = r.odd || begun // the events could not be held against it
			r.text(&env.Destination)
		}},
		property{"events", func() {
			r.odd = r.odd || begun
			begun = true
			for i := range r.elements {
				var w wireEvent
				if r.event(&w); r.odd {
					break
				}
				if env.Events == nil {
					env.Events = make([]Event, 0, 1)
				}
				env.add(i, &w)
			}
		}},
	)
	return env, r.end()
}

func (r *reader) event(w *wireEvent) {
	r.object(
		property{"type", &w.Type},
		property{"mode", &w.Mode},
		property{"timestamp", &w.Timestamp},
		property{"webhookEventId", &w.ID},
		property{"replyToken", &w.ReplyToken},
		property{"source", func() { r.source(made(&w.Source)) }},
		property{"deliveryContext", func() { r.object(property{"isRedelivery", &w.Delivery.Redelivery}) }},
		property{"message", func() { r.message(made(&w.Message)) }},
		property{"postback", func() { r.object(property{"data", &made(&w.Postback).Data}) }},
		property{"joined", func() { r.members(made(&w.Joined)) }},
		property{"left", func() { r.members(made(&w.Left)) }},
		property{"unsend", func() { r.object(property{"messageId", &made(&w.Unsend).MessageID}) }},
		property{"follow", func() { r.object(property{"isUnblocked", &made(&w.Follow).Unblocked}) }},
	)
}

func (r *reader) source(s *wireSource) {
	r.object(
		property{"type", &s.Type},
		property{"userId", &s.UserID},
		property{"groupId", &s.GroupID},
		property{"roomId", &s.RoomID},
	)
}

func (r *reader) message(m *wireMessage) {
	r.object(
		property{"id", &m.ID},
		property{"type", &m.Type},
		property{"text", &m.Text},
		property{"quoteToken", &m.QuoteToken},
		property{"quotedMessageId", &m.QuotedMessageID},
		property{"markAsReadToken", &m.MarkAsReadToken},
		property{"stickerId", &m.StickerID},
		property{"mention", func() { r.mention(made(&m.Mention)) }},
	)
}

func (r *reader) mention(m *wireMention) {
	r.object(property{"mentionees", func() {
		r.odd = r.odd || m.Mentionees != nil
		for range r.elements {
			var p wireMentionee
			r.object(property{"isSelf", &p.IsSelf}, property{"userId", &p.UserID})
			m.Mentionees = append(m.Mentionees, p)
		}
	}})
}

func (r *reader) members(m *wireMembers) {
	r.object(property{"members", func() {
		r.odd = r.odd || m.Members != nil
		for range r.elements {
			var s wireSource
			r.source(&s)
			m.Members = append(m.Members, s)
		}
	}})
}

// made is what p points to, made if there is none.
func made[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}
