package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	phones "mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/play"
)

// demoFlags explain what the help has no room for.
const demoFlags = `
  --council FILE     your own configuration; its secrets need not be there, and
                     neither its store nor its servers are used
                     自分の協議会の設定で練習する（保存先やメールは使いません）
  --council-id ID    which council of that file; the first when left out
                     ファイルに協議会がいくつかあるとき
  --day 2026-12-01   begin on this day or the next working day; default today
                     練習をはじめる日
  --listen ADDRESS   the page's address, on this machine only; default 127.0.0.1:0
                     ページのアドレス
  --terminal         play one report as text, without a page
                     1件の報告を文字で実演する`

// demo shows the program without a LINE account: on a page for the browser, or
// as one report in the terminal.
func demo(ctx context.Context, in invocation) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // its own words are not for people
	file := flags.String("council", "", "rehearse with this council's own configuration")
	id := flags.String("council-id", "", "which of its councils, when there are several; the first when left out")
	listen := flags.String("listen", "127.0.0.1:0", "the page's address, on this machine only")
	day := flags.String("day", "", "begin on this day, such as 2026-12-01, or the next working day; today when left out")
	terminal := flags.Bool("terminal", false, "play one report in the terminal instead")
	if err := flags.Parse(in.args); err != nil {
		say(in.err, "mimamori: demo: %v; `mimamori demo --help` lists what it takes", err)
		return exitUsage
	}
	switch {
	case in.named: // MIMAMORI_CONFIG is for the other commands, and may stand in any shell
		say(in.err, "mimamori: demo takes no --config: to rehearse with your own configuration, use --council FILE")
		return exitUsage
	case flags.NArg() > 0:
		say(in.err, "mimamori: demo takes no %q", flags.Arg(0))
		return exitUsage
	case *terminal && flags.NFlag() > 1:
		say(in.err, "mimamori: demo --terminal goes with no other flag: it plays in the made-up town")
		return exitUsage
	case *id != "" && *file == "":
		say(in.err, "mimamori: --council-id names a council of the file that --council names")
		return exitUsage
	}
	if *terminal {
		if err := play.Demo(ctx, in.out); err != nil {
			say(in.err, "mimamori: %v", err)
			return exitFailed
		}
		return exitDone
	}
	o := play.RehearsalOptions{Council: *id, Listen: *listen, Stderr: in.err,
		Log: slog.New(slog.NewTextHandler(in.err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if *day != "" {
		var err error
		if o.Day, err = time.ParseInLocation(time.DateOnly, *day, config.Tokyo); err != nil {
			say(in.err, "mimamori: --day %q is no day; write it as 2026-12-01", *day)
			return exitUsage
		}
	}
	if *file != "" {
		var code int
		if o.Config, code = loadForRehearsal(in, *file, *id); o.Config == nil {
			return code
		}
	}
	return rehearse(ctx, in, o)
}

// loadForRehearsal reads a council's configuration. The code is exitDone when
// that went well.
func loadForRehearsal(in invocation, file, id string) (*config.Config, int) {
	c, code := read(in, file, config.LoadForRehearsal)
	if c == nil {
		return nil, code
	}
	if _, ok := c.Council(id); id != "" && !ok {
		say(in.err, "mimamori: %s: there is no council %q", file, id)
		return nil, exitUsage
	}
	if faults := app.Check(c); len(faults) > 0 {
		for _, f := range faults {
			say(in.err, "%s", f)
		}
		say(in.err, "mimamori: the flows have %s", plural(len(faults), "fault"))
		return nil, exitFaults
	}
	return c, exitDone
}

// rehearse serves the page until ctx ends.
func rehearse(ctx context.Context, in invocation, o play.RehearsalOptions) (code int) {
	if !signal.Ignored(syscall.SIGHUP) { // a terminal that is closed ends it in order, too
		hearing, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
		ctx = hearing
	}
	r, err := play.NewRehearsal(ctx, o)
	if err != nil {
		if _, _, wrong := net.SplitHostPort(o.Listen); wrong != nil {
			say(in.err, "mimamori: --listen %q: write ADDRESS:PORT, such as 127.0.0.1:8080", o.Listen)
			return exitUsage
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			say(in.err, "mimamori: --listen %s: another program uses this port; choose another, or leave --listen out", o.Listen)
			return exitFailed
		}
		if errors.Is(err, emulator.ErrNotLoopback) {
			say(in.err, "mimamori: the demo has no passwords and listens on this machine only: use --listen 127.0.0.1:PORT")
			return exitUsage
		}
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := r.Close(closing); err != nil {
			say(in.err, "mimamori: %v", err)
			code = exitFailed
		}
	}()
	shown, err := phones.New(phones.Options{Line: r.Line, Bot: r.Bot, Backstage: r, Log: o.Log})
	if err != nil {
		say(in.err, "mimamori: %v", err)
		return exitFailed
	}
	r.Line.Mount(shown)
	say(in.out, "%s/", r.URL())
	say(in.out, "ブラウザーで、このアドレスを開いてください。本物のLINEのかわりに、このパソコンの中だけで動きます。外には何も送りません。")
	say(in.out, "Open this address in a browser. It is an imitation of LINE on this machine; nothing leaves it.")
	say(in.out, "止めるには Ctrl+C を押してください。データは消えます。 Ctrl+C ends it, and the data are gone.")
	<-ctx.Done()
	return exitDone
}

// demoProgram is the program of a rehearsal, in a process of its own: it takes
// its configuration and its orders from standard input.
func demoProgram(ctx context.Context, in invocation) int {
	if err := play.Program(ctx, os.Stdin, in.out, in.err); err != nil {
		say(in.err, "%v", err)
		return exitFailed
	}
	return exitDone
}
