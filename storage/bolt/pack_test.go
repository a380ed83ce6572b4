package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"

	"mimamori.example/mimamori/storage"
)

func TestPack(t *testing.T) {
	noise := make([]byte, storage.MaxDocument)
	for i := 0; i+8 <= len(noise); i += 8 {
		binary.NativeEndian.PutUint64(noise[i:], rand.Uint64())
	}
	const row = `{"type":"box","layout":"vertical","contents":[{"type":"text","text":"訪問販売"}]},`
	var p packer
	for name, tt := range map[string]struct {
		body []byte
		most int // bytes of what is stored
	}{
		"nothing":           {nil, 1},
		"a few bytes":       {[]byte("{}"), 3},
		"just too short":    {bytes.Repeat([]byte("a"), packFrom-1), packFrom},
		"long enough":       {bytes.Repeat([]byte("a"), packFrom), 64},
		"a question":        {[]byte(strings.Repeat(row, 60)), 60 * len(row) / 5},
		"noise":             {noise[:4096], 4097},
		"as long as can be": {noise, len(noise) + 1},
	} {
		packed := p.pack(tt.body)
		if len(packed) > tt.most {
			t.Errorf("%s: %d bytes stored of %d, want at most %d", name, len(packed), len(tt.body), tt.most)
		}
		kept := bytes.Clone(packed)
		p.pack(noise) // which uses the same room
		if !bytes.Equal(packed, kept) {
			t.Errorf("%s: what was packed is overwritten by the next", name)
		}
		if got, err := unpack(packed); err != nil || !bytes.Equal(got, tt.body) {
			t.Errorf("%s: %d bytes came back of %d: %v", name, len(got), len(tt.body), err)
		}
	}
}

func TestUnpackDamage(t *testing.T) {
	huge := s2.Encode(nil, make([]byte, storage.MaxDocument+1))
	for name, b := range map[string][]byte{
		"nothing": {}, "another way": {7, 1}, "no block": {squeezed}, "half a block": {squeezed, 200, 1, 5},
		"more than an item may hold": append([]byte{squeezed}, huge...),
	} {
		if got, err := unpack(b); !errors.Is(err, errRecord) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// FuzzUnpack: whatever stands in the file, a body is at most as long as it may
// be, and one that was packed comes back.
func FuzzUnpack(f *testing.F) {
	var p packer
	for _, s := range []string{"", "{}", strings.Repeat("見守り", 400)} {
		f.Add(p.pack([]byte(s)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := unpack(b)
		switch {
		case err != nil && !errors.Is(err, errRecord):
			t.Fatalf("an error of another kind: %v", err)
		case err == nil && len(body) > max(storage.MaxDocument, len(b)):
			t.Fatalf("%d bytes", len(body))
		}
		var p packer
		if got, err := unpack(p.pack(b)); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes came back of %d: %v", len(got), len(b), err)
		}
	})
}
