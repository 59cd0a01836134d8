package editor

import (
	"image"
	"image/color"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/journal"
	"pentimento/canvas/render"
	"pentimento/canvas/warp"
	"pentimento/pipeline"
	"pentimento/tools"
)

func (b *bench) at(kind string, x, y float64, mods tools.Mods) {
	p := tools.Pointer{X: x, Y: y, Pressure: 1, Mods: mods}
	switch kind {
	case "press":
		b.Press(p)
	case "drag":
		b.Drag(p)
	case "release":
		b.Release(p)
	}
}

// TestTransformIsTriedThenMade: dragging handles changes no bit of the document; Escape leaves
// no trace, Enter makes one step from the pixels at the start, however often was dragged.
func TestTransformIsTriedThenMade(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(10, 20, 210, 120), 3))
	b.Edit("move", func(ed *canvas.Edit) {
		ed.SetLayer(1, func(l *canvas.Layer) { l.Offset = image.Pt(5, -7) })
	})
	b.Apply(func() { b.Settings.Loose = true })
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	before, steps := b.State(), b.steps()
	b.Key("Ctrl+T")
	if b.ToolName() != "transform" || b.Trying() != "" {
		t.Fatal("Ctrl+T took", b.ToolName(), "and tries", b.Trying())
	}
	b.SetTool("transform") // chosen as a tool it stays in hand
	shrink := func(to float64) {
		at, _ := b.Transform()
		x, y := at.X+at.W/2, at.Y+at.H/2
		b.at("press", x, y, 0)
		b.at("drag", x-30, y-30, 0)
		b.at("release", 15+to, 13+to/2, 0)
	}
	shrink(50)
	b.shown()
	if b.State() != before || b.steps() != steps {
		t.Fatal("the document knows of what is tried")
	}
	b.Key("Escape")
	if at, _ := b.Transform(); b.State() != before || b.Trying() != "" || at != tools.NewTransform(image.Rect(15, 13, 215, 113)) {
		t.Fatalf("Escape left %v", at)
	}
	shrink(20)
	shrink(100)
	b.Key("Enter")
	b.idle()
	want, err := warp.Layer(t.Context(), before, 1, warp.Move(-15, -13).Then(warp.Scale(0.5, 0.5)).Then(warp.Move(15, 13)), warp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b.steps() != steps+1 || b.Used() != image.Rect(15, 13, 115, 63) {
		t.Fatalf("%d steps, %v", b.steps()-steps, b.Used())
	}
	if d := canvastest.Outside(want, b.State(), nil); d != "" {
		t.Error(d)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	shrink(100)
	shrink(200) // back again
	if b.Trying() != "" {
		t.Error("what ends where it began is still tried")
	}
	shrink(60)
	b.SetTool("brush")
	b.idle()
	if b.steps() != steps+1 || b.trial != nil {
		t.Errorf("another tool made %d steps", b.steps()-steps)
	}
}

// TestTransformByNumbers: an angle, a mirror, a filter; a quarter turn keeps 16 bits.
func TestTransformByNumbers(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA64(image.Rect(0, 0, 60, 40))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + i/251)
		if i%8 > 5 {
			img.Pix[i] = 255
		}
	}
	b.openFile(written(t, "deep.png", img, file.Meaning{}))
	before := b.State()
	b.SetTool("transform")
	at, _ := b.Transform()
	at.Angle = 90
	b.SetTransform(at)
	b.Key("Enter")
	b.idle()
	if d := canvastest.Difference(before.TurnedLayer(canvas.TurnRight, before.Active), b.State()); d != "" {
		t.Error("90°:", d)
	}
	b.Do("edit.undo")
	b.SetFilter(warp.Nearest)
	at, _ = b.Transform()
	at.Angle, at.W = 30, -at.W
	b.SetTransform(at)
	b.Key("Enter")
	b.idle()
	want, _ := warp.Layer(t.Context(), before, before.Active, at.Map(), warp.Options{Filter: warp.Nearest})
	if d := canvastest.Outside(want, b.State(), nil); d != "" {
		t.Error(d)
	}
}

// TestArrowsMoveInOneStep while they are pressed within a second; later ones are another.
func TestArrowsMoveInOneStep(t *testing.T) {
	clock := time.Now()
	now = func() time.Time { return clock }
	defer func() { now = time.Now }()
	b := newBench(t)
	b.put(flat(image.Rect(0, 0, 50, 40), color.NRGBA{R: 200, A: 255}))
	b.SetTool("move")
	steps, before := b.steps(), b.State()
	for _, k := range []string{"Left", "Shift+Down", "Left", "Up"} {
		if !b.Key(k) {
			t.Fatal(k, "moves nothing")
		}
		clock = clock.Add(700 * time.Millisecond)
	}
	if b.steps() != steps+1 || b.Used().Min != image.Pt(-2, 9) {
		t.Errorf("%d steps, at %v", b.steps()-steps, b.Used().Min)
	}
	clock = clock.Add(2 * time.Second)
	b.Key("Right")
	if b.steps() != steps+2 || b.Used().Min != image.Pt(-1, 9) {
		t.Errorf("after a pause: %d steps, at %v", b.steps()-steps, b.Used().Min)
	}
	b.Do("edit.undo")
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	b.SetTool("brush")
	if b.Key("Left") {
		t.Error("an arrow moves the layer with the brush in hand")
	}
}

