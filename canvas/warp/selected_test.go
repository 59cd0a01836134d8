package warp

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// selectedIn is a State with a soft selection, of a picture of 16 bits or of 8.
func selectedIn(img image.Image, offset image.Point, sel *image.Alpha) *canvas.State {
	d := canvas.New()
	e := d.Begin("open")
	r := img.Bounds()
	thin := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if c, ok := straightAt(img, image.Pt(x, y)); ok {
				for i := range c {
					thin.Pix[thin.PixOffset(x, y)+i] = uint8((uint32(c[i])*255 + 32767) / 65535)
				}
			}
		}
	}
	if img8, ok := img.(*image.NRGBA); ok {
		thin = img8
	} else {
		e.SetSource(&canvas.Source{Profile: []byte("of another kind"), Exact: img, Layer: 1})
	}
	e.Put(1, thin, nil)
	e.SetLayer(1, func(l *canvas.Layer) { l.Offset = offset })
	e.SetSelection(canvas.Cover(sel))
	e.Commit()
	return d.State()
}

func deepPicture(r image.Rectangle) *image.NRGBA64 {
	img := image.NewNRGBA64(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetNRGBA64(x, y, color.NRGBA64{R: uint16(x * 611), G: uint16(y*397 + x), B: uint16(x*y*13 + 7), A: 65535})
		}
	}
	return img
}

// soft is an ellipse with a soft edge of many shades.
func soft(r image.Rectangle) *image.Alpha {
	a := image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			dx := (2*float64(x-r.Min.X)+1)/float64(r.Dx()) - 1
			dy := (2*float64(y-r.Min.Y)+1)/float64(r.Dy()) - 1
			a.Pix[a.PixOffset(x, y)] = uint8(min(max(900*(1-dx*dx-dy*dy), 0), 255))
		}
	}
	return a
}

func chosen(t *testing.T, s *canvas.State, m Map, f Filter) *canvas.State {
	t.Helper()
	out, err := Selected(context.Background(), s, 1, m, Options{Filter: f})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// deepAt is a pixel of all that a State has of it.
func deepAt(s *canvas.State, x, y int) [4]uint16 {
	var out [4]uint16
	var exact image.Image = image.NewGray16(image.Rectangle{})
	if s.Source.Deep() {
		exact = s.Source.Exact
	}
	widening(s.Layers[0], exact)(out[:], image.Pt(x, y))
	return out
}

// TestPartAndRestAreTheWhole: what is cut out and comes back to its place is what it was, to the
// bit, of 8 bits and of 16, whatever the alpha and however soft the selection.
func TestPartAndRestAreTheWhole(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 200_000 {
		from := uint8(rng.Uint32())
		a := uint8(rng.Uint32())
		p := [4]uint8{3: a}
		b := uint16(rng.Uint32())
		q := [4]uint16{3: b}
		for i := range 3 {
			p[i], q[i] = uint8(rng.IntN(int(a)+1)), uint16(rng.IntN(int(b)+1))
		}
		var part [4]uint8
		var deep [4]uint16
		for i := range p {
			part[i], deep[i] = share(p[i], from), share(q[i], from)
		}
		if got := lay(p, part, from, from); got != p {
			t.Fatalf("%v selected by %d comes back as %v", p, from, got)
		}
		if got := lay(q, deep, from, from); got != q {
			t.Fatalf("%v selected by %d comes back as %v", q, from, got)
		}
	}
}

// TestSelectedPixelsMove: what is selected is elsewhere, with it the selection; what is neither
// selected nor beneath keeps every bit, also of 16, and an opaque picture's hole is as deep as
// was selected.
func TestSelectedPixelsMove(t *testing.T) {
	r := image.Rect(0, 0, 150, 110)
	sel := soft(image.Rect(22, 21, 81, 70))
	pictures := map[string]*canvas.State{
		"8 bits":       selectedIn(canvastest.Texture(r, 4), image.Pt(-7, 3), sel),
		"16 bits":      selectedIn(deepPicture(r), image.Pt(-7, 3), sel),
		"16 bits grey": selectedIn(grey(r), image.Pt(-7, 3), sel),
	}
	for name, s := range pictures {
		if chosen(t, s, Identity, Lanczos) != s {
			t.Errorf("%s: the identity is another picture", name)
		}
		for _, by := range []image.Point{{40, 30}, {-60, -50}, {200, 3}} {
			for _, f := range []Filter{Lanczos, Bilinear, Nearest} {
				out := chosen(t, s, Move(float64(by.X), float64(by.Y)), f)
				if d := moves(s, out, by); d != "" {
					t.Fatalf("%s by %v, filter %d: %s", name, by, f, d)
				}
				if out.Source.Deep() != s.Source.Deep() {
					t.Errorf("%s by %v: the depth is gone", name, by)
				}
				if f := out.Source; f.Deep() && f.Exact.Bounds().Min != (image.Point{}) {
					t.Errorf("%s by %v: the deep picture begins at %v", name, by, f.Exact.Bounds().Min)
				}
			}
		}
	}
}

// moves says what is wrong where what was selected in a went by whole pixels.
func moves(a, b *canvas.State, by image.Point) string {
	area := a.Used().Union(a.Used().Add(by)).Inset(-3)
	from, to := canvas.CoverImage(a.Selection, area), canvas.CoverImage(b.Selection, area)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			c, was, now := from.AlphaAt(x, y).A, deepAt(a, x, y), deepAt(b, x, y)
			k := from.AlphaAt(x-by.X, y-by.Y).A
			if !image.Pt(x-by.X, y-by.Y).In(area) {
				k = 0
			}
			if got := to.AlphaAt(x, y).A; got != k {
				return fmt.Sprintf("at %d, %d selected by %d, want %d", x, y, got, k)
			}
			want := was
			switch {
			case k == 255:
				want = deepAt(a, x-by.X, y-by.Y)
			case c == 255 && k == 0:
				want = [4]uint16{}
			case c > 0 && k == 0:
				if d := int(now[3]) - int(was[3])*int(255-c)/255; d < -300 || d > 300 {
					return fmt.Sprintf("at %d, %d alpha %d of %d where %d was cut", x, y, now[3], was[3], c)
				}
				continue
			case k > 0:
				continue
			}
			if now != want {
				return fmt.Sprintf("at %d, %d there is %v, want %v", x, y, now, want)
			}
		}
	}
	return ""
}

