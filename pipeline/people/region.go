package people

import (
	"math"

	"pentimento/pipeline/preprocess"
)

type point struct{ x, y float64 }

// region is a square in a picture's pixels, turned clockwise by an angle.
type region struct{ x, y, side, angle float64 }

// out brings a place in parts of the region to pixels of the picture.
func (r region) out(p point) point {
	sin, cos := math.Sincos(r.angle)
	dx, dy := (p.x-0.5)*r.side, (p.y-0.5)*r.side
	return point{r.x + dx*cos - dy*sin, r.y + dx*sin + dy*cos}
}

// all brings n places to the picture that a network gives as x, y and depth in pixels of its square.
func (r region) all(v []float32, n, side int) []landmark {
	out := make([]landmark, n)
	for i := range out {
		at := r.out(point{float64(v[3*i]) / float64(side), float64(v[3*i+1]) / float64(side)})
		out[i] = landmark{at.x, at.y, 1}
	}
	return out
}

// like says whether two regions show the same.
func (r region) like(o region) bool {
	return math.Hypot(r.x-o.x, r.y-o.y) < 0.15*max(r.side, o.side) && max(r.side, o.side) < 1.5*min(r.side, o.side)
}

func (r region) grown(by float64) region {
	r.side *= by
	return r
}

// shifted moves the region along its own upright by parts of its side.
func (r region) shifted(by float64) region {
	at := r.out(point{0.5, 0.5 + by})
	r.x, r.y = at.x, at.y
	return r
}

// facing turns the region so that one place lies above another.
func (r region) facing(low, high point) region {
	r.angle = math.Atan2(high.x-low.x, low.y-high.y)
	return r
}

// between is the square around a centre that reaches to a place, which it has above it.
func between(centre, top point) region {
	return region{x: centre.x, y: centre.y, side: 2 * math.Hypot(top.x-centre.x, top.y-centre.y)}.facing(centre, top)
}

// around is the square about all places, turned so that a line from one place to another is level.
func around(all []landmark, left, right landmark) region {
	r := region{angle: math.Atan2(right.y-left.y, right.x-left.x)}
	return r.about(all)
}

// about is the square about all places in the region's direction.
func (r region) about(all []landmark) region {
	sin, cos := math.Sincos(r.angle)
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, l := range all {
		x, y := l.x*cos+l.y*sin, l.y*cos-l.x*sin
		low = point{math.Min(low.x, x), math.Min(low.y, y)}
		high = point{math.Max(high.x, x), math.Max(high.y, y)}
	}
	x, y := (low.x+high.x)/2, (low.y+high.y)/2
	return region{x*cos - y*sin, x*sin + y*cos, math.Max(high.x-low.x, high.y-low.y), r.angle}
}

// aroundHand is where a hand is looked at again, by its palm: from the wrist to the knuckles it
// points upward.
func aroundHand(hand []landmark) region {
	up := point{(hand[5].x+hand[13].x)/4 + hand[9].x/2, (hand[5].y+hand[13].y)/4 + hand[9].y/2}
	r := region{}.facing(point{hand[0].x, hand[0].y}, up)
	var palm []landmark
	for _, i := range [12]int{0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18} {
		palm = append(palm, hand[i])
	}
	return r.about(palm).shifted(-0.1).grown(2)
}

// cut is the region as side × side pixels of three channels from low to 1; beyond the picture it
// is black. Where the picture shrinks, several places of a pixel are averaged.
func (r region) cut(p preprocess.Picture, side int, low float32) []float32 {
	out := make([]float32, 0, 3*side*side)
	n := min(max(int(math.Ceil(r.side/float64(side))), 1), 8)
	step := 1 / float64(side*n)
	scale := (1 - low) / 255 / float32(n*n)
	for y := range side {
		for x := range side {
			var sum [3]float32
			for i := range n * n {
				at := r.out(point{(float64(x*n+i%n) + 0.5) * step, (float64(y*n+i/n) + 0.5) * step})
				mix(p, at, &sum)
			}
			for _, v := range sum {
				out = append(out, v*scale+low)
			}
		}
	}
	return out
}

// mix adds the colour at a place, linearly between pixels' middles.
func mix(p preprocess.Picture, at point, sum *[3]float32) {
	x, y := at.x-0.5, at.y-0.5
	if !(x > -1 && y > -1 && x < float64(p.W) && y < float64(p.H)) {
		return
	}
	x0, y0 := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
	for i, share := range [4]float32{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy} {
		u, v := x0+i%2, y0+i/2
		if u < 0 || v < 0 || u >= p.W || v >= p.H {
			continue
		}
		for c := range 3 {
			sum[c] += share * float32(p.Pix[3*(v*p.W+u)+c])
		}
	}
}
