package adjust

import (
	"context"
	"errors"
	"image"
	"math"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/fault"
)

func with(img *image.NRGBA, offset image.Point) *canvas.State {
	d := canvas.New()
	e := d.Begin("put")
	e.SetLayer(1, func(l *canvas.Layer) { l.Offset = offset })
	e.Put(1, img, nil)
	e.Commit()
	return d.State()
}

func changed(t *testing.T, c *Change, s *canvas.State, o Options) *canvas.State {
	t.Helper()
	out, err := c.Layer(context.Background(), s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNothingChangesNothing: adjustments at their neutral values, also those that run.
func TestNothingChangesNothing(t *testing.T) {
	rng := canvastest.Chance(t)
	s := with(canvastest.Picture(rng, image.Rect(-70, 20, 130, 190), true), image.Pt(7, -9))
	same := func(v float64) float64 { return v }
	for name, c := range map[string]*Change{
		"levels": NewLevels().Change(), "curves": Curves{Straight(), [3]Curve{Straight(), Straight(), Straight()}}.Change(), "hues": Hues{}.Change(), "contrast": Contrast{}.Change(),
		"no blur": Gaussian(0), "no sharpness": Sharpen(3, 0, 0), "the same value": {Each: [3]func(float64) float64{same, same, same}},
		"no colour turned": {Together: func(c [3]float64) [3]float64 { return FromHSL(ToHSL(c)) }},
	} {
		if out := changed(t, c, s, Options{}); out != s {
			t.Errorf("%s: %s", name, canvastest.Outside(s, out, nil))
		}
	}
}

// TestLevelsOfALayer: every pixel is what float64 gives, alpha stays, and beyond the limit
// and the rectangle no bit changes.
func TestLevelsOfALayer(t *testing.T) {
	rng := canvastest.Chance(t)
	r := image.Rect(-70, 20, 130, 190)
	s := with(canvastest.Picture(rng, r, true), image.Pt(7, -9))
	within := image.Rect(-50, 30, 100, 150)
	var limit canvas.Grid[canvas.MaskTile]
	tile := &canvas.MaskTile{}
	for i := range tile.Pix {
		tile.Pix[i] = uint8(i % 256)
	}
	limit = limit.With(map[canvas.TileKey]*canvas.MaskTile{{X: 0, Y: 0}: tile, {X: 0, Y: 1}: tile})
	l := NewLevels()
	l.All = Range{0.1, 0.8, 1.6, 0, 0.9}
	out := changed(t, l.Change(), s, Options{Within: within, Limit: &limit})
	was, is := make([]uint8, 4*r.Dx()*r.Dy()), make([]uint8, 4*r.Dx()*r.Dy())
	s.Layers[0].Read(was, 4*r.Dx(), r)
	out.Layers[0].Read(is, 4*r.Dx(), r)
	for i := 0; i < len(was); i += 4 {
		p := image.Pt(i/4%r.Dx(), i/4/r.Dx()).Add(r.Min)
		cover := 0.0
		if p.In(within) && p.In(image.Rect(0, 0, 64, 128)) {
			cover = float64((p.Y%64*64+p.X)%256) / 255
		}
		for c := range 3 {
			a := float64(was[i+3])
			want := float64(was[i+c])
			if a > 0 && cover > 0 {
				v := min(max((float64(was[i+c])/a-0.1)/0.7, 0), 1)
				v = 0.9 * math.Pow(v, 1/1.6) * a
				want = (1-cover)*float64(was[i+c]) + cover*v
			}
			if d := float64(is[i+c]) - want; math.Abs(d) > 1.01 || cover == 0 && d != 0 || cover == 1 && math.Abs(d) > 0.501 {
				t.Fatalf("at %v channel %d: %d, want %.2f (alpha %v, cover %.2f)", p, c, is[i+c], want, a, cover)
			}
		}
		if was[i+3] != is[i+3] {
			t.Fatalf("alpha changed at %v", p)
		}
	}
}

// TestSixteenBitsAreAdjusted: the file's samples are changed at their own depth, tiles go on
// agreeing with them, and what was painted over them is changed for itself.
func TestSixteenBitsAreAdjusted(t *testing.T) {
	rng := canvastest.Chance(t)
	r := image.Rect(0, 0, 150, 90)
	wide, grey := image.NewNRGBA64(r), image.NewGray16(r)
	for i := range wide.Pix {
		wide.Pix[i] = uint8(rng.IntN(256))
	}
	for i := range grey.Pix {
		grey.Pix[i] = uint8(rng.IntN(256))
	}
	l := NewLevels()
	l.All = Range{0.05, 0.9, 1.3, 0, 1}
	for _, exact := range []image.Image{wide, grey} {
		img := image.NewNRGBA(r)
		for y := range r.Dy() {
			for x := range r.Dx() {
				var c [4]uint16
				if g, ok := exact.(*image.Gray16); ok {
					v := g.Gray16At(x, y).Y
					c = [4]uint16{v, v, v, 65535}
				} else {
					v := wide.NRGBA64At(x, y)
					c = [4]uint16{v.R, v.G, v.B, v.A}
				}
				for i, v := range c {
					img.Pix[img.PixOffset(x, y)+i] = uint8((uint32(v)*255 + 32767) / 65535)
				}
			}
		}
		s := *with(img, image.Pt(30, -20))
		s.Source = &canvas.Source{Exact: exact, Layer: 1}
		n := *s.Layers[0]
		n.Offset = image.Point{} // its pixels are the layer's own
		n.Tiles = with(img, image.Point{}).Layers[0].Tiles
		painted := *n.Tiles.At(canvas.TileKey{})
		copy(painted.Pix[:], []uint8{200, 100, 50, 255})
		n.Tiles = n.Tiles.With(map[canvas.TileKey]*canvas.Tile{{}: &painted})
		s.Layers = []*canvas.Layer{&n}
		out := changed(t, l.Change(), &s, Options{})
		f := l.All.At
		for y := range r.Dy() {
			for x := range r.Dx() {
				var was, is [4]uint16
				if g, ok := exact.(*image.Gray16); ok {
					v, w := g.Gray16At(x, y).Y, out.Source.Exact.(*image.Gray16).Gray16At(x, y).Y
					was, is = [4]uint16{v, v, v, 65535}, [4]uint16{w, w, w, 65535}
				} else {
					v, w := wide.NRGBA64At(x, y), out.Source.Exact.(*image.NRGBA64).NRGBA64At(x, y)
					was, is = [4]uint16{v.R, v.G, v.B, v.A}, [4]uint16{w.R, w.G, w.B, w.A}
				}
				var tile [4]uint8
				out.Layers[0].Read(tile[:], 4, image.Rect(x, y, x+1, y+1))
				if x == 0 && y == 0 {
					if want := uint8(255*f(200.0/255) + 0.5); tile[0] != want {
						t.Fatalf("%T: what was painted is %v, want %d", exact, tile, want)
					}
					continue
				}
				for i := range 3 {
					want := 65535 * f(float64(was[i])/65535)
					if was[3] > 0 && math.Abs(float64(is[i])-want) > 0.51 {
						t.Fatalf("%T at %d, %d: sample %d, want %.2f", exact, x, y, is[i], want)
					}
				}
				if tile != canvas.Narrow(is) {
					t.Fatalf("%T at %d, %d: the tile has %v, the samples are %v", exact, x, y, tile, is)
				}
			}
		}
	}
}

// TestBlurIsAGaussian of any width, within half a value of 8 bits of a direct sum in float64.
func TestBlurIsAGaussian(t *testing.T) {
	rng := canvastest.Chance(t)
	for _, sigma := range []float64{0.7, 2.9, 3.1, 8, 21} {
		for _, edge := range []bool{false, true} {
			r := image.Rect(3, -40, 163, 50)
			s := with(canvastest.Picture(rng, r, !edge), image.Pt(5, 5))
			r = s.Layers[0].Used()
			c := Gaussian(sigma)
			if c.Blur.Edge = Filled(s.Layers[0]); c.Blur.Edge != edge {
				t.Fatalf("filled: %v", c.Blur.Edge)
			}
			out := changed(t, c, s, Options{})
			worst := 0.0
			for range 60 {
				p := image.Pt(r.Min.X-6+rng.IntN(r.Dx()+12), r.Min.Y-6+rng.IntN(r.Dy()+12))
				var got [4]uint8
				out.Layers[0].Read(got[:], 4, image.Rectangle{p, p.Add(image.Pt(1, 1))})
				want := direct(s.Layers[0], r, p, sigma, edge)
				for i := range got {
					worst = max(worst, math.Abs(float64(got[i])-want[i]))
				}
			}
			if worst > 0.75 {
				t.Errorf("sigma %v, edge %v: off by %.3f of 255", sigma, edge, worst)
			}
			if edge && out.Layers[0].Used() != r {
				t.Errorf("sigma %v: the picture %v became %v", sigma, r, out.Layers[0].Used())
			}
		}
	}
}

// direct sums a Gaussian up, premultiplied.
func direct(l *canvas.Layer, r image.Rectangle, p image.Point, sigma float64, edge bool) (out [4]float64) {
	if edge && !p.In(r) {
		return out
	}
	n := int(6 * sigma)
	total := 0.0
	for y := -n; y <= n; y++ {
		for x := -n; x <= n; x++ {
			w := math.Exp(-float64(x*x+y*y) / (2 * sigma * sigma))
			total += w
			q := p.Add(image.Pt(x, y))
			if edge {
				q = image.Pt(min(max(q.X, r.Min.X), r.Max.X-1), min(max(q.Y, r.Min.Y), r.Max.Y-1))
			}
			var v [4]uint8
			l.Read(v[:], 4, image.Rectangle{q, q.Add(image.Pt(1, 1))})
			for i := range v {
				out[i] += w * float64(v[i])
			}
		}
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// TestSharpen adds the difference to the blurred picture, and leaves alpha and small differences.
func TestSharpen(t *testing.T) {
	rng := canvastest.Chance(t)
	s := with(canvastest.Picture(rng, image.Rect(0, 0, 120, 90), false), image.Point{})
	l := s.Layers[0]
	c := Sharpen(2, 0.8, 0.05)
	c.Blur.Edge = true
	out := changed(t, c, s, Options{})
	for range 200 {
		p := image.Pt(rng.IntN(120), rng.IntN(90))
		one := image.Rectangle{p, p.Add(image.Pt(1, 1))}
		var was, is [4]uint8
		l.Read(was[:], 4, one)
		out.Layers[0].Read(is[:], 4, one)
		soft := direct(l, l.Used(), p, 2, true)
		for i := range 3 {
			d := float64(was[i]) - soft[i]
			want := float64(was[i])
			if math.Abs(d) > 0.0505*255 {
				want = min(max(want+0.8*d, 0), 255)
			} else if math.Abs(d) > 0.0495*255 {
				continue
			}
			if math.Abs(float64(is[i])-want) > 0.8 {
				t.Fatalf("at %v: %d, want %.2f", p, is[i], want)
			}
		}
		if is[3] != 255 {
			t.Fatal("alpha changed")
		}
	}
}

// TestFillsStayKnown: an adjusted fill is still that fill; what was painted over it is not.
func TestFillsStayKnown(t *testing.T) {
	d := canvas.New()
	e := d.Begin("fill")
	r := image.Rect(10, 10, 60, 50)
	e.Put(1, canvastest.Texture(r, 3), nil)
	e.Witness(&canvas.Origin{Rect: r, Layer: 1, Recipe: []byte("{}")}, nil)
	e.Commit()
	e = d.Begin("paint")
	e.Put(1, canvastest.Texture(image.Rect(10, 10, 20, 50), 9), nil)
	e.Commit()
	s := d.State()
	want, _ := s.Shown(s.Origins[0], r, 0)
	out := changed(t, Invert(), s, Options{})
	got, _ := out.Shown(out.Origins[0], r, 0)
	if got != want || want < 40*40 || want > 41*41 {
		t.Errorf("%d pixels of the fill are known after adjusting, %d before", got, want)
	}
}

func TestACancelledChangeSaysSo(t *testing.T) {
	s := with(canvastest.Texture(image.Rect(0, 0, 400, 300), 1), image.Point{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []*Change{Invert(), Gaussian(5)} {
		if out, err := c.Layer(ctx, s, 1, Options{}); out != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%v, %v", out, err)
		}
	}
}

func BenchmarkLevels24MP(b *testing.B) {
	s := with(canvastest.Texture(image.Rect(0, 0, 6000, 4000), 1), image.Point{})
	l := NewLevels()
	l.All.Gamma = 1.4
	for b.Loop() {
		l.Change().Layer(context.Background(), s, 1, Options{})
	}
}

func BenchmarkBlur24MP(b *testing.B) {
	s := with(canvastest.Texture(image.Rect(0, 0, 6000, 4000), 1), image.Point{})
	c := Gaussian(20)
	c.Blur.Edge = true
	for b.Loop() {
		c.Layer(context.Background(), s, 1, Options{})
	}
}

// TestSpecksFarApart cost no more than near ones; a blur of them is refused.
func TestSpecksFarApart(t *testing.T) {
	d := canvas.New()
	e := d.Begin("far apart")
	for _, at := range []int{0, 1 << 26} {
		e.Put(1, canvastest.Texture(image.Rect(at, at, at+9, at+9), uint64(at)), nil)
	}
	e.Commit()
	begun := time.Now()
	if out := changed(t, Invert(), d.State(), Options{}); out == d.State() || time.Since(begun) > 5*time.Second {
		t.Errorf("nothing changed, or it took %v", time.Since(begun))
	}
	if _, err := Gaussian(5).Layer(context.Background(), d.State(), 1, Options{}); err == nil || fault.Hint(err) == "" {
		t.Errorf("a blur says %v", err)
	}
}