func grey(r image.Rectangle) *image.Gray16 {
	img := image.NewGray16(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetGray16(x, y, color.Gray16{Y: uint16(x*401 + y*7)})
		}
	}
	return img
}

// TestNothingElseChanges when what is selected is scaled, turned and pulled: only what was
// selected, and where it goes.
func TestNothingElseChanges(t *testing.T) {
	rng := canvastest.Chance(t)
	r := image.Rect(10, 20, 150, 110)
	sel := canvastest.Blob(rng, image.Rect(10, 20, 150, 110))
	for name, s := range map[string]*canvas.State{
		"8 bits":  selectedIn(canvastest.Picture(rng, r, true), image.Pt(-7, 3), sel),
		"16 bits": selectedIn(deepPicture(image.Rect(0, 0, 140, 90)), image.Pt(10, 20), sel),
	} {
		rect := s.Used().Intersect(canvas.CoverUsed(s.Selection))
		for m, to := range maps {
			out := chosen(t, s, to, Lanczos)
			target, _ := to.bounds(rect, most)
			cover := canvas.CoverImage(s.Selection, r.Inset(-200))
			for y := -150; y < 300; y++ {
				for x := -150; x < 400; x++ {
					p := image.Pt(x, y)
					if !p.In(target) && cover.AlphaAt(x, y).A == 0 && deepAt(out, x, y) != deepAt(s, x, y) {
						t.Fatalf("%s, %s: at %v there is %v, was %v", name, m, p, deepAt(out, x, y), deepAt(s, x, y))
					}
				}
			}
			seen, err := Selected(context.Background(), s, 1, to, Options{Within: target.Inset(2)})
			if err != nil {
				t.Fatal(err)
			}
			for range 200 {
				in := target.Inset(4)
				x, y := in.Min.X+rng.IntN(in.Dx()), in.Min.Y+rng.IntN(in.Dy())
				if a, b := pixel(seen.Layers[0], x, y), pixel(out.Layers[0], x, y); near(a, b) > 3 { // of 8 bits and of 16
					t.Fatalf("%s, %s: at %d, %d the preview has %v, then there is %v", name, m, x, y, a, b)
				}
			}
		}
	}
}

