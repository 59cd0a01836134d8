package ui

import (
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"pentimento/app/collection"
	"pentimento/app/editor"
	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

// TestTheLibraryGoesByKeysAndByWhatIsSeen: what a search hides is chosen no more; from the search the
// arrow down leads to the cards, and Enter uses the card, or the first that the search finds.
func TestTheLibraryGoesByKeysAndByWhatIsSeen(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"fog", "leaf", "stem"} {
		data := make([]byte, 2*4*768)
		item := pipelinetest.Item{Name: "lora_unet_x_attn2_to_k.lora_down.weight", DType: "F16", Shape: []int{4, 768}, Data: data}
		if err := pipelinetest.WriteSafetensors(filepath.Join(folder, name+".safetensors"), []pipelinetest.Item{item}, nil); err != nil {
			t.Fatal(err)
		}
	}
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	store.ModelFolders = []string{folder}
	models := collection.Open("")
	if _, err := models.Refresh(t.Context(), collection.Places{Trees: []string{folder}}, nil); err != nil {
		t.Fatal(err)
	}
	w := newWindow(test.NewTempApp(t), editor.Config{Settings: store, Version: "test", Collection: models, Post: func(f func()) { posted <- f }})
	t.Cleanup(w.ed.Jobs.Close)
	press := func(key fyne.KeyName) {
		t.Helper()
		k, on := &fyne.KeyEvent{Name: key}, w.win.Canvas().Focused()
		if on == nil {
			t.Fatal("nothing has the keys")
		}
		on.TypedKey(k)
	}
	s := w.showModels()
	if len(s.rows) != 3 || w.win.Canvas().Focused() != fyne.Focusable(s.search) {
		t.Fatalf("%d cards, keys to %T", len(s.rows), w.win.Canvas().Focused())
	}
	press(fyne.KeyDown)
	if filepath.Base(s.chosen) != "fog.safetensors" {
		t.Errorf("from the search the arrow chose %q", s.chosen)
	}
	press(fyne.KeyRight)
	if filepath.Base(s.chosen) != "leaf.safetensors" {
		t.Errorf("the next arrow chose %q", s.chosen)
	}
	s.search.SetText("stem")
	s.searched()
	if len(s.rows) != 1 || s.chosen != "" || s.detail.of != "" {
		t.Errorf("%d cards, and beside them %q", len(s.rows), s.chosen+s.detail.of)
	}
	w.win.Canvas().Focus(s.search)
	press(fyne.KeyReturn)
	if filepath.Base(s.chosen) != "stem.safetensors" || s.open {
		t.Errorf("Enter in the search chose %q, open %v", s.chosen, s.open)
	}
	w.modals[len(w.modals)-1].close() // the starter takes no adapter
	s = w.showModels()
	press(fyne.KeyDown)
	press(fyne.KeyReturn)
	if filepath.Base(s.chosen) != "fog.safetensors" || s.open {
		t.Errorf("Enter on a card: chosen %q, open %v", s.chosen, s.open)
	}
}
