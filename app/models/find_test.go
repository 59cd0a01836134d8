package models

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"pentimento/app/settings"
)

// TestARecipesModelIsFoundByItsHashFirst: among known files, renamed ones, and the others of
// their folders; by the name only where no file has the hash.
func TestARecipesModelIsFoundByItsHashFirst(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	hash := map[string]string{}
	for _, name := range []string{"dreams.safetensors", "renamed.safetensors", "opened.safetensors"} {
		if err := os.WriteFile(path(name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(name))
		hash[name] = hex.EncodeToString(sum[:])
	}
	known := []settings.Model{{Path: path("gone.safetensors"), SHA256: "00112233445566"}, {Path: path("opened.safetensors")}}
	for _, c := range []struct {
		hash, name, want string
		byHash           bool
	}{
		{hash["dreams.safetensors"][:10], "dreams", "dreams.safetensors", true},
		{hash["renamed.safetensors"][:10], "dreams", "renamed.safetensors", true},
		{hash["renamed.safetensors"], "", "renamed.safetensors", true},
		{"0123456789", "Dreams", "dreams.safetensors", false},
		{"", "dreams", "dreams.safetensors", false},
		{"0011223344", "gone", ".", false},
		{"0123456789", "nothing", ".", false},
	} {
		got, byHash := Find(t.Context(), known, c.hash, c.name, (&sums{}).sum)
		if got = filepath.Base(got); got != c.want || byHash != c.byHash {
			t.Errorf("%+v: found %s, by its hash %v", c, got, byHash)
		}
	}
	if got, _ := Find(t.Context(), known, "0011223344", "", nil); got != path("gone.safetensors") {
		t.Errorf("the window, which reads no file, found %s", got)
	}
}
