package region

import (
	"image"
	"math"
	"runtime"

	"pentimento/fault"
	"pentimento/pipeline/pixels"
)

// Fade is how a selection grows and fades, in canvas pixels (behaviour 2.6).
type Fade struct {
	Feather int // diameter of the denoise mask's blur
	Grow    int // radius of its dilation
	Blend   int // diameter of the composite mask's blur
	Pad     int // how far the target reaches beyond the selection
	// Soft is the mask blur of OnlyMasked, the gaussian's σ; it replaces all of the above
	// and is the only fade that leaves the selection's own edge half covered.
	Soft int
}

// FadeFor computes the formulas of behaviour 2.6 for a selection of the given size.
// pct < 0 means 10 %; 0 switches everything off. background caps the feather at 1 % and
// drops its minimum at full strength.
func FadeFor(size image.Point, strength, pct float64, background bool) Fade {
	if pct < 0 {
		pct = 10
	}
	if pct == 0 {
		return Fade{}
	}
	diag := math.Hypot(float64(size.X), float64(size.Y))
	least := int(math.Round(32 * strength))
	if background && strength >= 1 {
		pct, least = min(pct, 1), 0
	}
	// The small number keeps products that are whole in decimal from falling below.
	feather := max(int(pct/100*strength*diag+1e-9), least)
	grow := 4 + feather/2
	return Fade{Feather: feather, Grow: grow, Blend: min(25, grow+feather/2), Pad: feather + 4 + int(0.06*diag+1e-9)}
}

// Reach is how many pixels beyond the selection the masks of Expand go at most.
func (f Fade) Reach() int {
	if f.Soft > 0 {
		return GaussReach(f.Soft)
	}
	return f.Grow + f.Feather/2
}

// Masks are the three masks of a run, all with the same bounds.
type Masks struct {
	Denoise   *image.Alpha // how much of each pixel the network may repaint
	Composite *image.Alpha // how the result is laid back: 0 = bit-identical
	Fill      *image.Alpha // what is infilled before denoising
}

// Expand makes the masks of a run from the person's selection. Without Soft all three
// are at least the selection everywhere. The selection must be padded as Layout.Target
// says, else the bounds cut the fade.
func (f Fade) Expand(selection *image.Alpha) Masks {
	if f.Soft > 0 {
		soft := Feather(selection, 2*float64(f.Soft))
		return Masks{soft, soft, pixels.CloneMask(selection)}
	}
	denoise := Grow(selection, f.Grow)
	denoise = Tent(denoise, f.Feather)
	for i, v := range denoise.Pix {
		if v >= FullCover { // 0.99 · 255 = 252.45
			denoise.Pix[i] = 255
		}
	}
	pixels.Raise(denoise, selection)
	composite := image.NewAlpha(selection.Rect)
	for i, v := range denoise.Pix {
		if v > 0 {
			composite.Pix[i] = 255
		}
	}
	if f.Blend == 0 && f.Feather == 0 {
		composite = pixels.CloneMask(selection) // all off: exactly what was selected
	} else {
		composite = Gauss(Shrink(composite, f.Blend/2), f.Blend)
		pixels.Raise(composite, selection)
	}
	return Masks{denoise, composite, Grow(selection, f.Grow-f.Feather/2)}
}

// rim is how wide the soft edge of a mask may be, in pixels, that says only where the mask ends.
const rim = 24

// Graded says whether a mask says how much may change in places, and not only where: some of
// it is neither full nor within the soft edge of what is full.
func Graded(m *image.Alpha) bool {
	at := pixels.Bounds(m)
	full, some := image.NewAlpha(at), false
	for y := at.Min.Y; y < at.Max.Y; y++ {
		row, out := m.Pix[m.PixOffset(at.Min.X, y):][:at.Dx()], full.Pix[full.PixOffset(at.Min.X, y):][:at.Dx()]
		for x, v := range row {
			if v >= FullCover {
				out[x] = 255
			} else {
				some = some || v > 0
			}
		}
	}
	if !some {
		return false
	}
	near := Grow(full, rim)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		row, by := m.Pix[m.PixOffset(at.Min.X, y):][:at.Dx()], near.Pix[near.PixOffset(at.Min.X, y):][:at.Dx()]
		for x, v := range row {
			if v > 0 && by[x] == 0 {
				return true
			}
		}
	}
	return false
}

