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

// TestMetaIsThatOfTheWindowsProgram: what Windows shows of the file.
func TestMetaIsThatOfTheWindowsProgram(t *testing.T) {
	for file, wants := range map[string][]string{
		"pentimento.rc": {`VALUE "FileVersion", "` + Version + `"`, `VALUE "ProductVersion", "` + Version + `"`, "FILEVERSION " + strings.ReplaceAll(Version, ".", ",") + ",0",
			"PRODUCTVERSION " + strings.ReplaceAll(Version, ".", ",") + ",0", `VALUE "ProductName", "` + Name + `"`},
		"pentimento.manifest": {`name="` + ID + `" version="` + Version + `.0"`},
	} {
		data, err := os.ReadFile(filepath.Join("..", "assets", "windows", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s has no %s", file, want)
			}
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
