package emulator

import (
	"regexp"
	"testing"
)

// FuzzPatterns compares the patterns with the regular expressions they stand
// for, and the lengths that longer counts with those that it does not.
func FuzzPatterns(f *testing.F) {
	const px, share = `(\d+(\.\d+)?)px`, `(\d+(\.\d+)?)%`
	patterns := []struct {
		pattern
		want *regexp.Regexp
	}{
		{colour, regexp.MustCompile(`^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`)},
		{spacing, regexp.MustCompile(`^(none|xs|sm|md|lg|xl|xxl|` + px + `)$`)},
		{padding, regexp.MustCompile(`^(none|xs|sm|md|lg|xl|xxl|` + px + `|` + share + `)$`)},
		{border, regexp.MustCompile(`^(none|light|normal|medium|semi-bold|bold|` + px + `)$`)},
		{length, regexp.MustCompile(`^(` + px + `|` + share + `)$`)},
		{fontSize, regexp.MustCompile(`^(xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|` + px + `)$`)},
		{imageSize, regexp.MustCompile(`^(xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|` + px + `|` + share + `)$`)},
		{lineGap, regexp.MustCompile(`^` + px + `$`)},
		{angle, regexp.MustCompile(`^(\d+(\.\d+)?)deg$`)},
		{stop, regexp.MustCompile(`^` + share + `$`)},
	}
	for _, s := range []string{
		"", "none", "xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl", "6xl", "full", "light", "normal", "medium", "semi-bold", "bold",
		"nonexs", "None", "xs ", "xs\n", "10px", "10.5px", "10.px", ".5px", "px", "1.2.3px", "-1px", "+1px", "1e3px", "１px", "10px\n", " 10px", "10pxpx", "10%px",
		"50%", "50.5%", "%", "5.%", "50%%", "10px%", "45deg", "45.0deg", "deg", "0045deg", "360 deg",
		"#123456", "#abcdef", "#ABCDEF", "#12345678", "#1234567", "#12345", "#12345g", "123456", "#12345６", "#123456\n", "##23456",
		"あ", "👨‍👩‍👧‍👦", "e\u0301", "\xff\xfe", "가각", "🇯🇵🇯🇵",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range patterns {
			if got := p.MatchString(s); got == !p.want.MatchString(s) {
				t.Errorf("%q: %t by %s", s, got, p.want)
			}
		}
		for _, count := range []unit{graphemes, utf16Len} {
			n := count(s)
			if !longer(s, n-1, count) || longer(s, n, count) {
				t.Errorf("%q is not %d long", s, n)
			}
		}
	})
}
