package main

import (
	"os"
	"regexp"
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
