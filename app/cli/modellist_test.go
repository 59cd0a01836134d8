package cli

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/collection"
	"pentimento/app/collection/collectiontest"
	"pentimento/canvas/canvastest"
)

// TestModelsOfAFolderAreListedFoundAndShown: by the verbs alone, in JSON and in lines.
func TestModelsOfAFolderAreListedFoundAndShown(t *testing.T) {
	root := t.TempDir()
	want, err := collectiontest.A1111(root, canvastest.Chance(t))
	if err != nil {
		t.Fatal(err)
	}
	var rows []collection.Row
	r := paint(t, "models", "list", "--in", root, "--json")
	if err := json.Unmarshal([]byte(r.out), &rows); err != nil || len(rows) != len(want) {
		t.Fatalf("%d rows of %d files: %v %s", len(rows), len(want), err, r.errors)
	}
	kinds := map[string]int{}
	for _, row := range rows {
		kinds[row.Kind]++
	}
	for path, w := range want {
		if kinds[w.Kind]--; kinds[w.Kind] < 0 {
			t.Errorf("%s is missing among the %s", path, w.Kind)
		}
	}
	if r = paint(t, "models", "list", "--in", root, "--kind", "broken"); strings.Count(r.out, "(this is a web page") != 4 || !strings.Contains(r.errors, "36 models, 36 of them broken") {
		t.Errorf("broken ones: %s%s", r.out, r.errors)
	}
	lora := filepath.Join(root, "models", "Lora", "things", "style-05.safetensors")
	item, err := collection.Inspect(lora)
	if err != nil || item.Card.Picture != collection.Embedded {
		t.Fatal(err, item.Card)
	}
	if r = paint(t, "models", "inspect", lora, "--json"); !strings.Contains(r.out, `"adapter": "LoHa"`) || !strings.Contains(r.out, `"wake 5"`) {
		t.Errorf("inspected: %s%s", r.out, r.errors)
	}
	var report struct {
		ShortHash string `json:"short_hash"`
		Files     []struct {
			Data string `json:"data_sha256"`
		}
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || len(report.Files) != 1 {
		t.Fatal(err, r.out)
	}
	for _, text := range []string{"style-05", "leaf style-05", report.ShortHash, report.Files[0].Data[:12]} {
		if r = paint(t, "models", "find", text, "--in", root); strings.TrimSpace(r.errors) != "1 model" || !strings.Contains(r.out, lora) {
			t.Errorf("%q finds %s%s", text, r.out, r.errors)
		}
	}
	cover := filepath.Join(t.TempDir(), "cover.png")
	r = paint(t, "models", "preview", lora, "--out", cover)
	b, err := os.ReadFile(cover)
	if err != nil {
		t.Fatal(err, r.errors)
	}
	if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() != 96 || img.Bounds().Dy() != 128 {
		t.Errorf("the picture: %v", err)
	}
	for _, c := range []struct {
		code int
		args []string
	}{
		{ExitMisuse, []string{"models", "lost"}}, {ExitMisuse, []string{"models", "list", "extra", "--in", root}}, {ExitMisuse, []string{"models", "list", "--in", root, "--kind", "lora"}},
		{ExitMisuse, []string{"models", "list", "--in", root, "--sort", "taste"}}, {ExitMisuse, []string{"models", "find", "--in", root}}, {ExitFailed, []string{"models", "find", "no such thing", "--in", root}},
		{ExitFailed, []string{"models", "list", "--in", filepath.Join(root, "none")}}, {ExitFailed, []string{"models", "list"}}, {ExitFailed, []string{"models", "preview", filepath.Join(root, "models", "VAE", "vae-00.safetensors"), "--out", cover}},
	} {
		if r := paint(t, c.args...); r.code != c.code || !strings.Contains(r.errors, "hint: ") && c.args[2] != "extra" && c.args[1] != "list" && c.args[1] != "lost" {
			t.Errorf("%q ends with %d: %s", c.args, r.code, r.errors)
		}
	}
}
