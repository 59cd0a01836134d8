package canvas_test

import (
	"bytes"
	"image"
	"math/rand/v2"
	"sync"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 7)) }

func TestUndoIsExact(t *testing.T) {
	rng := seeded(1)
	d := canvastest.Document(rng)
	for i := 0; i < 100; i++ {
		before, was := d.State(), canvastest.Copy(d.State())
		canvastest.Change(rng, d).Commit()
		if d.State() == before {
			continue
		}
		if _, ok := d.Undo(); !ok || d.State() != before {
			t.Fatalf("step %d: undo does not give the State back", i)
		}
		if diff := canvastest.Difference(d.State(), was); diff != "" {
			t.Fatalf("step %d wrote into an older State: %s", i, diff)
		}
		if _, ok := d.Redo(); !ok {
			t.Fatalf("step %d: no redo", i)
		}
	}
}

func TestTwoHundredStepsUndoToTheStart(t *testing.T) {
	rng := seeded(2)
	d := canvastest.Document(rng)
	type moment struct {
		state *canvas.State
		copy  *canvas.State
	}
	past := []moment{{d.State(), canvastest.Copy(d.State())}}
	for len(past) < 200 {
		canvastest.Change(rng, d).Commit()
		if s := d.State(); s != past[len(past)-1].state {
			past = append(past, moment{s, canvastest.Copy(s)})
		}
	}
	check := func(i int) {
		t.Helper()
		if d.State() != past[i].state {
			t.Fatalf("step %d is another State", i)
		}
		if diff := canvastest.Difference(past[i].state, past[i].copy); diff != "" {
			t.Fatalf("step %d: %s", i, diff)
		}
	}
	for i := len(past) - 2; i >= 0; i-- {
		d.Undo()
		check(i)
	}
	for i := 1; i < len(past); i++ {
		d.Redo()
		check(i)
	}
	if _, ok := d.Redo(); ok {
		t.Error("a redo beyond the last step")
	}
}

func TestCancelLeavesNoTrace(t *testing.T) {
	rng := seeded(3)
	d := canvastest.Document(rng)
	before, was := d.State(), canvastest.Copy(d.State())
	steps, at := d.History()
	for range 100 {
		e := canvastest.Change(rng, d)
		e.Rollback()
		if e.Commit(); d.State() != before || d.Editing() {
			t.Fatal("a commit after the rollback did something")
		}
	}
	canvastest.Change(rng, d) // left open: a press without a release
	if _, ok := d.Undo(); !ok || d.Editing() || d.State() != before {
		t.Error("undo does not roll an open Edit back")
	}
	canvastest.Change(rng, d)
	d.Begin("another").Rollback()
	if diff := canvastest.Difference(d.State(), was); diff != "" {
		t.Error(diff)
	}
	if now, i := d.History(); len(now) != len(steps) || i != at {
		t.Errorf("history has %d steps at %d, had %d at %d", len(now), i, len(steps), at)
	}
}

func TestAnEndedEditDoesNothing(t *testing.T) {
	rng := seeded(4)
	pic := canvastest.Picture(rng, image.Rect(0, 0, 70, 70), true)
	for name, act := range map[string]func(e *canvas.Edit, id canvas.LayerID){
		"Tile":         func(e *canvas.Edit, id canvas.LayerID) { e.Tile(id, canvas.TileKey{}) },
		"ClearTile":    func(e *canvas.Edit, id canvas.LayerID) { e.ClearTile(id, canvas.TileKey{}) },
		"MaskTile":     func(e *canvas.Edit, _ canvas.LayerID) { e.MaskTile(canvas.TileKey{}) },
		"SetMask":      func(e *canvas.Edit, _ canvas.LayerID) { e.SetMask(image.NewAlpha(pic.Rect)) },
		"ClearMask":    func(e *canvas.Edit, _ canvas.LayerID) { e.ClearMask() },
		"SetFrame":     func(e *canvas.Edit, _ canvas.LayerID) { e.SetFrame(image.Rect(1, 2, 3, 4)) },
		"AddLayer":     func(e *canvas.Edit, id canvas.LayerID) { e.AddLayer("late", id) },
		"RemoveLayer":  func(e *canvas.Edit, id canvas.LayerID) { e.RemoveLayer(id) },
		"MoveLayer":    func(e *canvas.Edit, id canvas.LayerID) { e.MoveLayer(id, 0) },
		"SetActive":    func(e *canvas.Edit, _ canvas.LayerID) { e.SetActive(1) },
		"SetLayer":     func(e *canvas.Edit, id canvas.LayerID) { e.SetLayer(id, func(l *canvas.Layer) { l.Name = "late" }) },
		"Duplicate":    func(e *canvas.Edit, id canvas.LayerID) { e.Duplicate(id) },
		"MergeDown":    func(e *canvas.Edit, id canvas.LayerID) { e.MergeDown(id) },
		"AddReference": func(e *canvas.Edit, _ canvas.LayerID) { e.AddReference(&canvas.Reference{Image: pic}) },
		"AddOrigin":    func(e *canvas.Edit, _ canvas.LayerID) { e.AddOrigin(&canvas.Origin{}) },
		"Put":          func(e *canvas.Edit, id canvas.LayerID) { e.Put(id, pic, nil) },
		"Place":        func(e *canvas.Edit, id canvas.LayerID) { e.Place(id, pic, pic) },
		"Rollback":     func(e *canvas.Edit, _ canvas.LayerID) { e.Rollback() },
	} {
		d := canvastest.Document(seeded(5))
		e := d.Begin("first")
		id := e.AddLayer("top", d.State().Active)
		e.Put(id, pic, nil)
		e.Commit()
		was, s := canvastest.Copy(d.State()), d.State()
		act(e, id)
		if diff := canvastest.Difference(s, was); diff != "" || d.State() != s {
			t.Errorf("%s after Commit changed the State: %s", name, diff)
		}
	}
}

