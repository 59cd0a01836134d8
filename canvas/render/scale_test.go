package render

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// level is the picture at 1/2^l by plain means in floating point: premultiplied pixels
// of the flat rectangle r.
func level(s *canvas.State, l int, r image.Rectangle) [][4]float64 {
	n := 1 << l
	doc := image.Rectangle{r.Min.Mul(n), r.Max.Mul(n)}
	flat := Flatten(s, doc, FlattenOptions{})
	canvas.Premultiply(flat.Pix, flat.Pix)
	out := make([][4]float64, r.Dx()*r.Dy())
	for y := range doc.Dy() {
		for x := range doc.Dx() {
			for c := range 4 {
				out[y/n*r.Dx()+x/n][c] += float64(flat.Pix[flat.PixOffset(doc.Min.X+x, doc.Min.Y+y)+c]) / float64(n*n)
			}
		}
	}
	return out
}

// Every pixel of a frame against the definition: nearest, or bilinear between the flat
// pixels of the chosen level, over the ground.
func TestFramesFollowTheDefinition(t *testing.T) {
	rng := seeded(30)
	for range 40 {
		d := canvastest.Document(rng)
		r := patient(plain)
		r.SetState(d.State(), image.Rectangle{})
		v, q := randomView(rng).Snap(), Quality(rng.IntN(2))
		v.Scale = max(v.Scale, 0.06)
		v.W, v.H = 60, 50
		l := 0
		for v.Scale*float64(int(2)<<l) <= 1 {
			l++
		}
		v = v.Snap()
		mean := q == Smooth && v.Scale*float64(int(1)<<l) < 1
		if mean && l > 0 {
			l--
		}
		size := v.Scale * float64(int(1)<<l) // device pixels per flat pixel
		ox, oy := math.Round(v.X*v.Scale), math.Round(v.Y*v.Scale)
		area := image.Rect(int(math.Floor(ox/size))-2, int(math.Floor(oy/size))-2,
			int(math.Ceil((ox+60)/size))+3, int(math.Ceil((oy+50)/size))+3)
		flat := level(d.State(), l, area)
		at := func(x, y int) [4]float64 { return flat[(y-area.Min.Y)*area.Dx()+x-area.Min.X] }
		got := draw(t, r, v, q)
		for y := range v.H {
			for x := range v.W {
				fx, fy := (ox+float64(x)+0.5)/size, (oy+float64(y)+0.5)/size
				want := at(int(math.Floor(fx)), int(math.Floor(fy)))
				if mean {
					want = meanOf(at, (ox+float64(x))/size, (oy+float64(y))/size, 1/size)
				} else if q == Smooth && v.Scale < 2 {
					want = bilinear(at, fx-0.5, fy-0.5)
				}
				p := got.RGBAAt(x, y)
				for c, have := range [4]uint8{p.R, p.G, p.B, p.A} {
					ground := 90.0
					if c == 3 {
						ground = 255
					}
					whole := want[c] + ground*(1-want[3]/255)
					if math.Abs(whole-float64(have)) > 2.5+float64(l)/2 {
						t.Fatalf("%+v, quality %d, level %d: channel %d of %d,%d is %d, want %.2f", v, q, l, c, x, y, have, whole)
					}
				}
			}
		}
	}
}

// meanOf is the mean of the square whose corner is x, y.
func meanOf(at func(x, y int) [4]float64, x, y, side float64) (out [4]float64) {
	over := func(p int, from float64) float64 {
		return max(0, min(float64(p+1), from+side)-max(float64(p), from)) / side
	}
	for v := int(math.Floor(y)); float64(v) < y+side; v++ {
		for u := int(math.Floor(x)); float64(u) < x+side; u++ {
			p := at(u, v)
			for c := range out {
				out[c] += over(u, x) * over(v, y) * p[c]
			}
		}
	}
	return out
}

func bilinear(at func(x, y int) [4]float64, x, y float64) (out [4]float64) {
	x0, y0 := math.Floor(x), math.Floor(y)
	for i := range 4 {
		dx, dy := float64(i&1), float64(i>>1)
		w := math.Abs(1-dx-(x-x0)) * math.Abs(1-dy-(y-y0))
		p := at(int(x0+dx), int(y0+dy))
		for c := range out {
			out[c] += w * p[c]
		}
	}
	return out
}

func TestOneColourStaysThatColourAtEveryZoom(t *testing.T) {
	want := color.RGBA{251, 3, 254, 255}
	d := canvas.New()
	e := d.Begin("fill")
	img := image.NewNRGBA(image.Rect(-1000, -1000, 1000, 1000))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []uint8{251, 3, 254, 255})
	}
	e.Put(1, img, nil)
	e.Commit()
	r := patient(DefaultLook)
	r.SetState(d.State(), image.Rectangle{})
	for scale := 0.05; scale < 40; scale *= 1.37 {
		v := View{X: -20 / scale, Y: -20 / scale, Scale: scale, W: 40, H: 40}
		for _, q := range []Quality{Nearest, Smooth} {
			fb := draw(t, r, v, q)
			for i := range 1600 {
				if got := fb.RGBAAt(i%40, i/40); got != want {
					t.Fatalf("at %.3f, quality %d: %v", scale, q, got)
				}
			}
		}
	}
}

