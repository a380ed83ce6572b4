package emulator

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A token made for a load test answers in the user's talk, once.
func TestReplyToken(t *testing.T) {
	e := New(Options{})
	server := httptest.NewServer(e)
	defer server.Close()
	c, err := e.AddChannel(ChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	user := e.AddUser("Hana")
	token, err := c.ReplyToken(user)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{http.StatusOK, http.StatusBadRequest} {
		body := `{"replyToken":"` + token + `","messages":[{"type":"text","text":"good day"}]}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v2/bot/message/reply", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+c.Token())
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != want {
			t.Errorf("use %d: got %d, want %d", i+1, answer.StatusCode, want)
		}
	}
	if talk, err := e.Talk(user, c.UserID()); err != nil || len(talk) != 1 || talk[0].Text != "good day" {
		t.Errorf("talk: %v, %v", talk, err)
	}
	if _, err := c.ReplyToken("U0"); !errors.Is(err, ErrUnknown) {
		t.Errorf("nobody's token: got %v, want ErrUnknown", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
