package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"mimamori.example/mimamori/storage"
)

// ErrDamaged marks what is no whole, sound archive.
var ErrDamaged = errors.New("storage/archive: not a whole, sound archive")

// Verify reads an archive to its end and tells what it holds. Its errors are
// ErrDamaged and say in which line what is wrong, without telling contents.
func Verify(r io.Reader) (Summary, error) {
	return read(r, func(line) error { return nil })
}

// read calls visit with every line between header and trailer, after checking
// that line. Only when read returns nil was the archive whole.
func read(r io.Reader, visit func(line) error) (Summary, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return Summary{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return readLines(z, visit)
}

// readLines is read behind the compression.
func readLines(r io.Reader, visit func(line) error) (Summary, error) {
	c := &checker{lines: bufio.NewReaderSize(r, 64<<10), hash: sha256.New(), sum: Summary{Kinds: map[string]int{}}}
	err := c.run(visit)
	var v visitError
	switch {
	case errors.As(err, &v):
		return c.sum, v.err
	case err != nil:
		return c.sum, fmt.Errorf("%w: line %d: %w", ErrDamaged, c.n, err)
	}
	return c.sum, nil
}

// visitError is an error of visit, which says nothing of the archive.
type visitError struct{ err error }

func (e visitError) Error() string { return e.err.Error() }

// checker reads lines and holds them against the rules of the format.
type checker struct {
	lines *bufio.Reader
	n     int
	hash  hash.Hash
	sum   Summary
	kinds map[string][]string

	council string
	section int      // lines of a council come in the order of sections
	last    []string // the line before, as far as order goes
	items   map[string]bool
}

func (c *checker) run(visit func(line) error) error {
	raw, err := c.next()
	if err != nil {
		return err
	}
	var h header
	if err := strict(raw, &h); err != nil {
		return err
	}
	switch {
	case h.Archive != what:
		return errors.New("the header is not that of an archive")
	case h.Format != Format:
		return fmt.Errorf("the archive has format %d, this program knows %d", h.Format, Format)
	}
	for kind, indexes := range h.Kinds {
		if err := checkKind(kind, indexes); err != nil {
			return err
		}
	}
	c.kinds, c.sum.Created = h.Kinds, h.Created
	c.hash.Write(raw)
	for {
		raw, err := c.next()
		if err != nil {
			return err
		}
		var l line
		if err := strict(raw, &l); err != nil {
			return err
		}
		if l.End != nil {
			return c.end(l)
		}
		c.hash.Write(raw)
		if err := c.check(l); err != nil {
			return err
		}
		if err := visit(l); err != nil {
			return visitError{err}
		}
	}
}

func checkKind(kind string, indexes []string) error {
	if err := storage.CheckName("kind", kind); err != nil {
		return err
	}
	for _, x := range indexes {
		if err := storage.CheckName("index", x); err != nil {
			return err
		}
	}
	return nil
}

// next reads a line with its end.
func (c *checker) next() ([]byte, error) {
	c.n++
	var line []byte
	for {
		part, err := c.lines.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, errors.New("the archive ends before its trailer")
		default:
			return nil, err
		}
	}
}

// strict decodes one JSON value and nothing else.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// plain keeps contents out of a decoder's errors.
func plain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON from byte %d on", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("a value of the wrong type at byte %d", kind.Offset)
	}
	return errors.New("not a line of an archive")
}

// Sections of a council, in their order.
const (
	documents = iota
	keys
	sequences
	items
)

// check holds a line against limits and order. Order makes sure that nothing
// comes twice.
func (c *checker) check(l line) error {
	set := 0
	for _, is := range []bool{l.Council != "", l.Document != nil, l.Key != nil, l.Sequence != nil, l.Item != nil} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("not one thing in a line")
	case l.Council != "":
		return c.checkCouncil(l.Council)
	case c.council == "":
		return errors.New("no council has begun")
	case l.Document != nil:
		return c.checkDocument(l.Document)
	case l.Key != nil:
		c.sum.Keys++
		if err := c.order(keys, string(sortable(l.Key.At)), l.Key.Key); err != nil {
			return err
		}
		return storage.CheckKey("deduplication key", l.Key.Key)
	case l.Sequence != nil:
		c.sum.Sequences++
		if l.Sequence.Last > storage.MaxSequence {
			return errors.New("a sequence beyond its end")
		}
		if err := c.order(sequences, l.Sequence.Name); err != nil {
			return err
		}
		return storage.CheckKey("sequence", l.Sequence.Name)
	}
	return c.checkItem(l.Item)
}

