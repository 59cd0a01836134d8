package upscaler

import (
	"context"
	"math"

	"pentimento/pipeline/pixels"
)

// lanczos scales a picture to a size by Lanczos' filter of three lobes (Duchon 1979), stretched where
// the picture shrinks. Values are filtered in float32 and rounded once. Beyond its border the
// picture goes on as it ends. It ends with ctx.Err() when ctx ends, and reports parts done.
//
// 2026-11-28: of our own, because x/image/draw holds 32 bytes for each pixel between its two passes: 16k
// pixels a side are 8 GB there.
func lanczos(ctx context.Context, p *Picture, w, h int, report func(float64)) (*Picture, error) {
	if w == p.W && h == p.H {
		return p, nil
	}
	out := newPicture(w, h, p.Alpha != nil)
	across, down := pixels.Taps(p.W, w, 3, lobes), pixels.Taps(p.H, h, 3, lobes)
	const band = 32 // rows that share what they read
	bands := (h + band - 1) / band
	for done := 0; done < bands; done += 16 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pixels.InParallel(min(16, bands-done), func(i int) {
			from := (done + i) * band
			scaleBand(p, out, across, down, from, min(from+band, h))
		})
		report(float64(min(done+16, bands)) / float64(bands))
	}
	return out, nil
}

// scaleBand makes the rows [from, to) of out.
func scaleBand(p, out *Picture, across, down []pixels.Tap, from, to int) {
	first, last := p.H, 0
	for _, t := range down[from:to] {
		first, last = min(first, t.At[0]), max(last, t.At[len(t.At)-1])
	}
	channels := 3
	if p.Alpha != nil {
		channels = 4
	}
	n := out.W * channels
	rows, line := make([]float32, (last-first+1)*n), make([]float32, n)
	for y := first; y <= last; y++ {
		row := rows[(y-first)*n:][:n]
		for x, t := range across {
			for k, f := range t.Weight {
				i := y*p.W + t.At[k]
				px := p.Pix[3*i:][:3]
				for c, v := range px {
					row[x*channels+c] += f * float32(v)
				}
				if channels == 4 {
					row[x*4+3] += f * float32(p.Alpha[i])
				}
			}
		}
	}
	for y := from; y < to; y++ {
		clear(line)
		for k, f := range down[y].Weight {
			for i, v := range rows[(down[y].At[k]-first)*n:][:n] {
				line[i] += f * v
			}
		}
		for x := range out.W {
			for c, v := range line[x*channels:][:channels] {
				v16 := uint16(min(max(v, 0), 0xffff) + 0.5)
				if c == 3 {
					out.Alpha[y*out.W+x] = v16
				} else {
					out.Pix[3*(y*out.W+x)+c] = v16
				}
			}
		}
	}
}

// lobes is the kernel, of radius 3.
func lobes(t float64) float64 {
	switch t = math.Abs(t); {
	case t < 1e-9:
		return 1
	case t >= 3:
		return 0
	}
	a := math.Pi * t
	return 3 * math.Sin(a) * math.Sin(a/3) / (a * a)
}
