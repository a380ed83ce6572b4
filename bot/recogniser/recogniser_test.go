package recogniser

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPublished(t *testing.T) {
	r := New("0885-00-0001", "０８８５（００）０００２", "188")
	for _, c := range []struct {
		text string
		want []Kind
	}{
		{"事務局は0885-00-0001です", nil},
		{"事務局は0885000001です", nil},
		{"事務局は０８８５（００）０００１です", nil},
		{"電話は00-0001です", nil}, // the local end of it
		{"センター直通 0885-00-0002", nil},
		{"0885-00-0003へ", []Kind{Telephone}},
		{"0885-00-0001か090-1234-5678へ", []Kind{Telephone}},
		{"電話は10-0001です", []Kind{Telephone}},
		{"188へ", nil},
	} {
		if got := r.Find(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", c.text, got, c.want)
		}
		if got, want := r.Personal(c.text), len(c.want) > 0; got != want {
			t.Errorf("%s: personal is %v", c.text, got)
		}
	}
}

// TestInvisible: what cannot be seen does not hide anything.
func TestInvisible(t *testing.T) {
	for _, text := range []string{
		"090\u200b-1234-\u200b5678", "田\u200d中さん", "田中\u2060さん", "090\u2011 1234\u20105678",
		"\ufeff090-1234-5678", "０９０\u30001234\u30005678", "090\t1234\t5678", "090-1234-5678\xff",
		// Which of its forms a character of a name has, as telephones write it.
		"渡邉\U000e0102様", "田中\ufe00さん", "2丁\U000e0100目",
		"090\u034f1234\u034f5678", "田中\u3164さん", strings.ReplaceAll("09012345678", "", "\ufe0f\u20e3"),
		"アハ\u200b\u309aート201", "ｱﾊ\u200bﾟｰﾄ201",
	} {
		if !Personal(text) {
			t.Errorf("%q passes", text)
		}
	}
}

// TestLong: the time grows with the length and not with its square, which for
// four times what LINE carries would be minutes.
func TestLong(t *testing.T) {
	for _, unit := range []string{"さん", "田中", "0", "1-", "一番", "町1", "マンション", "の", "@a.", "年月日", "0-", "1 ", "1丁目", "田中の", "電話"} {
		start := time.Now()
		Find(strings.Repeat(unit, 20000/len([]rune(unit))))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("20,000 characters of %s take %v", unit, took)
		}
	}
}

// TestLists: every entry of the lists is reachable, in kana or kanji as its
// list says.
func TestLists(t *testing.T) {
	w := lexicon()
	for name := range w.readings {
		if strings.ContainsFunc(name, func(c rune) bool { return scriptOf(c) != hiragana }) {
			t.Errorf("reading %s is not in hiragana", name)
		}
		if !Personal("「" + name + "さん」") {
			t.Errorf("%sさん passes", name)
		}
	}
	for name := range w.surnames {
		if !Personal(name + "さん") {
			t.Errorf("%sさん passes", name)
		}
	}
	for _, list := range []map[string]bool{w.roles, w.whole} {
		for word := range list {
			if w.surnames[word] {
				continue
			}
			if Personal("、" + word + "さん、") {
				t.Errorf("%sさん is taken for a name", word)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	text := "訪問販売の業者が2人、まだ玄関先にいます。おばあさんは断れずにいるようです。田中さん、090-1234-5678"
	for b.Loop() {
		Find(text)
	}
}

// BenchmarkPersonal is what most turns ask of the recogniser: a card's code,
// the label of a choice, a sentence of free text, one with numbers in it.
func BenchmarkPersonal(b *testing.B) {
	r := New("0885-00-0001")
	for _, c := range []struct{ name, text string }{
		{"code", "KQ7XN2M4TZPA5RWGD3YBCH6VEJ"},
		{"label", "急ぎではない"},
		{"words", "訪問販売の業者が、まだ玄関先にいます。おばあさんは断れずにいるようです。"},
		{"numbers", "訪問販売の業者が2人、午後3時ごろから玄関先にいます。屋根の工事に85万円と言われたそうです。"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r.Personal(c.text) {
					b.Fatal("taken for personal")
				}
			}
		})
	}
}
