package warp

import (
	"context"
	"image"
	"math"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// TestNothingIsLaidBeyondTheCorners: the rectangle around a pulled layer may reach past its
// vanishing line, where a pixel comes from nowhere.
func TestNothingIsLaidBeyondTheCorners(t *testing.T) {
	rng := canvastest.Chance(t)
	r := image.Rect(0, 0, 60, 40)
	s := with(canvastest.Texture(r, 1), image.Point{})
	tried := 0
	for tried < 60 {
		var q [4]Point
		for i, p := range []Point{{0, 0}, {60, 0}, {60, 40}, {0, 40}} {
			q[i] = Point{math.Round(p.X + 90*(rng.Float64()-0.5)), math.Round(p.Y + 90*(rng.Float64()-0.5))}
		}
		m := Quad(r, q)
		begun := time.Now()
		for _, f := range []Filter{Lanczos, Bilinear, Nearest} {
			out, err := Layer(context.Background(), s, 1, m, Options{Filter: f})
			if err != nil {
				break
			}
			tried++
			l := out.Layers[0]
			u := l.Used()
			for y := u.Min.Y; y < u.Max.Y; y++ {
				for x := u.Min.X; x < u.Max.X; x++ {
					if p := pixel(l, x, y); p[3] != 0 && beyond(q, Point{float64(x) + 0.5, float64(y) + 0.5}) > 2 {
						t.Fatalf("corners %v, filter %d: at %d, %d there is %v", q, f, x, y, p)
					}
				}
			}
		}
		if d := time.Since(begun); d > 5*time.Second {
			t.Fatalf("corners %v took %v", q, d)
		}
	}
}

// beyond is how far p is outside the convex polygon q.
func beyond(q [4]Point, p Point) float64 {
	most, turn := 0.0, 0.0
	for i := range q {
		a, b, c := q[i], q[(i+1)%4], q[(i+2)%4]
		turn += math.Copysign(1, (b.X-a.X)*(c.Y-b.Y)-(b.Y-a.Y)*(c.X-b.X))
	}
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		d := ((b.X-a.X)*(p.Y-a.Y) - (b.Y-a.Y)*(p.X-a.X)) / math.Hypot(b.X-a.X, b.Y-a.Y)
		most = max(most, -d*math.Copysign(1, turn))
	}
	return most
}

// TestSpecksFarApartAreNoPicture: a layer of two specks is refused before its whole rectangle
// is laid out in memory, and so is a mask.
func TestSpecksFarApartAreNoPicture(t *testing.T) {
	d := canvas.New()
	e := d.Begin("far apart")
	r := image.Rect(0, 0, 2, 2)
	e.Put(1, canvastest.Texture(r, 1), nil)
	e.Put(1, canvastest.Texture(r.Add(image.Pt(1<<27, 1<<27)), 2), nil)
	e.Commit()
	if out, err := Layer(context.Background(), d.State(), 1, Scale(1.0/(1<<16), 1.0/(1<<16)), Options{}); err == nil {
		t.Errorf("it covers %v", out.Layers[0].Used())
	}
	two := image.NewAlpha(r)
	for i := range two.Pix {
		two.Pix[i] = 255
	}
	far := *two
	far.Rect = r.Add(image.Pt(1<<27, 1<<27))
	e = d.Begin("mask")
	e.RemoveLayer(1)
	e.SetLayerMask(e.State().Active, canvas.NewLayerMask(two, 0))
	e.SetCover(canvas.Join(canvas.Cover(two), canvas.Cover(&far), canvas.Add))
	e.Commit()
	if out, err := Picture(context.Background(), d.State(), r, Scale(1.0/(1<<16), 1.0/(1<<16)), Options{}); err == nil {
		t.Errorf("the mask covers %v", out.MaskUsed())
	}
}