func (c *checker) checkCouncil(name string) error {
	if err := storage.CheckCouncil(name); err != nil {
		return err
	}
	if name <= c.council {
		return errors.New("councils are not in order")
	}
	c.council, c.section, c.last, c.items = name, documents, nil, map[string]bool{}
	c.sum.Councils++
	return nil
}

func (c *checker) checkDocument(d *document) error {
	c.sum.Documents++
	c.sum.Kinds[d.Kind]++
	indexes, ok := c.kinds[d.Kind]
	if !ok {
		return errors.New("a document of a kind that the header does not name")
	}
	if err := c.order(documents, d.Kind, d.ID); err != nil {
		return err
	}
	return storage.CheckDocument(storage.Definition{Name: d.Kind, Indexes: indexes}, d.ID, d.Doc, make([]string, len(indexes)))
}

func (c *checker) checkItem(it *item) error {
	c.sum.Items++
	if err := c.order(items); err != nil {
		return err
	}
	if c.items[it.ID] {
		return errors.New("an item twice")
	}
	c.items[it.ID] = true
	if it.Attempts < 0 || it.Attempts > 1<<30 {
		return errors.New("an item's number of attempts")
	}
	for _, t := range []int64{it.Due, it.Enqueued} {
		if err := checkTime(t); err != nil {
			return err
		}
	}
	return storage.CheckItem(it.item().Item)
}

func (it *item) item() storage.QueuedItem {
	return storage.QueuedItem{
		Item: storage.Item{
			ID: it.ID, Recipient: it.Recipient, Lane: it.Lane,
			Due: time.UnixMicro(it.Due), Enqueued: time.UnixMicro(it.Enqueued), Passes: it.Passes, Body: it.Body, State: it.State,
		},
		Attempts: it.Attempts, Parked: it.Parked, Yields: it.Yields,
	}
}

// order checks that sections come in order and, within one, what names a line.
func (c *checker) order(section int, name ...string) error {
	switch {
	case section < c.section:
		return errors.New("lines are not in order")
	case section > c.section:
		c.section, c.last = section, nil
	}
	if len(name) > 0 && c.last != nil && slices.Compare(name, c.last) <= 0 {
		return errors.New("lines are not in order, or one comes twice")
	}
	c.last = name
	return nil
}

// sortable spells a time so that it sorts as text.
func sortable(us int64) []byte {
	u := uint64(us) ^ 1<<63
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(u >> (56 - 8*i))
	}
	return b
}

// Times that every engine keeps: from the year 1, which is the zero time, on.
var (
	firstTime = time.Time{}.UnixMicro()
	lastTime  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro()
)

func checkTime(us int64) error {
	if us < firstTime || us > lastTime {
		return errors.New("a time that cannot be")
	}
	return nil
}

// end checks the trailer, and that nothing follows it.
func (c *checker) end(l line) error {
	l2 := l
	l2.End = nil
	if l2 != (line{}) {
		return errors.New("not one thing in a line")
	}
	if _, err := c.lines.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return errors.New("the archive goes on behind its trailer")
	}
	c.sum.SHA256 = hex.EncodeToString(c.hash.Sum(nil))
	switch {
	case l.End.Counts != c.sum.Counts:
		return fmt.Errorf("the trailer counts %+v, the archive holds %+v", l.End.Counts, c.sum.Counts)
	case l.End.SHA256 != c.sum.SHA256:
		return errors.New("the contents have changed: their SHA-256 is not the trailer's")
	}
	return nil
}
