package ui

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTheWindowFitsASmallScreen: neither a bar at the mask nor a job that runs asks for more
// than 900×600.
func TestTheWindowFitsASmallScreen(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("mask.all")
	w.ed.Do("view.mirror")
	w.view.pointer.inside = true
	w.status.follow()
	w.status.job.Show()
	if !w.bar.box.Visible() {
		t.Fatal("there is no bar at the mask")
	}
	if got := w.win.Content().MinSize(); got.Width > 900 || got.Height > 600 {
		t.Errorf("the window wants %v", got)
	}
}

// TestHalfWrittenPreferencesGo and whole ones stay.
func TestHalfWrittenPreferencesGo(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("AppData", config)
	t.Setenv("HOME", config)
	folder, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "fyne", "an.id", "preferences.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	for text, stays := range map[string]bool{"": false, `{"a": 1`: false, "{\"a\": 1}\n": true} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		dropHalfPreferences("an.id")
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%q: %v", text, err)
		}
	}
}
