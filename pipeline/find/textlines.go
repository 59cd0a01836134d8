package find

import (
	"image"
	"math"

	"pentimento/pipeline/people"
	"pentimento/pipeline/pixels"
)

// What follows the network is that of differentiable binarization (Liao et al., Real-time Scene Text Detection with
// Differentiable Binarization, 2020, section 3.5) with PaddleOCR's numbers: places above inText that hang together are a line,
// whose narrowest rectangle is moved outwards by its area times outwards through its length, since the network was
// taught to see lines shrunk by as much.
const (
	inText   = 0.3
	outwards = 1.5
	// Sides of rectangles that are shorter are specks, before they grow and after.
	leastSide, leastGrown = 3, 5
	// A patch that takes less of its rectangle is bent, as text about a seal is, and is grown by itself: the rectangle
	// would cover what the line runs around.
	straight = 0.5
	mostText = 1000
)

// line is a line of text in pixels of the picture.
type line struct {
	mask  *image.Alpha
	area  int // pixels of the mask
	score float64
}

// linesIn reads a map of rows of w values: the lines whose mean is at least so high and that are no taller than that, in
// pixels of the map, as they lie in a picture of a size.
func linesIn(v []float32, w int, least, tallest float64, size image.Point) (all []line) {
	h := len(v) / w
	toPicture := func(x, y float64) people.Place {
		return people.Place{X: x * float64(size.X) / float64(w), Y: y * float64(size.Y) / float64(h)}
	}
	for _, patch := range patches(v, w, inText) {
		if len(all) == mostText {
			break
		}
		r := narrowest(rim(patch, w))
		long, short := max(r.w, r.h), min(r.w, r.h)
		if short < leastSide {
			continue
		}
		by := long * short * outwards / (2 * (long + short))
		l := line{}
		if float64(len(patch)) < straight*long*short {
			thick := 2 * float64(len(patch)) / float64(outline(patch, w, len(v)))
			l.score = mean(v, patch)
			l.mask = bent(patch, w, h, int(math.Round(thick*outwards/2)), size)
		} else {
			l.score = r.mean(v, w)
			grown := r.wider(by)
			if short = min(grown.w, grown.h); short < leastGrown || short > tallest {
				continue
			}
			var corners []people.Place
			for _, c := range grown.corners() {
				corners = append(corners, toPicture(c.X, c.Y))
			}
			l.mask = polygon(size, corners)
		}
		for _, a := range l.mask.Pix {
			if a > 0 {
				l.area++
			}
		}
		if l.score >= least && l.area > 0 {
			all = append(all, l)
		}
	}
	return all
}

// rim are the middles of the first and the last place of each row and each column of a patch: all that its hull needs.
func rim(patch []int, w int) (all []people.Place) {
	rows := map[int][2]int{}
	for _, i := range patch {
		x, y := i%w, i/w
		ends, ok := rows[y]
		if !ok {
			ends = [2]int{x, x}
		}
		rows[y] = [2]int{min(ends[0], x), max(ends[1], x)}
	}
	for y, ends := range rows {
		for _, x := range ends {
			all = append(all, people.Place{X: float64(x) + 0.5, Y: float64(y) + 0.5})
		}
	}
	return all
}

// turned is a rectangle that may be turned: its middle, its sides, and the direction of the first.
type turned struct{ x, y, w, h, cos, sin float64 }

// narrowest is the rectangle of the least area about places. One of its sides lies along the hull's (Freeman and Shapira, 1975).
func narrowest(all []people.Place) (best turned) {
	line := hull(all)
	if len(line) == 0 {
		line = all[:1]
	}
	least := math.Inf(1)
	for i, a := range line {
		b := line[(i+1)%len(line)]
		far := math.Hypot(b.X-a.X, b.Y-a.Y)
		cos, sin := 1.0, 0.0
		if far > 0 {
			cos, sin = (b.X-a.X)/far, (b.Y-a.Y)/far
		}
		lowU, highU, lowV, highV := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range line {
			u, v := p.X*cos+p.Y*sin, p.Y*cos-p.X*sin
			lowU, highU, lowV, highV = math.Min(lowU, u), math.Max(highU, u), math.Min(lowV, v), math.Max(highV, v)
		}
		if area := (highU - lowU) * (highV - lowV); area < least {
			u, v := (lowU+highU)/2, (lowV+highV)/2
			least, best = area, turned{u*cos - v*sin, u*sin + v*cos, highU - lowU, highV - lowV, cos, sin}
		}
	}
	return best
}

// wider is a rectangle whose sides are moved outwards.
func (r turned) wider(by float64) turned {
	r.w, r.h = r.w+2*by, r.h+2*by
	return r
}

// corners are its corners in their order.
func (r turned) corners() (out []people.Place) {
	for _, c := range [4][2]float64{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}} {
		u, v := c[0]*r.w, c[1]*r.h
		out = append(out, people.Place{X: r.x + u*r.cos - v*r.sin, Y: r.y + u*r.sin + v*r.cos})
	}
	return out
}

// mean is the mean of a map within a rectangle.
func (r turned) mean(v []float32, w int) float64 {
	m := polygon(image.Pt(w, len(v)/w), r.corners())
	sum, n := 0.0, 0
	for i, a := range m.Pix {
		if a > 0 {
			sum += float64(v[(m.Rect.Min.Y+i/m.Stride)*w+m.Rect.Min.X+i%m.Stride])
			n++
		}
	}
	return sum / math.Max(float64(n), 1)
}

// mean is the mean of a map over some of its places.
func mean(v []float32, places []int) (sum float64) {
	for _, i := range places {
		sum += float64(v[i])
	}
	return sum / float64(len(places))
}

// outline is how many places of a patch touch what is not of it, in a map of n values.
func outline(patch []int, w, n int) (count int) {
	in := make(map[int]bool, len(patch))
	for _, i := range patch {
		in[i] = true
	}
	for _, i := range patch {
		near := beside(i, w, n)
		inside := len(near) == 4
		for _, j := range near {
			inside = inside && in[j]
		}
		if !inside {
			count++
		}
	}
	return max(count, 1)
}

// bent is a patch of a map of w × h values, grown by so many of them, in a picture of a size.
func bent(patch []int, w, h, by int, size image.Point) *image.Alpha {
	box := image.Rectangle{}
	for _, i := range patch {
		box = box.Union(image.Rect(i%w, i/w, i%w+1, i/w+1))
	}
	m := image.NewAlpha(box)
	for _, i := range patch {
		m.Pix[m.PixOffset(i%w, i/w)] = 255
	}
	m = rounded(m, by, image.Rect(0, 0, w, h))
	part := func(n, of, to int) float64 { return float64(n) * float64(to) / float64(of) }
	out := image.NewAlpha(boxOf(part(m.Rect.Min.X, w, size.X), part(m.Rect.Min.Y, h, size.Y), part(m.Rect.Max.X, w, size.X), part(m.Rect.Max.Y, h, size.Y), size))
	for y := out.Rect.Min.Y; y < out.Rect.Max.Y; y++ {
		for x := out.Rect.Min.X; x < out.Rect.Max.X; x++ {
			out.Pix[out.PixOffset(x, y)] = m.AlphaAt((2*x+1)*w/(2*size.X), (2*y+1)*h/(2*size.Y)).A
		}
	}
	return pixels.CropMask(out, pixels.Bounds(out))
}
