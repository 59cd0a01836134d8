package render

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
)

var plain = Look{Outside: color.NRGBA{90, 90, 90, 255}, Checks: [2]color.NRGBA{{90, 90, 90, 255}, {90, 90, 90, 255}}, Check: 8}

// patient makes everything at once, so that frames do not depend on time.
func patient(l Look) *Renderer { return New(Options{Budget: math.MaxInt, Look: l}) }

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 3)) }

// draw is a whole frame in a fresh framebuffer.
func draw(t *testing.T, r *Renderer, v View, q Quality) *image.RGBA {
	t.Helper()
	fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
	if !r.Render(fb, fb.Rect, v, q) && r.opts.Budget == math.MaxInt {
		t.Fatal("not complete in spite of an unbounded budget")
	}
	return fb
}

// fresh is what a new Renderer draws of the same.
func fresh(t *testing.T, r *Renderer, v View, q Quality) *image.RGBA {
	t.Helper()
	n := patient(r.look)
	n.SetState(r.solid.state, image.Rectangle{})
	if o := r.scene.overlay; o != nil {
		n.SetOverlay(o.img, o.mask)
	}
	if r.draft {
		n.SetDraft(r.scene.state, r.scene.state.Content().Union(r.solid.state.Content()))
	}
	return draw(t, n, v, q)
}

func randomView(rng *rand.Rand) View {
	v := View{Scale: 0.02 * math.Pow(3200, rng.Float64()), W: 50 + rng.IntN(150), H: 40 + rng.IntN(100)}
	if rng.IntN(3) == 0 {
		v.Scale = []float64{1, 2, 0.5, 0.25, 1.5, 0.7, 8}[rng.IntN(7)]
	}
	v.X = rng.Float64()*600 - 300 - float64(v.W)/2/v.Scale
	v.Y = rng.Float64()*600 - 300 - float64(v.H)/2/v.Scale
	return v
}

func firstDifference(a, b *image.RGBA) (image.Point, bool) {
	for i := 0; i < len(a.Pix); i += 4 {
		if [4]uint8(a.Pix[i:]) != [4]uint8(b.Pix[i:]) {
			return image.Pt(i%a.Stride/4, i/a.Stride).Add(a.Rect.Min), true
		}
	}
	return image.Point{}, false
}

// unguided makes layers of the picture of all guide layers, which the screen alone shows.
func unguided(d *canvas.Document) {
	e := d.Begin("no guides")
	for _, l := range e.State().Layers {
		e.SetLayer(l.ID, func(l *canvas.Layer) { l.Guide = false })
	}
	e.Commit()
}

// A guide layer is seen through on the screen, over all else, and in no flattened picture.
func TestAGuideLayerIsOnTheScreenAlone(t *testing.T) {
	r := image.Rect(0, 0, 64, 64)
	d := canvas.New()
	fill := func(id canvas.LayerID, c color.NRGBA) {
		e := d.Begin("fill")
		img := image.NewNRGBA(r)
		for i := range img.Pix {
			img.Pix[i] = []uint8{c.R, c.G, c.B, c.A}[i%4]
		}
		e.Put(id, img, nil)
		e.Commit()
	}
	fill(1, color.NRGBA{0, 0, 255, 255})
	e := d.Begin("guide")
	guide := e.AddLayer("guide", 1)
	e.SetLayer(guide, func(l *canvas.Layer) { l.Guide = true })
	e.MoveLayer(guide, 0) // under the picture
	e.Commit()
	fill(guide, color.NRGBA{255, 0, 0, 255})
	s := d.State()
	if got := Flatten(s, r, FlattenOptions{}).NRGBAAt(9, 9); got != (color.NRGBA{0, 0, 255, 255}) {
		t.Errorf("the picture has %v, want the blue below", got)
	}
	if got := Flatten(s, r, FlattenOptions{Only: guide}).NRGBAAt(9, 9); got != (color.NRGBA{255, 0, 0, 255}) {
		t.Errorf("the guide alone has %v, want its red", got)
	}
	view := patient(plain)
	view.SetState(s, image.Rectangle{})
	if got := draw(t, view, View{Scale: 1, W: 64, H: 64}, Smooth).RGBAAt(9, 9); got.R < 100 || got.B < 80 {
		t.Errorf("the screen has %v, want red and blue mixed", got)
	}
}