func TestCommitOfNothingLeavesNoStep(t *testing.T) {
	for name, act := range map[string]func(e *canvas.Edit){
		"nothing":         func(*canvas.Edit) {},
		"touched tile":    func(e *canvas.Edit) { e.Tile(e.State().Active, canvas.TileKey{X: -1, Y: -1}) },
		"touched mask":    func(e *canvas.Edit) { e.MaskTile(canvas.TileKey{X: 9, Y: 9}) },
		"same name":       func(e *canvas.Edit) { e.SetLayer(1, func(l *canvas.Layer) { l.Name += "" }) },
		"same pixels":     func(e *canvas.Edit) { rewrite(e) },
		"added, removed":  func(e *canvas.Edit) { a := e.State().Active; e.RemoveLayer(e.AddLayer("x", 0)); e.SetActive(a) },
		"moved and back":  func(e *canvas.Edit) { e.MoveLayer(1, 1); e.MoveLayer(1, 0) },
		"erased where no": func(e *canvas.Edit) { e.ClearTile(1, canvas.TileKey{X: 99, Y: 99}) },
	} {
		d := canvastest.Document(seeded(6))
		e := d.Begin("placed")
		pic := canvastest.Picture(seeded(1), image.Rect(-90, -90, 90, 90), true)
		e.Place(1, pic, pic)
		e.Commit()
		s := d.State()
		steps, _ := d.History()
		e = d.Begin(name)
		act(e)
		e.Commit()
		if now, _ := d.History(); len(now) != len(steps) || d.State() != s {
			t.Errorf("%s left a step: %s", name, canvastest.Difference(d.State(), s))
		}
	}
}

// rewrite reads every tile of every layer and writes it as it is.
func rewrite(e *canvas.Edit) {
	for _, l := range e.Base().Layers {
		l.Tiles.Each(func(k canvas.TileKey, t *canvas.Tile) { *e.Tile(l.ID, k) = *t })
	}
	e.SetMask(e.Base().MaskImage(e.Base().Mask.Bounds()))
}

func TestErasedTilesAreNotKept(t *testing.T) {
	d := canvastest.Document(seeded(8))
	e := d.Begin("erase")
	for _, l := range e.Base().Layers {
		l.Tiles.Each(func(k canvas.TileKey, _ *canvas.Tile) { clear(e.Tile(l.ID, k).Pix[:]) })
	}
	e.Commit()
	for _, l := range d.State().Layers {
		if l.Tiles.Len() != 0 {
			t.Errorf("layer %q keeps %d blank tiles", l.Name, l.Tiles.Len())
		}
	}
}

func TestHistoryIsTrimmedByBytes(t *testing.T) {
	d := canvas.New()
	const tile = 64 * 64 * 4
	d.Budget = 20 * tile
	for i := range 50 {
		e := d.Begin("fill")
		for k := range 4 {
			clear(e.Tile(1, canvas.TileKey{X: int32(k)}).Pix[:])
			e.Tile(1, canvas.TileKey{X: int32(k)}).Pix[3] = uint8(i + 1)
		}
		e.Commit()
		steps, at := d.History()
		var kept int64
		for _, s := range steps {
			kept += s.Bytes
		}
		if kept > d.Budget || at != len(steps)-1 {
			t.Fatalf("after %d steps history keeps %d bytes in %d steps, at %d", i, kept, len(steps), at)
		}
	}
	steps, at := d.History()
	if len(steps) != 6 { // the present, and 5 states of 4 replaced tiles each
		t.Errorf("%d steps, want 6", len(steps))
	}
	for range at {
		d.Undo()
	}
	if got := d.State().Layers[0].Tiles.At(canvas.TileKey{}).Pix[3]; got != 45 {
		t.Errorf("the oldest step holds %d, want 45", got)
	}
}

