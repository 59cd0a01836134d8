package ui

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/settings"
	"pentimento/assets"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/tools"
)

func open(t testing.TB) *window {
	t.Helper()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	store.Window = settings.Window{Width: 1000, Height: 700}
	w := newWindow(test.NewTempApp(t), editor.Config{Settings: store, Version: "test", Sample: assets.Sample,
		Post: func(f func()) { posted <- f }})
	t.Cleanup(w.ed.Jobs.Close)
	return w
}

// posted is the window's queue: Fyne's test driver would run it on whatever goroutine asks.
var posted = make(chan func(), 4096)

// paintTestPicture puts four flat fields with a hole on the canvas.
func paintTestPicture(w *window) {
	img := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			c := color.NRGBA{uint8(40 + x/128*150), uint8(60 + y/128*120), 120, 255}
			if (x-128)*(x-128)+(y-128)*(y-128) < 40*40 {
				c = color.NRGBA{}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	ed := w.ed.Begin("test")
	ed.Put(ed.State().Active, img, nil)
	ed.SetFrame(image.Rect(64, 64, 192, 192))
	ed.Commit()
	w.ed.Invalidate(image.Rect(0, 0, 256, 256))
	w.ed.SetView(tools.View{X: -20, Y: -20, Scale: 1, W: w.view.fb.Rect.Dx(), H: w.view.fb.Rect.Dy()})
}

// settle runs frames until the canvas view has nothing more to draw.
func (v *canvasView) settle() {
	for range 4 * settleFrames {
		for len(posted) > 0 {
			(<-posted)()
		}
		v.frame()
	}
}

func TestEveryIconIsThere(t *testing.T) {
	for _, a := range editor.Actions {
		if a.Icon == "" {
			continue
		}
		if _, err := assets.Icons.ReadFile("icons/" + a.Icon + ".svg"); err != nil {
			t.Errorf("action %s: %v", a.ID, err)
		}
	}
}

func TestCanvasViewShowsThePicture(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.view.settle()
	got := w.view.fb
	want := render.Flatten(w.ed.Committed(), image.Rect(0, 0, 256, 256), render.FlattenOptions{})
	for y := range 256 {
		for x := range 256 {
			if p := want.NRGBAAt(x, y); p.A == 255 && got.RGBAAt(x+20, y+20) != (color.RGBA{p.R, p.G, p.B, 255}) {
				t.Fatalf("document pixel %d,%d is %v on the screen, want %v", x, y, got.RGBAAt(x+20, y+20), p)
			}
		}
	}
	canvastest.Golden(t, "view", got.SubImage(image.Rect(0, 0, 300, 300)))
}

func TestStrokeByMouseLandsUnderThePointer(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("mask")
	w.ed.SetBrush(tools.BrushSettings{Size: 10, Hardness: 1, Opacity: 1})
	press := func(x, y float32) {
		at := fyne.NewPos(x, y)
		w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
		w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(30, 0)}})
		w.view.DragEnd()
		w.view.frame()
	}
	press(60, 80)
	got := w.ed.Committed().MaskUsed()
	if want := image.Rect(35, 55, 77, 67); !got.In(want) || got.Dx() < 36 || got.Dy() < 9 {
		t.Errorf("the stroke covers %v, want about %v", got, want)
	}
	steps, _ := w.ed.History()
	w.view.DragEnd() // Fyne reports both a release and the drag's end
	w.view.MouseUp(&desktop.MouseEvent{})
	if again, _ := w.ed.History(); len(again) != len(steps) {
		t.Error("a second release made another step")
	}
}

func TestPanByScrollEqualsDrawingAfresh(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.view.settle()
	for _, d := range [][2]float64{{13, 7}, {-40, 3}, {5, -90}} {
		v := w.ed.View()
		v.X += d[0]
		v.Y += d[1]
		w.ed.SetView(v)
	}
	w.view.settle()
	panned := append([]uint8(nil), w.view.fb.Pix...)
	w.view.whole = true
	w.view.settle()
	if string(panned) != string(w.view.fb.Pix) {
		t.Error("moving the framebuffer and drawing it afresh differ")
	}
}

