package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTripKeepsUnknownKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "settings.json")
	os.MkdirAll(filepath.Dir(path), 0o755)
	os.WriteFile(path, []byte(`{"theme":"light","of_tomorrow":{"a":1}}`), 0o644)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Theme != "light" || s.Overlay != Default().Overlay {
		t.Errorf("read %+v", s.Settings)
	}
	s.AddRecent("b.png")
	s.AddRecent("a.png")
	s.AddRecent("b.png")
	if here, _ := os.Getwd(); s.Folder != here {
		t.Errorf("file dialogs begin in %q, want where the file is, %q", s.Folder, here)
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	if !strings.Contains(string(data), "of_tomorrow") {
		t.Error("an unknown key was lost")
	}
	again, err := Open(path)
	if err != nil || !reflect.DeepEqual(again.Settings, s.Settings) {
		t.Errorf("read back %+v, %v", again.Settings, err)
	}
	if len(again.Recent) != 2 || filepath.Base(again.Recent[0]) != "b.png" {
		t.Errorf("recent %v", again.Recent)
	}
}

func TestDamagedFileIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	os.WriteFile(path, []byte(`{"theme":`), 0o644)
	s, err := Open(path)
	if err == nil || !reflect.DeepEqual(s.Settings, Default()) {
		t.Errorf("got %v, want an error and the defaults", err)
	}
	if _, err := os.Stat(path + ".bad"); err != nil {
		t.Error("the damaged file is gone")
	}
}

// TestStylesComeOnceAndGoForGood: a file of before there were any gets them, and one of a person
// who deleted all stays without.
func TestStylesComeOnceAndGoForGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	for text, want := range map[string]int{`{"styles": null}`: len(Default().Styles), `{"styles": []}`: 0, `{}`: len(Default().Styles)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path)
		if err != nil || len(s.Styles) != want {
			t.Errorf("%s gives %d styles (%v), want %d", text, len(s.Styles), err, want)
		}
	}
}
