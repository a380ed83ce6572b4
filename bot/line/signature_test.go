package line_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"mimamori.example/mimamori/bot/line"
)

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestVerifySignature(t *testing.T) {
	// LINE's own check vector.
	const (
		secret    = "8c570fa6dd201bb328f1c1eac23a96d8"
		body      = `{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}`
		signature = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="
	)
	tests := []struct {
		name, secret, body, signature string
		want                          bool
	}{
		{"right", secret, body, signature, true},
		{"another body", secret, body + " ", signature, false},
		{"another secret", secret + "0", body, signature, false},
		{"no signature", secret, body, "", false},
		{"not base64", secret, body, "%%%", false},
		{"cut short", secret, body, signature[:20], false},
		{"loose padding bits", secret, body, signature[:42] + "t=", false},
		{"with a line break", secret, body, signature + "\n", false},
		{"hex", secret, body, "1a144a9af987cac", false},
		{"empty secret, rightly signed", "", body, sign("", []byte(body)), false},
		{"empty body, rightly signed", secret, "", sign(secret, nil), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := line.VerifySignature(tt.secret, []byte(tt.body), tt.signature); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