func near(a, b [4]uint8) (worst int) {
	for i := range a {
		worst = max(worst, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return worst
}

// TestWhatIsTurnedOntoItselfLeavesNoSeam: what is selected softly of a flat opaque picture and
// comes to lie where it was is opaque.
func TestWhatIsTurnedOntoItselfLeavesNoSeam(t *testing.T) {
	r := image.Rect(0, 0, 100, 80)
	flat := color.NRGBA{R: 200, G: 90, B: 30, A: 255}
	s := selectedIn(canvastest.Flat(r, flat), image.Point{}, soft(image.Rect(20, 20, 70, 60)))
	turned := Move(-45, -40).Then(Turn(180)).Then(Move(45, 40)) // an ellipse again
	l := chosen(t, s, turned, Lanczos).Layers[0]
	for y := range 80 {
		for x := range 100 {
			if p := pixel(l, x, y); near(p, [4]uint8{200, 90, 30, 255}) > 1 {
				t.Fatalf("at %d, %d there is %v", x, y, p)
			}
		}
	}
}

// TestARampStaysARamp: a layer of 16 bits scaled and turned has more than 8 bits, in order, and
// the tiles are what its samples are in 8.
func TestARampStaysARamp(t *testing.T) {
	ramp := image.NewNRGBA64(image.Rect(0, 0, 600, 20))
	for x := range 600 {
		for y := range 20 {
			ramp.SetNRGBA64(x, y, color.NRGBA64{R: uint16(20000 + 7*x), G: 9, B: 65535, A: 65535})
		}
	}
	all := image.NewAlpha(ramp.Rect.Add(image.Pt(30, 40)))
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	s := selectedIn(ramp, image.Pt(30, 40), all)
	m := Move(-30, -40).Then(Scale(2, 1.5)).Then(Move(7, 8))
	for name, out := range map[string]*canvas.State{"the layer": warped(t, s, m, Options{}), "all selected": chosen(t, s, m, Lanczos)} {
		if !out.Source.Deep() || string(out.Source.Profile) != "of another kind" {
			t.Fatalf("%s: the source is %+v", name, out.Source)
		}
		values := map[uint16]bool{}
		last := uint16(0)
		for x := 10; x < 1190; x++ {
			c := deepAt(out, 7+x, 8+15)
			if want := 20000 + 3.5*float64(x) - 1.75; float64(c[0])-want > 3 || want-float64(c[0]) > 3 || c[0] < last || c[3] != 65535 {
				t.Fatalf("%s: at %d there is %v, want %.1f", name, x, c, want)
			}
			last = c[0]
			values[last] = true
		}
		if len(values) < 1000 {
			t.Errorf("%s: %d values", name, len(values))
		}
	}
	out := warped(t, s, Turn(33), Options{Filter: Bilinear})
	l := out.Layers[0]
	for y := range out.Source.Exact.Bounds().Dy() {
		for x := range out.Source.Exact.Bounds().Dx() {
			c, _ := straightAt(out.Source.Exact, image.Pt(x, y))
			if p := pixel(l, x+l.Offset.X, y+l.Offset.Y); p != canvas.Narrow(c) {
				t.Fatalf("at %d, %d the tile has %v of %v", x, y, p, c)
			}
		}
	}
	g := warped(t, selectedIn(grey(image.Rect(0, 0, 90, 60)), image.Point{}, all), Scale(2, 3), Options{})
	if _, ok := g.Source.Exact.(*image.Gray16); !ok {
		t.Errorf("grey that is scaled becomes %T", g.Source.Exact)
	}
}

// TestFillsGoWithTheSelection: the pixels of a fill that were taken are known as its own where
// they are now, and those that stayed where they were.
func TestFillsGoWithTheSelection(t *testing.T) {
	d := canvas.New()
	e := d.Begin("fill")
	e.Put(1, canvastest.Texture(image.Rect(0, 0, 200, 150), 2), nil)
	r := image.Rect(50, 40, 110, 90)
	e.Put(1, canvastest.Texture(r, 3), nil)
	e.Witness(&canvas.Origin{Rect: r, Layer: 1, Recipe: []byte("{}")}, nil)
	e.SetSelection(canvas.CoverRect(image.Rect(80, 20, 140, 120)))
	e.Commit()
	out := chosen(t, d.State(), Move(50, 25), Lanczos)
	count := 0
	for _, o := range out.Origins {
		n, at := out.Shown(o, out.Used(), 0)
		if count += n; n != 1500 || at != image.Rect(50, 40, 80, 90) && at != image.Rect(130, 65, 160, 115) {
			t.Errorf("%d pixels in %v", n, at)
		}
	}
	if len(out.Origins) != 2 || count != 3000 {
		t.Errorf("%d fills, %d pixels of 3000", len(out.Origins), count)
	}
}
