package cut

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
)

// painted is a picture of soft light with discs and boxes on it, all with grain.
func painted(w, h int, at image.Point, things ...thing) *image.NRGBA {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h).Add(at))
	for y := range h {
		for x := range w {
			c := [3]float64{90 + 50*float64(y)/float64(h), 120, 150 - 40*float64(x)/float64(w)}
			for _, t := range things {
				if t.has(x, y) {
					c = t.colour
				}
			}
			var p [4]uint8
			grain := rng.NormFloat64() * 6
			for i := range c {
				p[i] = uint8(min(max(c[i]+grain, 0), 255))
			}
			p[3] = 255
			copy(img.Pix[4*(y*w+x):], p[:])
		}
	}
	return img
}

type thing struct {
	x, y, r float64
	colour  [3]float64
}

func (t thing) has(x, y int) bool {
	return math.Hypot(float64(x)+0.5-t.x, float64(y)+0.5-t.y) < t.r
}

// alike is how many of the pixels of a thing or of what was selected are of both (IoU).
func alike(g canvas.Grid[canvas.MaskTile], img *image.NRGBA, t thing) float64 {
	m := canvas.CoverImage(g, img.Rect)
	both, any := 0, 0
	for i, v := range m.Pix {
		a, b := v > 127, t.has(i%m.Stride, i/m.Stride)
		if a && b {
			both++
		}
		if a || b {
			any++
		}
	}
	return float64(both) / float64(max(any, 1))
}

func opened(t *testing.T, img *image.NRGBA) *Scene {
	t.Helper()
	s, err := Open(context.Background(), Of(img))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func clicked(t *testing.T, s *Scene, seeds Seeds) canvas.Grid[canvas.MaskTile] {
	t.Helper()
	if seeds.Edges == 0 {
		seeds.Edges = 0.5
	}
	g, err := s.Select(context.Background(), seeds)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var (
	red  = thing{80, 90, 45, [3]float64{190, 50, 40}}
	pale = thing{220, 110, 30, [3]float64{215, 210, 190}}
)

// TestAClickTakesTheThing: all of it, and nothing else, wherever it is clicked; the pixels of
// the document count, also where they are below 0.
func TestAClickTakesTheThing(t *testing.T) {
	for _, at := range []image.Point{{}, {-137, -61}} {
		img := painted(300, 200, at, red, pale)
		s := opened(t, img)
		for _, v := range []struct {
			x, y int
			want thing
		}{{80, 90, red}, {50, 110, red}, {110, 70, red}, {220, 110, pale}, {205, 100, pale}} {
			g := clicked(t, s, Seeds{In: []image.Point{image.Pt(v.x, v.y).Add(at)}})
			if got := alike(g, img, v.want); got < 0.96 {
				t.Errorf("a click at %d,%d of the picture at %v takes %.3f of the thing", v.x, v.y, at, got)
			}
		}
	}
}

// TestTheBorderIsThatOfThePixels: of a picture that was reduced to be divided, too; and it is soft by a pixel.
func TestTheBorderIsThatOfThePixels(t *testing.T) {
	big := thing{500, 420, 230, [3]float64{190, 50, 40}}
	img := painted(1100, 850, image.Point{}, big)
	s := opened(t, img)
	if s.halvings == 0 {
		t.Fatal("the picture was not reduced")
	}
	m := canvas.CoverImage(clicked(t, s, Seeds{In: []image.Point{{480, 400}}}), img.Rect)
	wrong, soft := 0, 0
	for i, v := range m.Pix {
		x, y := i%m.Stride, i/m.Stride
		d := math.Hypot(float64(x)+0.5-big.x, float64(y)+0.5-big.y) - big.r
		if (d > 1.6 && v > 0 || d < -1.6 && v < 255) && math.Abs(d) < 100 {
			wrong++
		}
		if v > 0 && v < 255 {
			soft++
		}
	}
	if around := 2 * math.Pi * big.r; float64(wrong) > 0.01*around || float64(soft) > 3*around || float64(soft) < around/2 {
		t.Errorf("%d pixels are more than a pixel and a half on the wrong side, %d are soft, of an outline of %.0f", wrong, soft, around)
	}
}

// TestClicksAreObeyed: what was clicked is in, what was clicked away is out, and in a part of the
// picture nothing outside it.
func TestClicksAreObeyed(t *testing.T) {
	img := painted(300, 200, image.Point{}, red, pale)
	s := opened(t, img)
	has := func(g canvas.Grid[canvas.MaskTile], x, y int) bool {
		return canvas.CoverImage(g, image.Rect(x, y, x+1, y+1)).Pix[0] > 127
	}
	g := clicked(t, s, Seeds{In: []image.Point{{80, 90}, {220, 110}}})
	if !has(g, 80, 90) || !has(g, 220, 110) || !has(g, 60, 80) || !has(g, 230, 100) || has(g, 280, 20) {
		t.Error("two clicks don't take both things")
	}
	g = clicked(t, s, Seeds{In: []image.Point{{80, 90}}, Out: []image.Point{{60, 70}}})
	if !has(g, 80, 90) || has(g, 60, 70) {
		t.Error("what was clicked away is in, or what was clicked is out")
	}
	g = clicked(t, s, Seeds{In: []image.Point{{220, 110}}, Within: canvas.CoverRect(image.Rect(150, 0, 300, 200))})
	if alike(g, img, pale) < 0.95 {
		t.Error("a thing within a part of the picture is not found there")
	}
	g = clicked(t, s, Seeds{Box: image.Rect(25, 35, 140, 150)})
	if got := alike(g, img, red); got < 0.95 {
		t.Errorf("a box around a thing takes %.3f of it", got)
	}
	eye := thing{80, 90, 18, pale.colour}
	img = painted(300, 200, image.Point{}, red, eye)
	s = opened(t, img)
	first := clicked(t, s, Seeds{In: []image.Point{{80, 90}}})
	more := clicked(t, s, Seeds{In: []image.Point{{82, 92}}, Have: first})
	if a, b := alike(first, img, eye), alike(more, img, red); a < 0.9 || b < 0.95 {
		t.Errorf("a click takes %.3f of the eye, one more %.3f of what it is in", a, b)
	}
}

// TestWhatWasCutOutHasAnEdge: a grey thing on nothing at all is taken alone.
func TestWhatWasCutOutHasAnEdge(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	box := image.Rect(60, 40, 130, 100)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			img.SetNRGBA(x, y, color.NRGBA{120, 120, 120, 255})
		}
	}
	g := clicked(t, opened(t, img), Seeds{In: []image.Point{{90, 70}}})
	if got := canvas.CoverUsed(g); got != box.Inset(-1) {
		t.Errorf("found %v, want %v and a pixel around", got, box)
	}
}