func TestFullSizeIsFlatten(t *testing.T) {
	rng := seeded(1)
	for i := range 12 {
		d := canvastest.Document(rng)
		if i%2 == 1 {
			d = canvastest.Grouped(rng)
		}
		unguided(d)
		look := plain
		look.Mask = color.NRGBA{255, 0, 80, uint8(rng.IntN(256))}
		r := patient(look)
		r.SetState(d.State(), image.Rectangle{})
		v := View{X: -200, Y: -190, Scale: 1, W: 400, H: 380}
		for _, q := range []Quality{Nearest, Smooth} {
			got := draw(t, r, v, q)
			flat := Flatten(d.State(), image.Rect(-200, -190, 200, 190), FlattenOptions{Mask: look.Mask})
			want := image.NewRGBA(got.Rect)
			for i := range want.Pix {
				want.Pix[i] = 90 | uint8(i&3/3*255)
			}
			canvas.Premultiply(flat.Pix, flat.Pix)
			blend.Span(want.Pix, flat.Pix, blend.Normal, 255)
			if p, differ := firstDifference(got, want); differ {
				t.Fatalf("pixel %v is %v, want %v", p, got.RGBAAt(p.X, p.Y), want.RGBAAt(p.X, p.Y))
			}
		}
	}
}

func TestAPartEqualsTheCropOfTheWhole(t *testing.T) {
	rng := seeded(2)
	d := canvastest.Grouped(rng)
	for i := range 120 {
		v, q := randomView(rng), Quality(rng.IntN(2))
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		whole := draw(t, r, v, q)
		if i%2 == 0 { // a cold cache must not matter either
			r = patient(DefaultLook)
			r.SetState(d.State(), image.Rectangle{})
		}
		part := image.Rect(rng.IntN(v.W), rng.IntN(v.H), rng.IntN(v.W), rng.IntN(v.H))
		fb := image.NewRGBA(whole.Rect)
		r.Render(fb, part, v, q)
		for y := range v.H {
			for x := range v.W {
				want := color.RGBA{}
				if image.Pt(x, y).In(part) {
					want = whole.RGBAAt(x, y)
				}
				if got := fb.RGBAAt(x, y); got != want {
					t.Fatalf("%+v, quality %d, part %v: pixel %d,%d is %v, want %v", v, q, part, x, y, got, want)
				}
			}
		}
	}
}

func TestScrollingEqualsDrawingAgain(t *testing.T) {
	rng := seeded(3)
	d := canvastest.Document(rng)
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	for range 60 {
		v, q := randomView(rng).Snap(), Quality(rng.IntN(2))
		fb := draw(t, r, v, q)
		for range 4 {
			dx, dy := rng.IntN(2*v.W/3)-v.W/3, rng.IntN(2*v.H/3)-v.H/3
			if rng.IntN(9) == 0 {
				dx, dy = v.W*2, 0
			}
			v.X, v.Y = v.X-float64(dx)/v.Scale, v.Y-float64(dy)/v.Scale
			for _, open := range Scroll(fb, dx, dy) {
				r.Render(fb, open, v, q)
			}
			if p, differ := firstDifference(fb, draw(t, r, v, q)); differ {
				t.Fatalf("%+v, quality %d, moved by %d,%d: pixel %v differs", v, q, dx, dy, p)
			}
		}
	}
}

// Whatever was shown before, in whatever order, the cache gives what a new Renderer
// gives; and what changed on the screen is where SetState and SetDraft said.
func TestUpdatesEqualDrawingAfresh(t *testing.T) {
	rng := seeded(4)
	for _, limit := range []int64{0, 40 * cellBytes} {
		d := canvastest.Document(rng)
		r := New(Options{Budget: math.MaxInt, Limit: limit})
		r.SetState(d.State(), image.Rectangle{})
		views := []View{randomView(rng), randomView(rng), {X: -150, Y: -150, Scale: 1, W: 300, H: 300}, {X: -300, Y: -300, Scale: 0.3, W: 200, H: 200}}
		for i := range 150 {
			v, q := views[rng.IntN(len(views))], Quality(rng.IntN(2))
			fb := draw(t, r, v, q)
			for _, p := range step(rng, d, r) {
				r.Render(fb, v.Device(p), v, q)
			}
			if p, differ := firstDifference(fb, fresh(t, r, v, q)); differ {
				t.Fatalf("step %d, limit %d, %+v, quality %d: pixel %v differs", i, limit, v, q, p)
			}
			other := views[rng.IntN(len(views))]
			if p, differ := firstDifference(draw(t, r, other, q), fresh(t, r, other, q)); differ {
				t.Fatalf("step %d, another view %+v: pixel %v differs", i, other, p)
			}
		}
	}
}

