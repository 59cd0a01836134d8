package editor

import (
	"context"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/adjust"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/tools"
)

func lighter() *adjust.Change {
	l := adjust.NewLevels()
	l.All.Gamma = 1.8
	return l.Change()
}

// shown waits until a trial's picture is there.
func (b *bench) shown() *canvas.State {
	b.until("a preview", func() bool { return b.trial == nil || !b.trial.busy && b.trial.shown != nil })
	s, _ := b.TrialPicture()
	return s
}

// TestATrialLeavesNoTrace: what is tried is shown and the document does not know of it; made,
// it is one step, and undo brings every bit back.
func TestATrialLeavesNoTrace(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	before, steps := b.State(), b.steps()
	b.Adjust("Levels", lighter())
	if b.Trying() != "Levels" {
		t.Fatal("nothing is tried")
	}
	want, err := adjusting(lighter())(t.Context(), before, before.Active, image.Rectangle{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := canvastest.Outside(want, b.shown(), nil); d != "" {
		t.Error("the preview at 100 % is not the result:", d)
	}
	b.HideTrial(true)
	if s, _ := b.TrialPicture(); s != nil {
		t.Error("hidden, it is shown")
	}
	b.Key("Escape")
	if b.State() != before || b.steps() != steps || b.Trying() != "" {
		t.Error("Escape left a trace")
	}
	b.Adjust("Levels", lighter())
	b.Press(tools.Pointer{X: 10, Y: 10, Pressure: 1})
	if b.pressed || len(b.said) == 0 {
		t.Error("a tool works under a trial")
	}
	b.Key("Enter")
	b.idle()
	if b.steps() != steps+1 || b.trial != nil {
		t.Fatalf("%d steps", b.steps()-steps)
	}
	if d := canvastest.Outside(want, b.State(), nil); d != "" {
		t.Error(d)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}

// TestATrialFollows another picture, another zoom, and ends with its layer; cancelled before
// it began, it ends too.
func TestATrialFollows(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.Adjust("Invert colours", adjust.Invert())
	b.shown()
	b.SetView(tools.View{Scale: 0.25, W: 400, H: 300})
	s := b.shown()
	if _, level := b.TrialPicture(); level != 2 || s.Used() != image.Rect(0, 0, 75, 50) {
		t.Errorf("at 25 %%: level %d, %v", level, s.Used())
	}
	b.Edit("put", func(ed *canvas.Edit) { ed.Put(1, flat(image.Rect(300, 0, 400, 200), color.NRGBA{R: 255, A: 255}), nil) })
	if s = b.shown(); s.Used().Dx() != 100 {
		t.Errorf("after another change: %v", s.Used())
	}
	b.Do("layer.add")
	b.Edit("remove", func(ed *canvas.Edit) { ed.RemoveLayer(1) })
	if b.trial != nil {
		t.Error("a trial of a layer that is gone")
	}
	b.Do("edit.undo")
	b.SetActive(1)
	block := make(chan struct{})
	b.Jobs.Add("other work", 0, waitFor(block))
	b.Do("adjust.invert")
	for _, i := range b.Jobs.List() {
		if i.Label == "Invert colours" {
			b.Jobs.Cancel(i.ID)
		}
	}
	close(block)
	b.until("the end of the trial", func() bool { return b.trial == nil })
}

// TestTheSelectionLimitsAnAdjustment bit for bit.
func TestTheSelectionLimitsAnAdjustment(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	r := image.Rect(40, 50, 140, 110)
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.Cover(m)) })
	before := b.State()
	b.Do("adjust.invert")
	b.idle()
	p := b.State().Layers[0]
	for y := range 200 {
		for x := range 300 {
			one := image.Rect(x, y, x+1, y+1)
			var was, is [4]uint8
			before.Layers[0].Read(was[:], 4, one)
			p.Read(is[:], 4, one)
			if in := image.Pt(x, y).In(r); in != (was != is) {
				t.Fatalf("at %d, %d: %v became %v", x, y, was, is)
			}
		}
	}
}

// TestPreviewOf24MegapixelsIsQuick: from a moved slider to the picture to show, once it is
// reduced: about 10 ms on two cores that have little else to do; the limit is for busy ones.
func TestPreviewOf24MegapixelsIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 6000, 4000), 1))
	for _, scale := range []float64{0.2, 1} {
		b.SetView(tools.View{X: 100, Y: 100, Scale: scale, W: 1200, H: 800})
		b.Adjust("Levels", lighter())
		b.shown()
		least := time.Hour
		for i := range 5 {
			l := adjust.NewLevels()
			l.All.Gamma = 1.5 + float64(i)/10
			begin := time.Now()
			b.Adjust("Levels", l.Change())
			b.shown()
			least = min(least, time.Since(begin))
		}
		t.Logf("at %v: %v", scale, least)
		if least > 2*time.Second {
			t.Errorf("at %v a preview took %v", scale, least)
		}
		b.CancelTrial()
	}
}

