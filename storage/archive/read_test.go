package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/storagetest"
)

const head = `{"archive":"mimamori store","format":1,"created":"2027-05-01T00:00:00Z","kinds":{"thing":["colour","size"],"plain":[]}}` + "\n"

// sealed adds the trailer that fits.
func sealed(counts Counts, lines ...string) string {
	b := head
	for _, l := range lines {
		b += l + "\n"
	}
	sum := sha256.Sum256([]byte(b))
	end, err := json.Marshal(line{End: &trailer{Counts: counts, SHA256: hex.EncodeToString(sum[:])}})
	if err != nil {
		panic(err)
	}
	return b + string(end) + "\n"
}

const (
	council = `{"council":"c"}`
	doc     = `{"document":{"kind":"thing","id":"a","doc":{"id":"a","colour":"red","n":0}}}`
	once    = `{"key":{"at":5,"key":"k"}}`
	number  = `{"sequence":{"name":"case","last":7}}`
	waiting = `{"item":{"id":"i","recipient":"R","lane":"casework","due":0,"enqueued":0,"body":"eA=="}}`
)

var oneOfEach = Counts{Councils: 1, Documents: 1, Keys: 1, Sequences: 1, Items: 1}

// Archives that were put together with care, but wrongly.
func TestLines(t *testing.T) {
	sound := sealed(oneOfEach, council, doc, once, number, waiting)
	for name, tt := range map[string]struct{ text, fault string }{
		"sound":                      {sound, ""},
		"empty":                      {sealed(Counts{}), ""},
		"no line at all":             {"", "ends before its trailer"},
		"another header":             {`{"archive":"something","format":1,"created":"2027-05-01T00:00:00Z","kinds":{}}` + "\n", "header"},
		"a later format":             {strings.Replace(sound, `"format":1`, `"format":2`, 1), "format 2"},
		"a field that is not known":  {sealed(Counts{}, `{"city":"c"}`), "not a line"},
		"not JSON":                   {sealed(Counts{}, `{"council":`), "not a line"},
		"two values":                 {sealed(Counts{Councils: 1}, council+council), "more than one value"},
		"nothing":                    {sealed(Counts{}, `{}`), "not one thing"},
		"two things":                 {sealed(oneOfEach, council, `{"key":{"at":5,"key":"k"},"sequence":{"name":"case","last":7}}`), "not one thing"},
		"no council":                 {sealed(Counts{Documents: 1}, doc), "no council"},
		"a council's name":           {sealed(Counts{Councils: 1}, `{"council":"../c"}`), "not allowed"},
		"councils out of order":      {sealed(Counts{Councils: 2}, `{"council":"d"}`, council), "not in order"},
		"a document twice":           {sealed(Counts{Councils: 1, Documents: 2}, council, doc, doc), "twice"},
		"a document behind a key":    {sealed(Counts{Councils: 1, Documents: 1, Keys: 1}, council, once, doc), "not in order"},
		"a key twice":                {sealed(Counts{Councils: 1, Keys: 2}, council, once, once), "twice"},
		"a sequence twice":           {sealed(Counts{Councils: 1, Sequences: 2}, council, number, number), "twice"},
		"a sequence beyond its end":  {sealed(Counts{Councils: 1, Sequences: 1}, council, `{"sequence":{"name":"a","last":9223372036854775807}}`), "beyond"},
		"an item twice":              {sealed(Counts{Councils: 1, Items: 2}, council, waiting, waiting), "twice"},
		"an item without a lane":     {sealed(Counts{Councils: 1, Items: 1}, council, `{"item":{"id":"i","recipient":"R","lane":"","due":0,"enqueued":0}}`), "lane"},
		"a time that cannot be":      {sealed(Counts{Councils: 1, Items: 1}, council, `{"item":{"id":"i","recipient":"R","lane":"l","due":9223372036854775807,"enqueued":0}}`), "time"},
		"an unnamed kind":            {sealed(Counts{Councils: 1, Documents: 1}, council, strings.Replace(doc, "thing", "other", 1)), "kind"},
		"a document without an id":   {sealed(Counts{Councils: 1, Documents: 1}, council, `{"document":{"kind":"plain","id":"","doc":{}}}`), "empty"},
		"U+0000 in a document":       {sealed(Counts{Councils: 1, Documents: 1}, council, `{"document":{"kind":"plain","id":"a","doc":"\u0000"}}`), "U+0000"},
		"wrong counts":               {sealed(Counts{Councils: 2}, council), "counts"},
		"changed contents":           {strings.Replace(sound, `"red"`, `"bed"`, 1), "SHA-256"},
		"something behind the end":   {sound + council + "\n", "behind"},
		"a trailer with a passenger": {strings.Replace(sound, `{"end":`, `{"council":"z","end":`, 1), "not one thing"},
		"a line too long":            {head + strings.Repeat(" ", maxLine+1), "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readLines(strings.NewReader(tt.text), func(line) error { return nil })
			switch {
			case tt.fault == "" && err != nil:
				t.Error(err)
			case tt.fault != "" && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tt.fault)):
				t.Errorf("error %v, want one of %q", err, tt.fault)
			}
		})
	}
}

// FuzzRead: whatever comes in, the reader ends with a verdict, and what it
// calls sound can be restored.
func FuzzRead(f *testing.F) {
	for _, lines := range [][]string{
		{council, doc, once, number, waiting},
		{council, `{"document":{"kind":"plain","id":"b","doc":[1e9,null]}}`, `{"council":"d"}`, waiting},
		{council, number, once},
		{council, council},
	} {
		f.Add([]byte(strings.Join(lines, "\n")), true)
		f.Add([]byte(sealed(oneOfEach, lines...)), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal { // lines, counted and sealed as they come
			b = []byte(sealed(count(b), strings.Split(string(b), "\n")...))
		}
		sum, err := readLines(bytes.NewReader(b), func(line) error { return nil })
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("error %v", err)
			}
			return
		}
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		restoreSound(t, z.Bytes(), sum)
	})
}

func restoreSound(t *testing.T, b []byte, sum Summary) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "db"), storagetest.Definitions(), bolt.Options{Create: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := context.Background()
	switch _, err := Import(ctx, bytes.NewReader(b), s); {
	case errors.Is(err, ErrForeign): // sound, but not of the suite's kinds
		return
	case err != nil:
		t.Fatalf("sound, but not restored: %v", err)
	}
	again, err := Export(ctx, s, new(bytes.Buffer), sum.Created)
	// A council of which nothing is stored is not there any more.
	if again.Councils = sum.Councils; err != nil || again.Counts != sum.Counts {
		t.Fatalf("restored %v, %v, of %v", again, err, sum)
	}
}

// count is what a trailer must say of lines.
func count(b []byte) Counts {
	var c Counts
	for l := range bytes.Lines(b) {
		var x line
		if json.Unmarshal(l, &x) != nil {
			continue
		}
		switch {
		case x.Council != "":
			c.Councils++
		case x.Document != nil:
			c.Documents++
		case x.Key != nil:
			c.Keys++
		case x.Sequence != nil:
			c.Sequences++
		case x.Item != nil:
			c.Items++
		}
	}
	return c
}

func TestSummaryTellsCounts(t *testing.T) {
	sum, err := readLines(strings.NewReader(sealed(oneOfEach, council, doc, once, number, waiting)), func(line) error { return nil })
	want := "1 councils, 1 documents, 1 deduplication keys, 1 sequences, 1 items waiting, of 2027-05-01T00:00:00Z"
	if err != nil || fmt.Sprint(sum) != want {
		t.Errorf("%q, %v, want %q", sum, err, want)
	}
}