// step changes what the Renderer shows in one of the ways the window does, and returns
// what it was told to draw again.
func step(rng *rand.Rand, d *canvas.Document, r *Renderer) (dirty []image.Rectangle) {
	told := func(x image.Rectangle) { dirty = append(dirty, x) }
	switch rng.IntN(8) {
	case 0:
		x, _ := d.Undo()
		told(r.SetState(d.State(), x))
	case 1:
		x, _ := d.Redo()
		told(r.SetState(d.State(), x))
	case 2:
		area := canvastest.Area(rng, 200)
		told(r.SetOverlay(canvastest.Picture(rng, area, true), canvastest.Blob(rng, area.Inset(-3))))
	case 3:
		told(r.SetOverlay(nil, nil))
	case 4: // a draft in several parts, then left, dropped or kept
		e := d.Begin("stroke")
		s := canvastest.Stroke(rng, image.Rect(-200, -200, 200, 200), 30)
		for i := 0; i+10 <= len(s); i += 10 {
			canvastest.Paint(e, e.State().Active, s[i:i+10], 12, [4]uint8{uint8(i), 99, 200, 180})
			x := image.Rectangle{}
			for _, p := range s[i : i+10] {
				x = x.Union(image.Rect(int(p.X)-15, int(p.Y)-15, int(p.X)+16, int(p.Y)+16))
			}
			told(r.SetDraft(e.State(), x))
		}
		switch rng.IntN(3) {
		case 0:
			told(r.SetState(d.State(), e.Rollback()))
		case 1:
			e.Commit()
			told(r.SetState(d.State(), image.Rectangle{})) // all of it was told
		}
	case 5:
		e := d.Begin("move")
		e.SetLayer(e.State().Active, func(l *canvas.Layer) { l.Offset.X += rng.IntN(99) - 50 })
		told(r.SetDraft(e.State(), d.State().Content().Union(e.State().Content())))
		x := e.Commit()
		told(r.SetState(d.State(), x))
	default:
		x := canvastest.Change(rng, d).Commit()
		told(r.SetState(d.State(), x))
	}
	return dirty
}

func TestTheBackgroundComesToTheSame(t *testing.T) {
	rng := seeded(5)
	for range 6 {
		d := canvastest.Document(rng)
		ready := make(chan struct{}, 1)
		r := New(Options{Budget: 1, Ready: func() {
			select {
			case ready <- struct{}{}:
			default:
			}
		}})
		r.SetState(d.State(), image.Rectangle{})
		v := View{X: -400, Y: -400, Scale: 0.3, W: 240, H: 240}
		fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
		for i := range 4 {
			e := canvastest.Change(rng, d)
			r.SetDraft(e.State(), e.State().Content().Union(e.Base().Content()))
			r.Render(fb, fb.Rect, v, Smooth)
			canvastest.Paint(e, e.State().Active, canvastest.Stroke(rng, image.Rect(-90, -90, 90, 90), 9), 9, [4]uint8{1, 2, 3, 255})
			x := e.Commit()
			v.Device(r.SetState(d.State(), x.Union(image.Rect(-120, -120, 120, 120))))
			if i < 3 {
				r.Render(fb, fb.Rect, v, Smooth) // and on with the next while it works
			}
		}
		for !r.Render(fb, fb.Rect, v, Smooth) {
			select {
			case <-ready:
			case <-time.After(20 * time.Second):
				t.Fatal("the background never finished")
			}
		}
		if p, differ := firstDifference(fb, fresh(t, r, v, Smooth)); differ {
			t.Fatalf("pixel %v differs", p)
		}
	}
}

