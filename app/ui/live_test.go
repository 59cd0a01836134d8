package ui

import (
	"image"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"pentimento/app/fills"
	"pentimento/app/settings"
)

// of finds a panel of the window by its type.
func of[T panel](w *window) T {
	for _, p := range w.panels {
		if found, ok := p.(T); ok {
			return found
		}
	}
	panic("no such panel")
}

func TestLiveBarFollowsLiveMode(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	bar := of[*liveBar](w)
	if bar.layer.Visible() || w.ed.Do("live.toggle") {
		t.Fatal("live mode is on, or can be, with an engine that reads no prompt")
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "diffusion" })
	if !w.ed.Do("live.toggle") || !bar.layer.Visible() {
		t.Fatal("the live bar does not show")
	}
	bar.preset.SetSelected("LCM")
	bar.strength.entry.SetText("0.5")
	bar.strength.entry.left()
	if l := w.ed.Settings.Live; l.Sampler != "LCM" || l.Steps != 6 || l.Strength != 0.5 {
		t.Errorf("live samples with %+v", l)
	}
	for strings.HasPrefix(bar.state.Text, "Live: waiting") { // the ticker runs; there is no model
		(<-posted)()
	}
	if !strings.Contains(bar.state.Text, "needs a model") || !strings.Contains(bar.state.Text, "Open a Stable Diffusion checkpoint") {
		t.Errorf("without a model the bar says %q", bar.state.Text)
	}
	w.ed.Do("live.toggle")
	if bar.layer.Visible() {
		t.Error("the live bar stays")
	}
}

func TestAttachedReferencesAreMarked(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.AddReference("barn", image.NewNRGBA(image.Rect(0, 0, 40, 30)))
	panel := of[*referencePanel](w)
	r := w.ed.State().References[0]
	c := panel.cards[r]
	if c == nil || c.details.Visible() {
		t.Fatal("the strip shows no picture, or one that is attached")
	}
	w.view.settle()
	lines := w.view.overlay.lines
	before := visible(lines.all)
	c.attach.OnTapped()
	w.view.settle()
	if !c.details.Visible() || c.border.StrokeColor != accent || visible(w.view.overlay.lines.all) <= before {
		t.Error("an attached picture has no border, no numbers or no line to the frame")
	}
	c.weight.entry.SetText("1.5")
	c.weight.entry.left()
	if a := w.ed.Fills.Attachment(r); !a.On || a.Weight != 1.5 {
		t.Errorf("it is attached as %+v", a)
	}
}

func visible[T fyne.CanvasObject](all []T) int {
	n := 0
	for _, o := range all {
		if o.Visible() {
			n++
		}
	}
	return n
}

func TestProblemsAreNamedInThePanel(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "diffusion" })
	p := of[*fillPanel](w)
	if len(p.problems.lines) == 0 || !p.problems.lines[0].Visible() || !strings.HasPrefix(p.problems.lines[0].Text, "Diffusion needs a model") {
		t.Fatal("the panel does not say that a model is missing")
	}
	if p.plan.Visible() || p.plan.Text != "" {
		t.Error("the panel says what it will do and that it cannot")
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	if visible(p.problems.lines) != 0 || !strings.HasPrefix(p.plan.Text, "Will ") || strings.Contains(p.plan.Text, "..") {
		t.Errorf("with nothing wrong the panel says %q and names %d problems", p.plan.Text, visible(p.problems.lines))
	}
}

func TestADropOnAPictureAsks(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	layers := len(w.ed.State().Layers)
	at := w.view.Position().AddXY(200, 200)
	w.dropped(at, []fyne.URI{storage.NewFileURI("/none/such.png")})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && w.win.Canvas().Overlays().Top() == nil; time.Sleep(5 * time.Millisecond) {
		w.view.settle() // the file is looked at first
	}
	top := w.win.Canvas().Overlays().Top()
	if top == nil || len(w.ed.State().Layers) != layers || w.ed.Jobs.Active(0) != 0 {
		t.Fatal("a drop on a picture does something before it asks")
	}
	var chosen string
	menu := w.dropMenu(incoming{place: func() { chosen += "layer " }, keep: func() { chosen += "keep " }, follow: func(kind string) { chosen += kind + " " }, mask: func() { chosen += "mask " }, pixels: func() { chosen += "pixels " }})
	var grey []string
	for _, i := range menu.Items {
		if i.Disabled {
			grey = append(grey, i.Label)
		} else if i.Action != nil {
			i.Action()
		}
	}
	followed := ""
	for _, way := range fills.Ways() {
		followed += way.Kind + " "
	}
	if chosen != "layer "+followed+"keep mask " || len(grey) != 1 {
		t.Errorf("without a model the menu offers %q, and greys out %q", chosen, grey)
	}
	for _, label := range grey {
		if !strings.Contains(label, " — ") {
			t.Errorf("%q does not say why it is grey", label)
		}
	}
	w.win.Canvas().Overlays().Remove(top)
}
