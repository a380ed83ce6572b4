package play

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
)

//go:embed demo.play
var demoScript string

// people of the demo: member and clerks.
const demoGroup = "事務局"

var demoCast = []string{"山田", "田中"}

// Demo plays one report from scan to outcome and writes it to out as it
// happens, with the time of each step: from a person's act until everything it
// led to has reached everybody. Then it keeps running until ctx ends. The data
// lie in a temporary folder and are gone at the end.
func Demo(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "mimamori-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, err := New(ctx, Options{Clock: clock.System{}, Dir: dir, Change: alwaysOpen})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, w.Close(closing))
	}()
	p := &printer{w: out}
	p.line("みまもりの実演です。LINEのかわりに、このパソコンの中のにせもののLINEを使います。外には何も送りません。")
	if err := perform(ctx, w, p); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("demo: %w", err)
	}
	p.line("")
	p.line("実演は終わりました。プログラムは動いています。")
	p.line("  みまもり      http://" + w.App.Addr() + "/healthz")
	p.line("  にせもののLINE " + w.server.URL() + "/_emulator/people")
	p.line("止めるには Ctrl+C を押してください。データは消えます。")
	if p.err != nil {
		return p.err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.App.Fatal():
		return err
	}
}

// alwaysOpen: the demo shows the same at night.
func alwaysOpen(c *config.Config) {
	o := &c.Councils[0].Office
	o.OpenNewYear = true
	o.Hours[0].Days = nil
	for d := time.Sunday; d <= time.Saturday; d++ {
		o.Hours[0].Days = append(o.Hours[0].Days, config.Weekday(d))
	}
	o.Hours[0].From, o.Hours[0].Until = config.At(0, 0), config.At(24, 0)
}

func perform(ctx context.Context, w *World, p *printer) error {
	s := NewStage(w, nil)
	if _, err := secretariat(ctx, s, append([]string{demoGroup}, demoCast...)); err != nil {
		return err
	}
	if err := s.Issue(ctx, "shop", "A-101"); err != nil {
		return err
	}
	lines, err := Parse(demoScript)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Verb == "" {
			p.line("\n━━ " + strings.TrimPrefix(l.Text, "# "))
			continue
		}
		begun := time.Now()
		remark, err := s.act(ctx, l)
		if err == nil {
			err = s.Settle(ctx)
		}
		if err == nil && remark != "" {
			err = errors.New(remark)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.Text, err)
		}
		took := time.Since(begun)
		p.line(fmt.Sprintf("\n%s  %s  （%d ミリ秒で全員に届く）", l.Who, acts(l), took.Milliseconds()))
		var told strings.Builder
		if err := s.tell(&told); err != nil {
			return err
		}
		p.line(strings.TrimRight(told.String(), "\n"))
	}
	return p.err
}

// acts says what a person does.
func acts(l Line) string {
	switch l.Verb {
	case "friend":
		return "友だちに追加する"
	case "scan":
		return "構成員証のコードを読み取って、送信する"
	case "quote":
		_, text, _ := strings.Cut(l.Rest, " ")
		return "カードに返信する「" + text + "」"
	case "tap":
		return "［" + l.Rest + "］を押す"
	}
	return "「" + l.Rest + "」"
}

// printer writes lines and remembers the first failure.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(s string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, s)
	}
}
