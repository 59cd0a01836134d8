package pixelart

import (
	"context"
	"image"
	"slices"
	"sync"

	"pentimento/pipeline/pixels"
)

// lab is a colour in OKLab: lightness 0 to 1, and two axes of hue.
type lab [3]float32

func (a lab) from(b lab) float32 {
	l, u, v := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return l*l + u*u + v*v
}

// encoded is a linear value in sRGB, 0 to 255.
func encoded(v float64) uint8 { return uint8(255*pixels.Encoded(min(max(v, 0), 1)) + 0.5) }

// labOf is a colour of linear light.
func labOf(r, g, b float64) lab {
	v := pixels.OKLab(r, g, b)
	return lab{float32(v[0]), float32(v[1]), float32(v[2])}
}

func labOfBytes(p []uint8) lab {
	return labOf(pixels.Light[p[0]], pixels.Light[p[1]], pixels.Light[p[2]])
}

// rgb is the colour in sRGB, cut to what that holds.
func (a lab) rgb() [3]uint8 {
	v := a.linear()
	return [3]uint8{encoded(v[0]), encoded(v[1]), encoded(v[2])}
}

// cells are the colours of all cells; those that are not there are transparent.
type cells struct {
	w, h   int
	colour []lab
	there  []bool
}

// cellsOf gives each cell one colour, of its pixels that are more there than not.
func cellsOf(ctx context.Context, img *image.NRGBA, grid image.Point, o Options, report func(float64)) (*cells, error) {
	c := &cells{grid.X, grid.Y, make([]lab, grid.X*grid.Y), make([]bool, grid.X*grid.Y)}
	size := img.Rect.Size()
	var mu sync.Mutex // report is called by one at a time
	rows := 0
	pixels.InParallel(grid.Y, func(y int) {
		var seen [][3]uint8
		for x := range grid.X {
			if ctx.Err() != nil {
				return
			}
			var in image.Rectangle
			in.Min.X, in.Max.X = o.span(x, size.X, grid.X)
			in.Min.Y, in.Max.Y = o.span(y, size.Y, grid.Y)
			if o.Taken == "centre" {
				in.Min = in.Min.Add(in.Max).Div(2)
				in.Min.X, in.Min.Y = min(in.Min.X, in.Max.X-1), min(in.Min.Y, in.Max.Y-1)
				in.Max = in.Min.Add(image.Pt(1, 1))
			}
			seen = seen[:0]
			for py := in.Min.Y; py < in.Max.Y; py++ {
				row := img.Pix[py*img.Stride:]
				for px := in.Min.X; px < in.Max.X; px++ {
					if p := row[4*px : 4*px+4]; p[3] > 127 {
						seen = append(seen, [3]uint8(p))
					}
				}
			}
			if 2*len(seen) < in.Dx()*in.Dy() || len(seen) == 0 {
				continue
			}
			c.there[y*c.w+x], c.colour[y*c.w+x] = true, taken(seen, o.Taken)
		}
		mu.Lock()
		defer mu.Unlock()
		rows++
		report(0.5 * float64(rows) / float64(grid.Y))
	})
	return c, ctx.Err()
}

// taken is the colour that stands for some pixels.
func taken(seen [][3]uint8, how string) lab {
	if how == "mean" || len(seen) == 1 {
		return meanLight(seen)
	}
	labs := make([]lab, len(seen))
	for i, p := range seen {
		labs[i] = labOfBytes(p[:])
	}
	if how == "median" {
		var out lab
		for c := range out {
			slices.SortFunc(labs, func(a, b lab) int {
				switch {
				case a[c] < b[c]:
					return -1
				case a[c] > b[c]:
					return 1
				}
				return 0
			})
			out[c] = (labs[(len(labs)-1)/2][c] + labs[len(labs)/2][c]) / 2
		}
		return out
	}
	return larger(labs)
}

func meanLight(seen [][3]uint8) lab {
	var r, g, b float64
	for _, p := range seen {
		r, g, b = r+pixels.Light[p[0]], g+pixels.Light[p[1]], b+pixels.Light[p[2]]
	}
	n := float64(len(seen))
	return labOf(r/n, g/n, b/n)
}

// larger is the mean of the larger of two groups, which begin at the darkest and the brightest colour: where an
// outline fills most of a cell, the cell is of its colour alone and not of a mixture.
func larger(labs []lab) lab {
	low, high := labs[0], labs[0]
	for _, v := range labs {
		if v[0] < low[0] {
			low = v
		}
		if v[0] > high[0] {
			high = v
		}
	}
	for range 4 {
		var sums [2]lab
		var n [2]float32
		for _, v := range labs {
			k := 0
			if v.from(high) < v.from(low) {
				k = 1
			}
			n[k]++
			for c := range v {
				sums[k][c] += v[c]
			}
		}
		for k, mid := range []*lab{&low, &high} {
			if n[k] > 0 {
				*mid = lab{sums[k][0] / n[k], sums[k][1] / n[k], sums[k][2] / n[k]}
			}
		}
		if n[1] > n[0] { // the answer comes first
			low, high = high, low
		}
	}
	return low
}
