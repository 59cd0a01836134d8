package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheRegistryIsTheOneThatNpmIsSetTo, by its variable or its file of settings; without either and
// without npm a person is told what to do.
func TestTheRegistryIsTheOneThatNpmIsSetTo(t *testing.T) {
	home := t.TempDir()
	for key, value := range map[string]string{"HOME": home, "USERPROFILE": home, "PATH": home, "npm_config_registry": "", "NPM_CONFIG_REGISTRY": "", "NPM_CONFIG_USERCONFIG": ""} {
		t.Setenv(key, value)
	}
	c := &Client{Registry: NPM}
	if got, err := c.registry(t.Context()); err == nil || !strings.Contains(err.Error(), "is not known here") {
		t.Errorf("of nowhere: %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte("fund=false\nregistry = \"https://mirror.example/npm/\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, value := range map[string]string{"https://mirror.example/npm": "", "https://other.example": "https://other.example/", "http://127.0.0.1:4873": "http://127.0.0.1:4873"} {
		t.Setenv("NPM_CONFIG_REGISTRY", value)
		if got, err := c.registry(t.Context()); got != want || err != nil {
			t.Errorf("%q: found %q, %v; want %q", value, got, err, want)
		}
	}
	t.Setenv("NPM_CONFIG_REGISTRY", "http://plain.example")
	if got, err := c.registry(t.Context()); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Errorf("without encryption: %q, %v", got, err)
	}
}
