package collection_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/collection"
	"pentimento/canvas/canvastest"
	"pentimento/pipeline/pipelinetest"
)

// lora writes a small adapter with random values.
func lora(t *testing.T, path string) {
	t.Helper()
	rng := canvastest.Chance(t)
	data := make([]byte, 2*4*768)
	for i := range data {
		data[i] = byte(rng.Uint32()) & 0x3b
	}
	must(t, pipelinetest.WriteSafetensors(path, []pipelinetest.Item{{Name: "lora_unet_x_attn2_to_k.lora_down.weight", DType: "F16", Shape: []int{4, 768}, Data: data}}, nil))
}

func put(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

// names are all files below a folder.
func names(t *testing.T, root string) (out []string) {
	t.Helper()
	must(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			rel, _ := filepath.Rel(root, path)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	}))
	return out
}

// TestAModelMovesWithAllThatBelongsToIt, nothing of another model does, nothing is overwritten,
// and each move is taken back.
func TestAModelMovesWithAllThatBelongsToIt(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	must(t, os.MkdirAll(at("a/b"), 0o755))
	lora(t, at("a/leaf.safetensors"))
	lora(t, at("a/leaf.v2.safetensors"))
	for _, name := range []string{"a/leaf.preview.png", "a/leaf.json", "a/leaf.civitai.info", "a/leaf.v2.preview.png", "a/leafy.png", "a/leaf.other"} {
		put(t, at(name), name)
	}
	first := names(t, root)
	c := collection.Open(t.TempDir())
	refresh(t, c, root)
	must(t, c.HashAll(t.Context(), nil))
	must(t, c.Tag(at("a/leaf.safetensors"), []string{"kept"}))
	was, _ := c.Get(at("a/leaf.safetensors"))
	known := func(path string) {
		t.Helper()
		refresh(t, c, root)
		if now, ok := c.Get(path); !ok || now.Sums != was.Sums || now.Gone || !slices.Equal(c.Tags(path), []string{"kept"}) {
			t.Errorf("%s: %+v with the tags %v", path, now, c.Tags(path))
		}
	}

	to, err := c.Rename(at("a/leaf.safetensors"), "Blatt grün")
	must(t, err)
	known(to)
	want := []string{"a/Blatt grün.civitai.info", "a/Blatt grün.json", "a/Blatt grün.preview.png", "a/Blatt grün.safetensors", "a/leaf.other", "a/leaf.v2.preview.png", "a/leaf.v2.safetensors", "a/leafy.png"}
	if got := names(t, root); !slices.Equal(got, want) {
		t.Errorf("renamed: %q", got)
	}
	to, err = c.Move(to, at("a/b"))
	must(t, err)
	known(to)
	if got := names(t, at("a/b")); len(got) != 4 {
		t.Errorf("moved: %q", got)
	}
	_, err = c.Undo()
	must(t, err)
	known(at("a/Blatt grün.safetensors"))
	if _, err = c.Rename(at("a/Blatt grün.safetensors"), "leaf.v2"); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("renamed over another model: %v", err)
	}
	for _, bad := range []string{"", "a/b", "..", `c:\x`, ".hidden"} {
		if _, err := c.Rename(at("a/Blatt grün.safetensors"), bad); err == nil {
			t.Errorf("%q was taken for a name", bad)
		}
	}
	if got := names(t, root); !slices.Equal(got, want) {
		t.Errorf("refused: %q", got)
	}
	_, err = c.Rename(at("a/Blatt grün.safetensors"), "leaf")
	must(t, err)
	must(t, c.Trash(at("a/leaf.safetensors")))
	refresh(t, c, root)
	if _, ok := c.Get(at("a/leaf.safetensors")); ok || len(c.List(collection.Query{})) != 1 {
		t.Errorf("in the trash and in the list: %v", c.List(collection.Query{}))
	}
	_, err = c.Undo()
	must(t, err)
	known(at("a/leaf.safetensors"))
	if got := names(t, root); !slices.Equal(got, first) {
		t.Errorf("at the end: %q", got)
	}
	if _, err := os.Stat(at("a/" + collection.TrashFolder)); err == nil {
		t.Error("the empty trash is left")
	}
}

// TestAStopOnTheWayLeavesNothingHalfMoved: the name of one of the files is taken.
func TestAStopOnTheWayLeavesNothingHalfMoved(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "b"), 0o755))
	lora(t, filepath.Join(root, "leaf.safetensors"))
	put(t, filepath.Join(root, "leaf.json"), "{}")
	put(t, filepath.Join(root, "leaf.png"), "mine")
	put(t, filepath.Join(root, "b/leaf.png"), "other")
	before := names(t, root)
	c := collection.Open("")
	refresh(t, c, root)
	if _, err := c.Move(filepath.Join(root, "leaf.safetensors"), filepath.Join(root, "b")); err == nil {
		t.Error("moved over a picture")
	}
	if got := names(t, root); !slices.Equal(got, before) {
		t.Errorf("%q, want %q", got, before)
	}
	if b, _ := os.ReadFile(filepath.Join(root, "b/leaf.png")); string(b) != "other" {
		t.Errorf("the picture is %q", b)
	}
}