// TestMovingSnaps to another layer's edge and to the frame's middle; Ctrl and the setting
// suspend it.
func TestMovingSnaps(t *testing.T) {
	b := newBench(t)
	b.put(flat(image.Rect(100, 0, 160, 60), color.NRGBA{G: 200, A: 255}))
	b.Do("layer.add")
	b.put(flat(image.Rect(300, 300, 340, 340), color.NRGBA{R: 200, A: 255}))
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 1000, 800)) })
	b.SetView(tools.View{Scale: 1, W: 1000, H: 800})
	b.SetTool("move")
	layer := func() image.Point { s := b.State(); return s.Layer(s.Active).Used().Min }
	b.at("press", 310, 310, 0)
	b.at("drag", 310-136, 310+75, 0) // 164: 4 from the edge at 160; middle at 395: 5 from 400
	if got := layer(); got != image.Pt(160, 380) {
		t.Errorf("snapped to %v", got)
	}
	guides := 0
	for _, s := range b.Shapes() {
		if s.Kind == tools.Guide {
			guides++
		}
	}
	if guides != 2 {
		t.Errorf("%d lines are shown", guides)
	}
	b.at("drag", 310-136, 310+75, tools.Control)
	if got := layer(); got != image.Pt(164, 375) {
		t.Errorf("with Ctrl at %v", got)
	}
	b.CancelTool()
	b.Do("view.snap")
	b.at("press", 310, 310, 0)
	b.at("release", 310-136, 310+75, 0)
	if got := layer(); got != image.Pt(164, 375) {
		t.Errorf("switched off, it is at %v", got)
	}
}