func TestEscLeavesNoTrace(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	before := w.ed.Committed()
	w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(60, 60)}, Button: desktop.MouseButtonPrimary})
	w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(120, 90)}})
	w.view.frame()
	if w.ed.State() == before {
		t.Fatal("the stroke does not show while it is drawn")
	}
	w.view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.ed.State() != before {
		t.Error("Esc left something")
	}
}

func TestKeysReachTheTable(t *testing.T) {
	w := open(t)
	w.view.TypedRune('b')
	if _, name := w.ed.Tool(); name != "brush" {
		t.Errorf("B chose %s", name)
	}
	size := w.ed.Brush().Size
	w.view.TypedRune(']')
	if w.ed.Brush().Size <= size {
		t.Error("] did not enlarge the brush")
	}
	w.view.KeyDown(&fyne.KeyEvent{Name: fyne.KeySpace})
	if _, name := w.ed.Tool(); name != "pan" {
		t.Errorf("Space chose %s", name)
	}
	w.view.KeyUp(&fyne.KeyEvent{Name: fyne.KeySpace})
	if _, name := w.ed.Tool(); name != "brush" {
		t.Errorf("after Space the tool is %s", name)
	}
}

func TestPaletteFindsByAnyWords(t *testing.T) {
	w := open(t)
	all := commands(w)
	for typed, want := range map[string]string{"sample": "File: Open the sample picture", "grow mask": "Mask: Grow mask", "theme": "View: Light theme"} {
		if got := matching(all, typed); len(got) == 0 || got[0].name != want && got[len(got)-1].name != want {
			t.Errorf("%q finds %v", typed, got)
		}
	}
	if got := matching(all, "no such thing"); len(got) != 0 {
		t.Errorf("nonsense finds %v", got)
	}
}

// TestThePaletteOffersWhatWasMeantFirst: a whole phrase before its words, also by the words of other programs, and also where it
// can't run now, which is said, rather than something else that Enter would run.
func TestThePaletteOffersWhatWasMeantFirst(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	all := commands(w)
	for typed, want := range map[string]string{
		"cut out": "Layer: Cut out", "cut": "Edit: Cut", "remove": "Fill: Remove what is masked", "remove background": "Layer: Cut out", "heal": "Tools: Clone stamp",
		"new layer": "Layer: New layer", "deselect": "Select: Select none", "crop": "Tools: Crop", "resize": "Image: Image size", "rotate": "Image: Rotate 90° right",
		"redo": "Edit: Redo", "undo": "Edit: Undo", "export": "File: Export", "save as": "File: Save project as", "fullscreen": "View: Full screen", "preferences": "Edit: Settings",
		"upscale": "Image: Enlarge", "outpaint": "Tools: Border", "extend": "Tools: Border", "free transform": "Layer: Transform layer", "wand": "Tools: Wand",
		"eyedropper": "Tools: Colour picker", "grayscale": "Image: Desaturate", "hand": "Tools: Pan", "guides": "View: Show guide lines", "clip to": "Layer: Clip to the layer below",
	} {
		if got := matching(all, typed); len(got) == 0 || got[0].name != want {
			t.Errorf("%q offers %v, want %s", typed, got[:min(len(got), 1)], want)
		}
	}
	for id := range editor.Actions {
		if a := &editor.Actions[id]; a.ID == "layer.clip" && a.Can(w.ed) || a.ID == "edit.redo" && a.Can(w.ed) {
			t.Errorf("%s can run", a.ID)
		}
	}
	if w.ed.Key("Ctrl+Alt+G"); !strings.Contains(of[*statusBar](w).line.Text, "no layer below") {
		t.Errorf("the key of what can't run says %q", of[*statusBar](w).line.Text)
	}
}