func TestTheLastStepCanAlwaysBeUndone(t *testing.T) {
	d := canvas.New()
	d.Budget = 1
	rng := seeded(9)
	pic := canvastest.Picture(rng, image.Rect(0, 0, 500, 500), false)
	for range 3 {
		e := d.Begin("big")
		e.Put(1, pic, nil)
		e.SetFrame(canvastest.Area(rng, 99))
		e.Commit()
		pic = canvastest.Picture(rng, pic.Rect, false)
	}
	before := d.State()
	if _, ok := d.Undo(); !ok || d.State() == before {
		t.Error("the step before the present was dropped")
	}
}

func TestANewStepDropsWhatWasUndone(t *testing.T) {
	rng := seeded(10)
	d := canvastest.Document(rng)
	for i := range 3 {
		e := d.Begin("frame")
		e.SetFrame(image.Rect(0, 0, 64, 64*(i+1)))
		e.Commit()
	}
	d.Undo()
	d.Undo()
	e := d.Begin("other")
	e.SetFrame(image.Rect(5, 5, 6, 6))
	e.Commit()
	steps, at := d.History()
	if _, ok := d.Redo(); ok || steps[at].Label != "other" || len(steps) != at+1 {
		t.Errorf("history is %v at %d", steps, at)
	}
}

func TestChangedCoversEveryChangedPixel(t *testing.T) {
	rng := seeded(11)
	d := canvastest.Document(rng)
	r := image.Rect(-700, -700, 700, 700)
	a, seen := d.State(), flatten(d.State(), r)
	changes := 60
	if testing.Short() {
		changes = 15
	}
	for i := range changes {
		dirty := canvastest.Change(rng, d).Commit()
		b := d.State()
		if a == b {
			continue
		}
		undo, _ := d.Undo()
		redo, _ := d.Redo()
		now := flatten(b, r)
		for name, dirty := range map[string]image.Rectangle{"Changed": canvas.Changed(a, b), "Changed back": canvas.Changed(b, a),
			"Commit": dirty, "Undo": undo, "Redo": redo} {
			if p, differ := differOutside(seen, now, a.MaskImage(r), b.MaskImage(r), dirty); differ {
				t.Fatalf("step %d: %s is %v, but %v changed", i, name, dirty, p)
			}
		}
		a, seen = b, now
	}
}

// differOutside finds a pixel beyond dirty that differs.
func differOutside(a, b *image.RGBA, m, n *image.Alpha, dirty image.Rectangle) (image.Point, bool) {
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		row := image.Rect(a.Rect.Min.X, y, a.Rect.Max.X, y+1)
		hole := row.Intersect(dirty)
		if hole.Empty() {
			hole = image.Rectangle{row.Max, row.Max}
		}
		for _, part := range []image.Rectangle{image.Rect(row.Min.X, y, hole.Min.X, y+1), image.Rect(hole.Max.X, y, row.Max.X, y+1)} {
			i, w := a.PixOffset(part.Min.X, y), part.Dx()
			if w > 0 && (!bytes.Equal(a.Pix[i:i+w*4], b.Pix[i:i+w*4]) || !bytes.Equal(m.Pix[i/4:i/4+w], n.Pix[i/4:i/4+w])) {
				return part.Min, true
			}
		}
	}
	return image.Point{}, false
}

func TestStatesMayBeReadWhileTheDocumentChanges(t *testing.T) {
	rng := seeded(12)
	d := canvastest.Document(rng)
	var wg sync.WaitGroup
	for range 40 {
		s, area := d.State(), image.Rect(-100, -100, 100, 100)
		pixels, mask, used := flatten(s, area), s.MaskImage(area), s.Used()
		same := func() {
			if !bytes.Equal(flatten(s, area).Pix, pixels.Pix) || !bytes.Equal(s.MaskImage(area).Pix, mask.Pix) || s.Used() != used {
				t.Error("a State changed with its Document")
			}
		}
		wg.Go(same)
		e := canvastest.Change(rng, d)
		wg.Go(same)
		e.Commit()
	}
	wg.Wait()
}

// TestTheDeepPictureCountsInTheHistory: what a step replaced of the picture of 16 bits is kept for
// undo and counts, and the same samples under another name count once.
func TestTheDeepPictureCountsInTheHistory(t *testing.T) {
	d := canvas.New()
	img := image.NewNRGBA64(image.Rect(0, 0, 100, 80))
	set := func(exact image.Image) {
		s := *d.State()
		s.Source = &canvas.Source{Exact: exact, Layer: 1}
		e := d.Begin("deep")
		e.Become(&s)
		e.Commit()
	}
	set(img)
	set(&image.NRGBA64{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect})
	set(image.NewNRGBA64(img.Rect))
	steps, _ := d.History()
	for i, want := range []int64{0, 0, 0, 8 * 100 * 80} {
		if steps[i].Bytes != want {
			t.Errorf("step %d counts %d bytes, want %d", i, steps[i].Bytes, want)
		}
	}
	d.Budget = 2 * 8 * 100 * 80
	for range 9 {
		set(image.NewNRGBA64(img.Rect))
	}
	if steps, _ = d.History(); len(steps) != 3 {
		t.Errorf("a history of two pictures of 16 bits has %d steps, want 3", len(steps))
	}
}
