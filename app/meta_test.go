package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMetaIsThatOfFyneAppToml(t *testing.T) {
	data, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"ID": ID, "Name": Name, "Version": Version} {
		m := regexp.MustCompile(`(?m)^` + key + `\s*=\s*"(.*)"`).FindSubmatch(data)
		if m == nil || string(m[1]) != want {
			t.Errorf("FyneApp.toml has %s %q, the code %q", key, m, want)
		}
	}
}

func TestVerbsSayNothingOfTheirOwnOnStderr(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "pentimento")
	if out, err := exec.Command("go", "build", "-tags", "migrated_fynedo,no_emoji", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	c := exec.Command(bin, "version")
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "DISPLAY=", "WAYLAND_DISPLAY=", "XDG_CONFIG_HOME="+t.TempDir())
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil || !strings.Contains(string(out), Version) || stderr.Len() != 0 {
		t.Errorf("version printed %q, on stderr %q, %v", out, stderr.String(), err)
	}
}
