package editor

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/tools"
)

// bench is an editor with its window's goroutine in the test's hands.
type bench struct {
	*Editor
	t        testing.TB
	posted   chan func()
	failed   []error
	said     []string
	save     string // what AskSave answers
	folder   string // what AskFolder does
	question question
	asked    int

	quality   int // what AskQuality answers
	questions []desk.Quality
	saves     bool // what Confirm answers
	told      []string
	clip      []byte // on the clipboard
	full      bool   // it takes nothing
}

func newBench(t testing.TB) *bench {
	t.Helper()
	store, err := settings.Open("")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, posted: make(chan func(), 1024)}
	store.Fill.Feather, store.Fill.Count = 0, 1
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Version: "test"})
	t.Cleanup(func() { b.Editor.Jobs.Close() })
	return b
}

func (b *bench) AskOpen(string, func(string)) { b.asked++ }
func (b *bench) AskSave(_ string, then func(string)) {
	if b.asked++; b.save != "" { // nothing chosen: cancelled
		then(b.save)
	}
}
func (b *bench) AskFolder(_ string, then func(string)) {
	if b.asked++; b.folder != "" {
		then(b.folder)
	}
}
func (b *bench) AskQuality(q desk.Quality, then func(int)) {
	b.questions = append(b.questions, q)
	then(b.quality)
}

// question is the last one before unsaved work is lost.
type question struct {
	text, discard string
	then          func()
}

func (b *bench) Confirm(_, text, discard string, then, save func()) {
	b.question = question{text, discard, then}
	if b.asked++; b.saves {
		save()
	}
}
func (b *bench) Tell(_ string, lines []string) { b.told = append(b.told, lines...) }
func (b *bench) Show(string)                   {}
func (b *bench) Fail(err error)                { b.failed = append(b.failed, err) }
func (b *bench) Say(s string)                  { b.said = append(b.said, s) }
func (b *bench) Clipboard() ([]byte, error) {
	if b.clip == nil {
		return nil, errors.New("nothing copied")
	}
	return b.clip, nil
}
func (b *bench) SetClipboard(png []byte) error {
	if b.full {
		return errors.New("the clipboard is full")
	}
	b.clip = png
	return nil
}
func (b *bench) Quit() {}

// until runs what was posted until ok.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	limit := time.After(3 * time.Minute)
	for !ok() {
		select {
		case f := <-b.posted:
			f()
		case <-limit:
			b.t.Fatalf("%s never happened; failures: %v", what, b.failed)
		}
	}
}

// idle runs everything until no job is left.
func (b *bench) idle() {
	b.t.Helper()
	b.until("the end of all jobs", func() bool { return b.Jobs.Active(0) == 0 && len(b.posted) == 0 })
}

// Pictures of tests.
var (
	texture = canvastest.Texture
	flat    = canvastest.Flat
)

func (b *bench) put(img *image.NRGBA) {
	b.Edit("put", func(ed *canvas.Edit) { ed.Put(ed.State().Active, img, nil) })
}

func (b *bench) maskRect(r image.Rectangle) {
	m := image.NewAlpha(r)
	pixels.Fill(m, r, 255)
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetMask(m) })
}

func (b *bench) drag(name string, points ...tools.Vec) {
	b.SetTool(name)
	for i, p := range points {
		ev := tools.Pointer{X: p.X, Y: p.Y, Pressure: 1, Time: float64(i) / 60}
		switch i {
		case 0:
			b.Press(ev)
		default:
			b.Drag(ev)
		}
		if i == len(points)-1 {
			b.Release(ev)
		}
	}
}

func flatten(s *canvas.State, r image.Rectangle) *image.NRGBA {
	return render.Flatten(s, r, render.FlattenOptions{})
}

// changedOutside returns the first pixel that differs where mask is 0.
func changedOutside(a, b *image.NRGBA, mask *image.Alpha) (image.Point, bool) {
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		for x := a.Rect.Min.X; x < a.Rect.Max.X; x++ {
			if mask.AlphaAt(x, y).A == 0 && a.NRGBAAt(x, y) != b.NRGBAAt(x, y) {
				return image.Pt(x, y), true
			}
		}
	}
	return image.Point{}, false
}