// TestARefusedUndoCanBeAskedAgain: what stood in its way is taken away first.
func TestARefusedUndoCanBeAskedAgain(t *testing.T) {
	root := t.TempDir()
	leaf := filepath.Join(root, "leaf.safetensors")
	lora(t, leaf)
	put(t, filepath.Join(root, "leaf.json"), "{}")
	before := names(t, root)
	c := collection.Open("")
	refresh(t, c, root)
	must(t, c.Trash(leaf))
	put(t, leaf, "another")
	if _, err := c.Undo(); err == nil || !strings.Contains(err.Error(), "there by now") {
		t.Errorf("moved back over another file: %v", err)
	}
	if !c.CanUndo() {
		t.Error("after a refusal there is nothing to take back")
	}
	must(t, os.Remove(leaf))
	if to, err := c.Undo(); err != nil || to != leaf {
		t.Errorf("the second Undo: %q, %v", to, err)
	}
	if got := names(t, root); !slices.Equal(got, before) {
		t.Errorf("%q, want %q", got, before)
	}
	if item, ok := c.Get(leaf); !ok || item.Kind != "adapter" {
		t.Errorf("it is listed as %+v", item)
	}
}

// TestAnotherFileOfTheSameSizeAndTimeHasItsOwnSums: adapters out of one archive are alike in both.
func TestAnotherFileOfTheSameSizeAndTimeHasItsOwnSums(t *testing.T) {
	root, index := t.TempDir(), t.TempDir()
	at := time.Unix(1_700_000_000, 0)
	add := func(name string) string {
		path := filepath.Join(root, name)
		lora(t, path)
		must(t, os.Chtimes(path, at, at))
		return path
	}
	first := add("leaf.safetensors")
	c := collection.Open(index)
	refresh(t, c, root)
	must(t, c.HashAll(t.Context(), nil))
	was, _ := c.Get(first)
	must(t, os.Remove(first))
	other := add("other.safetensors")
	refresh(t, c, root)
	if got, _ := c.Get(other); got.Sums == was.Sums {
		t.Error("a file that was never read has the sums of one that is gone")
	}
	must(t, c.HashAll(t.Context(), nil))
	if got, _ := c.Get(other); got.Sums.SHA256 == "" || got.Sums == was.Sums {
		t.Errorf("read, it has the sums %+v", got.Sums)
	}
}

// TestAMoveBeforeTheFirstLookKeepsTheIndex.
func TestAMoveBeforeTheFirstLookKeepsTheIndex(t *testing.T) {
	root, index := t.TempDir(), t.TempDir()
	for _, name := range []string{"leaf.safetensors", "stem.safetensors"} {
		lora(t, filepath.Join(root, name))
	}
	c := collection.Open(index)
	refresh(t, c, root)
	must(t, c.HashAll(t.Context(), nil))
	must(t, c.Tag(filepath.Join(root, "leaf.safetensors"), []string{"kept"}))
	c = collection.Open(index)
	_, err := c.Rename(filepath.Join(root, "stem.safetensors"), "root")
	must(t, err)
	c = collection.Open(index)
	refresh(t, c, root)
	for _, name := range []string{"leaf.safetensors", "root.safetensors"} {
		if item, _ := c.Get(filepath.Join(root, name)); item.Sums.SHA256 == "" {
			t.Errorf("%s has lost its sums", name)
		}
	}
	if got := c.Tags(filepath.Join(root, "leaf.safetensors")); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("its tags are %q", got)
	}
}

// TestAFileThatNamesAMillionTagsIsReadInAMoment.
func TestAFileThatNamesAMillionTagsIsReadInAMoment(t *testing.T) {
	root := t.TempDir()
	lora(t, filepath.Join(root, "leaf.safetensors"))
	var tags strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&tags, `"tag %d",`, i)
	}
	put(t, filepath.Join(root, "leaf.civitai.info"), `{"trainedWords":["wake"],"model":{"tags":[`+tags.String()+`"end"]}}`)
	c := collection.Open("")
	start := time.Now()
	refresh(t, c, root)
	item, _ := c.Get(filepath.Join(root, "leaf.safetensors"))
	if took := time.Since(start); took > 5*time.Second || len(item.Card.Labels) != 40 {
		t.Errorf("%d tags are kept after %v", len(item.Card.Labels), took)
	}
}
