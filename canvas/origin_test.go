package canvas_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// flat is a picture of one colour.
func flat(r image.Rectangle, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

var (
	red  = color.NRGBA{200, 0, 0, 255}
	blue = color.NRGBA{0, 0, 200, 255}
)

// accepted is a document with one witnessed fill of 100 × 80 pixels in a layer of its own,
// of which the mask leaves out the left 20 columns.
func accepted() (*canvas.Document, *canvas.Origin, canvas.LayerID) {
	d := canvas.New()
	ed := d.Begin("base")
	ed.Put(ed.State().Active, flat(image.Rect(-10, -10, 300, 300), blue), nil)
	ed.Commit()
	ed = d.Begin("fill")
	r := image.Rect(30, 30, 130, 110)
	mask := image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X + 20; x < r.Max.X; x++ {
			mask.SetAlpha(x, y, color.Alpha{1})
		}
	}
	id := ed.AddLayer("fill", ed.State().Active)
	ed.Put(id, flat(r, red), mask)
	o := &canvas.Origin{Rect: r, Layer: id, Recipe: []byte("{}")}
	ed.Witness(o, mask)
	ed.Commit()
	return d, o, id
}

func shown(d *canvas.Document, o *canvas.Origin) int {
	n, _ := d.State().Shown(o, image.Rect(-1000, -1000, 1000, 1000), 0)
	return n
}

// change runs one Edit.
func change(d *canvas.Document, f func(*canvas.Edit)) {
	ed := d.Begin("change")
	f(ed)
	ed.Commit()
}

const all = 80 * 80

func TestAFillShowsExactlyWhereItsPixelsAreStillSeen(t *testing.T) {
	cases := []struct {
		name string
		do   func(*canvas.Edit, canvas.LayerID)
		want int
	}{
		{"untouched", func(*canvas.Edit, canvas.LayerID) {}, all},
		{"painted over in its layer", func(e *canvas.Edit, id canvas.LayerID) {
			e.Put(id, flat(image.Rect(50, 30, 60, 40), blue), nil)
		}, all - 100},
		{"painted over with its own colour", func(e *canvas.Edit, id canvas.LayerID) {
			e.Put(id, flat(image.Rect(50, 30, 60, 40), red), nil)
		}, all},
		{"erased", func(e *canvas.Edit, id canvas.LayerID) {
			e.Put(id, flat(image.Rect(30, 30, 130, 110), color.NRGBA{}), nil)
		}, 0},
		{"hidden", func(e *canvas.Edit, id canvas.LayerID) { e.SetLayer(id, func(l *canvas.Layer) { l.Visible = false }) }, 0},
		{"wholly transparent", func(e *canvas.Edit, id canvas.LayerID) { e.SetLayer(id, func(l *canvas.Layer) { l.Opacity = 0 }) }, 0},
		{"half transparent", func(e *canvas.Edit, id canvas.LayerID) { e.SetLayer(id, func(l *canvas.Layer) { l.Opacity = 100 }) }, all},
		{"removed", func(e *canvas.Edit, id canvas.LayerID) { e.RemoveLayer(id) }, 0},
		{"covered by another layer", func(e *canvas.Edit, id canvas.LayerID) {
			e.Put(e.AddLayer("over", id), flat(image.Rect(0, 0, 60, 300), blue), nil)
		}, all - 10*80},
		{"covered by a layer that only tints", func(e *canvas.Edit, id canvas.LayerID) {
			over := e.AddLayer("over", id)
			e.Put(over, flat(image.Rect(0, 0, 300, 300), blue), nil)
			e.SetLayer(over, func(l *canvas.Layer) { l.Blend = blend.Multiply })
		}, all},
		{"moved out from under another layer", func(e *canvas.Edit, id canvas.LayerID) {
			e.Put(e.AddLayer("over", id), flat(image.Rect(0, 0, 60, 300), blue), nil)
			e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(133, -7) })
		}, all},
	}
	for _, c := range cases {
		d, o, id := accepted()
		change(d, func(e *canvas.Edit) { c.do(e, id) })
		if got := shown(d, o); got != c.want {
			t.Errorf("%s: %d pixels show, want %d", c.name, got, c.want)
		}
	}
}

func TestAMovedFillIsWhereItsLayerIs(t *testing.T) {
	d, o, id := accepted()
	change(d, func(e *canvas.Edit) { e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(-100, 5) }) })
	if got, want := d.State().Now(o), o.Rect.Add(image.Pt(-100, 5)); got != want {
		t.Errorf("lies at %v, want %v", got, want)
	}
	if n, b := d.State().Shown(o, image.Rect(-70, 35, -40, 40), 0); n != 10*5 || b != image.Rect(-50, 35, -40, 40) {
		t.Errorf("%d pixels in %v", n, b)
	}
}

