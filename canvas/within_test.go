package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// A limited Edit leaves what the same Edit without a limit leaves, blended with what was
// there by coverage: live, after Commit, and however often its pixels were written.
func TestWithinBlendsOnceByCoverage(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 12 {
		d := canvastest.Document(rng)
		base := d.State()
		before := canvastest.Copy(base)
		id := base.Layers[rng.IntN(len(base.Layers))].ID
		selection := canvas.Cover(canvastest.Blob(rng, canvastest.Area(rng, 400)))
		strokes := [][]canvastest.Sample{}
		for range 3 {
			strokes = append(strokes, canvastest.Stroke(rng, image.Rect(-300, -300, 300, 300), 25))
		}
		colour := [4]uint8{200, 10, 90, uint8(rng.IntN(256))}
		run := func(limit bool) (live *canvas.State) {
			e := d.Begin("paint")
			if limit {
				e.Within(selection)
			}
			for _, s := range strokes {
				canvastest.Paint(e, id, s, 30, colour)
				e.State() // blends
			}
			canvas.KeysIn(image.Rect(-100, -100, 0, 0), func(k canvas.TileKey) { e.ClearTile(id, k) })
			live = canvastest.Copy(e.State())
			e.Commit()
			return live
		}
		run(false)
		free := d.State()
		if free != base {
			d.Undo()
		}
		live := run(true)
		got := d.State()
		if diff := canvastest.Difference(live, got); diff != "" && got != base {
			t.Fatalf("live and committed: %s", diff)
		}
		checkBlend(t, base.Layer(id), free.Layer(id), got.Layer(id), selection)
		pure := canvas.Blended(base.Layer(id).Tiles, free.Layer(id).Tiles, selection, base.Layer(id).Offset)
		one := *got.Layer(id)
		one.Tiles = pure
		checkBlend(t, base.Layer(id), free.Layer(id), &one, selection)
		got.Layer(id).Tiles.Diff(base.Layer(id).Tiles, func(k canvas.TileKey) {
			if !canvas.CoverUsed(selection).Overlaps(k.Rect().Add(base.Layer(id).Offset)) {
				t.Fatalf("tile %v, outside the selection, is another", k)
			}
		})
		if diff := canvastest.Difference(before, base); diff != "" {
			t.Fatalf("the State before was written: %s", diff)
		}
		if got != base {
			d.Undo()
		}
		if d.State() != base {
			t.Fatal("undo leads elsewhere")
		}
	}
}

func checkBlend(t *testing.T, before, free, got *canvas.Layer, selection canvas.Grid[canvas.MaskTile]) {
	t.Helper()
	r := before.Bounds().Union(free.Bounds()).Union(got.Bounds())
	n := r.Dx() * r.Dy()
	a, b, c, cover := make([]uint8, 4*n), make([]uint8, 4*n), make([]uint8, 4*n), make([]uint8, n)
	before.Read(a, 4*r.Dx(), r)
	free.Read(b, 4*r.Dx(), r)
	got.Read(c, 4*r.Dx(), r)
	canvas.ReadCover(selection, cover, r.Dx(), r)
	for i, v := range c {
		w := float64(cover[i/4]) / 255
		want := float64(a[i])*(1-w) + float64(b[i])*w
		if d := float64(v) - want; d > 0.5001 || d < -0.5001 {
			t.Fatalf("pixel %d, coverage %d: was %d, written %d, is %d, want %.2f", i/4, cover[i/4], a[i], b[i], v, want)
		}
		if i%4 < 3 && v > c[i|3] {
			t.Fatalf("pixel %d is not premultiplied", i/4)
		}
	}
}

// An Edit whose writes all lie outside the selection is none.
func TestWithinNothingLeavesNoStep(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvastest.Document(rng)
	base := d.State()
	e := d.Begin("paint")
	e.Within(canvas.Cover(canvastest.Blob(rng, image.Rect(5000, 5000, 5100, 5100))))
	for _, l := range base.Layers {
		canvastest.Paint(e, l.ID, canvastest.Stroke(rng, image.Rect(-300, -300, 300, 300), 25), 30, [4]uint8{1, 2, 3, 255})
	}
	if e.Commit(); d.State() != base {
		t.Fatal("there is another State")
	}
}

// Selection and saved selections go where the pixels under them go.
func TestReshapingTakesSelectionsAlong(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		d := canvastest.Document(rng)
		e := d.Begin("select")
		e.SetSelection(e.State().Mask)
		e.SetChannel("saved", e.State().Mask)
		e.Commit()
		canvastest.Reshape(rng, d)
		s := *d.State()
		for _, g := range []canvas.Grid[canvas.MaskTile]{s.Selection, s.Channels[0].Cover} {
			got := s
			got.Mask = g
			if diff := canvastest.Difference(&got, d.State()); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

func TestASelectionWithoutPixelsIsNone(t *testing.T) {
	d := canvas.New()
	e := d.Begin("select")
	e.SetSelection(canvas.Cover(image.NewAlpha(image.Rect(-20, 0, 90, 90))))
	if e.Commit(); d.State().Selection.Len() != 0 {
		t.Fatalf("%d tiles", d.State().Selection.Len())
	}
}
