package preprocess

import (
	"context"
	"math"
)

// gaussian is the normalised kernel of n taps.
func gaussian(sigma float64, n int) []float64 {
	out, sum := make([]float64, n), 0.0
	for i := range out {
		x := float64(i) - float64(n-1)/2
		out[i] = math.Exp(-x * x / (2 * sigma * sigma))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// reflected is a place on a line of n: beyond an end it goes back without repeating the end.
func reflected(i, n int) int {
	if n == 1 {
		return 0
	}
	for i < 0 || i >= n {
		if i < 0 {
			i = -i
		} else {
			i = 2*(n-1) - i
		}
	}
	return i
}

// mirror are the reflected places of a line with reach more at each end.
func mirror(n, reach int) []int {
	out := make([]int, n+2*reach)
	for i := range out {
		out[i] = reflected(i-reach, n)
	}
	return out
}

// blurFloat blurs in float32, with the kernel that OpenCV takes for a sigma: four sigmas
// to each side.
func blurFloat(ctx context.Context, p Picture, sigma float64) ([]float32, error) {
	kernel := gaussian(sigma, int(math.RoundToEven(sigma*8+1))|1)
	taps := make([]float32, len(kernel))
	for i, k := range kernel {
		taps[i] = float32(k)
	}
	n, reach, line := p.Channels, len(taps)/2, p.W*p.Channels
	mid, out := make([]float32, len(p.Pix)), make([]float32, len(p.Pix))
	at := mirror(p.W, reach)
	err := rows(ctx, p.H, func(y int) {
		src, dst := p.Pix[y*line:][:line], mid[y*line:][:line]
		wide := make([]float32, len(at)*n)
		for x, s := range at {
			for c := range n {
				wide[x*n+c] = float32(src[s*n+c])
			}
		}
		for i := range dst {
			mirrored(taps, wide[i:], n, dst[i:i+1])
		}
	})
	if err != nil {
		return nil, err
	}
	at = mirror(p.H, reach)
	return out, rows(ctx, p.H, func(y int) {
		dst := out[y*line:][:line]
		addRow(dst, mid[y*line:][:line], taps[reach])
		for k := 1; k <= reach; k++ {
			a, b, f := mid[at[y+reach-k]*line:][:line], mid[at[y+reach+k]*line:][:line], taps[reach+k]
			for i := range dst {
				dst[i] += f * (a[i] + b[i])
			}
		}
	})
}

// mirrored sums taps over every n-th value from src on.
func mirrored(taps, src []float32, n int, dst []float32) {
	reach := len(taps) / 2
	v := taps[reach] * src[reach*n]
	for k := 1; k <= reach; k++ {
		v += taps[reach+k] * (src[(reach-k)*n] + src[(reach+k)*n])
	}
	dst[0] = v
}

func addRow(dst, src []float32, f float32) {
	for i, v := range src {
		dst[i] += f * v
	}
}

// byteKernel is a Gaussian of three sigmas to each side whose taps are 256ths and sum to
// one: what rounding a tap takes away goes to the next, and the middle gets the rest.
func byteKernel(sigma float64) []int32 {
	kernel := gaussian(sigma, int(math.RoundToEven(sigma*6+1))|1)
	out, lost, sum := make([]int32, len(kernel)), 0.0, int32(0)
	for i := range len(out) / 2 {
		v := kernel[i]*256 + lost
		out[i] = int32(math.RoundToEven(v))
		lost = v - float64(out[i])
		out[len(out)-1-i] = out[i]
		sum += 2 * out[i]
	}
	out[len(out)/2] = 256 - sum
	return out
}

// blurBytes blurs as OpenCV does with bytes: exact integers, rounded once.
func blurBytes(ctx context.Context, p Picture, sigma float64) (Picture, error) {
	taps := byteKernel(sigma)
	n, reach, line := p.Channels, len(taps)/2, p.W*p.Channels
	mid, out := make([]int32, len(p.Pix)), newPicture(p.W, p.H, n)
	at := mirror(p.W, reach)
	err := rows(ctx, p.H, func(y int) {
		src, dst := p.Pix[y*line:][:line], mid[y*line:][:line]
		wide := make([]int32, len(at)*n)
		for x, s := range at {
			for c := range n {
				wide[x*n+c] = int32(src[s*n+c])
			}
		}
		for k, f := range taps {
			if f != 0 {
				for i := range dst {
					dst[i] += f * wide[k*n+i]
				}
			}
		}
	})
	if err != nil {
		return Picture{}, err
	}
	at = mirror(p.H, reach)
	return out, rows(ctx, p.H, func(y int) {
		sum := make([]int32, line)
		for k, f := range taps {
			if f != 0 {
				for i, v := range mid[at[y+k]*line:][:line] {
					sum[i] += f * v
				}
			}
		}
		for i, v := range sum {
			out.Pix[y*line+i] = uint8((v + 1<<15) >> 16)
		}
	})
}

// blurred is the module blur_gaussian. A sigma of 0 or less is refused as OpenCV refuses it.
func blurred(ctx context.Context, p Picture, by Params) (Picture, error) {
	if err := positive("sigma", by.A, 4096); err != nil {
		return Picture{}, err
	}
	p, err := p.worked(ctx, by.Res)
	if err != nil {
		return Picture{}, err
	}
	return blurBytes(ctx, p, by.A)
}
