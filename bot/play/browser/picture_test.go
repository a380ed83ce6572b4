package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// readmePicture is the picture in README.md, made by make picture, and how
// large it may be.
const (
	readmePicture = root + "/.readme/demo.png"
	mostBytes     = 300_000
)

// TestPicture takes the README's picture: a case on its way, with the card, the
// draft of an instruction and the field worker's answer. It is kept with the
// other artefacts, and also where MIMAMORI_PICTURE says.
func TestPicture(t *testing.T) {
	t.Parallel()
	s := begin(t)
	if err := chromedp.Do(s.ctx, chromedp.EmulateViewport(wide, 1480)); err != nil {
		t.Fatal(err)
	}
	sato, office := s.phone("佐藤"), s.phone(group)
	sato.accept()
	sato.report("業者がその場にいる", "訪問販売・しつこい勧誘")
	office.quote("受付26-0001", "すぐに離れて、待ってください。")
	office.tap("構成員へ送る")
	sato.tap("了解しました")
	office.sees("構成員の返事は「了解しました」です")
	if err := chromedp.Do(s.ctx, chromedp.MouseEvent("mouseMoved", 5, 5)); err != nil { // nothing lit up
		t.Fatal(err)
	}
	s.must(s.ask(`hands.from("見守り事務局", "受付26-0001")`), "no card")
	bottom := js[float64](s, "bottom", "#phones")
	shot, err := chromedp.Call(s.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &page.Viewport{Width: wide, Height: bottom, Scale: 1}})
	if err != nil {
		t.Fatal(err)
	}
	raw := shot.Data
	small, err := fewColours(raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d as Chromium writes it", len(small), len(raw))
	s.keep("demo.png", small)
	judgePicture(t, small)
	if path := os.Getenv("MIMAMORI_PICTURE"); path != "" {
		if err := os.WriteFile(path, small, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadmePicture: the README's picture is there, and small enough to load.
func TestReadmePicture(t *testing.T) {
	b, err := os.ReadFile(readmePicture)
	if err != nil {
		t.Fatalf("%v (make picture)", err)
	}
	judgePicture(t, b)
}

func judgePicture(t *testing.T, b []byte) {
	t.Helper()
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) >= mostBytes || c.Width != wide {
		t.Errorf("the picture has %d bytes and is %d pixels wide; want less than %d, and %d", len(b), c.Width, mostBytes, wide)
	}
}

// fewColours writes a PNG with the 256 colours that are used most; every other
// becomes the nearest of them. The page has few colours and the shades of its
// letters' edges, so nobody sees the difference.
func fewColours(raw []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	box := img.Bounds()
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	used := make([]color.RGBA, 0, len(count))
	for c := range count {
		used = append(used, c)
	}
	slices.SortFunc(used, func(a, b color.RGBA) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return int(a.R)<<16 + int(a.G)<<8 + int(a.B) - int(b.R)<<16 - int(b.G)<<8 - int(b.B)
	})
	var palette color.Palette
	for _, c := range used[:min(256, len(used))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range used {
		nearest[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(box, palette)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			out.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
