package collection_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/collection"
	"pentimento/app/collection/collectiontest"
	"pentimento/canvas/canvastest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refresh(t *testing.T, c *collection.Collection, folders ...string) bool {
	t.Helper()
	changed, err := c.Refresh(t.Context(), collection.Places{Trees: folders}, nil)
	must(t, err)
	return changed
}

// TestAFolderOfA1111IsListedWhole: 200 files of every kind, each told by its content, every
// broken one named with the reason; warm in 2 s at most, and nothing is written in it.
func TestAFolderOfA1111IsListedWhole(t *testing.T) {
	root, index := filepath.Join(t.TempDir(), "stable-diffusion-webui"), t.TempDir()
	want, err := collectiontest.A1111(root, canvastest.Chance(t))
	must(t, err)
	if len(want) != 200 {
		t.Fatalf("the folder has %d files", len(want))
	}
	before := state(t, root)
	if p := collection.TreeOf(filepath.Join(root, "models")); p.Program != "A1111" || p.Root != root {
		t.Errorf("the folder is taken for %+v", p)
	}
	c := collection.Open(index)
	start := time.Now()
	refresh(t, c, root)
	t.Logf("cold in %v", time.Since(start))
	check(t, c, want)
	c = collection.Open(index)
	start = time.Now()
	if refresh(t, c, root) {
		t.Error("the second look found a change")
	}
	warm := time.Since(start)
	t.Logf("warm in %v", warm)
	if warm > 2*time.Second {
		t.Errorf("warm in %v", warm)
	}
	check(t, c, want)
	if after := state(t, root); after != before {
		t.Errorf("looking changed the folder: %s, was %s", after, before)
	}
}

func check(t *testing.T, c *collection.Collection, want map[string]collectiontest.Want) {
	t.Helper()
	rows := c.List(collection.Query{})
	if len(rows) != len(want) {
		t.Errorf("%d items of %d files", len(rows), len(want))
	}
	for _, r := range rows {
		w, ok := want[string(r.Path)]
		if !ok || r.Kind != w.Kind || r.Adapter != w.Adapter || w.Family != "" && r.Family != w.Family || (r.Kind == collection.Broken) != (r.Problem != "") || !strings.Contains(r.Problem, w.Why) {
			t.Errorf("%s is %s %s %s %q, want %+v", filepath.Base(string(r.Path)), r.Kind, r.Adapter, r.Family, r.Problem, w)
		}
	}
}

// state is a word for all names, sizes and times below a folder.
func state(t *testing.T, root string) string {
	t.Helper()
	var b bytes.Buffer
	must(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(path + info.ModTime().String() + info.Mode().String())
		}
		return err
	}))
	return b.String()
}

// TestACardSaysWhatIsInAndBesideAFile.
func TestACardSaysWhatIsInAndBesideAFile(t *testing.T) {
	root := t.TempDir()
	_, err := collectiontest.A1111(root, canvastest.Chance(t))
	must(t, err)
	c := collection.Open("")
	refresh(t, c, root)
	get := func(below string) collection.Item {
		item, ok := c.Get(filepath.Join(root, filepath.FromSlash(below)))
		if !ok {
			t.Fatalf("%s isn't there", below)
		}
		return item
	}
	own := get("models/Lora/people/style-12.safetensors").Card
	if !slices.Equal(own.Words, []string{"brush style 12"}) || own.Weight != 0.7 || own.Negative != "photo" || !strings.Contains(own.Notes, "A style of 12") || !strings.Contains(own.Notes, "mine") || own.Title != "style 12" {
		t.Errorf("of its owner's notes: %+v", own)
	}
	if own.Trained[0] != (collection.Count{Word: "brushwork", N: 19}) || own.Picture != ".png" {
		t.Errorf("of its training: %+v", own)
	}
	info := get("models/Lora/places/style-01.safetensors").Card
	if info.Title != "Leaf style" || !slices.Equal(info.Words, []string{"wake 1"}) || info.Notes != "Made of leaves" || info.Base != "SD 1.5" || info.Labels[0] != "style" {
		t.Errorf("of a helper's file: %+v", info)
	}
	for _, below := range []string{"models/Lora/people/style-00.safetensors", "models/Lora/people/style-12.safetensors", "models/Stable-diffusion/landscape-00.safetensors"} {
		img, err := c.Cover(t.Context(), filepath.Join(root, filepath.FromSlash(below)))
		if err != nil || img == nil || img.Bounds().Dx() != 96 {
			t.Errorf("picture of %s: %v", below, err)
		}
	}
	for words, n := range map[string]int{"wake leaf": 18, "people style-1": 3, "": 200, "nowhere": 0} {
		if got := len(c.List(collection.Query{Words: words})); got != n {
			t.Errorf("%q finds %d, want %d", words, got, n)
		}
	}
}

