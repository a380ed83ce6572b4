package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
