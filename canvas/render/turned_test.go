package render

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// turnedView is a random view with a turn.
func turnedView(rng interface{ IntN(int) int }, v View) View {
	v.Turn = []float64{0, 15, 33.5, 90, 135, 180, 270, 345}[rng.IntN(8)]
	v.Mirror = rng.IntN(2) == 0
	return v
}

// At right angles, and mirrored, every pixel is one of the upright picture, bit for bit: the
// one whose centre lies there.
func TestSquareTurnsMovePixelsOnly(t *testing.T) {
	rng := seeded(51)
	for range 12 {
		d := canvastest.Document(rng)
		r := patient(plain)
		r.SetState(d.State(), image.Rectangle{})
		v := randomView(rng).Snap()
		for _, turn := range []float64{0, 90, 180, 270} {
			for _, mirror := range []bool{false, true} {
				v.Turn, v.Mirror = turn, mirror
				got := draw(t, r, v, Smooth)
				o := v.origin()
				flat := View{X: float64(o.X-400) / v.Scale, Y: float64(o.Y-400) / v.Scale, Scale: v.Scale, W: 800, H: 800}
				want := draw(t, r, flat, Smooth)
				a, b, c, e := canvas.Axes(turn, mirror)
				for y := range v.H {
					for x := range v.W {
						px, py := float64(x)+0.5, float64(y)+0.5
						u, w := int(math.Floor(a*px+b*py))+400, int(math.Floor(c*px+e*py))+400
						if got.RGBAAt(x, y) != want.RGBAAt(u, w) {
							t.Fatalf("%+v: pixel %d,%d is %v, want %v", v, x, y, got.RGBAAt(x, y), want.RGBAAt(u, w))
						}
					}
				}
			}
		}
	}
}

// The parts of a turned view drawn one by one equal the view drawn at once.
func TestPartsOfTurnedViewsFit(t *testing.T) {
	rng := seeded(52)
	for range 12 {
		d := canvastest.Document(rng)
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		v, q := turnedView(rng, randomView(rng).Snap()), Quality(rng.IntN(2))
		whole := draw(t, r, v, q)
		parts := image.NewRGBA(whole.Rect)
		x, y := 1+rng.IntN(v.W-1), 1+rng.IntN(v.H-1)
		for _, p := range []image.Rectangle{image.Rect(0, 0, x, y), image.Rect(x, 0, v.W, y), image.Rect(0, y, x, v.H), image.Rect(x, y, v.W, v.H)} {
			r.Render(parts, p, v, q)
		}
		if at, ok := firstDifference(whole, parts); ok {
			t.Fatalf("%+v, quality %d: the parts differ at %v", v, q, at)
		}
	}
}

// What Device names is all that a change can touch, turned or not.
func TestDeviceHoldsEveryChangeOfATurnedView(t *testing.T) {
	rng := seeded(53)
	for range 40 {
		d := canvastest.Document(rng)
		r := patient(plain)
		r.SetState(d.State(), image.Rectangle{})
		v := turnedView(rng, randomView(rng).Snap())
		before := draw(t, r, v, Smooth)
		at := image.Pt(rng.IntN(200)-100, rng.IntN(200)-100)
		img := image.NewNRGBA(image.Rectangle{Min: at, Max: at.Add(image.Pt(1+rng.IntN(20), 1+rng.IntN(20)))})
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		e := d.Begin("dab")
		e.Put(e.State().Active, img, nil)
		dirty := r.SetState(d.State(), e.Commit())
		after, within := draw(t, r, v, Smooth), v.Device(dirty)
		for y := range v.H {
			for x := range v.W {
				if after.RGBAAt(x, y) != before.RGBAAt(x, y) && !image.Pt(x, y).In(within) {
					t.Fatalf("%+v: %v changes outside %v", v, image.Pt(x, y), within)
				}
			}
		}
	}
}

// A dot of the picture is drawn where Doc and the tools' view say.
func TestATurnedDotIsWhereItBelongs(t *testing.T) {
	d := canvas.New()
	e := d.Begin("dot")
	img := image.NewNRGBA(image.Rect(40, 70, 44, 74))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	e.Put(1, img, nil)
	e.Commit()
	r := patient(plain)
	r.SetState(d.State(), image.Rectangle{})
	for _, turn := range []float64{0, 15, 45, 90, 200} {
		for _, mirror := range []bool{false, true} {
			v := View{Scale: 2, W: 200, H: 200, Turn: turn, Mirror: mirror}
			a, b, c, f := canvas.Axes(turn, mirror) // the dot's middle, 42,72, comes into the view's
			v.X, v.Y = 42-(a*100+b*100)/2, 72-(c*100+f*100)/2
			fb := draw(t, r, v, Smooth)
			if got := fb.RGBAAt(100, 100); got != (color.RGBA{255, 255, 255, 255}) {
				t.Errorf("at %v, mirrored %v, the middle is %v", turn, mirror, got)
			}
			if got := fb.RGBAAt(108, 100); got != (color.RGBA{90, 90, 90, 255}) {
				t.Errorf("at %v, mirrored %v, beside the dot is %v", turn, mirror, got)
			}
			if x, y := v.Doc(100, 100); math.Hypot(x-42, y-72) > 1e-9 {
				t.Errorf("at %v the middle is %v, %v of the document", turn, x, y)
			}
		}
	}
}
