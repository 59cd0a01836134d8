package clip

import (
	"image"
	"math"

	"pentimento/pipeline/tensor"
)

// The channels' means and deviations that all CLIP models were trained with.
var (
	pixelMean = [3]float64{0.48145466, 0.4578275, 0.40821073}
	pixelStd  = [3]float64{0.26862954, 0.26130258, 0.27577711}
)

// Pixels is a picture as a vision encoder of this side sees it, [1,3,side,side], as transformers'
// CLIPImageProcessor makes it with Pillow: the shorter edge is scaled to side (bicubic, in whole
// levels), the middle cut out, each channel normed. What is transparent shows white. An empty picture is white.
func Pixels(img *image.NRGBA, side int) *tensor.Tensor {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := tensor.New(1, 3, side, side)
	if w < 1 || h < 1 {
		img = image.NewNRGBA(image.Rect(0, 0, 1, 1))
		w, h = 1, 1
	}
	short := min(w, h)
	size := image.Pt(side*w/short, side*h/short)
	// Only the part that is cut out is scaled: from pixel cut on, of the scaled picture.
	cut := image.Pt((size.X-side)/2, (size.Y-side)/2)
	across, down := resampling(w, size.X, cut.X, side), resampling(h, size.Y, cut.Y, side)
	top := down[0].from
	end := down[side-1].from + len(down[side-1].weights)
	lines := make([]uint8, (end-top)*side*3)
	row := make([]uint8, 3*w)
	for y := top; y < end; y++ {
		onWhite(row, img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y):])
		for x, t := range across {
			for c := range 3 {
				lines[((y-top)*side+x)*3+c] = t.sum(row[c:], 3)
			}
		}
	}
	for y, t := range down {
		t.from -= top
		for x := range side {
			for c := range 3 {
				v := float64(t.sum(lines[x*3+c:], side*3))
				out.Data[(c*side+y)*side+x] = float32((v/255 - pixelMean[c]) / pixelStd[c])
			}
		}
	}
	return out
}

// onWhite is a row of pixels without their alpha.
func onWhite(row, pix []uint8) {
	for i := 0; i < len(row); i, pix = i+3, pix[4:] {
		a := int(pix[3])
		for c := range 3 {
			row[i+c] = uint8((int(pix[c])*a + 255*(255-a) + 127) / 255)
		}
	}
}

// taps are the pixels that make one pixel of a scaled line, and their weights of 2^22 in all.
type taps struct {
	from    int
	weights []int
}

const tapBits = 22

// sum is the pixel, of values stride apart.
func (t taps) sum(values []uint8, stride int) uint8 {
	total := 1 << (tapBits - 1)
	for i, w := range t.weights {
		total += w * int(values[(t.from+i)*stride])
	}
	return uint8(min(max(total>>tapBits, 0), 255))
}

// resampling are the taps of count pixels from first on of a line of n pixels scaled to m, as Pillow
// (Resample.c) has them: a cubic kernel with a = −0.5, as wide as a pixel of the coarser of both lines.
// Equal lines are copied.
func resampling(n, m, first, count int) []taps {
	out := make([]taps, count)
	if n == m {
		for i := range out {
			out[i] = taps{first + i, []int{1 << tapBits}}
		}
		return out
	}
	scale := float64(n) / float64(m)
	wide := max(scale, 1)
	reach := 2 * wide
	for i := range out {
		centre := (float64(first+i) + 0.5) * scale
		from := max(int(centre-reach+0.5), 0)
		to := min(int(centre+reach+0.5), n)
		all, weights := 0.0, make([]float64, to-from)
		for k := range weights {
			weights[k] = cubic((float64(from+k) - centre + 0.5) * (1 / wide))
			all += weights[k]
		}
		out[i] = taps{from, make([]int, len(weights))}
		for k, w := range weights {
			out[i].weights[k] = int(math.Round(w / all * (1 << tapBits)))
		}
	}
	return out
}

// cubic is the kernel of Keys (1981) with a = −0.5.
func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}