// A first look far out is drawn from a coarser level than it will be, which is a quarter to
// make, and comes right however little memory there is.
func TestAFirstLookIsDrawnFromTheNextLevel(t *testing.T) {
	d := bigDocument(1500)
	for _, scale := range []float64{0.3, 0.14} {
		ready := make(chan struct{}, 1)
		r := New(Options{Budget: 1, Limit: 1 << 20, Ready: func() {
			select {
			case ready <- struct{}{}:
			default:
			}
		}})
		r.SetState(d.State(), image.Rectangle{})
		v := View{Scale: scale, W: int(1500 * scale), H: int(1500 * scale)}
		fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
		whole := r.Render(fb, fb.Rect, v, Smooth)
		side := int64(1500>>v.level()/cellSize + 1)
		if have, most := r.Memory(), side*side*cellBytes; whole || have > most {
			t.Errorf("scale %v: the first frame (complete: %t) made %d kB of cells, want %d at most", scale, whole, have>>10, most>>10)
		}
		for !r.Render(fb, fb.Rect, v, Smooth) {
			select {
			case <-ready:
			case <-time.After(20 * time.Second):
				t.Fatal("the background never finished")
			}
		}
		if p, differ := firstDifference(fb, fresh(t, r, v, Smooth)); differ {
			t.Fatalf("scale %v: pixel %v differs", scale, p)
		}
	}
}

func TestASketchShowsThePresentPicture(t *testing.T) {
	d := canvas.New()
	fill := func(c uint8) *canvas.State {
		e := d.Begin("fill")
		e.PutTiles(1, image.Rect(-640, -640, 640, 640), func(dst []uint8, stride int, r image.Rectangle) {
			for i := range dst[:r.Dy()*stride] {
				dst[i] = c | uint8(i&3/3*255)
			}
		})
		e.Commit()
		return d.State()
	}
	r := New(Options{Budget: 1})
	v := View{X: -640, Y: -640, Scale: 0.1, W: 128, H: 128}
	fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
	for c := range 3 {
		r.SetState(fill(uint8(50*c)), image.Rectangle{})
		r.Render(fb, fb.Rect, v, Smooth)
		if got := fb.RGBAAt(70, 70); got != (color.RGBA{uint8(50 * c), uint8(50 * c), uint8(50 * c), 255}) {
			t.Fatalf("fill %d: the first frame shows %v", c, got)
		}
	}
}

// The race detector sees here whether the background reads what an Edit writes.
func TestDraftsAreLeftToTheCaller(t *testing.T) {
	rng := seeded(6)
	d := canvastest.Document(rng)
	ready := make(chan struct{}, 1)
	r := New(Options{Budget: 1, Ready: func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}})
	r.SetState(d.State(), image.Rectangle{})
	v := View{X: -400, Y: -400, Scale: 0.4, W: 320, H: 320}
	fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
	e := d.Begin("stroke")
	for i := range 60 {
		s := canvastest.Stroke(rng, image.Rect(-300, -300, 300, 300), 3)
		canvastest.Paint(e, e.State().Active, s, 30, [4]uint8{uint8(i), 0, 0, 255})
		r.SetDraft(e.State(), image.Rect(-330, -330, 330, 330))
		r.Render(fb, fb.Rect, v, Smooth)
	}
	r.SetState(d.State(), e.Rollback())
	for !r.Render(fb, fb.Rect, v, Smooth) {
		select {
		case <-ready:
		case <-time.After(20 * time.Second):
			t.Fatal("the background never finished")
		}
	}
	if p, differ := firstDifference(fb, fresh(t, r, v, Smooth)); differ {
		t.Errorf("at %v the picture kept something of a stroke that was taken back", p)
	}
	r.Close()
}

func TestOneLayerCostsNoSecondCopy(t *testing.T) {
	d := canvas.New()
	e := d.Begin("photo")
	e.Put(1, canvastest.Picture(seeded(7), image.Rect(0, 0, 2048, 2048), false), nil)
	e.Commit()
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	draw(t, r, View{Scale: 1, W: 2048, H: 2048}, Smooth)
	if r.Memory() != 0 {
		t.Errorf("%d bytes of cells at 100 %%", r.Memory())
	}
	draw(t, r, View{Scale: 0.25, W: 512, H: 512}, Smooth)
	if most := int64(2048 * 2048 * 4 * 6 / 16); r.Memory() > most { // levels 1 and 2: 1/4 + 1/16
		t.Errorf("%d bytes of cells at 25 %%, want at most %d", r.Memory(), most)
	}
}

func TestMemoryStaysInItsLimit(t *testing.T) {
	d := canvastest.Document(seeded(8))
	r := New(Options{Budget: math.MaxInt, Limit: 30 * cellBytes})
	r.SetState(d.State(), image.Rectangle{})
	rng := seeded(9)
	for range 200 {
		v := randomView(rng)
		v.W, v.H = 100, 100
		draw(t, r, v, Smooth)
		draw(t, r, v, Smooth) // what the first one needed on the way may go now
		onScreen := int64(len(r.frame.grid)) * cellBytes
		if r.Memory() > max(r.limit, onScreen) || r.Memory() < 0 {
			t.Fatalf("%d bytes, limit %d", r.Memory(), r.limit)
		}
	}
}

