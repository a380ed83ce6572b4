package app

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// CardLink opens the talk with a card's code filled in: what the printed code
// on a membership card holds. basicID is the account's, with its @. The form is
// LINE's «LINE URL scheme» for opening a talk with text.
func CardLink(basicID, lead, code string) string {
	return "https://line.me/R/oaMessage/" + url.QueryEscape(basicID) + "/?" + url.PathEscape(lead+" "+code)
}

// deskCommands are the commands that work on a council's people.
func deskCommands(desks map[string]*casework.Desk) Commands {
	on := func(usage string, n int, do func(d deskCall) error) Command {
		return func(ctx context.Context, env Env, args []string, out io.Writer) error {
			if len(args) != n {
				return fmt.Errorf("usage: mimamori %s", usage)
			}
			c, ok := env.Config.Council(args[0])
			if !ok {
				return fmt.Errorf("council %q is not in the configuration", args[0])
			}
			return do(deskCall{ctx: ctx, env: env, council: c, desk: desks[c.ID], args: args[1:], out: out})
		}
	}
	return Commands{
		"setup-code":  on("setup-code COUNCIL", 1, setupCode),
		"org add":     on("org add COUNCIL ID NAME TRADE member|cooperator|agreement", 5, addOrganisation),
		"card issue":  on("card issue COUNCIL ORGANISATION NUMBER", 3, issueCard),
		"card revoke": on("card revoke COUNCIL NUMBER", 2, revokeCard),
		"card rebind": on("card rebind COUNCIL NUMBER", 2, rebindCard),
		"card list":   on("card list COUNCIL", 1, listCards),
	}
}

type deskCall struct {
	ctx     context.Context
	env     Env
	council *config.Council
	desk    *casework.Desk
	args    []string
	out     io.Writer
}

// work runs do in a transaction and puts what is to be said into the outbox.
func (c deskCall) work(do func(*casework.Work) error) error {
	post := outbox.NewPost(line.Renderer{}, outbox.Random{})
	return c.env.Store.Update(c.ctx, c.council.ID, func(tx storage.Tx) error {
		w := c.desk.Work(tx, c.env.Clock.Now())
		if err := do(w); err != nil {
			return err
		}
		out, err := w.Out()
		if err != nil {
			return err
		}
		return post.Put(tx, w.Now(), out...)
	})
}

func setupCode(c deskCall) error {
	var code, until string
	err := c.work(func(w *casework.Work) error {
		made, t, err := w.NewSetupCode()
		code, until = made, t.Format("2006-01-02 15:04")
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s\n\n", code)
	if err == nil {
		_, err = fmt.Fprintf(c.out, "Let the account into the secretariat's LINE group and send this code there.\nIt is good once, until %s. Whoever sends it becomes the first clerk.\n", until)
	}
	return err
}

func addOrganisation(c deskCall) error {
	o := council.Organisation{ID: c.args[0], Name: c.args[1], Trade: c.args[2], Status: council.Status(c.args[3])}
	if err := c.work(func(w *casework.Work) error { return w.PutOrganisation(o) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "organisation %s: stored\n", o.ID)
	return err
}

func issueCard(c deskCall) error {
	var code string
	err := c.work(func(w *casework.Work) (err error) {
		code, err = w.Issue(c.args[0], c.args[1])
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "card:  %s\ncode:  %s\nlink:  %s\n\nThe code is not stored and cannot be shown again. Print the link as a QR code on the card's back.\n",
		c.args[1], code, CardLink(c.council.LINE.BasicID, c.desk.Catalog.Text("word.card"), code))
	return err
}

func revokeCard(c deskCall) error {
	if err := c.work(func(w *casework.Work) error { return w.Revoke(c.args[0]) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "card %s: revoked\n", c.args[0])
	return err
}

func rebindCard(c deskCall) error {
	if err := c.work(func(w *casework.Work) error { return w.Rebind(c.args[0]) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "card %s: the next telephone that shows its code takes it over\n", c.args[0])
	return err
}

// cardPage is how many cards one transaction lists.
const cardPage = 500

func listCards(c deskCall) error {
	t := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	if _, err := fmt.Fprintln(t, "NUMBER\tORGANISATION\tSTATE\tISSUED\tREVOKED"); err != nil {
		return err
	}
	for after := ""; ; {
		var page []casework.ListedCard
		err := c.env.Store.View(c.ctx, c.council.ID, func(tx storage.Tx) (err error) {
			page, err = c.desk.Work(tx, c.env.Clock.Now()).List(after, cardPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range page {
			if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.ID, l.Organisation, l.State, l.Issued, l.Revoked); err != nil {
				return err
			}
			after = l.ID
		}
		if len(page) < cardPage {
			return t.Flush()
		}
	}
}