// Lifted is a mask of how much may change as a mask of where: a quarter is all.
func Lifted(m *image.Alpha) *image.Alpha {
	out := pixels.CloneMask(m)
	for i, v := range out.Pix {
		out.Pix[i] = uint8(min(4*int(v), 255))
	}
	return out
}

// FullCover is what rounding makes of 255 in a mask that was scaled: from it on, all of a
// pixel may change.
const FullCover = 253

// AtLeast is 255 where a mask has some value or more, and 0 elsewhere.
func AtLeast(m *image.Alpha, least uint8) *image.Alpha {
	out := pixels.CloneMask(m)
	for i, v := range out.Pix {
		if out.Pix[i] = 0; v >= least {
			out.Pix[i] = 255
		}
	}
	return out
}

// Invert returns 255 − m.
func Invert(m *image.Alpha) *image.Alpha {
	out := pixels.CloneMask(m)
	for i, v := range out.Pix {
		out.Pix[i] = 255 - v
	}
	return out
}

// Grow dilates with a square of 2·radius+1 pixels. Every mask function here returns a
// new mask of the same bounds and takes the world outside to be like the nearest edge.
func Grow(m *image.Alpha, radius int) *image.Alpha {
	if radius <= 0 {
		return pixels.CloneMask(m)
	}
	out := image.NewAlpha(m.Rect)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	rows(h, func(y0, y1 int) {
		n := w + 2*radius
		line, g, s := make([]uint8, n), make([]uint8, n), make([]uint8, n)
		for y := y0; y < y1; y++ {
			maxRow(out.Pix[y*w:][:w], m.Pix[y*m.Stride:][:w], line, g, s, radius)
		}
	})
	return maxColumns(out, radius)
}

// Shrink erodes with a square of 2·radius+1 pixels.
func Shrink(m *image.Alpha, radius int) *image.Alpha { return Invert(Grow(Invert(m), radius)) }

// maxRow is the running maximum of van Herk (1992): prefix maxima g and suffix maxima s
// of blocks as long as the window, one comparison more each. line is scratch of
// len(src)+2·radius zeros and is left so at its ends; g and s are as long.
func maxRow(dst, src, line, g, s []uint8, radius int) {
	n, k := len(line), 2*radius+1
	copy(line[radius:], src)
	for b := 0; b < n; b += k {
		block, gb, sb := line[b:min(b+k, n)], g[b:min(b+k, n)], s[b:min(b+k, n)]
		top := uint8(0)
		for i, v := range block {
			top = max(top, v)
			gb[i] = top
		}
		top = 0
		for i := len(block) - 1; i >= 0; i-- {
			top = max(top, block[i])
			sb[i] = top
		}
	}
	g = g[2*radius:]
	for i := range dst {
		dst[i] = max(s[i], g[i])
	}
}

// maxColumns is maxRow along y, a row at a time for the cache's sake.
func maxColumns(m *image.Alpha, radius int) *image.Alpha {
	w, h, k := m.Rect.Dx(), m.Rect.Dy(), 2*radius+1
	g, s, out := image.NewAlpha(m.Rect), image.NewAlpha(m.Rect), image.NewAlpha(m.Rect)
	line := func(p *image.Alpha, y int) []uint8 { return p.Pix[y*w:][:w] }
	rows((h+k-1)/k, func(b0, b1 int) {
		for b := b0; b < b1; b++ {
			y0, y1 := b*k, min((b+1)*k, h)
			copy(line(g, y0), line(m, y0))
			for y := y0 + 1; y < y1; y++ {
				maxOf(line(g, y), line(m, y), line(g, y-1))
			}
			copy(line(s, y1-1), line(m, y1-1))
			for y := y1 - 2; y >= y0; y-- {
				maxOf(line(s, y), line(m, y), line(s, y+1))
			}
		}
	})
	rows(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			lo, hi := max(y-radius, 0), min(y+radius, h-1)
			switch {
			case lo/k != hi/k:
				maxOf(line(out, y), line(s, lo), line(g, hi))
			case lo%k == 0:
				copy(line(out, y), line(g, hi))
			default:
				copy(line(out, y), line(s, lo))
			}
		}
	})
	return out
}

func maxOf(dst, a, b []uint8) {
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

// rows runs do on parts of 0…n on all cores.
func rows(n int, do func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), max(1, n/16))
	var wg fault.Group
	for i := range parts {
		wg.Go(func() { do(n*i/parts, n*(i+1)/parts) })
	}
	wg.Wait()
}
