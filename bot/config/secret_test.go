package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const word1, word2, word3 = "tango-one", "tango-two", "tango-three"

// TestSecretsNeverPrint: whatever prints a configuration, or a part of it that
// somebody keeps, prints no secret.
func TestSecretsNeverPrint(t *testing.T) {
	c := New()
	c.Storage.DSN, c.Mail.Password = NewSecret(word1), NewSecret(word2)
	council := NewCouncil("example")
	council.LINE.Secret, council.LINE.Token = NewSecret(word3), NewSecret(word1)
	c.Councils = []Council{council}
	kept := struct {
		inside Secret
		config *Config
		list   []Secret
		byName map[string]Secret
	}{NewSecret(word1), c, []Secret{NewSecret(word2)}, map[string]Secret{"a": NewSecret(word3)}}
	secret := NewSecret(word1)

	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		for name, v := range map[string]any{"secret": secret, "pointer": &secret, "config": c, "value": *c, "kept": kept, "line": council.LINE, "any": []any{secret}} {
			printed[name+" "+verb] = fmt.Sprintf(verb, v)
		}
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", secret, "pointer", &secret, "config", c, "line", council.LINE, "kept", kept)
	}
	printed["slog"] = log.String()
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed["json"], printed["yaml"] = string(asJSON), string(asYAML)
	printed["error"] = fmt.Errorf("with %v and %w", secret, errors.New(secret.String())).Error()

	for name, text := range printed {
		for _, word := range []string{word1, word2, word3} {
			hex := fmt.Sprintf("%x", word)
			if strings.Contains(text, word) || strings.Contains(strings.ToLower(text), hex) {
				t.Errorf("%s tells a secret: %s", name, text)
			}
		}
	}
	for _, name := range []string{"json", "yaml", "slog", "secret %v", "secret %x", "line %+v"} {
		if !strings.Contains(printed[name], hidden) {
			t.Errorf("%s has no %s: %s", name, hidden, printed[name])
		}
	}
	if secret.Reveal() != word1 || secret.Empty() || !NewSecret("").Empty() || (Secret{}).Reveal() != "" {
		t.Error("a secret does not keep its value")
	}
}

func TestSecretSources(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("token", "from-file\r\n")
	t.Setenv("TEST_SECRET", "from-env")
	base, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write("config.yaml", strings.Replace(string(base), "token: env:TEST_TOKEN", "token: file:token", 1))
	c, err := Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	line := c.Councils[0].LINE
	if line.Secret.Reveal() != "from-env" || line.Token.Reveal() != "from-file" {
		t.Errorf("secret %q, token %q", line.Secret.Reveal(), line.Token.Reveal())
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}

	write("config.yaml", strings.Replace(string(base), "token: env:TEST_TOKEN", "token: literal-token", 1))
	c, err = Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Councils[0].LINE.Token.Reveal(); got != "literal-token" {
		t.Errorf("token %q", got)
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Field != "councils[0].line.token" || c.Warnings[0].Line == 0 || strings.Contains(c.Warnings[0].String(), "literal-token") {
		t.Errorf("warnings: %v", c.Warnings)
	}
}

// A machine that rehearses has not got the secrets; every other fault counts.
func TestLoadForRehearsal(t *testing.T) {
	base, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		from, to string
		want     string // a fault; empty: none
	}{
		{name: "no variables"},
		{"a file that is not there", "token: env:TEST_TOKEN", `token: "file:not there/token"`, ""},
		{"nothing said", "token: env:TEST_TOKEN", "", "line.token: is missing"},
		{"a variable's name that is none", "token: env:TEST_TOKEN", "token: env:not-a-name", "after env:"},
		{"a value with a space", "token: env:TEST_TOKEN", "token: two words", "holds a space"},
		{"another field", "id: example", "id: No", "councils[0].id"},
		{"an unknown field", "id: example", "id: example\n    colour: red", "no such field"},
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		text := strings.Replace(string(base), c.from, c.to, 1)
		if c.from != "" && text == string(base) {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := LoadForRehearsal(path)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if len(got.Warnings) != 0 || got.Councils[0].LINE.Secret.Empty() {
				t.Errorf("%s: %v", c.name, got.Warnings)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if _, err := Load(path); err == nil { // which never needs less
			t.Errorf("%s: Load accepts it", c.name)
		}
	}
}

// What two councils share is found without knowing it.
func TestRehearsalFindsSharedSecrets(t *testing.T) {
	base, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, council, _ := strings.Cut(string(base), "councils:")
	second := strings.NewReplacer("id: example", "id: other").Replace(council)
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(string(base)+second), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadForRehearsal(path); err == nil || !strings.Contains(err.Error(), "line.secret: is the same") {
		t.Errorf("%v", err)
	}
}

// A configuration goes to another process without its secrets.
func TestSecretsDoNotTravel(t *testing.T) {
	c := New()
	c.Mail.Password = NewSecret("word")
	town := NewCouncil("town")
	town.LINE.Token, town.Office.Hours = NewSecret("another"), []Hours{{Days: []Weekday{1}, From: At(9, 0), Until: At(12, 0)}}
	c.Councils = []Council{town}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Config
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !back.Mail.Password.Empty() || !back.Councils[0].LINE.Token.Empty() {
		t.Error("a secret came through")
	}
	c.Mail.Password, c.Councils[0].LINE.Token = Secret{}, Secret{}
	if !reflect.DeepEqual(*c, back) {
		t.Errorf("what came back differs:\n%+v\n%+v", *c, back)
	}
}
