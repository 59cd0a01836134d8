package people

import (
	"cmp"
	"math"
	"slices"
)

// anchorsOf are the places that a single-shot detector speaks about, in parts of its square: two for
// each cell of each of its layers, whose cells have these sides in pixels (Liu et al., SSD, 2016, with
// anchors of one fixed size).
func anchorsOf(side int, strides ...int) (all []point) {
	for i := 0; i < len(strides); {
		same := 1
		for i+same < len(strides) && strides[i+same] == strides[i] {
			same++
		}
		n := (side + strides[i] - 1) / strides[i]
		for y := range n {
			for x := range n {
				for range 2 * same {
					all = append(all, point{(float64(x) + 0.5) / float64(n), (float64(y) + 0.5) / float64(n)})
				}
			}
		}
		i += same
	}
	return all
}

var (
	bodyAnchors = anchorsOf(detectorSide, 8, 16, 32, 32, 32)
	palmAnchors = anchorsOf(palmSide, 8, 16, 16, 16)
)

// detection is what a detector found, in parts of its square.
type detection struct {
	score                    float64
	left, top, right, bottom float64
	points                   []point
}

// decode reads a detector's boxes and points, which are pixels from an anchor (x, y, width, height of a
// box; x, y of each point), and scores, which are logits; those below least are left out.
func decode(boxes, scores []float32, anchors []point, side int, least float64) (found []detection) {
	each, k := len(boxes)/len(anchors), float64(side)
	for i, a := range anchors {
		s := sigmoid(scores[i])
		if s < least {
			continue
		}
		v := boxes[i*each:][:each]
		x, y, w, h := a.x+float64(v[0])/k, a.y+float64(v[1])/k, float64(v[2])/k, float64(v[3])/k
		d := detection{score: s, left: x - w/2, top: y - h/2, right: x + w/2, bottom: y + h/2}
		for j := 4; j+1 < each; j += 2 {
			d.points = append(d.points, point{a.x + float64(v[j])/k, a.y + float64(v[j+1])/k})
		}
		found = append(found, d)
	}
	return found
}

// suppress keeps the surest of what lies on each other, at the mean of those by their scores (as
// BlazeFace does, Bazarevsky et al. 2019, section 3.4), the surest first.
func suppress(found []detection) (kept []detection) {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b detection) int { return cmp.Compare(b.score, a.score) })
	for len(found) > 0 {
		best := found[0]
		var rest, all []detection
		for _, d := range found {
			if d.overlap(best) > 0.3 || len(all) == 0 {
				all = append(all, d)
			} else {
				rest = append(rest, d)
			}
		}
		kept, found = append(kept, mean(all)), rest
	}
	return kept
}

// overlap is the area that two boxes share by that of both.
func (d detection) overlap(o detection) float64 {
	w := math.Min(d.right, o.right) - math.Max(d.left, o.left)
	h := math.Min(d.bottom, o.bottom) - math.Max(d.top, o.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / ((d.right-d.left)*(d.bottom-d.top) + (o.right-o.left)*(o.bottom-o.top) - w*h)
}

// box is where a detection is in the picture, by the view that it was found in: upright, as high and
// wide as the longer side of the box.
func (d detection) box(view region) region {
	at := view.out(point{(d.left + d.right) / 2, (d.top + d.bottom) / 2})
	return region{at.x, at.y, view.side * math.Max(d.right-d.left, d.bottom-d.top), 0}
}

func mean(all []detection) detection {
	out := detection{score: all[0].score, points: make([]point, len(all[0].points))}
	sum := 0.0
	for _, d := range all {
		sum += d.score
	}
	for _, d := range all {
		k := d.score / sum
		out.left, out.top, out.right, out.bottom = out.left+k*d.left, out.top+k*d.top, out.right+k*d.right, out.bottom+k*d.bottom
		for i, p := range d.points {
			out.points[i].x += k * p.x
			out.points[i].y += k * p.y
		}
	}
	return out
}

func sigmoid(v float32) float64 { return 1 / (1 + math.Exp(-float64(v))) }