// TestFilesAreFoundByEveryHash, doubles are told, and what was said of a file follows it to another name.
func TestFilesAreFoundByEveryHash(t *testing.T) {
	root, index := t.TempDir(), t.TempDir()
	rng := canvastest.Chance(t)
	_, err := collectiontest.A1111(root, rng)
	must(t, err)
	loras := filepath.Join(root, "models", "Lora")
	first := filepath.Join(loras, "people", "style-00.safetensors")
	data, err := os.ReadFile(first)
	must(t, err)
	copied := filepath.Join(loras, "copy of style.safetensors")
	must(t, os.WriteFile(copied, data, 0o644))
	c := collection.Open(index)
	refresh(t, c, loras)
	if path, by := c.Find(t.Context(), collection.Wanted{Hash: "0123456789", Name: "Style-03"}, 0); by || filepath.Base(path) != "style-03.safetensors" {
		t.Errorf("by its name: %s, %v", path, by)
	}
	var last collection.Progress
	must(t, c.HashAll(t.Context(), func(p collection.Progress) { last = p }))
	if last.Bytes != last.Size || last.Size == 0 {
		t.Errorf("the last word was %+v", last)
	}
	item, _ := c.Get(first)
	for _, hash := range []string{item.Sums.SHA256, item.Sums.SHA256[:10], strings.ToUpper(item.Sums.SHA256[:12]), item.Sums.Data[:12], item.Sums.Data} {
		path, by := c.Find(t.Context(), collection.Wanted{Hash: hash, Name: "anything"}, 0)
		if got, _ := c.Get(path); !by || len(hash) > 8 && got.Sums != item.Sums {
			t.Errorf("%s finds %s, %v", hash, path, by)
		}
	}
	if got := c.Doubles(first); !slices.Equal(got, []string{copied}) {
		t.Errorf("doubles: %v", got)
	}
	if n := len(c.List(collection.Query{Doubled: true})); n != 2 {
		t.Errorf("%d files are doubled", n)
	}
	must(t, c.Tag(first, []string{"  mine ", "mine", "good  ones"}))
	must(t, os.Rename(first, filepath.Join(loras, "other name.safetensors")))
	c = collection.Open(index)
	refresh(t, c, loras)
	must(t, c.HashAll(t.Context(), nil)) // of another name, it is read again
	if got, _ := c.Get(filepath.Join(loras, "other name.safetensors")); got.Sums != item.Sums {
		t.Error("a file that was renamed outside the program lost its sums")
	}
	if got := c.Tags(filepath.Join(loras, "other name.safetensors")); !slices.Equal(got, []string{"mine", "good ones"}) {
		t.Errorf("its tags are %q", got)
	}
}

// TestHashingIsCancelledAndGoesOnLater.
func TestHashingIsCancelledAndGoesOnLater(t *testing.T) {
	root := t.TempDir()
	_, err := collectiontest.A1111(root, canvastest.Chance(t))
	must(t, err)
	c := collection.Open("")
	refresh(t, c, filepath.Join(root, "models", "Lora"))
	ctx, stop := context.WithCancel(t.Context())
	if err := c.HashAll(ctx, func(p collection.Progress) {
		if p.Files == 5 {
			stop()
		}
	}); err != context.Canceled {
		t.Errorf("the end is %v", err)
	}
	left := c.Totals().Unread
	if left != 72-5 {
		t.Errorf("%d files are left", left)
	}
	must(t, c.HashAll(t.Context(), nil))
	if left := c.Totals().Unread; left != 0 {
		t.Errorf("%d files are left", left)
	}
}
