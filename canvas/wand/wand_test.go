package wand

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

func reader(img *image.NRGBA) func(*canvas.Tile, image.Rectangle) {
	d := canvas.New()
	e := d.Begin("put")
	e.Put(e.State().Active, img, nil)
	e.Commit()
	l := d.State().Layers[0]
	return func(dst *canvas.Tile, r image.Rectangle) { l.Read(dst.Pix[:], canvas.TileSize*4, r) }
}

// plain is the same by the simplest means.
func plain(img *image.NRGBA, at image.Point, tol int, contiguous bool) map[image.Point]bool {
	pix := func(p image.Point) (out [4]uint8) {
		c := img.NRGBAAt(p.X, p.Y)
		canvas.Premultiply(out[:], []uint8{c.R, c.G, c.B, c.A})
		return out
	}
	want := pix(at)
	like := func(p image.Point) bool {
		for i, v := range pix(p) {
			if d := int(v) - int(want[i]); d > tol || -d > tol {
				return false
			}
		}
		return p.In(img.Rect)
	}
	out := map[image.Point]bool{}
	if !contiguous {
		for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
			for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
				if p := image.Pt(x, y); like(p) {
					out[p] = true
				}
			}
		}
		return out
	}
	todo := []image.Point{at}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !out[p] && like(p) {
			out[p] = true
			todo = append(todo, p.Add(image.Pt(1, 0)), p.Add(image.Pt(-1, 0)), p.Add(image.Pt(0, 1)), p.Add(image.Pt(0, -1)))
		}
	}
	return out
}

func blotches(rng *rand.Rand, r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := range r.Dy() {
		for x := range r.Dx() {
			p := img.Pix[y*img.Stride+4*x:][:4]
			v := uint8((x/7 ^ y/5) & 3 * 60)
			p[0], p[1], p[2], p[3] = v+uint8(rng.IntN(30)), v, uint8(rng.IntN(20)), uint8(255-rng.IntN(2)*rng.IntN(50))
		}
	}
	return img
}

func TestWandFindsWhatASimpleSearchFinds(t *testing.T) {
	rng := canvastest.Chance(t)
	for n := range 40 {
		r := canvastest.Area(rng, 220)
		img := blotches(rng, r)
		at := r.Min.Add(image.Pt(rng.IntN(r.Dx()), rng.IntN(r.Dy())))
		tol, contiguous := rng.IntN(80), n%2 == 0
		g, err := Find(context.Background(), Request{Read: reader(img), Bounds: r, At: at, Tolerance: tol, Contiguous: contiguous})
		if err != nil {
			t.Fatal(err)
		}
		want := plain(img, at, tol, contiguous)
		all := r.Inset(-70)
		for i, v := range canvas.CoverImage(g, all).Pix {
			p := all.Min.Add(image.Pt(i%all.Dx(), i/all.Dx()))
			if (v == 255) != want[p] || v != 0 && v != 255 {
				t.Fatalf("%v of %v is %d, want %v", p, r, v, want[p])
			}
		}
		smooth, _ := Find(context.Background(), Request{Read: reader(img), Bounds: r, At: at, Tolerance: tol, Contiguous: contiguous, Smooth: true})
		for i, v := range canvas.CoverImage(smooth, all).Pix {
			p := all.Min.Add(image.Pt(i%all.Dx(), i/all.Dx()))
			beside := want[p.Add(image.Pt(1, 0))] || want[p.Sub(image.Pt(1, 0))] || want[p.Add(image.Pt(0, 1))] || want[p.Sub(image.Pt(0, 1))]
			if want[p] && v != 255 || v > 0 && !want[p] && !beside {
				t.Fatalf("smooth: %v is %d", p, v)
			}
		}
	}
}

