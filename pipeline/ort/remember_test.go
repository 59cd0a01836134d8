package ort

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What the memory's file holds is nobody's promise: whatever it is, a failure is remembered.
func TestAFailureIsRememberedOverADamagedFile(t *testing.T) {
	for _, text := range []string{"null", "{", `{"cuda": 1}`, "[]", ""} {
		path := filepath.Join(t.TempDir(), "devices.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := New(Config{Memory: path})
		r.remember("cuda", errors.New("a bad day"))
		if got := r.past()["cuda"].Why; got != "a bad day" || len(r.past()) != 1 {
			t.Errorf("after %q it remembers %v", text, r.past())
		}
	}
}

// The system may be told to take other drivers: then a device is another one.
func TestAFailureIsOfTheDriversThatWereChosen(t *testing.T) {
	r := New(Config{Memory: filepath.Join(t.TempDir(), "devices.json")})
	driver := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(driver, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.remember("webgpu", errors.New("a bad day"))
	if r.recall("webgpu") == "" {
		t.Fatal("it is not remembered")
	}
	t.Setenv("VK_DRIVER_FILES", driver)
	if why := r.recall("webgpu"); why != "" {
		t.Errorf("with another driver it is remembered: %s", why)
	}
}