func TestPixelsAreCrispFromTwoHundredPercent(t *testing.T) {
	d := canvas.New()
	e := d.Begin("dots")
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := 0; i < len(img.Pix); i += 4 {
		v := uint8(255 * (i / 4 % 64 & 1))
		copy(img.Pix[i:], []uint8{v, v, v, 255})
	}
	e.Put(1, img, nil)
	e.Commit()
	r := patient(plain)
	r.SetState(d.State(), image.Rectangle{})
	for _, scale := range []float64{2, 2.5, 7.3, 64} {
		fb := draw(t, r, View{X: 10.3, Y: 10.7, Scale: scale, W: 100, H: 30}, Smooth)
		for i := 0; i < len(fb.Pix); i += 4 {
			if v := fb.Pix[i]; v != 0 && v != 255 {
				t.Fatalf("at %v a pixel is %d, neither black nor white", scale, v)
			}
		}
	}
}

func TestTheGroundIsChecksInsideAndFlatOutside(t *testing.T) {
	d := canvas.New()
	e := d.Begin("frame of dots") // transparent between two opposite corners
	for _, p := range []image.Point{{10, 20}, {109, 79}} {
		img := image.NewNRGBA(image.Rectangle{p, p.Add(image.Pt(1, 1))})
		img.Pix[3] = 255
		e.Put(1, img, nil)
	}
	e.Commit()
	look := DefaultLook
	look.Check = 5
	r := patient(look)
	r.SetState(d.State(), image.Rectangle{})
	for _, scale := range []float64{1, 2, 3.7} {
		v := View{X: -7, Y: -3, Scale: scale, W: 500, H: 400}.Snap()
		fb := draw(t, r, v, Nearest)
		o := v.origin()
		for range 3000 {
			x, y := rand.IntN(v.W), rand.IntN(v.H)
			p := image.Pt(int(math.Floor((float64(x+o.X)+0.5)/scale)), int(math.Floor((float64(y+o.Y)+0.5)/scale)))
			want := look.Outside
			if p == (image.Point{10, 20}) || p == (image.Point{109, 79}) {
				want = color.NRGBA{A: 255}
			} else if p.In(image.Rect(10, 20, 110, 80)) {
				want = look.Checks[(mod(x+o.X, 10)/5+mod(y+o.Y, 10)/5)&1]
			}
			if got := fb.RGBAAt(x, y); got != (color.RGBA{want.R, want.G, want.B, 255}) {
				t.Fatalf("at %v pixel %d,%d (document %v) is %v, want %v", scale, x, y, p, got, want)
			}
		}
	}
}

func TestScrollMovesAndTellsTheRest(t *testing.T) {
	rng := seeded(31)
	for range 60 {
		w, h := 1+rng.IntN(40), 1+rng.IntN(40)
		fb := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range fb.Pix {
			fb.Pix[i] = uint8(rng.IntN(256))
		}
		old := append([]uint8(nil), fb.Pix...)
		dx, dy := rng.IntN(60)-30, rng.IntN(60)-30
		open := Scroll(fb, dx, dy)
		for y := range h {
			for x := range w {
				told := 0
				for _, o := range open {
					if image.Pt(x, y).In(o) {
						told++
					}
				}
				from := image.Pt(x-dx, y-dy)
				if inside := from.In(fb.Rect); inside == (told == 1) || told > 1 {
					t.Fatalf("%d×%d by %d,%d: %d,%d is told %d times", w, h, dx, dy, x, y, told)
				} else if inside && [4]uint8(fb.Pix[fb.PixOffset(x, y):]) != [4]uint8(old[(from.Y*w+from.X)*4:]) {
					t.Fatalf("%d×%d by %d,%d: %d,%d did not come from %v", w, h, dx, dy, x, y, from)
				}
			}
		}
	}
}

func TestViewsPickTheFinestLevelThatIsNeeded(t *testing.T) {
	for scale, want := range map[float64]int{64: 0, 1: 0, 0.999: 0, 0.51: 0, 0.5: 1, 0.26: 1, 0.25: 2, 0.02: 5, 1e-9: maxLevel} {
		if got := (View{Scale: scale}).level(); got != want {
			t.Errorf("scale %v is drawn from level %d, want %d", scale, got, want)
		}
	}
}

func TestBadViewsDrawNothing(t *testing.T) {
	fb := image.NewRGBA(image.Rect(0, 0, 9, 9))
	r := patient(plain)
	for _, scale := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if !r.Render(fb, fb.Rect, View{Scale: scale}, Smooth) {
			t.Errorf("scale %v is never complete", scale)
		}
	}
	if !r.Render(fb, image.Rect(50, 50, 60, 60), View{Scale: 1}, Smooth) {
		t.Error("a part outside the framebuffer is never complete")
	}
	for _, b := range fb.Pix {
		if b != 0 {
			t.Fatal("something was drawn")
		}
	}
}
