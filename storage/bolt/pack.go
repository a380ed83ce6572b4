package bolt

import (
	"fmt"

	"github.com/klauspost/compress/s2"

	"mimamori.example/mimamori/storage"
)

// A body stands in the file behind a byte that says how. Most are messages for
// LINE, several kilobytes of JSON that repeats itself: S2 makes a fifth to a
// seventh of them in 3 µs, and a commit waits for each page that is written.
const (
	asItIs byte = iota
	squeezed
)

// packFrom is the size from which squeezing a body is worth its time.
const packFrom = 512

// packer packs bodies, one at a time.
type packer struct{ room []byte }

// pack returns what is stored of a body; it does not share its memory.
func (p *packer) pack(body []byte) []byte {
	if len(body) >= packFrom {
		p.room = s2.Encode(p.room[:cap(p.room)], body)
		if len(p.room) < len(body)-len(body)/8 {
			return append([]byte{squeezed}, p.room...)
		}
	}
	return append([]byte{asItIs}, body...)
}

// unpack returns the body that was packed; it does not share memory either.
func unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	switch how, b := b[0], b[1:]; how {
	case asItIs:
		return append([]byte(nil), b...), nil
	case squeezed:
		if n, err := s2.DecodedLen(b); err != nil || n > storage.MaxDocument {
			return nil, fmt.Errorf("%w: a body of %d bytes", errRecord, n)
		}
		body, err := s2.Decode(nil, b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRecord, err)
		}
		return body, nil
	default:
		return nil, fmt.Errorf("%w: a body packed in way %d", errRecord, how)
	}
}