// waitFor is work that ends when block is closed.
func waitFor(block chan struct{}) func(context.Context, func(string, float64)) error {
	return func(context.Context, func(string, float64)) error { <-block; return nil }
}

// TestLevelsOfSixteenBitsAreSavedAndExported: at their own depth.
func TestLevelsOfSixteenBitsAreSavedAndExported(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA64(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + i/251)
		if i%8 > 5 {
			img.Pix[i] = 255
		}
	}
	b.openFile(written(t, "deep.png", img, file.Meaning{}))
	l := adjust.NewLevels()
	l.All = adjust.Range{Black: 0.1, White: 0.9, Gamma: 1.5, High: 1}
	b.Adjust("Levels", l.Change())
	b.MakeTrial()
	b.idle()
	project, saved := filepath.Join(t.TempDir(), "p.ora"), false
	b.Keeping.SaveTo(project, func(err error) { saved = err == nil })
	b.until("the project", func() bool { return saved })
	again := newBench(t)
	again.openFile(project)
	if !canvas.Same(b.Committed(), again.Committed()) {
		t.Error("the project comes back as another picture")
	}
	p, err := file.Open(t.Context(), again.exportAll(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, ok := p.Exact().(*image.NRGBA64)
	if !ok {
		t.Fatalf("exported %T", p.Exact())
	}
	for i := 0; i < len(img.Pix); i += 8 {
		for c := 0; c < 6; c += 2 {
			v := float64(uint16(img.Pix[i+c])<<8|uint16(img.Pix[i+c+1])) / 65535
			want := 65535 * math.Pow(min(max((v-0.1)/0.8, 0), 1), 1/1.5)
			if got := float64(uint16(out.Pix[i+c])<<8 | uint16(out.Pix[i+c+1])); math.Abs(got-want) > 0.51 {
				t.Fatalf("sample %d is %v, want %.2f", i, got, want)
			}
		}
	}
}

// TestATransformOf24MegapixelsIsSeenAtOnce: from a new angle to the picture to show. The limit
// is for busy cores; all of it takes far longer there.
func TestATransformOf24MegapixelsIsSeenAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 6000, 4000), 1))
	for _, scale := range []float64{0.2, 1} {
		b.SetView(tools.View{X: 1500, Y: 1500, Scale: scale, W: 1200, H: 800})
		b.Do("layer.transform")
		least := time.Hour
		for i := range 6 {
			at, _ := b.Transform()
			at.Angle += 3
			begin := time.Now()
			b.SetTransform(at)
			b.shown()
			if i > 0 {
				least = min(least, time.Since(begin))
			}
		}
		t.Logf("at %v: %v", scale, least)
		if least > 3*time.Second {
			t.Errorf("at %v a preview took %v", scale, least)
		}
		b.CancelTrial()
	}
}

// TestWhatIsTriedComesFirst: undo leaves the change that is tried, or that is being made, and the step before it stands; what
// would change the picture beneath waits, and says so.
func TestWhatIsTriedComesFirst(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.Do("select.all")
	b.Do("mask.all")
	b.Do("edit.undo") // so that there is one to redo
	before, steps := b.State(), b.steps()
	for _, making := range []bool{false, true} {
		block := make(chan struct{})
		if b.Adjust("Levels", lighter()); making {
			b.Jobs.Add("other work", 0, waitFor(block))
			b.MakeTrial()
		} else {
			b.shown()
		}
		for _, id := range []string{"edit.redo", "edit.cut", "select.clear", "layer.remove", "fill.run"} {
			b.said = nil
			if b.Do(id); b.State() != before || len(b.said) == 0 || b.trial == nil {
				t.Errorf("making: %v, %s did not wait, or said nothing: %q", making, id, b.said)
			}
		}
		b.Do("edit.undo")
		close(block)
		b.until("the end of the trial", func() bool { return b.trial == nil })
		if b.idle(); b.State() != before || b.steps() != steps {
			t.Errorf("making: %v, undo took a step back, or made one: %d", making, b.steps()-steps)
		}
	}
	if b.Do("edit.undo"); b.State() == before {
		t.Error("undo once more undid nothing")
	}
}
