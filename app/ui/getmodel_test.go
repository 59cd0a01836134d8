package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/zalando/go-keyring"

	"pentimento/app/editor"
	"pentimento/app/fetch"
	"pentimento/app/settings"
)

// TestGetAModel: the first screen offers some, the sheet all; whoever asks for one is told where it
// comes from, its size and its licence, and nothing goes out when they say no.
func TestGetAModel(t *testing.T) {
	keyring.MockInit()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow(test.NewTempApp(t), editor.Config{Settings: store, Version: "test", Fetch: fetch.New(t.TempDir(), "test"), Post: func(f func()) { posted <- f }})
	t.Cleanup(w.ed.Jobs.Close)
	t.Cleanup(w.ed.Downloads.Close)
	said := func(o fyne.CanvasObject) string {
		var all []string
		textsOf(o, func(s string) { all = append(all, s) })
		return strings.Join(all, "\n")
	}
	top := func() string {
		t.Helper()
		if o := w.win.Canvas().Overlays().Top(); o != nil {
			return said(o)
		}
		return ""
	}
	if s := said(w.start.layer); !w.start.get.Visible() || !strings.Contains(s, "SD 1.5 · 4.3 GB") || !strings.Contains(s, "toy") {
		t.Errorf("the first screen offers %q", s)
	}
	w.Show("getmodel")
	for _, e := range fetch.Catalogue {
		if s := top(); !strings.Contains(s, e.Title) || !strings.Contains(s, e.Licence) || !strings.Contains(s, fetch.Bytes(e.Bytes())) {
			t.Errorf("%s is not in the sheet", e.ID)
		}
	}
	panels := len(w.panels)
	address, ok := w.win.Canvas().Focused().(*field)
	if !ok {
		t.Fatalf("the keys go to %T, not to the address", w.win.Canvas().Focused())
	}
	address.SetText("hf:owner/repository/fog.safetensors")
	address.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if s := top(); !strings.Contains(s, "switched off") || w.ed.Downloads.Online() {
		t.Errorf("Enter behind an address is answered with %q, online %v; want the question alone", s, w.ed.Downloads.Online())
	}
	w.modals[len(w.modals)-1].close()
	w.askDownload("sd15")
	for _, part := range []string{"huggingface.co", "4.3 GB", "CreativeML OpenRAIL-M", "switched off", "another file is refused"} {
		if s := top(); !strings.Contains(s, part) {
			t.Errorf("the question %q lacks %q", s, part)
		}
	}
	w.modals[len(w.modals)-1].close()
	w.askDownload("http://example.com/a.safetensors")
	if s := top(); !strings.Contains(s, "want https") {
		t.Errorf("http is answered with %q", s)
	}
	w.modals[len(w.modals)-1].close()
	w.modals[len(w.modals)-1].close()
	if w.ed.Downloads.Online() || len(w.ed.Downloads.List()) != 0 || len(w.panels) != panels-1 {
		t.Errorf("online %v, %d downloads, %d panels", w.ed.Downloads.Online(), len(w.ed.Downloads.List()), len(w.panels))
	}
}
