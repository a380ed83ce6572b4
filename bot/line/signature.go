package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// VerifySignature tells whether signature (the x-line-signature header) is the
// base64 HMAC-SHA256 of the raw body under the channel secret. It takes the
// same time for every wrong signature of the right length, and is false for an
// empty secret, which anybody could sign with. The body must be the bytes as
// received: decoding and encoding them again breaks the signature.
func VerifySignature(secret string, body []byte, signature string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body) // a hash's Write never fails
	want := base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
	return hmac.Equal([]byte(signature), want) && secret != ""
}
