package cut

import (
	"context"
	"math"
)

// step is the side of a superpixel, in pixels of the level that they are made on.
const step = 11

// stiff is how much a superpixel holds to its place against its colour: a step away counts as
// a colour so far apart.
const stiff = 9

// superpixels divides a level into patches of one colour by a k-means over colour and place
// (SLIC: Achanta et al., PAMI 2012) from a grid of centres, where a pixel chooses among the
// nine centres around it. It returns the colours, as they are and blurred by a pixel, and the
// number of each pixel's patch, 0 and up; each hangs together.
func superpixels(ctx context.Context, l *level) (sharp, colours []lab, label []int32, patches int) {
	w, h := l.w(), l.h()
	colours = make([]lab, w*h)
	sharp = make([]lab, w*h)
	parts(h, func(from, to int) {
		for i := from * w; i < to*w; i++ {
			sharp[i] = toLab(l.pix[3*i:])
		}
	})
	parts(h, func(from, to int) { blur(colours, sharp, w, h, from, to) })
	label = make([]int32, w*h)
	gw, gh := max(w/step, 1), max(h/step, 1)
	centres := make([]centre, gw*gh)
	for i := range centres {
		x, y := (2*(i%gw)+1)*w/(2*gw), (2*(i/gw)+1)*h/(2*gh)
		centres[i] = centre{colours[y*w+x], float32(x), float32(y)}
	}
	for range 5 {
		if ctx.Err() != nil {
			return nil, nil, nil, 0
		}
		parts(h, func(from, to int) { assign(label, colours, centres, w, h, gw, gh, from, to) })
		recentre(centres, label, colours, w)
	}
	label, patches = whole(label, colours, w, h)
	return sharp, colours, label, patches
}

type centre struct {
	colour lab
	x, y   float32
}

// blur is a binomial of 3×3 for rows from..to.
func blur(dst, src []lab, w, h, from, to int) {
	for y := from; y < to; y++ {
		up, mid, down := src[max(y-1, 0)*w:], src[y*w:], src[min(y+1, h-1)*w:]
		for x := range w {
			a, b := max(x-1, 0), min(x+1, w-1)
			for c := range 3 {
				dst[y*w+x][c] = (up[a][c] + 2*up[x][c] + up[b][c] + 2*(mid[a][c]+2*mid[x][c]+mid[b][c]) + down[a][c] + 2*down[x][c] + down[b][c]) / 16
			}
		}
	}
}

func assign(label []int32, colours []lab, centres []centre, w, h, gw, gh, from, to int) {
	const held = float32(stiff*stiff) / (step * step)
	for y := from; y < to; y++ {
		cy := y * gh / h
		for x := range w {
			cx := x * gw / w
			best, near := int32(0), float32(math.MaxFloat32)
			p := colours[y*w+x]
			for j := max(cy-1, 0); j <= min(cy+1, gh-1); j++ {
				for i := max(cx-1, 0); i <= min(cx+1, gw-1); i++ {
					c := &centres[j*gw+i]
					dx, dy := float32(x)-c.x, float32(y)-c.y
					if d := apart2(p, c.colour) + held*(dx*dx+dy*dy); d < near {
						best, near = int32(j*gw+i), d
					}
				}
			}
			label[y*w+x] = best
		}
	}
}

func recentre(centres []centre, label []int32, colours []lab, w int) {
	sums := make([][6]float64, len(centres))
	for i, k := range label {
		s := &sums[k]
		s[0]++
		for c := range 3 {
			s[1+c] += float64(colours[i][c])
		}
		s[4] += float64(i % w)
		s[5] += float64(i / w)
	}
	for k := range centres {
		if n := sums[k][0]; n > 0 {
			centres[k] = centre{lab{float32(sums[k][1] / n), float32(sums[k][2] / n), float32(sums[k][3] / n)}, float32(sums[k][4] / n), float32(sums[k][5] / n)}
		}
	}
}

// whole numbers what hangs together anew; crumbs go to the patch beside them that is most alike.
func whole(label []int32, colours []lab, w, h int) ([]int32, int) {
	out := make([]int32, len(label))
	for i := range out {
		out[i] = -1
	}
	n := 0
	var todo, all []int32
	for at := range label {
		if out[at] >= 0 {
			continue
		}
		todo, all = append(todo[:0], int32(at)), append(all[:0], int32(at))
		out[at] = int32(n)
		beside, near := int32(-1), float32(math.MaxFloat32)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			around(int(i), w, h, func(j int) {
				switch {
				case out[j] < 0 && label[j] == label[at]:
					out[j] = int32(n)
					todo, all = append(todo, int32(j)), append(all, int32(j))
				case out[j] >= 0 && out[j] != int32(n):
					if d := apart2(colours[i], colours[j]); d < near {
						beside, near = out[j], d
					}
				}
			})
		}
		if len(all) < step*step/5 && beside >= 0 {
			for _, i := range all {
				out[i] = beside
			}
			continue
		}
		n++
	}
	return out, n
}

// around calls do for the up to four neighbours of a pixel.
func around(i, w, h int, do func(j int)) {
	x, y := i%w, i/w
	if x > 0 {
		do(i - 1)
	}
	if x < w-1 {
		do(i + 1)
	}
	if y > 0 {
		do(i - w)
	}
	if y < h-1 {
		do(i + w)
	}
}
