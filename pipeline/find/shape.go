package find

import (
	"cmp"
	"image"
	"math"
	"slices"

	"pentimento/pipeline/people"
)

// polygon is a mask of the pixels whose middles lie within one of several closed lines, in a picture of a size.
func polygon(size image.Point, lines ...[]people.Place) *image.Alpha {
	box := around(lines...)
	r := boxOf(box[0], box[1], box[2], box[3], size)
	m := image.NewAlpha(r)
	for _, line := range lines {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
			at := crossings(line, float64(y)+0.5)
			for i := 0; i+1 < len(at); i += 2 {
				from := max(int(math.Ceil(math.Max(at[i], float64(r.Min.X))-0.5)), r.Min.X)
				for x := from; x < r.Max.X && float64(x)+0.5 < at[i+1]; x++ {
					row[x-r.Min.X] = 255
				}
			}
		}
	}
	return m
}

// crossings are where a closed line crosses a height, from left to right.
func crossings(line []people.Place, y float64) (at []float64) {
	for i, a := range line {
		b := line[(i+1)%len(line)]
		if (a.Y <= y) != (b.Y <= y) {
			at = append(at, a.X+(y-a.Y)/(b.Y-a.Y)*(b.X-a.X))
		}
	}
	slices.Sort(at)
	return at
}

// around is the box about all places: left, top, right, bottom.
func around(lines ...[]people.Place) [4]float64 {
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, line := range lines {
		for _, p := range line {
			box = [4]float64{math.Min(box[0], p.X), math.Min(box[1], p.Y), math.Max(box[2], p.X), math.Max(box[3], p.Y)}
		}
	}
	return box
}

// hull is the convex line about places (Andrew's monotone chain, 1979).
func hull(all []people.Place) []people.Place {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b people.Place) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	turns := func(a, b, c people.Place) bool { return (b.X-a.X)*(c.Y-a.Y)-(b.Y-a.Y)*(c.X-a.X) <= 0 }
	var out []people.Place
	for pass, least := 0, 2; pass < 2; pass++ {
		for _, p := range all {
			for len(out) >= least && turns(out[len(out)-2], out[len(out)-1], p) {
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		slices.Reverse(all)
		out, least = out[:len(out)-1], len(out)+1
	}
	return out
}

// spread moves places away from their middle, by parts of how far they are from it, and by a length.
func spread(line []people.Place, by, more float64) []people.Place {
	var mid people.Place
	for _, p := range line {
		mid.X += p.X / float64(len(line))
		mid.Y += p.Y / float64(len(line))
	}
	out := make([]people.Place, len(line))
	for i, p := range line {
		dx, dy := p.X-mid.X, p.Y-mid.Y
		k := by + more/math.Max(math.Hypot(dx, dy), 1e-6)
		out[i] = people.Place{X: mid.X + dx*k, Y: mid.Y + dy*k}
	}
	return out
}
