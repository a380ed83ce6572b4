package emulator

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"
)

// Ids as LINE's reference shows them.
var (
	userID  = regexp.MustCompile(`^U[0-9a-f]{32}$`)
	groupID = regexp.MustCompile(`^C[0-9a-f]{32}$`)
	roomID  = regexp.MustCompile(`^R[0-9a-f]{32}$`)
	uuid    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// bytes returns n random bytes. A source that fails leaves nothing to go on
// with, as crypto/rand does.
func (e *Emulator) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(e.rand, b); err != nil {
		panic(fmt.Sprintf("emulator: source of randomness: %v", err))
	}
	return b
}

// hex is the random part of most ids: 32 digits.
func (e *Emulator) hex() string { return hex.EncodeToString(e.bytes(16)) }

// token makes opaque tokens such as quote tokens.
func (e *Emulator) token(n int) string { return base64.RawURLEncoding.EncodeToString(e.bytes(n)) }

// requestID looks like the UUIDs of x-line-request-id.
func (e *Emulator) requestID() string {
	h := e.hex()
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// messageID counts up: LINE's ids are decimal numbers in a string.
func (e *Emulator) messageID() string {
	e.message++
	return strconv.FormatInt(e.message, 10)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ulid is a webhookEventId: 48 bits of milliseconds, 80 random bits, in
// Crockford's base 32.
func (e *Emulator) ulid(at time.Time) string {
	r := e.bytes(16)
	for i := range r {
		r[i] &= 31
	}
	out := make([]byte, 26)
	ms := at.UnixMilli()
	for i := 9; i >= 0; i-- {
		out[i] = crockford[ms&31]
		ms >>= 5
	}
	for i, b := range r {
		out[10+i] = crockford[b]
	}
	return string(out)
}
