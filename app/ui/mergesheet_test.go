package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/collection"
	"pentimento/app/editor"
	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

// mergeDesk is a window with a library of small models: a and b of one family, xl of another, and
// a LoRA.
func mergeDesk(t *testing.T) (w *window, dir string, until func(what string, ok func() bool)) {
	t.Helper()
	dir = t.TempDir()
	for i, m := range [][2]string{{"tiny15", "a"}, {"tiny15", "b"}, {"tinyxl", "xl"}} {
		tiny := pipelinetest.Tiny(t, m[0])
		tiny.Name, tiny.Salt = m[1], uint64(i)
		if err := tiny.WriteTo(dir, "single", "F16"); err != nil {
			t.Fatal(err)
		}
	}
	pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, dir, "leaf", 4)
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	store.ModelFolders = []string{dir}
	all := collection.Open("")
	if _, err := all.Refresh(t.Context(), collection.Places{Trees: []string{dir}}, nil); err != nil {
		t.Fatal(err)
	}
	posts := make(chan func(), 4096)
	w = newWindow(test.NewTempApp(t), editor.Config{Settings: store, Version: "test", Collection: all, Post: func(f func()) { posts <- f }})
	t.Cleanup(w.ed.Jobs.Close)
	return w, dir, func(what string, ok func() bool) {
		t.Helper()
		for end := time.After(time.Minute); !ok(); {
			select {
			case f := <-posts:
				f()
			case <-end:
				t.Fatalf("%s: it never came", what)
			}
		}
	}
}

// TestTheMergeSheetAsksForWhatTheMethodUses and for nothing else; block weights are checked while
// they are typed, and the sliders and the list say the same.
func TestTheMergeSheetAsksForWhatTheMethodUses(t *testing.T) {
	w, _, _ := mergeDesk(t)
	s := w.showMerge("")
	f := s.forms[0].(*mergeModels)
	for i, m := range f.methods {
		f.method.SetSelectedIndex(i)
		for n, row := range f.fileRows {
			if row.Visible() != (n < m.Files) {
				t.Errorf("%s: model %c is asked for: %v", m.Name, 'A'+n, row.Visible())
			}
		}
		if f.alphaRow.Visible() != (m.Files > 1) || f.blocks.content.Visible() != (m.Files > 1) || f.betaRow.Visible() != m.Beta || f.blocksC.content.Visible() != m.Beta {
			t.Errorf("%s: shares are not those that it uses", m.Name)
		}
		if !strings.Contains(f.about.Text, m.Plain) || m.Plain == "" {
			t.Errorf("%s is told as %q", m.Name, f.about.Text)
		}
	}
	f.method.SetSelectedIndex(1)
	b := f.blocks
	b.text.SetText("1, 2, half")
	if !b.trouble.Visible() || !strings.Contains(b.trouble.Text, `"half"`) || f.alpha.slider.Disabled() == false {
		t.Errorf("a wrong list: %q", b.trouble.Text)
	}
	b.text.SetText("")
	if b.trouble.Visible() || f.alpha.slider.Disabled() {
		t.Error("no list is wrong")
	}
	f.alpha.set(0.25)
	b.unfold(true)
	if len(b.each) != 26 || b.each[25].value != 0.25 {
		t.Fatalf("%d sliders", len(b.each))
	}
	b.each[13].slider.SetValue(0.75) // M00
	if want := strings.Repeat("0.25, ", 13) + "0.75" + strings.Repeat(", 0.25", 12); b.text.Text != want {
		t.Errorf("a slider makes the list %q", b.text.Text)
	}
	b.know(19)
	if !b.trouble.Visible() {
		t.Error("26 numbers are right for a model of SDXL")
	}
	for _, p := range b.presets() {
		if p.name == "WRAP08" {
			p.run()
		}
	}
	if want := "0.25, 1, 1, 1, 1" + strings.Repeat(", 0", 11) + ", 1, 1, 1, 1"; b.text.Text != want || len(b.each) != 20 || b.each[1].value != 1 {
		t.Errorf("WRAP08 is %q with %d sliders", b.text.Text, len(b.each))
	}
}

