package flowtest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
)

var update = flag.Bool("update", false, "write the scenario files anew")

// load reads the report flow with three districts, and the catalogs in
// testdata/*.yaml laid over it.
func load(t testing.TB) map[string]*flows.Flow {
	t.Helper()
	overlays, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(overlays) == 0 {
		t.Fatal("no overlays in testdata", err)
	}
	all := map[string]*flows.Flow{"": report(t)}
	for _, path := range overlays {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".yaml")] = report(t, catalog.Source{Name: path, Data: data})
	}
	return all
}

func report(t testing.TB, overlays ...catalog.Source) *flows.Flow {
	t.Helper()
	c, err := catalog.Load(overlays...)
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.WithDistricts([]catalog.District{
		{ID: "north", Label: "北部"}, {ID: "harbour", Label: "港地区"}, {ID: "south", Label: "南部"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Flow("report")
}

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.play")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	catalogs := load(t)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".play"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Play(catalogs, want)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from what is played; run with -update and look at the difference.\nplayed:\n%s", path, got)
			}
		})
	}
}

// A script that cannot be played is an error, not a scenario that passes.
func TestUnplayable(t *testing.T) {
	catalogs := load(t)
	for _, script := range []string{
		"member > jump", "stage > collapse", "stage > catalog nowhere", "stage > wait long",
		"member > scan\nmember > tap なんでもない", "member > scan\nmember > tap 送信する @9", "member > type まだ",
	} {
		if _, err := Play(catalogs, []byte(script)); err == nil {
			t.Errorf("%q was played", script)
		}
	}
}
