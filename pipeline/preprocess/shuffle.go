package preprocess

import (
	"context"
	"math"
	"math/rand/v2"
)

// shuffle moves every pixel of the map to a place that a smooth random field names (fields
// of 256 pixels), so that colours and textures stay and shapes are lost.
func shuffle(ctx context.Context, p Picture, by Params) (Picture, error) {
	p, err := p.worked(ctx, by.Res)
	if err != nil {
		return Picture{}, err
	}
	rng := rand.New(rand.NewPCG(uint64(by.Seed), 0))
	across, err := smoothField(ctx, rng, p.W, p.H)
	if err != nil {
		return Picture{}, err
	}
	down, err := smoothField(ctx, rng, p.W, p.H)
	if err != nil {
		return Picture{}, err
	}
	out := newPicture(p.W, p.H, 3)
	return out, rows(ctx, p.H, func(y int) {
		for x := range p.W {
			i := y*p.W + x
			p.between(out.Pix[3*i:3*i+3], across[i]*float64(p.W-1), down[i]*float64(p.H-1))
		}
	})
}

// between is the colour at a place between pixels, linear, the place in 32nds of a pixel.
func (p Picture) between(dst []uint8, x, y float64) {
	const parts = 32
	sx, sy := int(math.RoundToEven(x*parts)), int(math.RoundToEven(y*parts))
	x0, y0, fx, fy := sx/parts, sy/parts, sx%parts, sy%parts
	x1, y1 := min(x0+1, p.W-1), min(y0+1, p.H-1)
	for c := range dst {
		a, b := int(p.Pix[(y0*p.W+x0)*3+c]), int(p.Pix[(y0*p.W+x1)*3+c])
		d, e := int(p.Pix[(y1*p.W+x0)*3+c]), int(p.Pix[(y1*p.W+x1)*3+c])
		v := (a*(parts-fx)+b*fx)*(parts-fy) + (d*(parts-fx)+e*fx)*fy
		dst[c] = uint8((v + parts*parts/2) / (parts * parts))
	}
}

// smoothField is a w × h field from 0 to 1: random values, enlarged by the cubic of OpenCV.
func smoothField(ctx context.Context, rng *rand.Rand, w, h int) ([]float64, error) {
	const cell = 256
	nx, ny := w/cell+2, h/cell+2
	coarse := make([]float64, nx*ny)
	for i := range coarse {
		coarse[i] = rng.Float64()
	}
	columns := make([]place, w)
	for x := range columns {
		columns[x] = cubicAt(x+cell, nx, w+2*cell)
	}
	out, low, high := make([]float64, w*h), math.Inf(1), math.Inf(-1)
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := cubicAt(y+cell, ny, h+2*cell)
		for x := range columns {
			var v float64
			for j, a := range row.at {
				for i, b := range columns[x].at {
					v += row.weight[j] * columns[x].weight[i] * coarse[a*nx+b]
				}
			}
			out[y*w+x] = v
			low, high = min(low, v), max(high, v)
		}
	}
	for i := range out {
		if out[i] -= low; high > low {
			out[i] /= high - low
		}
	}
	return out, nil
}

// place is where a value lies between four others, and what each counts.
type place struct {
	at     [4]int
	weight [4]float64
}

// cubicAt is the place of pixel i when a line of from becomes one of to.
func cubicAt(i, from, to int) (p place) {
	f := float32((float64(i)+0.5)*stride(from, to) - 0.5)
	first := int(math.Floor(float64(f)))
	for k, w := range cubicWeights(f - float32(first)) {
		p.at[k], p.weight[k] = min(max(first-1+k, 0), from-1), float64(w)
	}
	return p
}
