package preprocess

import (
	"context"
	"image"
	"math"
)

// scaling is a way to resize, by OpenCV's names.
type scaling int

const (
	nearest scaling = iota
	area            // means of what a pixel covers; where a side grows, a narrow linear
	cubic           // Keys (1981) with a = −3/4
)

// resize scales each side to w and h. Results round half to even where OpenCV's do.
func resize(ctx context.Context, p Picture, w, h int, how scaling) (Picture, error) {
	return resizeIn(ctx, p, w, h, image.Rect(0, 0, w, h), how)
}

// resizeIn is a window of what resize makes, which must lie within.
func resizeIn(ctx context.Context, p Picture, w, h int, window image.Rectangle, how scaling) (Picture, error) {
	switch {
	case p.W == w && p.H == h:
		return p.cropped(window.Min.X, window.Min.Y, window.Dx(), window.Dy()), nil
	case how == nearest:
		return resizeNearest(ctx, p, w, h, window)
	case how == area && p.W >= w && p.H >= h:
		return resizeArea(ctx, p, w, h, window)
	}
	if how == cubic {
		return resizeFixed(ctx, p, w, h, window, cubicTaps, mixCubic)
	}
	return resizeFixed(ctx, p, w, h, window, linearTaps, mixLinear)
}

// Scaled is a picture at w × h pixels, by means of what a pixel covers where both sides get shorter, as OpenCV's
// INTER_AREA is; ctx stops it.
func Scaled(ctx context.Context, p Picture, w, h int) (Picture, error) {
	return resize(ctx, p, w, h, area)
}

// stride is the step through the source for one pixel of the result, rounded as OpenCV's
// 1/(to/from) is.
func stride(from, to int) float64 { return 1 / (float64(to) / float64(from)) }

func resizeNearest(ctx context.Context, p Picture, w, h int, window image.Rectangle) (Picture, error) {
	out, n := newPicture(window.Dx(), window.Dy(), p.Channels), p.Channels
	across, down := stride(p.W, w), stride(p.H, h)
	return out, rows(ctx, out.H, func(y int) {
		src := p.Pix[min(int(float64(window.Min.Y+y)*down), p.H-1)*p.W*n:]
		dst := out.Pix[y*out.W*n:][:out.W*n]
		for x := range out.W {
			copy(dst[x*n:(x+1)*n], src[min(int(float64(window.Min.X+x)*across), p.W-1)*n:])
		}
	})
}

// share is a source position and what it counts.
type share struct {
	at     int
	weight float32
}

// areaShares are, for the pixels low to high of the result, the pixels of a line that each covers.
func areaShares(from, to, low, high int) [][]share {
	step, out := stride(from, to), make([][]share, high-low)
	for i := range out {
		begin := float64(low+i) * step
		end := begin + step
		width := min(step, float64(from)-begin)
		first, last := int(math.Ceil(begin)), min(int(math.Floor(end)), from-1)
		first = min(first, last)
		if float64(first)-begin > 1e-3 {
			out[i] = append(out[i], share{first - 1, float32((float64(first) - begin) / width)})
		}
		for at := first; at < last; at++ {
			out[i] = append(out[i], share{at, float32(1 / width)})
		}
		if end-float64(last) > 1e-3 {
			out[i] = append(out[i], share{last, float32(min(end-float64(last), 1, width) / width)})
		}
	}
	return out
}

// whole says whether a step is a whole number, which OpenCV averages in integers.
func whole(step float64) (int, bool) {
	n := int(math.RoundToEven(step))
	return n, math.Abs(step-float64(n)) < 2.220446049250313e-16
}

func resizeArea(ctx context.Context, p Picture, w, h int, window image.Rectangle) (Picture, error) {
	kx, evenX := whole(stride(p.W, w))
	ky, evenY := whole(stride(p.H, h))
	if evenX && evenY {
		return resizeBlocks(ctx, p, window, kx, ky)
	}
	across, down := areaShares(p.W, w, window.Min.X, window.Max.X), areaShares(p.H, h, window.Min.Y, window.Max.Y)
	w = window.Dx()
	out, n := newPicture(w, window.Dy(), p.Channels), p.Channels
	return out, rows(ctx, out.H, func(y int) {
		line, sum := make([]float32, w*n), make([]float32, w*n)
		for _, d := range down[y] {
			src := p.Pix[d.at*p.W*n:][:p.W*n]
			for x := range w {
				for c := range n {
					var v float32
					for _, a := range across[x] {
						v += float32(float32(src[a.at*n+c]) * a.weight)
					}
					line[x*n+c] = v
				}
			}
			for i, v := range line {
				sum[i] += float32(v * d.weight)
			}
		}
		for i, v := range sum {
			out.Pix[y*w*n+i] = rounded(v)
		}
	})
}

// resizeBlocks averages blocks of kx × ky pixels; those of 2 × 2 round half up.
func resizeBlocks(ctx context.Context, p Picture, window image.Rectangle, kx, ky int) (Picture, error) {
	out, n := newPicture(window.Dx(), window.Dy(), p.Channels), p.Channels
	by := 1 / float32(kx*ky)
	return out, rows(ctx, out.H, func(y int) {
		for x := range out.W {
			for c := range n {
				sum := 0
				for dy := range ky {
					src := p.Pix[(((window.Min.Y+y)*ky+dy)*p.W+(window.Min.X+x)*kx)*n+c:]
					for dx := range kx {
						sum += int(src[dx*n])
					}
				}
				v := rounded(float32(sum) * by)
				if kx == 2 && ky == 2 {
					v = uint8((sum + 2) >> 2)
				}
				out.Pix[(y*out.W+x)*n+c] = v
			}
		}
	})
}

