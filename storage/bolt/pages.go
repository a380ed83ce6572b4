package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"

	"mimamori.example/mimamori/storage"
)

// bbolt meets a page that cannot be with a panic, sometimes on a goroutine of
// its own where nobody can catch it, and what lies behind the end of a
// shortened file ends the process. So the file's pages are looked at before
// bbolt is let near them: by reading, not by mapping. This is bbolt's format,
// version 2; its numbers are the machine's.
const (
	pageHeader   = 16 // id 8, flags 2, count 2, overflow 4
	pageElement  = 16 // of a branch: pos, ksize, pgid 8; of a leaf: flags, pos, ksize, vsize
	pageBranch   = 0x01
	pageLeaf     = 0x02
	leafBucket   = 0x01
	bucketHeader = 16 // root 8, sequence 8
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	metaChecked  = 56 // bytes of a meta page's contents that its checksum covers
)

// damaged is what is wrong with a file, without anything of its contents.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", storage.ErrDamaged, fmt.Sprintf(format, args...))
}

// pages walks through a file.
type pages struct {
	file io.ReaderAt
	size uint64 // of a page
	end  uint64 // the first page that is not in use
	root uint64
	txid uint64
	seen []uint64 // a bit for each page
}

// checkPages reads every page that is in use. Nothing may be written
// meanwhile.
func checkPages(file io.ReaderAt, size int64) error {
	p, err := readMeta(file, size)
	if err != nil {
		return err
	}
	if need := p.end * p.size; need > uint64(size) {
		return damaged("it is shorter than what it holds: %d bytes of %d", size, need)
	}
	p.seen = make([]uint64, p.end/64+1)
	if p.take(0, 2) != nil {
		return damaged("it has no room for its first pages")
	}
	return p.walk(p.root, nil, nil, 0)
}

// readMeta finds the newest whole meta page, as bbolt does.
func readMeta(file io.ReaderAt, size int64) (*pages, error) {
	var found *pages
	for _, at := range metaOffsets(file) {
		b := make([]byte, pageHeader+metaChecked+8)
		if _, err := file.ReadAt(b, at); err != nil {
			continue
		}
		m, n := b[pageHeader:], binary.NativeEndian
		sum := fnv.New64a()
		_, _ = sum.Write(m[:metaChecked]) // a hash does not fail
		if n.Uint32(m) != metaMagic || n.Uint32(m[4:]) != metaVersion || n.Uint64(m[metaChecked:]) != sum.Sum64() {
			continue
		}
		p := &pages{file: file, size: uint64(n.Uint32(m[8:])), root: n.Uint64(m[16:]), end: n.Uint64(m[40:]), txid: n.Uint64(m[48:])}
		if p.size < 512 || p.size > 1<<20 || p.end > math.MaxInt64/p.size {
			continue
		}
		if found == nil || p.txid > found.txid {
			found = p
		}
	}
	if found == nil {
		return nil, damaged("its first pages, of %d bytes, are not those of a store", size)
	}
	return found, nil
}

// metaOffsets are where the two meta pages stand. The first tells the page's
// size, and when it cannot be read one of the usual sizes fits.
func metaOffsets(file io.ReaderAt) []int64 {
	at := []int64{0}
	b := make([]byte, pageHeader+12)
	if _, err := file.ReadAt(b, 0); err == nil {
		if size := int64(binary.NativeEndian.Uint32(b[pageHeader+8:])); size >= 512 && size <= 1<<20 {
			at = append(at, size)
		}
	}
	for size := int64(1 << 10); size <= 1<<16; size <<= 1 {
		at = append(at, size)
	}
	return at
}

// take marks pages as met.
func (p *pages) take(from, n uint64) error {
	if from >= p.end || n > p.end-from {
		return damaged("page %d lies behind the last one", from)
	}
	for id := from; id < from+n; id++ {
		if p.seen[id/64]&(1<<(id%64)) != 0 {
			return damaged("page %d is used twice", id)
		}
		p.seen[id/64] |= 1 << (id % 64)
	}
	return nil
}

// maxDepth is deeper than any tree of pages is.
const maxDepth = 64

// walk checks the pages below id, whose keys lie from first on and before until.
func (p *pages) walk(id uint64, first, until []byte, depth int) error {
	if id < 2 || id >= p.end || depth > maxDepth {
		return damaged("page %d is out of place", id)
	}
	head := make([]byte, p.size)
	if _, err := p.file.ReadAt(head, int64(id*p.size)); err != nil {
		return damaged("page %d cannot be read: %v", id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(head[12:]))
	if got := binary.NativeEndian.Uint64(head); got != id {
		return damaged("page %d says that it is %d", id, got)
	}
	if err := p.take(id, 1+more); err != nil {
		return err
	}
	if more > 0 {
		rest := make([]byte, more*p.size)
		if _, err := p.file.ReadAt(rest, int64((id+1)*p.size)); err != nil {
			return damaged("page %d cannot be read: %v", id, err)
		}
		head = append(head, rest...)
	}
	return p.page(id, head, first, until, depth)
}

// page checks what stands on a page, or on one inside another page.
func (p *pages) page(id uint64, b, first, until []byte, depth int) error {
	n := binary.NativeEndian
	flags, count := n.Uint16(b[8:]), int(n.Uint16(b[10:]))
	if flags != pageBranch && flags != pageLeaf || pageHeader+count*pageElement > len(b) || (flags == pageBranch && count == 0) {
		return damaged("page %d is neither branch nor leaf", id)
	}
	keys := make([][]byte, count)
	for i := range count {
		at := pageHeader + i*pageElement
		pos, size := n.Uint32(b[at:]), n.Uint32(b[at+4:])
		if flags == pageLeaf {
			pos, size = n.Uint32(b[at+4:]), n.Uint32(b[at+8:])
		}
		key, err := part(b, at, pos, size)
		switch {
		case err != nil:
			return damaged("page %d: %v", id, err)
		case i > 0 && bytes.Compare(keys[i-1], key) >= 0,
			first != nil && bytes.Compare(key, first) < 0, until != nil && bytes.Compare(key, until) >= 0:
			return damaged("page %d is not in order", id)
		}
		keys[i] = key
	}
	for i, key := range keys {
		at := pageHeader + i*pageElement
		var err error
		if flags == pageBranch {
			next := until
			if i+1 < count {
				next = keys[i+1]
			}
			err = p.walk(n.Uint64(b[at+8:]), key, next, depth+1)
		} else {
			var value []byte
			if value, err = part(b, at, n.Uint32(b[at+4:])+uint32(len(key)), n.Uint32(b[at+12:])); err == nil && n.Uint32(b[at:])&leafBucket != 0 {
				err = p.bucket(id, value, depth)
			}
		}
		if err != nil && !errors.Is(err, storage.ErrDamaged) {
			return damaged("page %d: %v", id, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket, whose pages may stand in its value.
func (p *pages) bucket(id uint64, value []byte, depth int) error {
	if len(value) < bucketHeader || depth > maxDepth {
		return errors.New("a bucket without a head")
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return p.walk(root, nil, nil, depth+1)
	}
	if len(value) < bucketHeader+pageHeader {
		return errors.New("a bucket without a page")
	}
	return p.page(id, value[bucketHeader:], nil, nil, depth+1)
}

// part is so many bytes of a page, pos behind the element that stands at at.
func part(b []byte, at int, pos, size uint32) ([]byte, error) {
	from := uint64(at) + uint64(pos)
	if until := from + uint64(size); until > uint64(len(b)) {
		return nil, errors.New("an entry goes on behind its page")
	}
	return b[from : from+uint64(size)], nil
}
