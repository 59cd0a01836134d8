package editor

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"

	"pentimento/app/library"
	"pentimento/app/provenance"
	"pentimento/pipeline"
)

// withLibrary is a bench that keeps results.
func withLibrary(t *testing.T) (*bench, string) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "results")
	b.Provenance.Library = library.Open(dir, 1<<30)
	t.Cleanup(b.Provenance.Close)
	return b, dir
}

// rows are what the library finds.
func (b *bench) rows(words string, favourites, trash bool) []provenance.ResultRow {
	b.t.Helper()
	var out []provenance.ResultRow
	told := false
	b.Provenance.Results(words, favourites, trash, func(rows []provenance.ResultRow, _ string) { out, told = rows, true })
	b.until("the answer of the library", func() bool { return told })
	return out
}

// TestEveryCandidateIsKept: one that is discarded, too, and a real fill's.
func TestEveryCandidateIsKept(t *testing.T) {
	b, dir := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 96, 80), 1))
	b.maskRect(image.Rect(40, 40, 52, 52)) // small: the race detector is slow
	b.Settings.Fill.Count = 2
	b.Fills.Fill()
	b.idle()
	b.Fills.DiscardAll()
	if got := b.rows("", false, false); len(got) != 2 {
		t.Fatalf("kept are %v, want both candidates", got)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.png"))
	if len(files) != 2 {
		t.Errorf("files %v", files)
	}
	b.Settings.ResultsMB = 0
	b.arriveAt(image.Rect(0, 0, 20, 20), diffusion("a kite", 3), 2)
	if got := b.rows("", false, false); len(got) != 2 {
		t.Errorf("with a budget of nothing %d are kept, want no more", len(got))
	}
}

// TestUseAgainRestoresFrameMaskAndSettings after all three were changed.
func TestUseAgainRestoresFrameMaskAndSettings(t *testing.T) {
	b, _ := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 400, 300), 1))
	q := diffusion("a kite", 77)
	q.Frame, q.Area, q.Blend, q.TileX, q.VariationSeed, q.VariationStrength = image.Rect(10, 20, 266, 276), &pipeline.Area{Method: "only masked", Padding: 32, Blur: 4}, pipeline.BlendSoft, true, 5, 0.5
	b.arriveAt(image.Rect(60, 70, 120, 130), q, 2)
	patch := b.Fills.Shown().Current().Patch
	b.Fills.DiscardAll()
	list := b.rows("kite 77", false, false)
	if len(list) != 1 || list[0].Title != "a kite" {
		t.Fatalf("found %+v", list)
	}
	b.Provenance.UseResult(list[0].ID)
	b.until("the settings", func() bool { return b.Settings.Fill.Prompt == "a kite" })
	f := b.Settings.Fill
	if f.Engine != "diffusion" || f.Seed != 77 || !f.LockSeed || f.Sampler != "Euler" || f.Area != "masked" || f.Blend != "soft" || f.Tile != "x" || f.Variation != 5 || f.VariationStrength != 0.5 {
		t.Errorf("settings %+v", f)
	}
	s := b.State()
	if s.Frame != q.Frame || s.MaskUsed() != image.Rect(60, 70, 120, 130) {
		t.Errorf("frame %v, mask %v", s.Frame, s.MaskUsed())
	}
	b.Undo()
	if b.State().Mask.Len() != 0 {
		t.Error("undo leaves the mask standing")
	}
	b.Provenance.PlaceResult(list[0].ID)
	b.until("the pixels", func() bool { return len(b.State().Layers) == 2 })
	got := flatten(b.State(), patch.Rect)
	if !bytes.Equal(got.Pix, patch.Pix) {
		t.Error("the placed pixels are not those of the candidate")
	}
	if f := b.fills(); len(f) != 1 || f[0].Prompt != "a kite" {
		t.Errorf("the export tells of %+v, want the placed result", f)
	}
}

// TestUseAgainOfAWholeFrameLeavesNoMask: with one the next fill would be an inpaint that reaches
// over the frame, not the picture again.
func TestUseAgainOfAWholeFrameLeavesNoMask(t *testing.T) {
	for _, task := range []pipeline.Task{pipeline.Generate, pipeline.Refine} {
		b, _ := withLibrary(t)
		b.put(texture(image.Rect(0, 0, 256, 256), 1))
		q := diffusion("a kite", 77)
		q.Task, q.Frame = task, image.Rect(0, 0, 256, 256)
		b.arriveAt(q.Frame, q, 1)
		b.Fills.DiscardAll()
		b.maskRect(image.Rect(40, 40, 52, 52))
		b.Provenance.UseResult(b.rows("kite 77", false, false)[0].ID)
		b.until("the settings", func() bool { return b.Settings.Fill.Prompt == "a kite" })
		if s := b.State(); s.Frame != q.Frame || s.Mask.Len() != 0 {
			t.Errorf("%s: frame %v, mask %v, want the frame alone", task, s.Frame, s.MaskUsed())
		}
	}
}

func TestFavouritesTrashAndBudgetFromTheEditor(t *testing.T) {
	b, dir := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 400, 300), 1))
	for i := range 4 {
		b.arriveAt(image.Rect(0, 0, 60, 60), diffusion("kite", int64(i)), uint64(i))
		if i == 0 {
			b.Favourite()
			if !isFavourite(b.Editor) {
				t.Error("the candidate is no favourite")
			}
		}
	}
	list := b.rows("", false, false)
	if len(list) != 4 || len(b.rows("", true, false)) != 1 {
		t.Fatalf("kept %d, favourites %d", len(list), len(b.rows("", true, false)))
	}
	done := false
	b.Provenance.TrashResult(list[0].ID, func() { done = true })
	b.until("the trash", func() bool { return done })
	if n, m := len(b.rows("", false, false)), len(b.rows("", false, true)); n != 3 || m != 1 {
		t.Errorf("%d in the list, %d in the trash", n, m)
	}
	done = false
	b.Provenance.RestoreResult(list[0].ID, func() { done = true })
	b.until("the way back", func() bool { return done })
	// No room: what an open stack shows and the favourite stay.
	b.Fills.DiscardAll() // may be brought back: stays
	b.Fills.DiscardAll() // now the one before may not: two places and this one are left
	b.Provenance.Library.SetBudget(1)
	if err := b.Provenance.Library.Trim(); err != nil {
		t.Fatal(err)
	}
	if left := b.rows("", false, false); len(left) != 3 {
		files, _ := os.ReadDir(dir)
		t.Errorf("%d are left, want the favourite and two that are shown; files %v", len(left), files)
	}
}
