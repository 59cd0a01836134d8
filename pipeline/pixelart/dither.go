package pixelart

import (
	"context"
	"image"
	"math"
	"strings"

	"pentimento/pipeline/pixels"
)

// Dithers are the ways in which colours that are not there are mixed of those that are.
var Dithers = []string{"none", "bayer2", "bayer4", "bayer8", "floyd-steinberg", "atkinson"}

// lay gives each cell one of the colours.
func lay(ctx context.Context, c *cells, colours [][3]uint8, o Options) (*image.NRGBA, error) {
	l := laying{c, image.NewNRGBA(image.Rect(0, 0, c.w, c.h)), colours, labsOf(colours)}
	var err error
	switch {
	case o.Dither == "none" || len(colours) < 2:
		err = l.ordered(ctx, [][]float32{{0}})
	case strings.HasPrefix(o.Dither, "bayer"):
		err = l.ordered(ctx, bayer(int(o.Dither[len("bayer")]-'0'), float32(o.Amount)*l.spread()))
	default:
		err = l.diffused(ctx, diffusions[o.Dither], o.Amount)
	}
	return l.out, err
}

type laying struct {
	*cells
	out     *image.NRGBA
	colours [][3]uint8
	labs    []lab
}

func (l *laying) put(i, k int) {
	p := l.colours[k]
	copy(l.out.Pix[4*i:], []uint8{p[0], p[1], p[2], 255})
}

// ordered lifts and lowers the lightness of cells by a pattern before the nearest colour is taken.
func (l *laying) ordered(ctx context.Context, pattern [][]float32) error {
	n := len(pattern)
	for y := range l.h {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for x := range l.w {
			if i := y*l.w + x; l.there[i] {
				v := l.colour[i]
				v[0] += pattern[y%n][x%n]
				l.put(i, nearest(l.labs, v))
			}
		}
	}
	return nil
}

// bayer is Bayer's pattern of n × n (1973), n a power of 2, from −spread/2 to spread/2.
func bayer(n int, spread float32) [][]float32 {
	ranks := [][]int{{0}}
	for m := 1; m < n; m *= 2 {
		next := make([][]int, 2*m)
		for y := range next {
			next[y] = make([]int, 2*m)
			for x := range next[y] {
				next[y][x] = 4*ranks[y%m][x%m] + [2][2]int{{0, 2}, {3, 1}}[y/m][x/m]
			}
		}
		ranks = next
	}
	out := make([][]float32, n)
	for y := range out {
		out[y] = make([]float32, n)
		for x := range out[y] {
			out[y][x] = spread * ((float32(ranks[y][x])+0.5)/float32(n*n) - 0.5)
		}
	}
	return out
}

// spread is how far apart in lightness the colours lie on the mean, from the darkest to the brightest.
func (l *laying) spread() float32 {
	low, high := l.labs[0][0], l.labs[0][0]
	for _, v := range l.labs {
		low, high = min(low, v[0]), max(high, v[0])
	}
	return (high - low) / float32(max(len(l.labs)-1, 3))
}

// give is a share of an error, and the cell that takes it.
type give struct {
	x, y  int
	share float64
}

// diffusions are Floyd and Steinberg's (1976) and Atkinson's, which drops a quarter of the error: lights and shadows stay
// clear.
var diffusions = map[string][]give{
	"floyd-steinberg": {{1, 0, 7. / 16}, {-1, 1, 3. / 16}, {0, 1, 5. / 16}, {1, 1, 1. / 16}},
	"atkinson":        {{1, 0, 1. / 8}, {2, 0, 1. / 8}, {-1, 1, 1. / 8}, {0, 1, 1. / 8}, {1, 1, 1. / 8}, {0, 2, 1. / 8}},
}

// mostError bounds the error that a cell takes over, in linear light, by how far apart the colours lie: in places of a colour
// that the palette cannot mix it would add up without end, to specks of whatever colour is left.
func mostError(linear [][3]float64) float64 {
	sum := 0.0
	for i, a := range linear {
		least := math.Inf(1)
		for k, b := range linear {
			if i != k {
				least = min(least, max(math.Abs(a[0]-b[0]), math.Abs(a[1]-b[1]), math.Abs(a[2]-b[2])))
			}
		}
		sum += least
	}
	return max(0.8*sum/float64(len(linear)), 0.1)
}

// diffused gives each cell the colour nearest to it in OKLab and hands on what is missing, in linear light, to those that
// follow; rows go to and fro. Cells that are not there take and hand on nothing.
func (l *laying) diffused(ctx context.Context, to []give, amount float64) error {
	rows := [3][][3]float64{make([][3]float64, l.w), make([][3]float64, l.w), make([][3]float64, l.w)} // errors of this row and the next ones
	linear := make([][3]float64, len(l.colours))
	for k, p := range l.colours {
		linear[k] = [3]float64{pixels.Light[p[0]], pixels.Light[p[1]], pixels.Light[p[2]]}
	}
	most := mostError(linear)
	for y := range l.h {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for step := range l.w {
			x, way := step, 1
			if y%2 == 1 {
				x, way = l.w-1-step, -1
			}
			i := y*l.w + x
			if !l.there[i] {
				continue
			}
			want := l.colour[i].linear()
			for c := range want {
				want[c] = min(max(want[c]+min(max(rows[0][x][c], -most), most), 0), 1)
			}
			k := nearest(l.labs, labOf(want[0], want[1], want[2]))
			l.put(i, k)
			for _, g := range to {
				if at := x + way*g.x; at >= 0 && at < l.w {
					for c := range want {
						rows[g.y][at][c] += amount * g.share * (want[c] - linear[k][c])
					}
				}
			}
		}
		clear(rows[0])
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return nil
}

// linear is the colour's linear light.
func (a lab) linear() [3]float64 {
	return pixels.FromOKLab([3]float64{float64(a[0]), float64(a[1]), float64(a[2])})
}