// TestAMergedFillGoesOnShowing: also where opacity and mode change its bytes, and no
// further than it was seen.
func TestAMergedFillGoesOnShowing(t *testing.T) {
	for _, prepare := range []func(*canvas.Layer){
		func(*canvas.Layer) {}, func(l *canvas.Layer) { l.Opacity = 90 }, func(l *canvas.Layer) { l.Blend = blend.Multiply },
	} {
		d, _, id := accepted()
		change(d, func(e *canvas.Edit) {
			e.SetLayer(id, prepare)
			e.Put(id, flat(image.Rect(50, 30, 60, 40), blue), nil)
		})
		change(d, func(e *canvas.Edit) { e.MergeDown(id) })
		origins := d.State().Origins
		if len(origins) != 1 || d.State().Layer(origins[0].Layer) == nil {
			t.Fatalf("after the merge there are %d fills, want 1 in the merged layer", len(origins))
		}
		if got := shown(d, origins[0]); got != all-100 {
			t.Errorf("%d pixels show after the merge, want %d", got, all-100)
		}
	}
}

func TestAFillUnderAMergedLayerIsGone(t *testing.T) {
	d, _, id := accepted()
	var over canvas.LayerID
	change(d, func(e *canvas.Edit) {
		over = e.AddLayer("over", id)
		e.Put(over, flat(image.Rect(0, 0, 300, 300), blue), nil)
	})
	change(d, func(e *canvas.Edit) { e.MergeDown(over) })
	if n := len(d.State().Origins); n != 0 {
		t.Errorf("%d fills are left, want none", n)
	}
	d.Undo()
	if n := len(d.State().Origins); n != 1 {
		t.Errorf("after undo there are %d fills, want 1", n)
	}
}

func TestACopiedFillShowsInTheCopy(t *testing.T) {
	d, o, id := accepted()
	change(d, func(e *canvas.Edit) { e.Duplicate(id) })
	change(d, func(e *canvas.Edit) { e.RemoveLayer(id) })
	total := 0
	for _, o := range d.State().Origins {
		total += shown(d, o)
	}
	if shown(d, o) != 0 || total != all {
		t.Errorf("%d and %d pixels show, want none in the removed layer and %d in its copy", shown(d, o), total, all)
	}
}

// TestStillTellsAFillApartInAFile keeps what a file keeps of a fill that was painted on and
// moved, and finds the same pixels again.
func TestStillTellsAFillApartInAFile(t *testing.T) {
	d, o, id := accepted()
	change(d, func(e *canvas.Edit) {
		e.Put(id, flat(image.Rect(50, 30, 60, 40), blue), nil)
		e.SetLayer(id, func(l *canvas.Layer) { l.Offset = image.Pt(-64, 5) })
	})
	s := d.State()
	back := &canvas.Origin{Rect: o.Rect, Layer: id, Offset: o.Offset, Mask: s.Still(o)}
	back.Settle(s.Layer(id))
	want, at := s.Shown(o, image.Rect(-1000, -1000, 1000, 1000), 0)
	if got, where := s.Shown(back, image.Rect(-1000, -1000, 1000, 1000), 0); got != want || where != at || want != all-100 {
		t.Errorf("%d pixels in %v, want %d in %v", got, where, want, at)
	}
	change(d, func(e *canvas.Edit) { e.Put(id, flat(image.Rect(0, 60, 5, 65), blue), nil) })
	if got, _ := d.State().Shown(back, image.Rect(-1000, -1000, 1000, 1000), 0); got != all-125 {
		t.Errorf("painted on after reading: %d pixels, want %d", got, all-125)
	}
}

func TestAFillFromAFileCountsAllThatIsVisibleThere(t *testing.T) {
	d := canvas.New()
	id := d.State().Active
	o := &canvas.Origin{Rect: image.Rect(0, 0, 50, 50), Layer: id}
	change(d, func(e *canvas.Edit) {
		e.AddOrigin(o)
		e.Put(id, flat(image.Rect(0, 0, 20, 30), red), nil)
	})
	if got := shown(d, o); got != 600 {
		t.Errorf("%d pixels, want 600", got)
	}
}

func BenchmarkShown(b *testing.B) {
	d := canvas.New()
	id := d.State().Active
	o := &canvas.Origin{Rect: image.Rect(0, 0, 4096, 4096), Layer: id}
	change(d, func(e *canvas.Edit) {
		e.Put(id, flat(o.Rect, red), nil)
		e.Witness(o, nil)
	})
	change(d, func(e *canvas.Edit) { e.Put(id, flat(image.Rect(100, 100, 3000, 120), blue), nil) })
	for b.Loop() {
		d.State().Shown(o, o.Rect, 0)
	}
}
