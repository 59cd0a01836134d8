package infill

import (
	"image"
	"math"
)

// A strip of copied patches is as bright as what happened to be copied. Alone that is
// nothing; but the next strip copies from this one, and in a row of outpaints the picture
// wanders away. even takes the difference back where it is small enough to be chance.
const (
	evenLimit = 10.0 // of 255; a strip that differs by more shows something else
	evenReach = 64   // pixels from the border over which the correction comes in
)

// even shifts the filled pixels so that their mean colour is that of the known, opaque
// pixels beside them: those of the hole's box and of its four neighbours of the same size.
// The shift comes in from the border, so no step appears there.
func even(out *image.NRGBA, mask *image.Alpha, hole image.Rectangle) {
	var kept, fresh tally
	dx, dy := image.Pt(hole.Dx(), 0), image.Pt(0, hole.Dy())
	for _, box := range []image.Rectangle{hole, hole.Add(dx), hole.Sub(dx), hole.Add(dy), hole.Sub(dy)} {
		eachOpaque(out, mask, box.Intersect(out.Rect), func(p []uint8, masked bool, _ int) {
			if masked {
				fresh.add(p)
			} else {
				kept.add(p)
			}
		})
	}
	if fresh.n == 0 || kept.n < fresh.n/2 {
		return
	}
	var shift [3]float64
	for k := range shift {
		shift[k] = kept.mean(k) - fresh.mean(k)
		if math.Abs(shift[k]) > evenLimit {
			return
		}
	}
	ramp, mean := rampInto(out, mask, hole)
	eachOpaque(out, mask, hole, func(p []uint8, masked bool, i int) {
		if masked {
			for k := range shift {
				p[k] = byteOf(float32(float64(p[k]) + shift[k]*float64(ramp[i])/mean))
			}
		}
	})
}

// tally sums colours.
type tally struct {
	sum [3]int
	n   int
}

func (t *tally) add(p []uint8) {
	for k := range t.sum {
		t.sum[k] += int(p[k])
	}
	t.n++
}

func (t *tally) mean(k int) float64 { return float64(t.sum[k]) / float64(t.n) }

// eachOpaque calls do with every opaque pixel of box and its index within box.
func eachOpaque(img *image.NRGBA, mask *image.Alpha, box image.Rectangle, do func(p []uint8, masked bool, i int)) {
	for y := box.Min.Y; y < box.Max.Y; y++ {
		px, m := img.Pix[img.PixOffset(box.Min.X, y):], mask.Pix[mask.PixOffset(box.Min.X, y):]
		for x := range box.Dx() {
			if p := px[4*x:][:4]; p[3] == 255 {
				do(p, m[x] != 0, (y-box.Min.Y)*box.Dx()+x)
			}
		}
	}
}

// rampInto is 0 at the kept pixels and 1 from evenReach on, or from half the greatest
// depth where the hole is less deep than twice that; and its mean over the hole's opaque
// pixels. Distances are steps of 1 and 1.4 (a chamfer).
func rampInto(out *image.NRGBA, mask *image.Alpha, hole image.Rectangle) (ramp []float32, mean float64) {
	box := hole.Inset(-1).Intersect(out.Rect) // the kept pixels around it
	w, h := box.Dx(), box.Dy()
	far := make([]float32, w*h)
	for i := range far {
		x, y := box.Min.X+i%w, box.Min.Y+i/w
		if mask.Pix[mask.PixOffset(x, y)] != 0 || out.Pix[out.PixOffset(x, y)+3] == 0 {
			far[i] = float32(w + h)
		}
	}
	spreadFrom(far, w, h)
	deepest := float32(0)
	for _, d := range far {
		deepest = max(deepest, d)
	}
	reach := max(min(evenReach, deepest/2), 1)
	ramp = make([]float32, hole.Dx()*hole.Dy())
	for i := range ramp {
		x, y := hole.Min.X-box.Min.X+i%hole.Dx(), hole.Min.Y-box.Min.Y+i/hole.Dx()
		ramp[i] = min(far[y*w+x]/reach, 1)
	}
	n := 0
	eachOpaque(out, mask, hole, func(_ []uint8, masked bool, i int) {
		if masked {
			mean, n = mean+float64(ramp[i]), n+1
		}
	})
	return ramp, mean / float64(n)
}

// spreadFrom lowers every value to the least of its neighbours' and their distance, in two
// passes.
func spreadFrom(far []float32, w, h int) {
	pass := func(i, x, side int) {
		y, left, right := i/w, x > 0, x < w-1
		if y+side >= 0 && y+side < h {
			j := i + side*w
			far[i] = min(far[i], far[j]+1)
			if left {
				far[i] = min(far[i], far[j-1]+1.4)
			}
			if right {
				far[i] = min(far[i], far[j+1]+1.4)
			}
		}
		if side < 0 && left {
			far[i] = min(far[i], far[i-1]+1)
		}
		if side > 0 && right {
			far[i] = min(far[i], far[i+1]+1)
		}
	}
	for i := range far {
		pass(i, i%w, -1)
	}
	for i := len(far) - 1; i >= 0; i-- {
		pass(i, i%w, 1)
	}
}
