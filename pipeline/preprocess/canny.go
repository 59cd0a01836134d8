package preprocess

import (
	"context"
	"math"
)

// canny is the module: edges of the padded picture, in grey.
func canny(ctx context.Context, p Picture, by Params) (Picture, error) {
	p, err := p.worked(ctx, by.Res)
	if err != nil {
		return Picture{}, err
	}
	edges, err := edgesOf(ctx, p.padded(), by.A, by.B)
	if err != nil {
		return Picture{}, err
	}
	return edges.cropped(0, 0, p.W, p.H), nil
}

// slopes are the gradient of a picture by Sobel's 3 × 3: per pixel that of the channel in
// which |dx| + |dy| is largest, the first of equal ones. The edges go on outward.
type slopes struct {
	dx, dy []int16
	size   []int16 // |dx| + |dy|, with a border of one pixel that is 0
}

func sobel(ctx context.Context, p Picture) (slopes, error) {
	n, wide := p.Channels, p.W+2
	s := slopes{make([]int16, p.W*p.H), make([]int16, p.W*p.H), make([]int16, wide*(p.H+2))}
	return s, rows(ctx, p.H, func(y int) {
		above, here, below := p.Pix[max(y-1, 0)*p.W*n:], p.Pix[y*p.W*n:], p.Pix[min(y+1, p.H-1)*p.W*n:]
		dx, dy, size := s.dx[y*p.W:][:p.W], s.dy[y*p.W:][:p.W], s.size[(y+1)*wide+1:][:p.W]
		for x := range p.W {
			l, m, r := max(x-1, 0)*n, x*n, min(x+1, p.W-1)*n
			best := int16(-1)
			for c := range n {
				al, ar, bl, br := int16(above[l+c]), int16(above[r+c]), int16(below[l+c]), int16(below[r+c])
				gx := ar + br + 2*int16(here[r+c]) - al - bl - 2*int16(here[l+c])
				gy := bl + br + 2*int16(below[m+c]) - al - ar - 2*int16(above[m+c])
				if g := max(gx, -gx) + max(gy, -gy); g > best {
					best, dx[x], dy[x] = g, gx, gy
				}
			}
			size[x] = best
		}
	})
}

// edgesOf is Canny's detector (1986) as OpenCV has it: the L1 norm of the gradient, ridges
// along four directions, and of those above low the ones that touch, over others, one above
// high. 255 is an edge.
func edgesOf(ctx context.Context, p Picture, low, high float64) (Picture, error) {
	if low > high {
		low, high = high, low
	}
	bound := func(v float64) int16 { return int16(min(max(math.Floor(v), -1), math.MaxInt16)) }
	lo, hi := bound(low), bound(high)
	s, err := sobel(ctx, p)
	if err != nil {
		return Picture{}, err
	}
	const weak, strong = 1, 255
	wide := p.W + 2
	marks := make([]uint8, wide*(p.H+2)) // a border that is no edge
	err = rows(ctx, p.H, func(y int) {
		at := (y+1)*wide + 1
		for x := range p.W {
			if i := at + x; s.size[i] > lo && s.ridge(i, y*p.W+x, wide) {
				marks[i] = weak
				if s.size[i] > hi {
					marks[i] = strong
				}
			}
		}
	})
	if err != nil {
		return Picture{}, err
	}
	follow(marks, wide, weak, strong)
	out := newPicture(p.W, p.H, 1)
	for y := range p.H {
		for x, m := range marks[(y+1)*wide+1:][:p.W] {
			if m == strong {
				out.Pix[y*p.W+x] = 255
			}
		}
	}
	return out, nil
}

// ridge says whether the gradient at i is a maximum across the edge; tan 22.5° in 15 bits.
func (s *slopes) ridge(i, at, wide int) bool {
	const tan = 13573
	m := s.size[i]
	x, y := int32(s.dx[at]), int32(s.dy[at])
	ax, ay := max(x, -x), max(y, -y)<<15
	switch flat := ax * tan; {
	case ay < flat:
		return m > s.size[i-1] && m >= s.size[i+1]
	case ay > flat+ax<<16:
		return m > s.size[i-wide] && m >= s.size[i+wide]
	case x^y < 0:
		return m > s.size[i-wide+1] && m > s.size[i+wide-1]
	}
	return m > s.size[i-wide-1] && m > s.size[i+wide+1]
}

// follow makes strong what is weak and touches, over others, something strong.
func follow(marks []uint8, wide int, weak, strong uint8) {
	var todo []int
	for i, m := range marks {
		if m == strong {
			todo = append(todo, i)
		}
	}
	around := [8]int{-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range around {
			if marks[i+d] == weak {
				marks[i+d] = strong
				todo = append(todo, i+d)
			}
		}
	}
}
