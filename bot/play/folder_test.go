package play_test

import (
	"os"
	"path/filepath"
	"testing"

	"mimamori.example/mimamori/bot/play"
)

// A line of input names the folder to remove: only a demo's goes.
func TestOnlyADemosFolderIsRemoved(t *testing.T) {
	for name, gone := range map[string]bool{"mimamori-demo-1": true, "precious": false, "not-mimamori-demo-1": false} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := play.RemoveData(folder); (err == nil) != gone {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(folder); os.IsNotExist(err) != gone {
			t.Errorf("%s: gone is not %v", name, gone)
		}
	}
	if play.RemoveData("") == nil || play.RemoveData("/") == nil {
		t.Error("no folder, or all of them, may be removed")
	}
}
