package recogniser

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

type sentence struct {
	line    int
	text    string
	kinds   []Kind
	misread bool // known to be judged wrongly
}

func corpus(t testing.TB) []sentence {
	t.Helper()
	const path = "testdata/corpus.txt"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []sentence
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		kinds, text, ok := strings.Cut(line, " | ")
		if !ok {
			t.Fatalf("%s:%d: no bar", path, i+1)
		}
		s := sentence{line: i + 1, text: text}
		kinds, s.misread = strings.CutPrefix(kinds, "! ")
		for k := range strings.SplitSeq(kinds, ",") {
			if k = strings.TrimSpace(k); k != "-" {
				s.kinds = append(s.kinds, Kind(k))
			}
		}
		slices.Sort(s.kinds)
		out = append(out, s)
	}
	return out
}

// TestCorpus holds every sentence to its verdict and the whole to its figures.
func TestCorpus(t *testing.T) {
	var right, missed, alarms, quiet int
	all := corpus(t)
	if len(all) < 150 {
		t.Fatalf("the corpus has only %d sentences", len(all))
	}
	for _, s := range all {
		got := Find(s.text)
		slices.Sort(got)
		same := slices.Equal(got, s.kinds)
		switch {
		case s.misread && same:
			t.Errorf("line %d: %s: comes right now; remove the mark", s.line, s.text)
		case !s.misread && !same:
			t.Errorf("line %d: %s: found %v, want %v", s.line, s.text, got, s.kinds)
		}
		switch personal := len(s.kinds) > 0; {
		case personal && len(got) > 0:
			right++
		case personal:
			missed++
		case len(got) > 0:
			alarms++
		default:
			quiet++
		}
	}
	precision := float64(right) / float64(right+alarms)
	recall := float64(right) / float64(right+missed)
	t.Logf("%d sentences: precision %.3f, recall %.3f (%d found, %d missed, %d false alarms, %d rightly quiet)",
		len(all), precision, recall, right, missed, alarms, quiet)
	if precision < 0.95 || recall < 0.95 {
		t.Errorf("precision %.3f, recall %.3f: both must be at least 0.95", precision, recall)
	}
}

// TestWidth: half width, full width and decomposed forms are judged alike.
func TestWidth(t *testing.T) {
	for _, s := range corpus(t) {
		want := Find(s.text)
		for _, variant := range variants(s.text) {
			if got := Find(variant); !slices.Equal(got, want) {
				t.Errorf("line %d: %q gives %v, as written %v", s.line, variant, got, want)
			}
		}
	}
}

func variants(text string) []string {
	return []string{width.Narrow.String(text), width.Widen.String(text), norm.NFKC.String(text), norm.NFD.String(text)}
}

func FuzzFind(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s.text)
	}
	f.Add("\xff\xfe090-1234")
	f.Fuzz(func(t *testing.T, text string) {
		got := Find(text)
		sameAsSlow(t, text)
		if len(got) > 7 {
			t.Fatalf("%d kinds", len(got))
		}
		if !slices.Equal(got, Find(text)) {
			t.Fatal("twice the same text, two verdicts")
		}
		if Personal(text) != (len(got) > 0) {
			t.Fatal("Personal and Find disagree")
		}
		clean := strings.ToValidUTF8(text, "\uFFFD")
		for _, variant := range []string{norm.NFKC.String(clean), norm.NFKD.String(clean)} {
			if v := Find(variant); !slices.Equal(v, got) {
				t.Fatalf("%q gives %v, as written %q %v", variant, v, text, got)
			}
		}
	})
}
