package editor

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"strings"
	"sync"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/tools"
)

// TestReplacedBackgroundLosesNothing: the selected subject lies behind a layer mask over the new background, the layer as it was
// stays, hidden; it is one step, an export says how, and undo brings back what was there.
func TestReplacedBackgroundLosesNothing(t *testing.T) {
	b := newBench(t)
	r, subject := image.Rect(10, 20, 90, 80), image.Rect(30, 30, 60, 60)
	b.put(texture(r, 3))
	was := b.State().Layer(b.State().Active)
	how := &Replacing{NewBackground: NewBackground{Backdrop: Backdrop{By: ByColour, Colour: "#00ff00"}, Shadow: 1}}
	replace := func() {
		b.ReplaceBackground(how, func(Told) {})
		b.shown()
		b.MakeTrial()
		b.idle()
	}
	replace() // nothing is selected
	if b.CancelTrial(); len(b.failed) != 1 {
		t.Errorf("without a subject: %v", b.failed)
	}
	b.Edit("lock", func(ed *canvas.Edit) {
		ed.SetLayer(was.ID, func(l *canvas.Layer) { l.Lock = canvas.LockPixels })
	})
	if replace(); len(b.failed) != 2 {
		t.Errorf("of a locked layer: %v", b.failed)
	}
	b.Do("edit.undo")
	b.Edit("select", func(ed *canvas.Edit) {
		ed.SetSelection(canvas.Cover(full(subject)))
	})
	before, steps := canvastest.Copy(b.State()), b.steps()
	replace()
	s := b.State()
	top := s.Layer(s.Active)
	if b.steps() != steps+1 || len(s.Layers) != len(before.Layers)+3 || len(b.failed) != 2 {
		t.Fatalf("%d steps, %d layers, failed %v", b.steps()-steps, len(s.Layers), b.failed)
	}
	if top.Mask == nil || top.Mask.Used().Add(top.Offset) != subject || top.Used() != r {
		t.Errorf("the subject covers %v behind %+v", top.Used(), top.Mask)
	}
	if old := s.Layer(was.ID); old.Visible || old.Used() != r {
		t.Error("the layer as it was is not kept hidden")
	}
	img := render.Flatten(s, r, render.FlattenOptions{})
	if p := img.NRGBAAt(12, 22); p.G != 255 || p.R != 0 {
		t.Errorf("behind the subject is %v", p)
	}
	old := render.Flatten(before, r, render.FlattenOptions{})
	if img.NRGBAAt(45, 45) != old.NRGBAAt(45, 45) {
		t.Error("the subject changed, and nothing was to be harmonised")
	}
	if texts := b.Provenance.Texts(s, r, 0); len(texts) != 2 || !strings.Contains(texts[0].Text, "Background: colour") || !strings.Contains(texts[1].Text, `"subject"`) {
		t.Errorf("an export says %q", texts)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}

// TestABackgroundIsSeenBeforeItIsMade: what is shown is what will be made, or in red what goes; it follows what is chosen, and
// left it leaves no trace. A layer above that hides a part of it is told, and hidden or taken along where that is wanted.
func TestABackgroundIsSeenBeforeItIsMade(t *testing.T) {
	b := newBench(t)
	r, subject, patch := image.Rect(10, 20, 90, 80), image.Rect(30, 30, 60, 60), image.Rect(12, 22, 20, 30)
	b.put(texture(r, 3))
	photo := b.State().Active
	b.Edit("patch", func(ed *canvas.Edit) {
		ed.Put(ed.AddLayer("Fill 1", photo), flat(patch, color.NRGBA{9, 200, 100, 255}), nil)
		ed.SetActive(photo)
		ed.SetSelection(canvas.Cover(full(subject)))
	})
	b.SetView(tools.View{Scale: 1, W: 200, H: 200})
	before, steps := canvastest.Copy(b.State()), b.steps()
	var told Told
	how := &Replacing{NewBackground: NewBackground{Backdrop: Backdrop{By: ByColour, Colour: "#00ff00"}}}
	try := func() *image.NRGBA {
		b.ReplaceBackground(how, func(t Told) { told = t })
		b.shown()
		b.idle()
		s, _ := b.TrialPicture()
		if s == nil {
			t.Fatal("nothing is shown")
		}
		return render.Flatten(s, r, render.FlattenOptions{})
	}
	green, fill := color.NRGBA{0, 255, 0, 255}, color.NRGBA{9, 200, 100, 255}
	if img := try(); img.NRGBAAt(80, 70) != green || img.NRGBAAt(15, 25) != fill || !slices.Equal(told.Hiding, []string{"Fill 1"}) {
		t.Errorf("behind is %v, at the patch %v, told %+v", img.NRGBAAt(80, 70), img.NRGBAAt(15, 25), told)
	}
	how.Red = true
	if img := try(); img.NRGBAAt(80, 70) == green || img.NRGBAAt(80, 70).R < 100 {
		t.Errorf("what goes is %v, want red", img.NRGBAAt(80, 70))
	}
	how.Red, how.By, how.File = false, ByPicture, "gone.png"
	if try(); told.Err == nil {
		t.Error("a picture that is not there is not told")
	}
	b.CancelTrial()
	if b.idle(); b.steps() != steps || canvastest.Difference(before, b.State()) != "" || len(b.failed) != 0 {
		t.Errorf("left, it leaves %s, failed %v", canvastest.Difference(before, b.State()), b.failed)
	}
	how.By = ByColour
	for _, of := range []string{OfPicture, OfLayer, OfShowing} { // the first while no ID was given out and taken back
		how.Of = of
		seen := try()
		b.MakeTrial()
		b.idle()
		made := render.Flatten(b.State(), r, render.FlattenOptions{})
		if !bytes.Equal(seen.Pix, made.Pix) {
			t.Errorf("%q: what was seen is not what is made", of)
		}
		if at := made.NRGBAAt(15, 25); (at == green) != (of != OfLayer) || b.steps() != steps+1 || len(b.State().Layers) != len(before.Layers)+2 {
			t.Errorf("%q: at the patch is %v, %d layers, %d steps", of, at, len(b.State().Layers), b.steps()-steps)
		}
		if s := b.State(); s.Layer(s.Active) == nil || s.Origins[len(s.Origins)-1].Layer != s.Active {
			t.Errorf("%q: the subject's layer is not the active one with the recipe", of)
		}
		if l := b.State().Layer(photo); l == nil || l.Visible {
			t.Errorf("%q: the layer as it was is not kept hidden", of)
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Errorf("%q: %s", of, d)
		}
	}
}

// TestFillsOverAPictureAreTakenAlong: with a fill's layer active, or over the active one, all that is seen is meant; not with a
// layer of another kind, and not with a picture that was itself made.
func TestFillsOverAPictureAreTakenAlong(t *testing.T) {
	b := newBench(t)
	r := image.Rect(0, 0, 40, 40)
	b.put(texture(r, 3))
	photo := b.State().Active
	b.Edit("made", func(ed *canvas.Edit) { ed.Witness(&canvas.Origin{Rect: r, Layer: photo}, nil) })
	var over canvas.LayerID
	b.Edit("over", func(ed *canvas.Edit) {
		over = ed.AddLayer("Text", photo)
		ed.Put(over, flat(image.Rect(2, 2, 9, 9), color.NRGBA{A: 255}), nil)
	})
	for _, c := range []struct {
		active canvas.LayerID
		filled bool
		want   string
	}{{photo, false, OfLayer}, {over, false, OfLayer}, {photo, true, OfPicture}, {over, true, OfPicture}} {
		b.Edit("choose", func(ed *canvas.Edit) {
			if ed.SetActive(c.active); c.filled {
				ed.Witness(&canvas.Origin{Rect: image.Rect(2, 2, 9, 9), Layer: over}, nil)
			}
		})
		if got := b.UsualOf(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// full is a mask of all of a rectangle.
func full(r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}

// TestAHarmonyOfShadowAlone leaves colours and edge as they are, whatever the two sliders say of each other.
func TestAHarmonyOfShadowAlone(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct{ strength, shadow float64 }{{0, 0.5}, {0.5, 0.25}, {1, 0}, {0, 0}} {
		q, err := b.backgroundRequest(NewBackground{Backdrop: Backdrop{By: pipeline.ByBlur}, Strength: c.strength, Shadow: c.shadow})
		if err != nil {
			t.Fatal(err)
		}
		l := q.Backdrop.Look
		if got := l.Shadow * l.Strength; got != c.shadow || l.Check() != nil || c.strength == 0 && l.Colour+l.Seam != 0 && l.Strength > 0 {
			t.Errorf("strength %g, shadow %g: %+v", c.strength, c.shadow, l)
		}
	}
}

// TestABackgroundThatIsNoLongerWantedIsLeft at once, and one that is still wanted is not begun anew.
func TestABackgroundThatIsNoLongerWantedIsLeft(t *testing.T) {
	r := &Replacing{NewBackground: NewBackground{Backdrop: Backdrop{By: ByBlur, Blur: 3}}}
	left := 0
	r.stop, r.doing = func() { left++ }, r.behind()
	r.Shadow, r.Strength = 1, 0.5 // of the subject
	if r.outdated(r.behind()); left != 0 {
		t.Error("what is still wanted is ended")
	}
	r.Blur = 4
	if r.outdated(r.behind()); left != 1 {
		t.Error("what is no longer wanted goes on")
	}
}

// TestPreviewsOfOneBackgroundTakeTurns also where a card was closed and what it began is still ending: the race detector says so.
func TestPreviewsOfOneBackgroundTakeTurns(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 60, 40), 1))
	s, r := b.State(), &Replacing{NewBackground: NewBackground{Backdrop: Backdrop{By: ByColour, Colour: "#336699"}}}
	var both sync.WaitGroup
	for i := range 2 {
		try := replacing{of: r, how: r.NewBackground, base: s, told: func(Told) {}}
		try.how.Threshold = 0.4 + 0.1*float64(i) // wanted otherwise: each makes it anew
		both.Go(func() {
			for range 3 {
				if _, err := try.preview(t.Context(), s, s.Active, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
}
