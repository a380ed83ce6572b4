package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what each broken file is told into the file")

// TestBroken: each file of testdata/broken breaks one rule and says below
// itself, after "# want: ", what the reader is told.
func TestBroken(t *testing.T) {
	t.Setenv("TEST_SECRET", "hunter2-secret")
	t.Setenv("TEST_TOKEN", "hunter2-token")
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d broken files (%v)", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			var faults Faults
			if _, err := Load(path); !errors.As(err, &faults) {
				t.Fatalf("loading gives %v, want faults", err)
			}
			got := strings.Split(strings.ReplaceAll(faults.Error(), path+":", ""), "\n")
			for i := range got {
				got[i] = strings.TrimSpace(got[i])
			}
			if strings.Contains(faults.Error(), "hunter2") {
				t.Errorf("a secret is told: %v", faults)
			}
			text, want := wanted(t, path)
			if *update {
				rewrite(t, path, text, got)
				return
			}
			if !slices.Equal(got, want) {
				t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

const mark = "# want: "

// wanted splits a file into itself and the lines it wants to be told.
func wanted(t *testing.T, path string) (text string, want []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rest []string
	for line := range strings.Lines(string(data)) {
		if told, ok := strings.CutPrefix(line, mark); ok {
			want = append(want, strings.TrimSpace(told))
			continue
		}
		rest = append(rest, line)
	}
	return strings.Join(rest, ""), want
}

func rewrite(t *testing.T, path, text string, told []string) {
	t.Helper()
	for _, line := range told {
		text += mark + line + "\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
