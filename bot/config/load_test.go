package config

import (
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