// TestTheMergeSheetLooksBehindTheWindow: no file is read while it waits; what does not go together
// is told as soon as it is chosen; what is made is offered, and none that is there is replaced unasked.
func TestTheMergeSheetLooksBehindTheWindow(t *testing.T) {
	w, dir, until := mergeDesk(t)
	file := func(name string) string { return filepath.Join(dir, name+".safetensors") }
	s := w.showMerge(file("a"))
	f := s.forms[0].(*mergeModels)
	until("the first look", func() bool { return s.state.Text != "" })
	if s.mode != 0 || f.files[0].path != file("a") || !strings.Contains(s.state.Text, "model B") {
		t.Fatalf("mode %d, A %q, %q", s.mode, f.files[0].path, s.state.Text)
	}
	if !s.start.Disabled() {
		t.Error("the button looks ready while model B is missing")
	}
	was := s.state.Text
	f.files[1].set(file("xl"))
	s.push()
	if s.state.Text != was {
		t.Error("the window has read files itself")
	}
	until("the families", func() bool { return strings.Contains(s.state.Text, "SDXL") })
	if s.state.Importance != widget.DangerImportance || !s.open || len(w.ed.Jobs.List()) != 0 {
		t.Errorf("%q, open %v", s.state.Text, s.open)
	}
	f.files[1].set(file("b"))
	until("what comes of it", func() bool { return s.ready })
	if s.start.Disabled() {
		t.Error("the button stays grey")
	}
	if s.name.Text != "a-b-0.5" || !strings.Contains(s.state.Text, "MB") || s.state.Importance == widget.DangerImportance {
		t.Errorf("%q, %q", s.name.Text, s.state.Text)
	}
	s.push()
	if s.open {
		t.Fatal("it is still there")
	}
	var notice *madeNotice
	for _, p := range w.panels {
		if n, ok := p.(*madeNotice); ok {
			notice = n
		}
	}
	until("the offer", func() bool { return notice.content.Visible() })
	until("the library", func() bool { item, ok := w.ed.Models.Library.Get(file("a-b-0.5")); return ok && item.Card.Merged != "" })
	item, _ := w.ed.Models.Library.Get(file("a-b-0.5"))
	if want := "Weighted sum, 0.5 · A: a · B: b"; item.Card.Merged != want {
		t.Errorf("its card says %q, want %q", item.Card.Merged, want)
	}
	sheet := w.showModels()
	sheet.seek(file("a-b-0.5"))
	if sheet.chosen != file("a-b-0.5") {
		t.Errorf("the library shows %q", sheet.chosen)
	}
	sheet.dialog.Hide()

	s = w.showMerge(file("a"))
	f = s.forms[0].(*mergeModels)
	f.files[1].set(file("b"))
	until("a free name", func() bool { return s.ready })
	if s.name.Text != "a-b-0.5-2" {
		t.Errorf("the second is called %q", s.name.Text)
	}
	s.name.SetText("a-b-0.5")
	before, err := os.ReadFile(file("a-b-0.5"))
	if err != nil {
		t.Fatal(err)
	}
	s.push() // before it was looked at
	until("the question", func() bool { return len(w.modals) == 2 })
	if after, err := os.ReadFile(file("a-b-0.5")); err != nil || string(after) != string(before) || !s.open {
		t.Error("it was replaced unasked")
	}
	w.modals[1].close()
	w.modals[0].close()
	if s = w.showMerge(file("leaf")); s.mode != 2 || s.forms[2].(*resizeLoRA).file.path != file("leaf") {
		t.Errorf("for a LoRA it opens at mode %d", s.mode)
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Model = file("b") })
	if o := w.showMerge(""); o.forms[0].(*mergeModels).files[0].path != file("b") {
		t.Errorf("for no file it begins with %q, want the open model", o.forms[0].(*mergeModels).files[0].path)
	}
	var typed fyne.Focusable = s.modes[1]
	typed.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if s.mode != 1 || !s.boxes[1].Visible() || s.boxes[2].Visible() {
		t.Errorf("Space on a mode turned to %d", s.mode)
	}
}
