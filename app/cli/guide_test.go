package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAGuideOfARecipeIsGivenItsPicture by its number: it keeps what the recipe says of it but for
// what is named.
func TestAGuideOfARecipeIsGivenItsPicture(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	save(t, path("photo.png"), scene(64, 64, 3))
	base := []string{"generate", "--model", m, "--prompt", "a barn", "--steps", "1", "--size", "64x64", "--seed", "1"}
	first := paint(t, append(base[:len(base):len(base)], "--guide", "reference:"+path("photo.png")+":fidelity=0.8:end=0.5", "--out", path("a.png"))...)
	if first.code != ExitDone {
		t.Fatal(first.errors)
	}
	again := []string{"generate", "--model", m, "--recipe", path("a.png"), "--seed", "2", "--out", path("b.png")}
	r := paint(t, append(again[:len(again):len(again)], "--guide", "0:"+path("photo.png")+":weight=0.4")...)
	if r.code != ExitDone || strings.Contains(r.errors, "is in no recipe") {
		t.Fatal(r.errors)
	}
	told := paint(t, "info", path("b.png")).out
	for _, want := range []string{"ControlNet 0", "Weight: 0.4", "Threshold A: 0.8", "Guidance End: 0.5"} {
		if !strings.Contains(told, want) {
			t.Errorf("found no %q in\n%s", want, told)
		}
	}
	for want, args := range map[string][]string{
		"has no guide 3, but 0":   append(again[:len(again):len(again)], "--guide", "3:"+path("photo.png")),
		"and there is none":       append(base[:len(base):len(base)], "--guide", "0:"+path("photo.png"), "--out", path("c.png")),
		"has a picture already":   append(again[:len(again):len(again)], "--guide", "0:"+path("photo.png"), "--guide", "0:"+path("photo.png")),
		"factors= is not known":   append(again[:len(again):len(again)], "--guide", "0:"+path("photo.png")+":factors=1"),
		"whole number of pixels":  append(base[:len(base):len(base)], "--guide", "control:"+path("photo.png")+":res=0"),
		"no picture, want":        append(again[:len(again):len(again)], "--guide", "0:"),
		"no guide of kind \"-1\"": append(again[:len(again):len(again)], "--guide", "-1:"+path("photo.png")),
	} {
		if r := paint(t, args...); r.code != ExitMisuse || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, %s; want exit 2 and %q", args, r.code, r.errors, want)
		}
	}
}