// TestOutsideTheMaskNothingChanges paints, masks, fills, accepts and undoes at random:
// whatever happens, a fill changes no pixel outside its mask, and undoing gives the very
// same State.
func TestOutsideTheMaskNothingChanges(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 2))
		b := newBench(t)
		b.put(texture(image.Rect(-40, -30, 90, 80).Add(image.Pt(rng.IntN(50)-25, rng.IntN(50)-25)), seed))
		all := image.Rect(-200, -200, 260, 260)
		for range 3 {
			b.SetBrush(tools.BrushSettings{Size: 4 + rng.Float64()*16, Hardness: rng.Float64(), Opacity: 0.3 + 0.7*rng.Float64(), Colour: color.NRGBA{200, uint8(rng.IntN(255)), 30, 255}})
			at := func() tools.Vec { return tools.Vec{X: rng.Float64()*100 - 30, Y: rng.Float64()*80 - 20} }
			b.drag("brush", at(), at(), at())
			b.ClearMask()
			for b.Committed().MaskUsed().Empty() { // a press on a grip pulls the picture's edge
				b.drag("mask", at(), at())
			}
			if rng.IntN(2) == 0 {
				b.Settings.AcceptInto = other(b.Settings.AcceptInto, "new", "active")
			}
			before := b.Committed()
			pixels, mask := flatten(before, all), before.MaskImage(all)
			b.Fills.Fill()
			if len(b.Fills.Stacks()) == 0 {
				t.Fatalf("seed %d: nothing was started: %v", seed, b.failed)
			}
			b.drag("brush", tools.Vec{X: 200, Y: 200}, tools.Vec{X: 210, Y: 205}) // the person paints on meanwhile
			b.Undo()
			b.until("a candidate", func() bool { return hasCandidate(b.Editor) })
			b.Fills.Accept()
			if p, bad := changedOutside(pixels, flatten(b.Committed(), all), mask); bad {
				t.Fatalf("seed %d: pixel %v changed outside the mask", seed, p)
			}
			b.Undo()
			if b.Committed() != before {
				t.Fatalf("seed %d: undo gave another State", seed)
			}
			b.Redo()
		}
	}
}

func TestChainedOutpaintsKeepOldPixels(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 96, 64), 3))
	for i := range 10 {
		before := b.Committed()
		used := b.Used()
		to := used
		switch i % 4 {
		case 0:
			to.Max.X += 32
		case 1:
			to.Min.X -= 32
		case 2:
			to.Max.Y += 32
		case 3:
			to.Min.Y -= 32
		}
		pixels := flatten(before, used)
		b.Fills.Outpaint(used, to)
		b.until("the strip", func() bool { return hasCandidate(b.Editor) })
		b.Fills.Accept()
		if b.Used() != to {
			t.Fatalf("outpaint %d: the picture is %v, want %v", i, b.Used(), to)
		}
		if p, bad := changedOutside(pixels, flatten(b.Committed(), used), image.NewAlpha(used)); bad {
			t.Fatalf("outpaint %d: old pixel %v changed", i, p)
		}
	}
}

func TestBorderDragStartsAnOutpaint(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 128, 96), 4))
	b.SetView(tools.View{X: -100, Y: -100, Scale: 1, W: 600, H: 400})
	b.drag("border", tools.Vec{X: 128, Y: 48}, tools.Vec{X: 150, Y: 48}, tools.Vec{X: 190, Y: 50})
	b.until("the strip", func() bool { return hasCandidate(b.Editor) })
	if r := b.Fills.Shown().Current().Patch.Rect; r != image.Rect(128, 0, 192, 96) {
		t.Errorf("the strip is %v, want 64 px at the right", r)
	}
}

