package adapter

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
)

func TestAdaptersAreFoundNearTheModel(t *testing.T) {
	root := t.TempDir()
	place := func(parts ...string) string {
		path := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	model := place("models", "sd", "base.safetensors")
	within, beside, deep := place("models", "sd", "own.safetensors"), place("models", "Lora", "fog.safetensors"), place("models", "Lora", "a", "b", "kiln.safetensors")
	torch, other := place("models", "Lora", "clay.PT"), place("models", "Lora", "old.ckpt")
	place("models", "sd", "second.ckpt")
	place("models", "Lora", "notes.txt")
	place("models", "other", "far.safetensors")
	place("models", "sd", "sub", "under.safetensors")
	capital := place("models", "sd", "loras", "Fog.safetensors")
	elsewhere := place("else", "x.safetensors")
	for name, want := range map[string]string{"own": within, "fog": beside, "Fog": capital, "FOG": capital, "kiln": deep, "kiln.safetensors": deep, "clay": torch, "old": other,
		elsewhere: elsewhere, "/nowhere/kiln.safetensors": deep, "a/kiln": deep,
		"far": "", "under": "", "second": "", "notes": "", "base": "", "../../else/x": ""} {
		got, err := Find(name, model)
		if got != want || (err == nil) == (want == "") {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
		if err != nil && (!strings.Contains(err.Error(), `"`+Name(name)+`"`) || !strings.Contains(fault.Hint(err), filepath.Join(root, "models", "Lora")) || !strings.Contains(fault.Hint(err), filepath.Join(root, "models", "sd")+", ")) {
			t.Errorf("%q: error %v, hint %q; want the name and the folders", name, err, fault.Hint(err))
		}
	}
	if all := List(model); len(all) != 6 || slices.Contains(all, model) {
		t.Errorf("the list is %q, want six files", all)
	}
}
