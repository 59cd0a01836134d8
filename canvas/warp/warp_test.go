package warp

import (
	"context"
	"errors"
	"image"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

func with(img *image.NRGBA, offset image.Point) *canvas.State {
	d := canvas.New()
	e := d.Begin("put")
	e.SetLayer(1, func(l *canvas.Layer) { l.Offset = offset })
	e.Put(1, img, nil)
	e.Commit()
	return d.State()
}

func warped(t *testing.T, s *canvas.State, m Map, o Options) *canvas.State {
	t.Helper()
	out, err := Layer(context.Background(), s, 1, m, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func pixel(l *canvas.Layer, x, y int) (out [4]uint8) {
	l.Read(out[:], 4, image.Rect(x, y, x+1, y+1))
	return out
}

// reference makes a pixel in float64 from the definition alone: it goes back by the inverse of
// a linear system, takes differences for derivatives, and sums sinc by sinc.
func reference(l *canvas.Layer, r image.Rectangle, m Map, f Filter, x, y int) (out [4]float64) {
	back := func(px, py float64) (u, v float64) { // Cramer's rule
		a, b, e := m[0]-px*m[6], m[1]-px*m[7], px*m[8]-m[2]
		c, d, g := m[3]-py*m[6], m[4]-py*m[7], py*m[8]-m[5]
		det := a*d - b*c
		return (e*d - b*g) / det, (a*g - e*c) / det
	}
	cx, cy := float64(x)+0.5, float64(y)+0.5
	u, v := back(cx, cy)
	const h = 1e-4
	u1, v1 := back(cx+h, cy)
	u2, v2 := back(cx, cy+h)
	su, sv := math.Hypot(u1-u, u2-u)/h, math.Hypot(v1-v, v2-v)/h
	edge := func(at, size, lo, hi float64) float64 {
		return min(max((at-lo)/size+0.5, 0), 1) * min(max((hi-at)/size+0.5, 0), 1)
	}
	cover := edge(u, su, float64(r.Min.X), float64(r.Max.X)) * edge(v, sv, float64(r.Min.Y), float64(r.Max.Y))
	if cover == 0 {
		return out
	}
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	weight := func(d, scale float64) float64 {
		d = math.Abs(d / scale)
		if f == Bilinear {
			return max(1-d, 0)
		}
		if d >= 3 {
			return 0
		}
		return sinc(d) * sinc(d/3)
	}
	su, sv = max(su, 1), max(sv, 1)
	total := 0.0
	for j := int(v - 3*sv - 2); j <= int(v+3*sv+2); j++ {
		for i := int(u - 3*su - 2); i <= int(u+3*su+2); i++ {
			w := weight(float64(i)+0.5-u, su) * weight(float64(j)+0.5-v, sv)
			if w == 0 {
				continue
			}
			total += w
			p := pixel(l, min(max(i, r.Min.X), r.Max.X-1), min(max(j, r.Min.Y), r.Max.Y-1))
			for c := range out {
				out[c] += w * float64(p[c])
			}
		}
	}
	for c := range out {
		out[c] *= cover / total
	}
	out[3] = min(max(out[3], 0), 255)
	for c := range 3 {
		out[c] = min(max(out[c], 0), out[3])
	}
	return out
}

var maps = map[string]Map{
	"turned":      Turn(33).Then(Move(12.3, -40)),
	"larger":      Scale(1.7, 2.3).Then(Move(0.25, 3)),
	"smaller":     Scale(0.31, 0.44).Then(Turn(-12)),
	"skewed":      {1, 0.4, 5, -0.2, 1.1, 0, 0, 0, 1},
	"perspective": Quad(image.Rect(10, 20, 150, 110), [4]Point{{0, 0}, {180, 30}, {140, 150}, {20, 100}}),
}

// TestPixelsAreTheReferences within a value of 8 bits, with alpha and without.
func TestPixelsAreTheReferences(t *testing.T) {
	rng := canvastest.Chance(t)
	for _, alpha := range []bool{false, true} {
		s := with(canvastest.Picture(rng, image.Rect(10, 20, 150, 110), alpha), image.Pt(-7, 3))
		r := s.Layers[0].Used()
		for name, m := range maps {
			for _, f := range []Filter{Lanczos, Bilinear} {
				out := warped(t, s, m, Options{Filter: f})
				area := out.Layers[0].Used().Inset(-2)
				worst := 0.0
				for range 300 {
					x, y := area.Min.X+rng.IntN(area.Dx()), area.Min.Y+rng.IntN(area.Dy())
					got, want := pixel(out.Layers[0], x, y), reference(s.Layers[0], r, m, f, x, y)
					for c := range got {
						worst = max(worst, math.Abs(float64(got[c])-want[c]))
					}
				}
				if worst > 1.2 {
					t.Errorf("%s, filter %d, alpha %v: off by %.2f of 255", name, f, alpha, worst)
				}
			}
		}
	}
}

// TestNearestTakesAPixel that is there, and no other.
func TestNearestTakesAPixel(t *testing.T) {
	rng := canvastest.Chance(t)
	s := with(canvastest.Picture(rng, image.Rect(10, 20, 150, 110), true), image.Point{})
	for name, m := range maps {
		out := warped(t, s, m, Options{Filter: Nearest})
		back, _ := m.Back()
		area := out.Layers[0].Used()
		for range 300 {
			x, y := area.Min.X+rng.IntN(area.Dx()), area.Min.Y+rng.IntN(area.Dy())
			p := back.At(Point{float64(x) + 0.5, float64(y) + 0.5})
			if math.Abs(p.X-math.Round(p.X)) < 1e-5 || math.Abs(p.Y-math.Round(p.Y)) < 1e-5 {
				continue // as near to two
			}
			if got, want := pixel(out.Layers[0], x, y), pixel(s.Layers[0], int(math.Floor(p.X)), int(math.Floor(p.Y))); got != want {
				t.Fatalf("%s at %d, %d: %v, want %v", name, x, y, got, want)
			}
		}
	}
}

// TestWholePixelsStayExact: the identity is the very same picture, moves by whole pixels and
// quarter turns keep every bit, also of 16.
func TestWholePixelsStayExact(t *testing.T) {
	rng := canvastest.Chance(t)
	var s *canvas.State
	var l *canvas.Layer
	for l == nil || l.Used().Dx()%2 != l.Used().Dy()%2 { // the middle is in no pixel, or in one
		s = canvastest.Document(rng).State()
		l = s.Layer(s.Active)
	}
	go1 := func(m Map) *canvas.State {
		out, err := Layer(context.Background(), s, l.ID, m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if go1(Identity) != s {
		t.Error("the identity is another picture")
	}
	if n := go1(Move(5, -7)).Layer(l.ID); n.Offset != l.Offset.Add(image.Pt(5, -7)) {
		t.Error("moved to", n.Offset)
	}
	u := l.Used()
	c := Point{float64(u.Min.X+u.Max.X) / 2, float64(u.Min.Y+u.Max.Y) / 2}
	for degrees, turn := range map[float64]canvas.Turn{90: canvas.TurnRight, 180: canvas.TurnAround, 270: canvas.TurnLeft, -90: canvas.TurnLeft} {
		got := go1(Move(-c.X, -c.Y).Then(Turn(degrees)).Then(Move(c.X, c.Y)))
		if d := canvastest.Difference(s.TurnedLayer(turn, l.ID), got); d != "" {
			t.Errorf("%v°: %s", degrees, d)
		}
	}
}

// TestPhotographKeepsAnOpaqueEdge when it is scaled to whole pixels, and its colour.
func TestPhotographKeepsAnOpaqueEdge(t *testing.T) {
	s := with(canvastest.Flat(image.Rect(0, 0, 100, 80), canvastest.Texture(image.Rect(0, 0, 1, 1), 1).NRGBAAt(0, 0)), image.Point{})
	want := pixel(s.Layers[0], 3, 3)
	for _, f := range []Filter{Lanczos, Bilinear, Nearest} {
		out := warped(t, s, Scale(0.5, 1.25), Options{Filter: f})
		if u := out.Layers[0].Used(); u != image.Rect(0, 0, 50, 100) {
			t.Fatalf("filter %d: scaled to %v", f, u)
		}
		for y := range 100 {
			for x := range 50 {
				if got := pixel(out.Layers[0], x, y); got != want {
					t.Fatalf("filter %d at %d, %d: %v, want %v", f, x, y, got, want)
				}
			}
		}
	}
}

// TestNoColourComesOutOfNothing: white beside transparent stays white.
func TestNoColourComesOutOfNothing(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	for y := range 60 {
		for x := range 60 {
			if (x/10+y/10)%2 == 0 {
				copy(img.Pix[img.PixOffset(x, y):], []uint8{255, 255, 255, 255})
			}
		}
	}
	out := warped(t, with(img, image.Point{}), Turn(27).Then(Scale(0.8, 1.3)), Options{})
	l := out.Layers[0]
	r := l.Used()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if p := pixel(l, x, y); p[0] < p[3]-min(p[3], 1) || p[0] > p[3] {
				t.Fatalf("at %d, %d: %v", x, y, p)
			}
		}
	}
}

// TestAPlacedPictureIsMadeFromItsOriginal, and stays one while it stands upright.
func TestAPlacedPictureIsMadeFromItsOriginal(t *testing.T) {
	rng := canvastest.Chance(t)
	src := canvastest.Picture(rng, image.Rect(0, 0, 120, 80), false)
	small := image.NewNRGBA(image.Rect(30, 40, 42, 48)) // whatever is shown
	d := canvas.New()
	e := d.Begin("place")
	e.Place(1, src, small)
	e.Commit()
	s := *d.State()
	tile := canvas.Tile{}
	tile.Pix[3] = 255
	n := *s.Layers[0]
	n.Tiles = n.Tiles.With(map[canvas.TileKey]*canvas.Tile{{}: &tile})
	s.Layers = []*canvas.Layer{&n}
	out := warped(t, &s, Move(-30, -40).Then(Scale(10, 10)), Options{})
	l := out.Layers[0]
	if l.Placed == nil || l.Placed.Source != src || l.Placed.Rect != src.Rect {
		t.Fatalf("it is %+v", l.Placed)
	}
	for range 100 {
		x, y := rng.IntN(120), rng.IntN(80)
		if got, want := pixel(l, x, y), [4]uint8(src.Pix[src.PixOffset(x, y):][:4]); got != want {
			t.Fatalf("at %d, %d: %v, want the original's %v", x, y, got, want)
		}
	}
	if out = warped(t, &s, Turn(10), Options{}); out.Layers[0].Placed != nil {
		t.Error("turned, it is still a placed picture")
	}
}

func TestImpossibleTransformsAreErrors(t *testing.T) {
	s := with(canvastest.Texture(image.Rect(0, 0, 90, 60), 1), image.Point{})
	for name, m := range map[string]Map{
		"a line": Scale(0, 1), "too large": Scale(1e4, 1e4), "the horizon inside": {1, 0, 0, 0, 1, 0, 0.02, 0, -1},
	} {
		if out, err := Layer(context.Background(), s, 1, m, Options{}); err == nil {
			t.Errorf("%s: %v", name, out.Layers[0].Used())
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Layer(ctx, s, 1, Turn(3), Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFillsAreTurnedAlong: about as many pixels of a fill are known after a turn.
func TestFillsAreTurnedAlong(t *testing.T) {
	d := canvas.New()
	e := d.Begin("fill")
	e.Put(1, canvastest.Texture(image.Rect(0, 0, 200, 150), 2), nil)
	r := image.Rect(50, 40, 110, 90)
	e.Put(1, canvastest.Texture(r, 3), nil)
	e.Witness(&canvas.Origin{Rect: r, Layer: 1, Recipe: []byte("{}")}, nil)
	e.Commit()
	out := warped(t, d.State(), Turn(20), Options{})
	n, at := out.Shown(out.Origins[0], out.Layers[0].Used(), 0)
	if math.Abs(float64(n)-3000) > 60 || !at.In(image.Rect(-20, 30, 120, 140)) {
		t.Errorf("%d pixels of 3000 are known, in %v", n, at)
	}
}

func BenchmarkTurn24MP(b *testing.B) {
	s := with(canvastest.Texture(image.Rect(0, 0, 6000, 4000), 1), image.Point{})
	for b.Loop() {
		Layer(context.Background(), s, 1, Turn(7), Options{})
	}
}

// TestTheLayersMaskGoesAlong: what it hides stays hidden.
func TestTheLayersMaskGoesAlong(t *testing.T) {
	s := *with(canvastest.Texture(image.Rect(0, 0, 100, 80), 1), image.Point{})
	shows := image.NewAlpha(image.Rect(20, 10, 60, 50))
	for i := range shows.Pix {
		shows.Pix[i] = 255
	}
	n := *s.Layers[0]
	n.Mask = canvas.NewLayerMask(shows, 0)
	s.Layers = []*canvas.Layer{&n}
	for _, m := range []Map{Scale(2, 1.5).Then(Move(7, 3)), Move(5, 6)} {
		l := warped(t, &s, m, Options{}).Layers[0]
		a, b := m.At(Point{20, 10}), m.At(Point{60, 50})
		want := image.Rect(int(a.X), int(a.Y), int(b.X), int(b.Y))
		if got := l.Mask.Used().Add(l.Offset); got != want {
			t.Errorf("the mask shows %v, want %v", got, want)
		}
	}
}