// TestAClickRunsTheMarkedLine of the palette, as Enter does.
func TestAClickRunsTheMarkedLine(t *testing.T) {
	w := open(t)
	ran := 0
	w.showPalette([]command{{name: "one", run: func() { ran++ }}, {name: "two", run: func() { ran += 10 }}}, "")
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.win.Canvas().Focused().(fyne.CanvasObject))
	test.TapCanvas(w.win.Canvas(), at.AddXY(40, 55))
	if ran != 1 || w.covered() {
		t.Errorf("it ran %d, the palette is open: %v", ran, w.covered())
	}
}

// TestAPaletteThatFindsNothingSaysSo, and what it says is gone with the next word.
func TestAPaletteThatFindsNothingSaysSo(t *testing.T) {
	w := open(t)
	w.showPalette(commands(w), "")
	told := func() bool {
		for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
			if l, ok := o.(*widget.Label); ok && strings.HasPrefix(l.Text, "Nothing is called that") {
				return l.Visible()
			}
		}
		return false
	}
	entry := w.win.Canvas().Focused().(*paletteEntry)
	for typed, want := range map[string]bool{"liquify": true, "crop": false} {
		if entry.SetText(typed); told() != want {
			t.Errorf("%q: told %v", typed, told())
		}
	}
}

// TestAnotherBackgroundLeavesApplyWhereItIs, whatever rows it has.
func TestAnotherBackgroundLeavesApplyWhereItIs(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("select.all")
	w.showBackgroundCard("")
	by := w.win.Canvas().Focused().(*choice)
	if by.Options[2] != "A colour" {
		t.Fatalf("the card is at %v", by.Options)
	}
	want := w.card.box.Size()
	for i, way := range by.Options {
		if by.SetSelectedIndex(i); w.card.box.Size() != want {
			t.Errorf("%s: the card is %v, was %v", way, w.card.box.Size(), want)
		}
	}
}

// TestANoteIsAsHighAsItsLines: a line that is broken is not cut off.
func TestANoteIsAsHighAsItsLines(t *testing.T) {
	w := open(t)
	w.Tell("Recover a canvas", []string{"“Replace the background” was being made when the program ended, and is not in the picture: do it once more"})
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if s, ok := o.(*container.Scroll); ok && s.Size().Height < s.Content.MinSize().Height {
			t.Errorf("%g high, its lines need %g", s.Size().Height, s.Content.MinSize().Height)
		}
	}
}

func TestKeysAreSplitAsTheyAreWritten(t *testing.T) {
	for key, want := range map[string]int{"Ctrl+Shift+Z": 3, "Ctrl++": 2, "+": 1, "Ctrl+]": 2, "M": 1} {
		if got := splitKey(key); len(got) != want {
			t.Errorf("%q splits into %q", key, got)
		}
	}
}

// TestPanelsFollowEveryChange runs every action with all panels built: none may fall over.
func TestPanelsFollowEveryChange(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	for i := range editor.Actions {
		a := &editor.Actions[i]
		switch a.ID {
		case "file.quit", "file.open", "file.place", "file.model", "file.export", "file.exportagain", "file.exportframe", "file.exportlayer", "edit.paste", "candidate.save":
			continue // they open a desktop's own dialog
		}
		if a.Can(w.ed) {
			a.Run(w.ed)
			w.view.frame()
		}
	}
	w.ed.Fills.CancelJobs()
	if o := w.win.Canvas().Overlays(); o != nil && o.Top() != nil {
		o.Remove(o.Top())
	}
}

func TestThemeSwitchesWithTheSetting(t *testing.T) {
	w := open(t)
	w.ed.Do("view.theme")
	if l, ok := w.app.Settings().Theme().(look); !ok || !l.light {
		t.Error("the light theme was not set")
	}
}