func TestExportCarriesPixelsAndFillsOrNothing(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(-20, -10, 80, 90), 8))
	b.maskRect(image.Rect(0, 0, 30, 30))
	b.Fills.Fill()
	b.until("a candidate", func() bool { return hasCandidate(b.Editor) })
	b.Fills.Accept()
	dir := t.TempDir()
	for _, with := range []bool{true, false} {
		b.Settings.Metadata = with
		path := filepath.Join(dir, map[bool]string{true: "with.png", false: "without.png"}[with])
		done := false
		b.ExportTo(path, Export{Rect: b.Used()}, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
			done = true
		})
		b.until("the export", func() bool { return done })
		p, err := file.Open(context.Background(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := flatten(b.Committed(), b.Used())
		if got := p.NRGBA(); !slices.Equal(got.Pix, want.Pix) {
			t.Error("the exported pixels are not the picture's")
		}
		texts, err := file.ReadTexts(path)
		if err != nil {
			t.Fatal(err)
		}
		if !with {
			if len(texts) != 0 {
				t.Errorf("written against the switch: %v", texts)
			}
			continue
		}
		var all []metadata.Text
		for _, x := range texts {
			all = append(all, metadata.Text(x))
		}
		r, _ := metadata.Read(all)
		if r == nil || r.Document == nil || len(r.Document.Fills) != 1 {
			t.Fatalf("read back %+v", texts)
		}
		if got := r.Document.Fills[0].Rect.Rectangle(); got != image.Rect(20, 10, 50, 40) {
			t.Errorf("the fill lies at %v in the file, want it counted from the picture's corner", got)
		}
	}
	if b.Keeping.Unsaved() {
		t.Error("an exported picture counts as unsaved")
	}
}

// A picture is not written into a file that is named as another form: a .kra stays what it is.
func TestExportLeavesFilesOfOtherFormsAlone(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 20, 10), 8))
	for _, name := range []string{"boat.PSB", "boat.KRA", "boat.ora"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		done := false
		b.ExportTo(path, Export{Rect: b.Used()}, func(err error) {
			if done = true; err != nil {
				t.Error(err)
			}
		})
		b.until("the export", func() bool { return done })
		if was, err := os.ReadFile(path); string(was) != "theirs" || err != nil {
			t.Errorf("%s was written over", name)
		}
		if _, err := file.Open(context.Background(), path+".png", nil); err != nil {
			t.Error(err)
		}
	}
}

func TestFailedOpenAndExportLoseNothing(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 40, 40), 9))
	before := b.Committed()
	bad := filepath.Join(t.TempDir(), "bad.jpg")
	if err := os.WriteFile(bad, []byte("\xff\xd8\xff\xe0nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.PlaceFile(bad, image.Pt(0, 0))
	b.until("the refusal", func() bool { return len(b.failed) == 1 })
	outcome := errors.New("not called")
	b.ExportTo(filepath.Join(t.TempDir(), "no", "such", "folder", "x.png"), Export{Rect: b.Used()}, func(err error) { outcome = err })
	b.until("the export's refusal", func() bool { return len(b.failed) == 2 })
	if outcome == nil || b.Committed() != before || !b.Keeping.Unsaved() {
		t.Errorf("outcome %v, same picture %v", outcome, b.Committed() == before)
	}
}

func TestUnsavedWorkIsAskedAbout(t *testing.T) {
	b := newBench(t)
	left := false
	b.Leave(func() { left = true })
	if !left || b.asked != 0 {
		t.Error("an empty canvas asks")
	}
	b.put(texture(image.Rect(0, 0, 40, 40), 1))
	left = false
	b.Leave(func() { left = true })
	if left || b.asked != 1 {
		t.Error("unsaved work was left without asking")
	}
}

func TestMaskCommands(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.maskRect(image.Rect(20, 20, 30, 30))
	b.ResizeMask(8)
	if got := b.Committed().MaskUsed(); got != image.Rect(12, 12, 38, 38) {
		t.Errorf("grown by 8: %v", got)
	}
	b.ResizeMask(-8)
	if got := b.Committed().MaskUsed(); !got.In(image.Rect(19, 19, 31, 31)) || got.Dx() < 8 {
		t.Errorf("grown and shrunk by 8: %v", got)
	}
	b.FeatherMask(4)
	if got := b.Committed().MaskUsed(); !image.Rect(20, 20, 30, 30).In(got) {
		t.Errorf("feathered: %v", got)
	}
	b.ClearMask()
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(32, 0, 96, 64)) })
	b.MaskBlank()
	if got := b.Committed().MaskUsed(); got != image.Rect(64, 0, 96, 64) {
		t.Errorf("blank area: %v", got)
	}
	b.FrameToMask()
	if got := b.Committed().Frame; got != image.Rect(64, 0, 128, 64) {
		t.Errorf("frame around mask: %v", got)
	}
	b.ClearMask()
	b.InvertMask()
	if got := b.Committed().MaskUsed(); got != image.Rect(0, 0, 128, 64) {
		t.Errorf("inverted: %v", got)
	}
}

func (b *bench) setFrame(r image.Rectangle) {
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(r) })
}