func TestDirtyPixelsLieInsideDevice(t *testing.T) {
	rng := seeded(10)
	d := canvastest.Document(rng)
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	for range 150 {
		v, q := randomView(rng), Quality(rng.IntN(2))
		before := draw(t, r, v, q)
		canvastest.Change(rng, d).Commit()
		told := v.Device(r.SetState(d.State(), image.Rectangle{}))
		after := draw(t, r, v, q)
		for y := range v.H {
			a, b := before.Pix[y*before.Stride:][:v.W*4], after.Pix[y*after.Stride:][:v.W*4]
			for x := 0; !bytes.Equal(a, b) && x < v.W; x++ {
				if [4]uint8(a[x*4:]) != [4]uint8(b[x*4:]) && !image.Pt(x, y).In(told) {
					t.Fatalf("%+v, quality %d: pixel %d,%d changed outside %v", v, q, x, y, told)
				}
			}
		}
	}
}

func TestAnOverlayLooksLikeALayer(t *testing.T) {
	rng := seeded(11)
	d := canvastest.Document(rng)
	area := image.Rect(-77, -31, 90, 120)
	img, mask := canvastest.Picture(rng, area, true), canvastest.Blob(rng, area)
	r := patient(plain)
	r.SetState(d.State(), image.Rectangle{})
	r.SetOverlay(img, mask)
	e := d.Begin("layer")
	id := e.AddLayer("result", 0)
	e.PutTiles(id, area, func(dst []uint8, stride int, part image.Rectangle) {
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				p := dst[(y-part.Min.Y)*stride+(x-part.Min.X)*4:][:4]
				canvas.Premultiply(p, img.Pix[img.PixOffset(x, y):])
				store(p, blend.Scale(load(p), mask.AlphaAt(x, y).A))
			}
		}
	})
	e.Commit()
	n := patient(plain)
	n.SetState(d.State(), image.Rectangle{})
	for _, scale := range []float64{1, 0.4, 3} {
		v := View{X: -120, Y: -120, Scale: scale, W: 260, H: 260}
		if p, differ := firstDifference(draw(t, r, v, Smooth), draw(t, n, v, Smooth)); differ {
			t.Errorf("at %v pixel %v differs", scale, p)
		}
	}
}

// With MaskUnder the tint shows beside the overlay and not on it, at every zoom, and
// turning it on or off is the same as having begun that way.
func TestMaskUnderLiesUnderTheOverlay(t *testing.T) {
	rng := seeded(31)
	d := canvastest.Document(rng)
	area := image.Rect(-40, -40, 90, 90)
	img := canvastest.Picture(rng, area, false)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	mask := image.NewAlpha(image.Rect(0, 0, 200, 200))
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	e := d.Begin("mask")
	e.SetMask(mask)
	e.Commit()
	over, under := plain, plain
	over.Mask = color.NRGBA{230, 40, 40, 128}
	under.Mask, under.MaskUnder = over.Mask, true
	for _, scale := range []float64{1, 4, 0.25, 0.03} {
		v := View{X: 40, Y: 40, Scale: scale, W: 480, H: 480}
		r := patient(over)
		r.SetState(d.State(), image.Rectangle{})
		r.SetOverlay(img, nil)
		tinted := draw(t, r, v, Nearest)
		r.SetLook(under)
		got := draw(t, r, v, Nearest)
		if !bytes.Equal(got.Pix, fresh(t, r, v, Nearest).Pix) {
			t.Errorf("scale %g: turned on later it looks different", scale)
		}
		if scale < 0.1 {
			continue // a device pixel holds both
		}
		on, beside := v.Device(image.Rect(60, 60, 64, 64)).Min, v.Device(image.Rect(140, 140, 144, 144)).Min
		if got.RGBAAt(beside.X, beside.Y) != tinted.RGBAAt(beside.X, beside.Y) {
			t.Errorf("scale %g: the tint beside the overlay changed", scale)
		}
		if got.RGBAAt(on.X, on.Y) == tinted.RGBAAt(on.X, on.Y) {
			t.Errorf("scale %g: the overlay is tinted", scale)
		}
	}
}
