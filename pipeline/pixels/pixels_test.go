package pixels

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// places are bounds off the origin that overlap, touch, hold and miss one another.
var places = []image.Rectangle{
	image.Rect(0, 0, 9, 7), image.Rect(-5, -4, 6, 3), image.Rect(3, 2, 20, 11), image.Rect(9, 0, 14, 7),
	image.Rect(-40, 60, -31, 66), image.Rect(-8, -8, 30, 30), image.Rect(2, 3, 3, 4), {},
}

// picture is a random one with transparent pixels; sub makes it a SubImage of a larger one.
func picture(rng *rand.Rand, r image.Rectangle, sub bool) *image.NRGBA {
	all := r
	if sub && !r.Empty() {
		all = r.Inset(-3)
	}
	img := image.NewNRGBA(all)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
		if i%4 == 3 && rng.IntN(3) == 0 {
			img.Pix[i] = 0
		}
	}
	return img.SubImage(r).(*image.NRGBA)
}

func maskAt(rng *rand.Rand, r image.Rectangle, sub bool) *image.Alpha {
	all := r
	if sub && !r.Empty() {
		all = r.Inset(-2)
	}
	m := image.NewAlpha(all)
	for i := range m.Pix {
		if rng.IntN(4) == 0 {
			m.Pix[i] = uint8(rng.Uint32())
		}
	}
	return m.SubImage(r).(*image.Alpha)
}

// each runs a test for pictures at every pair of places, whole ones and SubImages.
func each(t *testing.T, do func(t *testing.T, rng *rand.Rand, a, b image.Rectangle, sub bool)) {
	rng := rand.New(rand.NewPCG(7, 11))
	for _, a := range places {
		for _, b := range places {
			for _, sub := range []bool{false, true} {
				do(t, rng, a, b, sub)
			}
		}
	}
}

// points goes over a rectangle around both.
func points(a, b image.Rectangle, do func(x, y int)) {
	all := a.Union(b).Inset(-1)
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			do(x, y)
		}
	}
}

func TestCropTakesWhatIsThereAndBlankBeyond(t *testing.T) {
	each(t, func(t *testing.T, rng *rand.Rand, a, b image.Rectangle, sub bool) {
		img, mask := picture(rng, a, sub), maskAt(rng, a, sub)
		got, cover := Crop(img, b), CropMask(mask, b)
		if got.Rect != b || cover.Rect != b {
			t.Fatalf("cropped to %v and %v, want %v", got.Rect, cover.Rect, b)
		}
		points(a, b, func(x, y int) {
			var want color.NRGBA
			if image.Pt(x, y).In(b) {
				want = img.NRGBAAt(x, y) // blank beyond its bounds
			}
			if g := got.NRGBAAt(x, y); g != want {
				t.Fatalf("%v of %v (sub %v): pixel %d,%d is %v, want %v", b, a, sub, x, y, g, want)
			}
			if g, want := cover.AlphaAt(x, y), mask.AlphaAt(x, y); image.Pt(x, y).In(b) && g != want {
				t.Fatalf("%v of %v (sub %v): mask %d,%d is %v, want %v", b, a, sub, x, y, g, want)
			}
		})
	})
}

func TestLayChangesNothingOutsideTheMask(t *testing.T) {
	each(t, func(t *testing.T, rng *rand.Rand, a, b image.Rectangle, sub bool) {
		dst, src, mask := picture(rng, a, sub), picture(rng, b, sub), maskAt(rng, b.Add(image.Pt(1, -1)), sub)
		was := Crop(dst, a)
		seen := Visible(src, mask)
		Lay(dst, src, mask)
		points(a, b, func(x, y int) {
			at, laid := image.Pt(x, y), mask.AlphaAt(x, y).A > 0 && image.Pt(x, y).In(b)
			want := was.NRGBAAt(x, y)
			if laid && at.In(a) {
				want = src.NRGBAAt(x, y)
			}
			if g := dst.NRGBAAt(x, y); g != want {
				t.Fatalf("%v on %v (sub %v): pixel %d,%d is %v, want %v", b, a, sub, x, y, g, want)
			}
			want = color.NRGBA{}
			if laid {
				want = src.NRGBAAt(x, y)
			}
			if g := seen.NRGBAAt(x, y); g != want {
				t.Fatalf("visible of %v (sub %v): pixel %d,%d is %v, want %v", b, sub, x, y, g, want)
			}
		})
		if !seen.Rect.In(b) {
			t.Fatalf("what is visible of %v has the bounds %v", b, seen.Rect)
		}
	})
}

func TestMasksJoinAndAreMeasured(t *testing.T) {
	each(t, func(t *testing.T, rng *rand.Rand, a, b image.Rectangle, sub bool) {
		m, other := maskAt(rng, a, sub), maskAt(rng, b, sub)
		joined := CropMask(m, a)
		Raise(joined, other)
		filled := CropMask(m, a)
		Fill(filled, b, 9)
		full := Full(a)
		var want image.Rectangle
		points(a, b, func(x, y int) {
			at := image.Pt(x, y)
			if joined.AlphaAt(x, y).A > 0 {
				want = want.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
			}
			if at.In(a) && joined.AlphaAt(x, y).A < other.AlphaAt(x, y).A {
				t.Fatalf("%v raised to %v: %d,%d is lower", a, b, x, y)
			}
			if at.In(a) && (at.In(b) && filled.AlphaAt(x, y).A != 9 || !at.In(b) && filled.AlphaAt(x, y) != m.AlphaAt(x, y)) {
				t.Fatalf("%v filled in %v: %d,%d is %v", a, b, x, y, filled.AlphaAt(x, y))
			}
			if at.In(a) != (full.AlphaAt(x, y).A == 255) {
				t.Fatalf("the full mask of %v is %v at %v", a, full.AlphaAt(x, y), at)
			}
		})
		if got := Bounds(joined); got != want {
			t.Fatalf("bounds of a mask of %v are %v, want %v", a, got, want)
		}
	})
}

func TestBoundsWhereLooksFromBothEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, r := range places {
		m := maskAt(rng, r, true)
		if got, want := BoundsWhere(r, func(x, y int) bool { return m.AlphaAt(x, y).A > 0 }), Bounds(m); got != want {
			t.Fatalf("%v: %v, want %v", r, got, want)
		}
	}
}
