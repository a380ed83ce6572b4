package app_test

import (
	"testing"

	"mimamori.example/mimamori/bot/app"
)

// The id is percent-encoded, as LINE documents it.
func TestCardLink(t *testing.T) {
	got := app.CardLink("@123abcde", "構成員証", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	want := "https://line.me/R/oaMessage/%40123abcde/?%E6%A7%8B%E6%88%90%E5%93%A1%E8%A8%BC%20ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
