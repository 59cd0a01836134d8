package ui

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// pictureWith writes a small picture that carries a text under "parameters".
func pictureWith(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	data := []byte("tEXtparameters\x00" + text)
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(data)-4)), data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(data))
	const header = 8 + 25 // signature and IHDR
	whole := slices.Concat(b.Bytes()[:header], chunk, b.Bytes()[header:])
	path := filepath.Join(t.TempDir(), "made.png")
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// soon runs the window until ok.
func (w *window) soon(ok func() bool) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !ok(); time.Sleep(5 * time.Millisecond) {
		w.view.settle()
	}
	return ok()
}

// buttons finds the buttons of the sheet on top by their texts.
func (w *window) buttons() map[string]*widget.Button {
	out := map[string]*widget.Button{}
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if b, ok := o.(*widget.Button); ok && b.Text != "" {
			out[b.Text] = b
		}
	}
	return out
}

const madeBy = "a red kite\nNegative prompt: rain\nSteps: 9, Sampler: Euler a, CFG scale: 4, Seed: 33, Size: 512x512, Model: sky"

// TestADroppedPictureShowsItsRecipe on a picture: using it and placing it are two things.
func TestADroppedPictureShowsItsRecipe(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
	drop := func() map[string]*widget.Button {
		w.dropped(at.AddXY(120, 90), []fyne.URI{storage.NewFileURI(pictureWith(t, madeBy))})
		if !w.soon(w.covered) {
			t.Fatal("nothing is shown after the drop")
		}
		return w.buttons()
	}
	b := drop()
	for _, name := range []string{"Use all", "Use prompt", "Use seed", "Place on canvas", "Reference", "Close"} {
		if b[name] == nil {
			t.Fatalf("the recipe panel has no button %q", name)
		}
	}
	test.Tap(b["Place on canvas"])
	if !w.soon(func() bool { return len(w.ed.Committed().Layers) == 2 }) || w.ed.Settings.Fill.Prompt != "" {
		t.Errorf("placing: %d layers, prompt %q", len(w.ed.Committed().Layers), w.ed.Settings.Fill.Prompt)
	}
	test.Tap(drop()["Use all"])
	if f := w.ed.Settings.Fill; f.Prompt != "a red kite" || f.Negative != "rain" || f.Seed != 33 || f.Sampler != "Euler a" || len(w.ed.Committed().Layers) != 2 {
		t.Errorf("using: %+v, %d layers", f, len(w.ed.Committed().Layers))
	}
	if got := of[*fillPanel](w).prompt.entry.Text; got != "a red kite" {
		t.Errorf("the panel's prompt is %q", got)
	}
}

// TestADropOnNothingOpensAndShowsTheRecipe: the picture is there, and its recipe over it.
func TestADropOnNothingOpensAndShowsTheRecipe(t *testing.T) {
	w := open(t)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
	w.dropped(at.AddXY(120, 90), []fyne.URI{storage.NewFileURI(pictureWith(t, madeBy))})
	if !w.soon(w.covered) || w.ed.Path() == "" || w.ed.Provenance.Card() == nil {
		t.Errorf("opened %q, recipe %v", w.ed.Path(), w.ed.Provenance.Card())
	}
}

// TestALargeRecipeDoesNotHoldTheWindow: of megabytes a part is laid out.
func TestALargeRecipeDoesNotHoldTheWindow(t *testing.T) {
	w := open(t)
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, ", Key %d: value %d", i, i)
	}
	w.ed.Provenance.RecipeOf(pictureWith(t, strings.Repeat("word ", 200_000)+"\nSteps: 9, Seed: 1, Size: 8x8"+b.String()), image.Point{}, nil)
	if !w.soon(w.covered) {
		t.Fatal("no panel")
	}
	total := 0
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if l, ok := o.(*widget.Label); ok {
			total += len(l.Text)
		}
	}
	if total > 20_000 {
		t.Errorf("%d characters are laid out", total)
	}
}