// TestNoPictureIsTooOdd: tiny, narrow and plain ones are answered, places outside and nothing at
// all select nothing, and a picture that is too large is told.
func TestNoPictureIsTooOdd(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {2, 3}, {1, 500}, {700, 2}, {64, 64}, {4000, 9}, {12, 12}} {
		img := image.NewNRGBA(image.Rectangle{Max: size})
		s := opened(t, img)
		g := clicked(t, s, Seeds{In: []image.Point{{0, 0}, {size.X - 1, size.Y - 1}}})
		if g.Len() == 0 {
			t.Errorf("%v: a click takes nothing", size)
		}
		if clicked(t, s, Seeds{In: []image.Point{{-1, 0}, {5000, 5000}}}).Len() > 0 || clicked(t, s, Seeds{}).Len() > 0 {
			t.Errorf("%v: a click beside the picture takes something", size)
		}
	}
	if clicked(t, opened(t, image.NewNRGBA(image.Rectangle{})), Seeds{In: []image.Point{{}}}).Len() > 0 {
		t.Error("in nothing something was found")
	}
	if _, err := Open(context.Background(), Request{Bounds: image.Rect(0, 0, 1<<15, 1<<15)}); err == nil {
		t.Error("a picture of a gigapixel is taken")
	}
}

// TestTheSameClickTakesTheSame, and one that was cancelled says so.
func TestTheSameClickTakesTheSame(t *testing.T) {
	img := painted(300, 200, image.Point{}, red, pale)
	seeds := Seeds{In: []image.Point{{20, 20}, {80, 90}}}
	a, b := clicked(t, opened(t, img), seeds), clicked(t, opened(t, img), seeds)
	x, y := canvas.CoverImage(a, img.Rect), canvas.CoverImage(b, img.Rect)
	for i := range x.Pix {
		if x.Pix[i] != y.Pix[i] {
			t.Fatalf("pixel %d is %d, then %d", i, x.Pix[i], y.Pix[i])
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, Of(img)); !errors.Is(err, context.Canceled) {
		t.Errorf("opened under a context that was cancelled: %v", err)
	}
	if _, err := opened(t, img).Select(ctx, seeds); !errors.Is(err, context.Canceled) {
		t.Errorf("selected under a context that was cancelled: %v", err)
	}
}

// BenchmarkClick is a click on a picture of a megapixel that was made ready, BenchmarkOpen the making ready.
func BenchmarkClick(b *testing.B) {
	img := painted(1152, 900, image.Point{}, thing{500, 420, 230, [3]float64{190, 50, 40}})
	s, _ := Open(context.Background(), Of(img))
	for b.Loop() {
		_, _ = s.Select(context.Background(), Seeds{In: []image.Point{{480, 400}}, Edges: 0.5})
	}
}

func BenchmarkOpen(b *testing.B) {
	img := painted(1152, 900, image.Point{}, thing{500, 420, 230, [3]float64{190, 50, 40}})
	for b.Loop() {
		_, _ = Open(context.Background(), Of(img))
	}
}

// TestSubjectAndSky: what stands in the middle is the subject, and what is smooth above it the sky; of
// one colour all over nothing stands out, and without a smooth upper rim there is no sky.
func TestSubjectAndSky(t *testing.T) {
	mid := thing{150, 100, 40, red.colour}
	img := painted(300, 200, image.Pt(-40, 7), mid)
	ctx := context.Background()
	g, err := opened(t, img).Subject(ctx)
	if got := alike(g, img, mid); err != nil || got < 0.95 {
		t.Errorf("the subject is %.3f of the thing, %v", got, err)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	for i := range flat.Pix {
		flat.Pix[i] = 255
	}
	if g, err := opened(t, flat).Subject(ctx); err != nil || g.Len() > 0 {
		t.Errorf("in a plain picture %v stands out, %v", canvas.CoverUsed(g), err)
	}
	if g, err := opened(t, image.NewNRGBA(image.Rectangle{})).Sky(ctx); err != nil || g.Len() > 0 {
		t.Errorf("nothing has a sky: %v", err)
	}
	grass := painted(300, 200, image.Point{})
	for i := 0; i < len(grass.Pix); i += 4 {
		v := uint8(i * 2654435761 >> 9 % 120)
		grass.Pix[i], grass.Pix[i+1], grass.Pix[i+2] = v/2, v+60, v/3
	}
	if g, err := opened(t, grass).Sky(ctx); err != nil || g.Len() > 0 {
		t.Errorf("grass is sky: %v, %v", canvas.CoverUsed(g), err)
	}
}