// TestCanvasSizeAndAnyAngle: one step each, and undo brings all back.
func TestCanvasSizeAndAnyAngle(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.maskRect(image.Rect(20, 20, 60, 50))
	before, steps := b.State(), b.steps()
	b.SetCanvas(image.Rect(-50, 10, 250, 260))
	b.idle()
	if b.steps() != steps+1 || b.State().Frame != image.Rect(-50, 10, 250, 260) || b.Used() != image.Rect(0, 10, 250, 200) {
		t.Errorf("%d steps, frame %v, picture %v", b.steps()-steps, b.State().Frame, b.Used())
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	b.SetGuideLine(-1, &canvas.GuideLine{Upright: true, At: 100})
	before, steps = b.State(), b.steps()
	b.TurnPicture(30)
	b.idle()
	u := b.Used()
	if n := len(b.said); len(b.State().GuideLines) != 0 || n == 0 || !strings.Contains(b.said[n-1], "Guide lines") {
		t.Errorf("guide lines %v in a picture turned by 30°; it was said %q", b.State().GuideLines, b.said)
	}
	if b.steps() != steps+1 || u.Dx() < 355 || u.Dx() > 362 || b.State().Frame != u || b.State().MaskUsed().Dx() < 45 {
		t.Errorf("%d steps, picture %v, frame %v, mask %v", b.steps()-steps, u, b.State().Frame, b.State().MaskUsed())
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	b.TurnPicture(450)
	b.idle()
	if d := canvastest.Outside(before.Turned(canvas.TurnRight, image.Rect(0, 0, 300, 200)), b.State(), nil); d != "" {
		t.Error("450°:", d)
	}
	b.SetCanvas(image.Rect(0, 0, 0, 10))
	if len(b.failed) != 1 {
		t.Error("a canvas of nothing:", b.failed)
	}
}

// TestWhatIsSelectedIsTransformed: Ctrl+T takes a box around it; a drag shows it moved over the
// rest and the document knows of nothing; Escape leaves no trace, Enter makes one step of pixels
// and selection, of 16 bits, that undo takes back to the bit and that the journal holds.
func TestWhatIsSelectedIsTransformed(t *testing.T) {
	store, _ := settings.Open("")
	folder := t.TempDir()
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Folder: folder})
	img := image.NewNRGBA64(image.Rect(0, 0, 160, 120))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + i/251)
		if i%8 > 5 {
			img.Pix[i] = 255
		}
	}
	b.openFile(written(t, "deep.png", img, file.Meaning{}))
	b.Apply(func() { b.Settings.Loose = true })
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	soft := image.NewAlpha(image.Rect(20, 30, 60, 70))
	for i := range soft.Pix {
		soft.Pix[i] = uint8(min(i%40*20, 255))
	}
	b.selects("Select", canvas.Cover(soft))
	before, steps := b.doc.State(), b.steps()
	b.Key("Ctrl+T")
	if at, ok := b.Transform(); !ok || at.Rect != image.Rect(21, 30, 60, 70) {
		t.Fatalf("the box is %v", at.Rect)
	}
	drag := func() {
		b.at("press", 40, 50, 0)
		b.at("drag", 100, 80, 0)
		b.at("release", 110, 90, 0)
		b.shown()
	}
	drag()
	shown, _ := b.TrialPicture()
	var there, was [4]uint8
	shown.Layer(before.Active).Read(there[:], 4, image.Rect(125, 85, 126, 86))
	before.Layer(before.Active).Read(was[:], 4, image.Rect(55, 45, 56, 46))
	if b.doc.State() != before || there != was || !b.TakesSelection() {
		t.Errorf("%v is shown, want %v", there, was)
	}
	b.Key("Escape")
	if b.doc.State() != before || b.Trying() != "" || b.ToolName() == "transform" {
		t.Fatal("Escape left a trace")
	}
	b.Key("Ctrl+T")
	drag()
	b.selects("Select", canvas.CoverRect(image.Rect(0, 0, 9, 9)))
	if b.Trying() != "" {
		t.Error("what was selected before is still tried")
	}
	b.Do("edit.undo")
	drag()
	at, _ := b.Transform()
	at.Angle, at.W = 20, 1.5*at.W
	b.SetTransform(at)
	b.Key("Enter")
	b.idle()
	made := b.doc.State()
	want, err := warp.Selected(t.Context(), before, before.Active, at.Map(), warp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := canvastest.Difference(want, made); d != "" || b.steps() != steps+1 || !made.Source.Deep() {
		t.Fatalf("%d steps, deep %v: %s", b.steps()-steps, made.Source.Deep(), d)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.doc.State()); d != "" {
		t.Error("undone:", d)
	}
	b.Do("edit.redo")
	b.Key("Ctrl+T")
	if at, _ = b.Transform(); at.Rect.Min.X < 70 {
		t.Fatalf("the box of what was moved is %v", at.Rect)
	}
	at.X -= 9
	b.SetTransform(at)
	if err := b.Close(); err != nil { // from outside, while another is tried
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.journal"))
	if len(files) != 1 {
		t.Fatalf("journals %v", files)
	}
	c, err := journal.Read(journal.OS, files[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	kept := c.Moments[c.At].State
	if d := canvastest.Difference(made, kept); d != "" {
		t.Error("from the journal:", d)
	}
	path := filepath.Join(folder, "kept.ora")
	if _, err := file.SaveProject(t.Context(), path, &file.Project{State: kept, Flatten: func(r image.Rectangle) *image.NRGBA {
		return render.Flatten(kept, r, render.FlattenOptions{})
	}, Small: func(int) *image.NRGBA { return nil }}, nil); err != nil {
		t.Fatal(err)
	}
	p, _, err := file.OpenProject(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := canvastest.Difference(made, p.State); d != "" {
		t.Error("from the file:", d)
	}
}

// TestTheMoveToolTakesWhatIsSelected: a drag from anywhere is one step, and the tool in hand
// again; the arrows take it up until Enter; Escape in a drag leaves nothing; where nothing of the
// layer is selected all of it moves.
func TestTheMoveToolTakesWhatIsSelected(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 160, 120), 1))
	b.Apply(func() { b.Settings.Loose = true })
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.selects("Select", canvas.CoverRect(image.Rect(20, 30, 60, 70)))
	b.SetTool("move")
	before, steps := b.doc.State(), b.steps()
	want := func(what string, n int, x, y float64) {
		t.Helper()
		b.idle()
		to, err := warp.Selected(t.Context(), before, before.Active, warp.Move(x, y), warp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d := canvastest.Difference(to, b.doc.State()); d != "" || b.ToolName() != "move" || b.steps() != steps+n {
			t.Fatalf("%s: the tool is %s, %d steps: %s", what, b.ToolName(), b.steps()-steps, d)
		}
	}
	b.at("press", 150, 110, 0)
	b.at("drag", 130, 100, 0)
	b.shown()
	b.CancelTool()
	want("cancelled", 0, 0, 0)
	b.at("press", 150, 110, 0)
	b.at("drag", 180, 100, 0)
	b.at("release", 190, 90, 0)
	want("dragged", 1, 40, -20)
	b.Do("edit.undo")
	b.Key("Right")
	b.Key("Shift+Down")
	b.Key("Enter")
	want("by arrows", 1, 1, 10)
	b.Key("Right")
	if b.Do("edit.undo"); b.Trying() != "" {
		t.Error("what an arrow key took up is still in hand")
	}
	want("an arrow taken back", 1, 1, 10)
	b.Do("edit.undo")
	b.selects("Select", canvas.CoverRect(image.Rect(300, 30, 360, 70)))
	b.at("press", 50, 50, 0)
	b.at("release", 70, 55, 0)
	if b.Used() != image.Rect(20, 5, 180, 125) {
		t.Errorf("the layer is at %v", b.Used())
	}
}