// TestAcrossASideIsTheOtherSide: of a tile that repeats is found what a search of the tile shifted
// modulo its sides finds, wherever it is shifted to; a part of it does not go around.
func TestAcrossASideIsTheOtherSide(t *testing.T) {
	rng := canvastest.Chance(t)
	for n := range 24 {
		r := canvastest.Area(rng, 200)
		img := blotches(rng, r)
		by := image.Pt(rng.IntN(r.Dx()), rng.IntN(r.Dy()))
		shifted := image.NewNRGBA(r)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				to := image.Pt(x, y).Add(by).Mod(r)
				shifted.SetNRGBA(to.X, to.Y, img.NRGBAAt(x, y))
			}
		}
		at := r.Min.Add(image.Pt(rng.IntN(r.Dx()), rng.IntN(r.Dy())))
		q := Request{Read: reader(img), Bounds: r, Tile: r, At: at, Tolerance: rng.IntN(80), Contiguous: n%4 > 0, Smooth: n%2 == 0}
		a, _ := Find(context.Background(), q)
		q.Read, q.At = reader(shifted), at.Add(by).Mod(r)
		b, _ := Find(context.Background(), q)
		one, two := canvas.CoverImage(a, r), canvas.CoverImage(b, r)
		for i, v := range one.Pix {
			p := image.Pt(r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx()).Add(by).Mod(r)
			if w := two.AlphaAt(p.X, p.Y).A; w != v {
				t.Fatalf("%v of %v, shifted by %v: %d and %d", p, r, by, v, w)
			}
		}
		if !canvas.CoverUsed(a).In(r) {
			t.Fatalf("%v is covered, want no more than %v", canvas.CoverUsed(a), r)
		}
		half := r
		half.Max.X = r.Min.X + r.Dx()/2
		if q = (Request{Read: reader(img), Bounds: half, At: at, Tolerance: 40, Contiguous: true}); !at.In(half) {
			continue
		}
		q.Bounds.Min.Y, q.Bounds.Max.Y = max(r.Min.Y, at.Y-5), min(r.Max.Y, at.Y+5)
		want, _ := Find(context.Background(), q)
		q.Tile = r
		if q.Bounds.Dy() == r.Dy() {
			continue
		}
		if got, _ := Find(context.Background(), q); string(canvas.CoverImage(got, r).Pix) != string(canvas.CoverImage(want, r).Pix) {
			t.Fatalf("of a part, %v, something else is found where the tile repeats", q.Bounds)
		}
	}
}

// The smooth edge of a disc drawn with antialiasing gets its alpha back; beside a hard edge
// nothing gets a share.
func TestASmoothEdgeIsThePicturesOwn(t *testing.T) {
	r := image.Rect(0, 0, 100, 90)
	img, shape := image.NewNRGBA(r), canvastest.Blob(rand.New(rand.NewPCG(3, 1)), r)
	for i := range shape.Pix { // an edge of about one pixel
		shape.Pix[i] = uint8(min(max((int(shape.Pix[i])-128)*20+128, 0), 255))
	}
	for i, a := range shape.Pix {
		p := img.Pix[4*i:][:4]
		p[0], p[1], p[2], p[3] = 255-a/2, a, 40, 255
	}
	g, err := Find(context.Background(), Request{Read: reader(img), Bounds: r, At: image.Pt(50, 45), Tolerance: 4, Contiguous: true, Smooth: true})
	if err != nil {
		t.Fatal(err)
	}
	edge := 0
	for i, v := range canvas.CoverImage(g, r).Pix {
		a := shape.Pix[i]
		switch {
		case a == 255 && v != 255 || a == 0 && v != 0:
			t.Fatalf("pixel %d of alpha %d is covered by %d", i, a, v)
		case a > 0 && a < 255 && v > 0 && v < 255:
			edge++
			if d := int(v) - int(a); d > 90 || d < -90 {
				t.Errorf("pixel %d of alpha %d is covered by %d", i, a, v)
			}
		}
	}
	if edge < 40 {
		t.Errorf("%d pixels of the edge have a share", edge)
	}
}

func TestWandStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, contiguous := range []bool{true, false} {
		if _, err := Find(ctx, Request{Read: func(*canvas.Tile, image.Rectangle) {}, Bounds: image.Rect(0, 0, 5000, 5000), Contiguous: contiguous}); !errors.Is(err, context.Canceled) {
			t.Errorf("contiguous %v: %v", contiguous, err)
		}
	}
}

func BenchmarkWand24MP(b *testing.B) {
	for b.Loop() {
		began := time.Now()
		if _, err := Find(context.Background(), Request{Read: func(*canvas.Tile, image.Rectangle) {}, Bounds: image.Rect(0, 0, 6000, 4000), At: image.Pt(3000, 2000), Contiguous: true, Smooth: true}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms")
	}
}
