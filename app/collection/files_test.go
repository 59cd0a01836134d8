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
	"pentimento/pipeline/graph"
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

// TestAModelInPiecesMovesWhole: its other pieces, their index and what is called after them go along, and come
// back; since the index names them, they keep their names.
func TestAModelInPiecesMovesWhole(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	must(t, os.MkdirAll(at("b"), 0o755))
	for i := range 3 {
		lora(t, at(fmt.Sprintf("big-%05d-of-00003.safetensors", i+1)))
	}
	lora(t, at("big-00001-of-00002.safetensors")) // another model's
	put(t, at("big.safetensors.index.json"), "{}")
	put(t, at("big.png"), "")
	put(t, at("big-00002-of-00003.txt"), "")
	first := names(t, root)
	c := collection.Open(t.TempDir())
	refresh(t, c, root)
	must(t, c.Tag(at("big-00003-of-00003.safetensors"), []string{"kept"}))
	if _, err := c.Rename(at("big-00002-of-00003.safetensors"), "other"); err == nil || !strings.Contains(err.Error(), "3 files") {
		t.Errorf("a piece was renamed: %v", err)
	}
	_, err := c.Move(at("big-00002-of-00003.safetensors"), at("b"))
	must(t, err)
	if got, want := names(t, root), []string{"b/big-00001-of-00003.safetensors", "b/big-00002-of-00003.safetensors", "b/big-00002-of-00003.txt", "b/big-00003-of-00003.safetensors", "b/big.png", "b/big.safetensors.index.json", "big-00001-of-00002.safetensors"}; !slices.Equal(got, want) {
		t.Errorf("moved: %q", got)
	}
	refresh(t, c, root)
	if tags := c.Tags(at("b/big-00003-of-00003.safetensors")); !slices.Equal(tags, []string{"kept"}) {
		t.Errorf("another piece has the tags %q", tags)
	}
	_, err = c.Undo()
	must(t, err)
	must(t, c.Trash(at("big-00001-of-00003.safetensors")))
	if rows := c.List(collection.Query{}); len(rows) != 1 {
		t.Errorf("%d are listed besides the trash, want the other model", len(rows))
	}
	_, err = c.Undo()
	must(t, err)
	refresh(t, c, root)
	if got := names(t, root); !slices.Equal(got, first) || len(c.List(collection.Query{})) != 4 {
		t.Errorf("at the end: %q", got)
	}
}

// onnx writes a model whose weights lie in a file beside it.
func onnx(t *testing.T, path, data string) {
	t.Helper()
	put(t, filepath.Join(filepath.Dir(path), data), strings.Repeat("\x00", 64))
	g := &graph.Graph{Name: "theirs", Inputs: []graph.Value{{Name: "x", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(4), graph.Fixed(4)}}},
		Outputs: []graph.Value{{Name: "y", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(4), graph.Fixed(4)}}},
		Weights: []*graph.Weight{{Name: "m", Type: graph.Float32, Shape: []int64{4, 4}, File: filepath.Join(filepath.Dir(path), data), Length: 64}},
		Nodes:   []*graph.Node{{Op: "Gemm", Inputs: []string{"x", "m"}, Outputs: []string{"y"}}}}
	b, err := g.Encode(filepath.Dir(path))
	must(t, err)
	put(t, path, string(b))
}

// TestWeightsBesideAnONNXModelMoveWithIt, under their own name, which stands in the model.
func TestWeightsBesideAnONNXModelMoveWithIt(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	must(t, os.MkdirAll(at("b"), 0o755))
	onnx(t, at("up.onnx"), "model.onnx_data")
	c := collection.Open("")
	refresh(t, c, root)
	to, err := c.Rename(at("up.onnx"), "upscaler")
	must(t, err)
	to, err = c.Move(to, at("b"))
	must(t, err)
	if got, want := names(t, root), []string{"b/model.onnx_data", "b/upscaler.onnx"}; !slices.Equal(got, want) {
		t.Errorf("moved: %q", got)
	}
	onnx(t, at("b/twin.onnx"), "model.onnx_data")
	if _, err = c.Move(to, root); err == nil || !strings.Contains(err.Error(), "twin.onnx") {
		t.Errorf("another model's weights were moved: %v", err)
	}
}

// TestLinksLeadToTheSameFileAfterAMove, one that would lead nowhere is named, and nothing moves.
func TestLinksLeadToTheSameFileAfterAMove(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	must(t, os.MkdirAll(at("a/b"), 0o755))
	lora(t, at("store/real.safetensors"))
	put(t, at("store/notes.txt"), "of the leaf")
	if err := os.Symlink("../store/real.safetensors", at("a/leaf.safetensors")); err != nil {
		t.Skip("this disk has no links:", err)
	}
	must(t, os.Symlink("../store/notes.txt", at("a/leaf.txt")))
	c := collection.Open("")
	refresh(t, c, root)
	whole := func(path string) {
		t.Helper()
		for _, ending := range []string{".safetensors", ".txt"} {
			if _, err := os.Stat(path + ending); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := c.Move(at("a/leaf.safetensors"), at("a/b"))
	must(t, err)
	whole(at("a/b/leaf"))
	_, err = c.Undo()
	must(t, err)
	whole(at("a/leaf"))
	if text, err := os.Readlink(at("a/leaf.txt")); err != nil || text != "../store/notes.txt" {
		t.Errorf("the link says %q, %v", text, err)
	}
	if _, err := c.Move(at("store/real.safetensors"), root); err == nil || !strings.Contains(err.Error(), "leaf.safetensors") {
		t.Errorf("moved away from under a link: %v", err)
	}
	put(t, at("hub/snapshots/x/model_index.json"), "{}")
	put(t, at("hub/blobs/1"), "")
	must(t, os.MkdirAll(at("hub/snapshots/x/unet"), 0o755))
	must(t, os.Symlink("../../../blobs/1", at("hub/snapshots/x/unet/model.safetensors")))
	if _, err := c.Move(at("hub/snapshots/x"), root); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("a folder was moved away from its files: %v", err)
	}
}