// rounded is v to the nearest byte, half to even.
func rounded(v float32) uint8 {
	return uint8(min(max(math.RoundToEven(float64(v)), 0), 255))
}

// coefBits are those behind the point of a weight in OpenCV's resizing of bytes.
const coefBits = 11

// fixed says which pixels of a line make one of the result, with weights of 11 bits behind
// the point; beyond its ends the line goes on as it ends.
type fixed struct {
	at     [4]int
	weight [4]int32
}

func fixedTap(start, from int, weights []float32) (t fixed) {
	for k, w := range weights {
		t.at[k] = min(max(start+k, 0), from-1)
		t.weight[k] = int32(math.RoundToEven(float64(w * (1 << coefBits))))
	}
	return t
}

// cubicWeights are those at −1, 0, 1, 2 of a place x behind 0.
func cubicWeights(x float32) []float32 {
	const a = float32(-0.75)
	c0 := ((a*(x+1)-5*a)*(x+1)+8*a)*(x+1) - 4*a
	c1 := ((a+2)*x-(a+3))*x*x + 1
	y := 1 - x
	c2 := ((a+2)*y-(a+3))*y*y + 1
	return []float32{c0, c1, c2, 1 - c0 - c1 - c2}
}

func cubicTaps(from, to, low, high int) []fixed {
	step, out := stride(from, to), make([]fixed, high-low)
	for i := range out {
		f := float32((float64(low+i)+0.5)*step - 0.5)
		at := int(math.Floor(float64(f)))
		out[i] = fixedTap(at-1, from, cubicWeights(f-float32(at)))
	}
	return out
}

// linearTaps are those of OpenCV's area where a side grows: a pixel is the source's own as
// long as it lies wholly in it, and a mix of two where it reaches over.
func linearTaps(from, to, low, high int) []fixed {
	step, out := stride(from, to), make([]fixed, high-low)
	inverse := float64(to) / float64(from)
	for k := range out {
		i := low + k
		at := int(math.Floor(float64(i) * step))
		f := float32(float64(i+1) - float64(at+1)*inverse)
		if f <= 0 {
			f = 0
		} else {
			f -= float32(math.Floor(float64(f)))
		}
		if at >= from-1 {
			at, f = from-1, 0
		}
		out[k] = fixedTap(at, from, []float32{1 - f, f, 0, 0})
	}
	return out
}

// resizeFixed is OpenCV's separable resizing of bytes: lines in integers, then columns, which
// mix makes bytes of.
func resizeFixed(ctx context.Context, p Picture, w, h int, window image.Rectangle, taps func(from, to, low, high int) []fixed, mix func(dst []uint8, lines [4][]int32, t *fixed)) (Picture, error) {
	across, down := taps(p.W, w, window.Min.X, window.Max.X), taps(p.H, h, window.Min.Y, window.Max.Y)
	w, h = window.Dx(), window.Dy()
	out, n := newPicture(w, h, p.Channels), p.Channels
	mid := make([]int32, w*p.H*n)
	err := rows(ctx, p.H, func(y int) {
		src, dst := p.Pix[y*p.W*n:][:p.W*n], mid[y*w*n:][:w*n]
		for x := range w {
			t := &across[x]
			for c := range n {
				dst[x*n+c] = int32(src[t.at[0]*n+c])*t.weight[0] + int32(src[t.at[1]*n+c])*t.weight[1] +
					int32(src[t.at[2]*n+c])*t.weight[2] + int32(src[t.at[3]*n+c])*t.weight[3]
			}
		}
	})
	if err != nil {
		return Picture{}, err
	}
	return out, rows(ctx, h, func(y int) {
		var lines [4][]int32
		for k := range lines {
			lines[k] = mid[down[y].at[k]*w*n:][:w*n]
		}
		mix(out.Pix[y*w*n:][:w*n], lines, &down[y])
	})
}

// mixCubic takes eights of values in float32 and what is left of a line in integers, as
// OpenCV does where the machine has vectors; they differ where a half is rounded.
func mixCubic(dst []uint8, lines [4][]int32, t *fixed) {
	var f [4]float32
	for k, v := range t.weight {
		f[k] = float32(v) * (1.0 / (1 << (2 * coefBits)))
	}
	eights := len(dst) / 8 * 8
	for i := range eights {
		v := float32(float32(lines[3][i]) * f[3])
		v = float32(float32(lines[2][i])*f[2]) + v
		v = float32(float32(lines[1][i])*f[1]) + v
		v = float32(float32(lines[0][i])*f[0]) + v
		dst[i] = rounded(v)
	}
	for i := eights; i < len(dst); i++ {
		v := int64(1) << (2*coefBits - 1)
		for k, line := range lines {
			v += int64(line[i]) * int64(t.weight[k])
		}
		dst[i] = uint8(min(max(v>>(2*coefBits), 0), 255))
	}
}

// mixLinear keeps as many bits as 16-bit vectors do.
func mixLinear(dst []uint8, lines [4][]int32, t *fixed) {
	for i := range dst {
		v := (lines[0][i]>>4*t.weight[0])>>16 + (lines[1][i]>>4*t.weight[1])>>16
		dst[i] = uint8(min(max((v+2)>>2, 0), 255))
	}
}
