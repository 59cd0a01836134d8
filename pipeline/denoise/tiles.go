package denoise

import (
	"image"
	"math"

	"pentimento/pipeline/tensor"
)

// Tiles are boxes of one size that cover a latent, row by row, in its cells: as few as leave an
// overlap of at least so many, spread evenly (MultiDiffusion: Bar-Tal et al. 2023,
// arXiv:2302.08113; the layout is that of pkuliyi2015's extension). A tile is not larger than the
// latent, and the overlap leaves at least four cells of it. size and tile must be above 0.
func Tiles(size, tile image.Point, overlap int) []image.Rectangle {
	tile.X, tile.Y = min(tile.X, size.X), min(tile.Y, size.Y)
	overlap = max(0, min(overlap, min(tile.X, tile.Y)-4))
	xs, ys := starts(size.X, tile.X, overlap), starts(size.Y, tile.Y, overlap)
	var out []image.Rectangle
	for _, y := range ys {
		for _, x := range xs {
			out = append(out, image.Rectangle{Max: tile}.Add(image.Pt(x, y)))
		}
	}
	return out
}

// starts are where tiles begin along one axis.
func starts(size, tile, overlap int) []int {
	n := (size - overlap + tile - overlap - 1) / (tile - overlap)
	out := []int{0}
	for i := 1; i < n; i++ {
		step := float64(size-tile) / float64(n-1)
		out = append(out, min(int(float64(i)*step), size-tile))
	}
	return out
}

// Gaussian are a tile's weights [h,w] in a mixture of diffusers (Jiménez 2023, arXiv:2302.02412,
// section 3.2), with variance 0.01 of the squared width along both axes. The middle lies at
// (w−1)/2 and h/2, as in the extension.
func Gaussian(size image.Point) *tensor.Tensor {
	const variance = 0.01
	bell := func(at, middle float64) float64 {
		d := (at - middle) / float64(size.X)
		return math.Exp(-d*d/(2*variance)) / math.Sqrt(2*math.Pi*variance)
	}
	return filled(size, func(x, y int) float64 {
		return bell(float64(x), float64(size.X-1)/2) * bell(float64(y), float64(size.Y)/2)
	})
}

// Feather is by how much a box [h,w] covers what is below: 1, but towards its edges the square
// of the distance from them over the ratio's share of half its shorter side. The middle row and column
// of odd sizes are 1 throughout, as in the extension.
func Feather(size image.Point, ratio float64) *tensor.Tensor {
	radius := int(float64(min(size.X/2, size.Y/2)) * ratio)
	return filled(size, func(x, y int) float64 {
		x, y = min(x, size.X-1-x), min(y, size.Y-1-y)
		near := min(x, y)
		if near >= radius || x >= size.X/2 || y >= size.Y/2 {
			return 1
		}
		at := float64(near) / float64(radius)
		return at * at
	})
}

// Ramped is a box's share of a picture's size: strength, rising from the edges within the picture over
// at most eight cells and a quarter of the box (ComfyUI, get_area_and_mult).
func Ramped(box image.Rectangle, size image.Point, strength float64) *tensor.Tensor {
	ramp := func(at, long int, open bool) float64 { // at cells from an edge
		n := min(8, long/4)
		if !open || at >= n {
			return 1
		}
		return float64(at+1) / float64(n)
	}
	w, h := box.Dx(), box.Dy()
	return filled(box.Size(), func(x, y int) float64 {
		return strength * ramp(y, h, box.Min.Y > 0) * ramp(h-1-y, h, box.Max.Y < size.Y) *
			ramp(x, w, box.Min.X > 0) * ramp(w-1-x, w, box.Max.X < size.X)
	})
}

func filled(size image.Point, value func(x, y int) float64) *tensor.Tensor {
	out := tensor.New(size.Y, size.X)
	for i := range out.Data {
		out.Data[i] = float32(value(i%size.X, i/size.X))
	}
	return out
}
