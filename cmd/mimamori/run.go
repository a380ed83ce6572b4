package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/play"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it did not work
	exitUsage  = 2 // wrong words on the command line
	exitFaults = 3 // the configuration has faults
)

// invocation is one call of the program.
type invocation struct {
	config string   // the configuration's path
	named  bool     // by --config
	name   string   // the command's
	args   []string // behind the command's name
	out    io.Writer
	err    io.Writer
}

// command is one thing that the program does.
type command struct {
	name     string // one or two words
	args     string
	english  string
	japanese string
	run      func(context.Context, invocation) int
}

// commands are in the order of the help. The function breaks the circle with
// the help itself.
func commands() []command {
	return []command{
		{"serve", "", "serve the councils of the configuration", "見守りを動かす", serve},
		{"init", "", "make the empty store of a new installation, once; refused where one is", "新しい保存先を作る（はじめに一度だけ）", initStore},
		{"check", "[--live]", "report every fault of the configuration and the flows; --live asks LINE too", "設定を確かめる", check},
		{"demo", "[--council FILE] [--terminal]", "try everything in the browser, without a LINE account; --council rehearses with your own configuration", "LINEなしで試す（自分の設定でも）", demo},
		{"setup-code", "COUNCIL", "make the one-time code that makes a LINE group the secretariat", "事務局グループの登録コードを出す", operate},
		{"org add", "COUNCIL ID NAME TRADE STATUS", "add an organisation; STATUS is member, cooperator or agreement", "団体を加える", operate},
		{"card issue", "COUNCIL ORGANISATION NUMBER", "issue a membership card; its code is shown once", "構成員証を発行する", operate},
		{"card revoke", "COUNCIL NUMBER", "revoke a card", "構成員証を無効にする", operate},
		{"card rebind", "COUNCIL NUMBER", "let a card be taken over by a new telephone", "機種変更のため構成員証を結び直す", operate},
		{"card list", "COUNCIL", "list the cards", "構成員証の一覧", operate},
		{"status", "", "say what waits to be sent, and whether the store is held", "状態を見る", operate},
		{"backup", "FILE", "write everything to a new file, while serving or not", "バックアップを取る", operateOnFile},
		{"restore", "FILE", "make the store from a backup, where none is; it is then held", "バックアップから戻す", restore},
		{"release", "", "let a restored or copied store send again", "送信の停止を解く", operate},
		{"copy", "OTHER-CONFIG", "make the store of another configuration from this one; both are then held", "別の保存先へ写す", copyStore},
		{"version", "", "print the version", "版を表示する", printVersion},
		{"help", "", "print this", "使い方", help},
	}
}

// hidden are commands that the program calls itself by.
func hidden() []command {
	return []command{{name: play.DemoProgram, run: demoProgram}}
}

// run does what args ask for and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	path, named, args, err := takeConfig(args)
	if err != nil {
		say(stderr, "mimamori: %v", err)
		return exitUsage
	}
	in := invocation{config: path, named: named, out: stdout, err: stderr}
	if len(args) == 0 {
		help(ctx, invocation{out: stderr})
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return help(ctx, in)
	case "-version", "--version":
		return printVersion(ctx, in)
	}
	c, rest, ok := find(args)
	if !ok {
		say(stderr, "mimamori: there is no command %q; `mimamori help` lists them", strings.Join(args[:min(2, len(args))], " "))
		return exitUsage
	}
	for _, word := range rest {
		if word == "-h" || word == "-help" || word == "--help" {
			usage(stdout, c)
			return exitDone
		}
	}
	in.name, in.args = c.name, rest
	if c.takes() >= 0 && len(rest) != c.takes() {
		usage(stderr, c)
		return exitUsage
	}
	return c.run(ctx, in)
}

// takes is how many words a command wants; -1 when it parses flags of its own.
func (c command) takes() int {
	if strings.Contains(c.args, "[") {
		return -1
	}
	return len(strings.Fields(c.args))
}

// find looks for the command that the first one or two words name.
func find(args []string) (command, []string, bool) {
	for n := min(2, len(args)); n > 0; n-- {
		name := strings.Join(args[:n], " ")
		for _, c := range slices.Concat(commands(), hidden()) {
			if c.name == name {
				return c, args[n:], true
			}
		}
	}
	return command{}, nil, false
}

// takeConfig takes --config FILE out of the arguments, wherever it stands; then
// the file is named. Without it MIMAMORI_CONFIG gives the path, or it is
// mimamori.yaml.
func takeConfig(args []string) (path string, named bool, rest []string, err error) {
	path = os.Getenv("MIMAMORI_CONFIG")
	if path == "" {
		path = "mimamori.yaml"
	}
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return path, named, append(rest, args[i+1:]...), nil
		case name != "-config" && name != "--config":
			rest = append(rest, args[i])
			continue
		case joined:
		case i+1 == len(args):
			return "", false, nil, errors.New("--config needs a file")
		default:
			i++
			value = args[i]
		}
		if value == "" {
			return "", false, nil, errors.New("--config needs a file")
		}
		path, named = value, true
	}
	return path, named, rest, nil
}

// load reads the configuration; the code is exitDone when that went well.
func load(in invocation) (*config.Config, int) { return read(in, in.config, config.Load) }

func read(in invocation, path string, how func(string) (*config.Config, error)) (*config.Config, int) {
	c, err := how(path)
	if err == nil {
		return c, exitDone
	}
	var faults config.Faults
	if errors.As(err, &faults) {
		say(in.err, "%s", faults.Error())
		say(in.err, "mimamori: the configuration has %s; `mimamori check` lists those of the flows as well", plural(len(faults), "fault"))
		return nil, exitFaults
	}
	say(in.err, "mimamori: %v", err)
	return nil, exitFailed
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// say prints a line. When the terminal is gone there is nobody to tell.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}
