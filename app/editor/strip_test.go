package editor

import (
	"bytes"
	"image"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/app/provenance"
)

// own are the rows of the document's results.
func (b *bench) own() []provenance.ResultRow {
	b.t.Helper()
	var out []provenance.ResultRow
	told := false
	b.Provenance.ResultsOf(b.Fills.Results, func(rows []provenance.ResultRow) { out, told = rows, true })
	b.until("the answer of the library", func() bool { return told })
	return out
}

// TestResultsBelongToTheirDocument: they are listed latest first, those of other documents are
// not, and they come back with the project; deleting and bringing back works.
func TestResultsBelongToTheirDocument(t *testing.T) {
	b, _ := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 96, 80), 1))
	b.arriveAt(image.Rect(0, 0, 20, 20), diffusion("first", 1), 1)
	b.arriveAt(image.Rect(30, 0, 50, 20), diffusion("second", 2), 2)
	b.Fills.DiscardAll()
	b.Fills.DiscardAll()
	path := filepath.Join(t.TempDir(), "two.ora")
	saved := false
	b.Keeping.SaveTo(path, func(err error) { saved = err == nil })
	b.until("the save", func() bool { return saved })
	b.New()
	if len(b.Fills.Results) != 0 {
		t.Errorf("a new document has the results %v", b.Fills.Results)
	}
	b.put(texture(image.Rect(0, 0, 30, 30), 1))
	b.arriveAt(image.Rect(0, 0, 9, 9), diffusion("elsewhere", 3), 3)
	b.Fills.DiscardAll()
	b.saves = false
	b.Keeping.Exported(b.Committed())
	b.openFile(path)
	got := b.own()
	if len(got) != 2 || got[0].Title != "second" || got[1].Title != "first" {
		t.Fatalf("the project's results are %+v", got)
	}
	done := false
	b.Provenance.TrashResult(got[0].ID, func() { done = true })
	b.until("the trash", func() bool { return done })
	if left := b.own(); len(left) != 1 || left[0].Title != "first" {
		t.Errorf("after deleting the second there are %+v", left)
	}
	done = false
	b.Provenance.RestoreResult(got[0].ID, func() { done = true })
	b.until("the way back", func() bool { return done })
	if len(b.own()) != 2 {
		t.Error("the deleted one did not come back")
	}
}

// TestAResultIsComparedAtItsPlace: it lies over the picture, once more takes it away, Escape
// too; Enter makes it a layer of the same pixels, and a change of the picture takes it away.
func TestAResultIsComparedAtItsPlace(t *testing.T) {
	b, _ := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 96, 80), 1))
	b.arriveAt(image.Rect(10, 12, 40, 30), diffusion("barn", 1), 5)
	patch := b.Fills.Shown().Current().Patch
	b.Fills.DiscardAll()
	id := b.own()[0].ID
	look := func() {
		b.LookAt(id)
		b.until("the result over the picture", func() bool { return len(b.Fills.Overlays()) == 1 })
	}
	before := b.Committed()
	look()
	if got := b.Fills.Overlays()[0]; got.Rect != patch.Rect || !bytes.Equal(got.Pix, patch.Pix) {
		t.Errorf("it lies at %v, made at %v", got.Rect, patch.Rect)
	}
	b.LookAt(id)
	if len(b.Fills.Overlays()) != 0 || b.Committed() != before {
		t.Error("the second click does not take it away")
	}
	look()
	if b.Key("Escape"); len(b.Fills.Overlays()) != 0 || b.LookedAt() != "" {
		t.Error("Escape does not take it away")
	}
	look()
	b.maskRect(image.Rect(0, 0, 4, 4))
	if len(b.Fills.Overlays()) != 0 {
		t.Error("it lies over a picture that has changed")
	}
	look()
	b.Key("Enter")
	b.until("the layer", func() bool { return len(b.State().Layers) == 2 })
	if got := flatten(b.State(), patch.Rect); !bytes.Equal(got.Pix, patch.Pix) {
		t.Error("what was put in is not the result")
	}
}

// TestAResultIsPlacedWhereItIsDropped and its numbers are used without frame and mask.
func TestAResultIsPlacedWhereItIsDropped(t *testing.T) {
	b, _ := withLibrary(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	q := diffusion("barn", 9)
	q.Frame = image.Rect(0, 0, 64, 64)
	b.arriveAt(image.Rect(10, 12, 40, 32), q, 5)
	b.Fills.DiscardAll()
	id := b.own()[0].ID
	b.Provenance.PlaceResultAt(id, image.Pt(200, 100))
	b.until("the layer", func() bool { return len(b.State().Layers) == 2 })
	if got := b.State().Layers[1].Used(); got != image.Rect(185, 90, 215, 110) {
		t.Errorf("dropped at 200,100 it covers %v", got)
	}
	before := b.Committed()
	b.Provenance.UseNumbers(id)
	b.until("the numbers", func() bool { return b.Settings.Fill.Prompt == "barn" })
	if f := b.Settings.Fill; f.Seed != 9 || !f.LockSeed || f.Sampler != "Euler" || b.Committed() != before {
		t.Errorf("seed %d, sampler %s, the picture changed: %v", f.Seed, f.Sampler, b.Committed() != before)
	}
	if !slices.Contains(b.Fills.Results, id) {
		t.Error("the result is no longer the document's")
	}
}
