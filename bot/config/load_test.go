package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func setExampleEnv(t *testing.T) {
	t.Helper()
	for _, name := range []string{"MIMAMORI_MAIL_PASSWORD", "MIMAMORI_EXAMPLE_SECRET", "MIMAMORI_EXAMPLE_TOKEN"} {
		t.Setenv(name, "value-of-"+name)
	}
}

func TestExample(t *testing.T) {
	setExampleEnv(t)
	c, err := Load("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	council, ok := c.Council("example")
	if !ok {
		t.Fatal("no council example")
	}
	if got := council.LINE.Secret.Reveal(); got != "value-of-MIMAMORI_EXAMPLE_SECRET" {
		t.Errorf("secret is %q", got)
	}
	if got, want := council.Office.Text(), "平日8:30〜17:15"; got != want {
		t.Errorf("office hours read %q, want %q", got, want)
	}
	if got, want := council.Notices.CatchUp, 72*time.Hour; got != want {
		t.Errorf("catch-up is %v, want %v", got, want)
	}
}

// TestMinimal: what must be given is enough, and the rest has its defaults.
func TestMinimal(t *testing.T) {
	t.Setenv("TEST_SECRET", "a")
	t.Setenv("TEST_TOKEN", "b")
	c, err := Load("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	council := c.Councils[0]
	for name, same := range map[string]bool{
		"mail port":        c.Mail.Port == 587 && c.Mail.TLS == StartTLS && c.Mail.Timeout == 20*time.Second && c.Mail.Enabled(),
		"log":              c.Log == Log{"json", "info"} && c.Log.SlogLevel() == slog.LevelInfo,
		"card":             council.GroupCard == Basic,
		"danger":           council.Escalation.Danger == Level{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 10 * time.Minute, 6},
		"the rest":         council.Escalation.Soon == Level{45 * time.Minute, 2 * time.Hour, 0, 75 * time.Minute, 2} && council.Escalation.Unsure == Level{time.Hour, 0, 0, 0, 1} && council.Escalation.Calm == Level{} && council.Escalation.MostDays == 8 && council.Escalation.From == At(7, 0) && council.Escalation.Until == At(21, 0) && council.Escalation.HandOver == 3 && council.Escalation.Unsent == 15*time.Minute,
		"notices":          council.Notices.Enabled && council.Notices.Week == 1 && council.Notices.At == At(10, 0),
		"quota":            council.Quota == Quota{0, 20},
		"webhook path":     council.WebhookPath() == "/webhook/example",
		"absolute control": filepath.IsAbs(c.Control) && filepath.Dir(c.Control) == filepath.Dir(c.Storage.Path),
	} {
		if !same {
			t.Errorf("%s is not the default: %+v", name, council)
		}
	}
	if got := council.Published(); !slices.Equal(got, []string{"0885-00-0001", "0885-00-0002", "0885-00-0110"}) {
		t.Errorf("published numbers: %v", got)
	}
	if _, ok := c.Council("other"); ok {
		t.Error("a council that is not there is found")
	}
	if err := c.Validate(); err != nil {
		t.Errorf("once more: %v", err)
	}
	c.Councils[0].Telephone = "118"
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), ":11:") {
		t.Errorf("a fault made in code: %v", err)
	}
}

func TestOrganisation(t *testing.T) {
	setExampleEnv(t)
	c, err := Load("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o, ok := c.Councils[0].Organisation("bank")
	if !ok || o.Status != Cooperator || !slices.Equal(o.Hide["signs"], []string{"phone_at_atm", "gift_cards"}) {
		t.Errorf("%+v, %v", o, ok)
	}
	if _, ok := c.Councils[0].Organisation("none"); ok {
		t.Error("an organisation that is not there is found")
	}
}

// TestExampleIsComplete: every field stands in the example, in use or as a
// comment.
func TestExampleIsComplete(t *testing.T) {
	data, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`[a-z_]+:`).FindAllString(string(data), -1)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				name := typ.Field(i).Tag.Get("yaml")
				if name == "-" || typ == secretType {
					continue
				}
				if !slices.Contains(words, name+":") {
					t.Errorf("%s.%s (%s) is not in config.example.yaml", typ.Name(), typ.Field(i).Name, name)
				}
				walk(typ.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestUnreadable(t *testing.T) {
	if _, err := Load("testdata/none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Load("testdata"); err == nil {
		t.Error("a directory is accepted")
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	var faults Faults
	if _, err := Load(large); !errors.As(err, &faults) || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a huge file: %v", err)
	}
}

// FuzzParse: any bytes give a configuration or faults, and what stood behind
// "secret" never stands in them.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/broken/*.yaml", "../../config.example.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := &source{dir: "/", env: func(string) (string, bool) { return "hidden-value", true },
			readFile: func(string) ([]byte, error) { return []byte("hidden-value"), nil }}
		c, err := src.parse(data)
		if c == nil && err == nil {
			t.Fatal("neither a configuration nor an error")
		}
		var faults Faults
		if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
			t.Fatalf("error %v", err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, c), "hidden-value") && !bytes.Contains(data, []byte("hidden-value")) {
			t.Fatal("a secret is told")
		}
	})
}

// TestAccepted: what looks odd and is right.
func TestAccepted(t *testing.T) {
	t.Setenv("TEST_SECRET", "a")
	t.Setenv("TEST_TOKEN", "b")
	minimal, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a town without a centre":       {"telephone: 0885-00-0002", "telephone: 188"},
		"a mobile number":               {"telephone: 0885-00-0001", "telephone: 080-0000-0001"},
		"a number without hyphens":      {"telephone: 0885-00-0001", "telephone: 0885000001"},
		"a monthly cron expression":     {"    mail_to:", "    notices: {cron: \"0 10 5 * *\"}\n    mail_to:"},
		"a yearly cron expression":      {"    mail_to:", "    notices: {cron: \"0 10 29 2 *\"}\n    mail_to:"},
		"an emulator on this machine":   {"      secret:", "      endpoint: http://127.0.0.1:9090\n      data_endpoint: http://[::1]:9090\n      secret:"},
		"a price with 118 in a notice":  {"    mail_to:", "    notices: {texts: {june: 118円や189個、1-118-2のこと。188へ}}\n    mail_to:"},
		"mail on this machine":          {"  host: smtp.example.jp", "  host: localhost\n  tls: none"},
		"an empty value is its default": {"    mail_to:", "    group_card:\n    mail_to:"},
		"waits as they were written":    {"    mail_to:", "    escalation: {danger: {untaken: 5m, unanswered: 30m, repeat: 10m}, soon: {untaken: 0, unanswered: 0, repeat: 0}}\n    mail_to:"},
		"open at midnight":              {"      name: 市民生活課", "      name: 市民生活課\n      hours: [{days: [sun], from: \"0:00\", until: \"24:00\"}]"},
		"a folded notice":               {"    mail_to:", "    notices:\n      texts:\n        june: |\n          題\n          188へ\n    mail_to:"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			text := strings.Replace(string(minimal), change[0], change[1], 1)
			if text == string(minimal) {
				t.Fatal("nothing was changed")
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path); err != nil {
				t.Error(err)
			}
		})
	}
}
