package region

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// How unlike two means of a picture are where a fade ends, in levels: below alike it is kept, from unlike on there is none.
// A thing that a mask cuts through has a shading, and what takes its place may be very unlike it: between the old picture inside
// and outside a share of what the old and the new picture differ by is allowed in any case. What is beyond may be twice as unlike:
// around a rest of a thing it is as unlike as the new picture is.
const (
	alike       = 5
	unlike      = 18
	alikeShare  = 0.2
	unlikeShare = 0.5
	beyondShare = 0.5
)

const (
	insideReach  = 1 // means inside a selection are over windows of 2·insideReach+1 pixels: edges are seen where they are
	outsideReach = 2 // outside they are wider: a rest of a thing, a pixel wide, is not the picture that goes on
	followReach  = 3 // how far along the border a thing may have come from in one step inward
	beyondReach  = 8 // how far outside a thing must be found again to be one that goes on, and no rest of what is covered
	// What is left of a fade is averaged over windows of 2·softReach+1 pixels. What is missing there counts so much more that
	// nothing is left from the first pixel of a thing on, whose window is softReach+1 rows of it.
	softReach = 2
	softGain  = (2.*softReach + 1) / (softReach + 1)
)

// FadeAlike ends a fade inside a selection where it would show a thing that was covered: made is laid there as selection says.
// A fade stays where the means of old and made around a pixel are alike, and where old goes on inside as it is outside, from the
// border inward without a break: there a mask cuts through something, and a fade is better than a step. What a mask left of
// a thing, a gap between two strokes or a tip of it, doesn't count as outside, or it would grow by the fade. fade is at most
// selection, all have equal bounds; what is returned is at least fade and at most selection.
func FadeAlike(fade, selection *image.Alpha, old, made *image.NRGBA) *image.Alpha {
	out := pixels.CloneMask(fade)
	j := newJoint(fade, selection, old)
	j.compare(selection, old, made)
	j.follow()
	w := fade.Rect.Dx()
	rows(fade.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			to, full := out.Pix[y*out.Stride:][:w], selection.Pix[y*selection.Stride:][:w]
			for x, v := range to {
				if v < full[x] {
					to[x] = full[x] - uint8(math.Round(float64(full[x]-v)*j.around(x, y)))
				}
			}
		}
	})
	return out
}

// colour is a mean, in levels.
type colour [3]float32

// apart is how far two colours are apart in the channel that differs most.
func (c colour) apart(d colour) float64 {
	far := float32(0)
	for k, v := range c {
		far = max(far, v-d[k], d[k]-v)
	}
	return float64(far)
}

// joint is where a fill joins its surroundings: the pixels of a fade and those of the picture beside them.
type joint struct {
	at     image.Rectangle // with its origin where the pictures have theirs
	number []int32         // by pixel of at: the index of its place and one; 0: none
	places []place         // those outside at the border first, then layer by layer inward, then outward
	starts []int           // the indices where the layers inside begin; the last is where they end
	beyond int             // the index where the places of the picture that are beyondReach pixels from the border begin
}

type place struct {
	x, y    int
	seen    colour  // the mean of the old picture there
	from    colour  // the mean outside that it goes on from, if it does
	apart   float64 // by how much that is apart from the most alike of what is beyond
	differs float64 // by how much the means of the old and the new picture are apart
	share   float64 // how much of the fade is left
}

// newJoint finds the places of a fade, from the picture that is kept beside it inward.
func newJoint(fade, selection *image.Alpha, old *image.NRGBA) *joint {
	at := pixels.Bounds(selection).Sub(selection.Rect.Min).Inset(-beyondReach).Intersect(image.Rectangle{Max: fade.Rect.Size()})
	j := &joint{at: at, number: make([]int32, at.Dx()*at.Dy())}
	fades := func(x, y int) bool { return fade.Pix[y*fade.Stride+x] < selection.Pix[y*selection.Stride+x] }
	stays := func(x, y int) bool {
		return selection.Pix[y*selection.Stride+x] == 0 && old.Pix[y*old.Stride+4*x+3] > 0
	}
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			if stays(x, y) && (x > at.Min.X && fades(x-1, y) || x+1 < at.Max.X && fades(x+1, y) ||
				y > at.Min.Y && fades(x, y-1) || y+1 < at.Max.Y && fades(x, y+1)) {
				j.add(x, y)
			}
		}
	}
	j.starts = []int{len(j.places)}
	for from := 0; from < len(j.places); {
		to := len(j.places)
		j.grow(from, to, fades)
		from = to
		j.starts = append(j.starts, len(j.places))
	}
	from, to := 0, j.starts[0]
	for range beyondReach - 1 {
		begin := len(j.places)
		j.grow(from, to, stays)
		from, to = begin, len(j.places)
	}
	j.beyond = from
	return j
}

// add adds a place.
func (j *joint) add(x, y int) {
	j.places = append(j.places, place{x: x, y: y})
	j.number[j.pixel(x, y)] = int32(len(j.places))
}

// grow adds the neighbours of the places of a range that want to be in.
func (j *joint) grow(from, to int, in func(x, y int) bool) {
	for ; from < to; from++ {
		p := j.places[from]
		r := image.Rect(p.x-1, p.y-1, p.x+2, p.y+2).Intersect(j.at)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if j.number[j.pixel(x, y)] == 0 && in(x, y) {
					j.add(x, y)
				}
			}
		}
	}
}

// pixel is the index of a pixel in number.
func (j *joint) pixel(x, y int) int { return (y-j.at.Min.Y)*j.at.Dx() + x - j.at.Min.X }

// window calls do with the index of every place at most reach pixels from x, y along both axes.
func (j *joint) window(x, y, reach int, do func(i int)) {
	r := image.Rect(x-reach, y-reach, x+reach+1, y+reach+1).Intersect(j.at)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, n := range j.number[j.pixel(r.Min.X, y):][:r.Dx()] {
			if n > 0 {
				do(int(n) - 1)
			}
		}
	}
}

// compare takes the means of the pictures at all places.
func (j *joint) compare(selection *image.Alpha, old, made *image.NRGBA) {
	rows(len(j.places), func(from, to int) {
		for i := from; i < to; i++ {
			p := &j.places[i]
			switch {
			case i < j.starts[0] || i >= j.beyond:
				p.seen = mean(old, selection, p.x, p.y, outsideReach, false)
			case i < j.end():
				p.seen = mean(old, selection, p.x, p.y, insideReach, true)
				p.differs = p.seen.apart(mean(made, selection, p.x, p.y, insideReach, true))
			}
		}
	})
	rows(j.starts[0], func(from, to int) {
		for i := from; i < to; i++ {
			p := &j.places[i]
			p.from, p.apart, p.share = p.seen, math.Inf(1), 1
			j.window(p.x, p.y, beyondReach+followReach, func(k int) {
				if k >= j.beyond {
					p.apart = min(p.apart, p.seen.apart(j.places[k].seen))
				}
			})
		}
	})
}

// end is the index where the layers inside end.
func (j *joint) end() int { return j.starts[len(j.starts)-1] }

// follow decides layer by layer what is left of the fade.
func (j *joint) follow() {
	for l, start := range j.starts[:len(j.starts)-1] {
		for i := start; i < j.starts[l+1]; i++ {
			p := &j.places[i]
			off, most := math.Inf(1), 0.
			p.apart = off // unless it goes on from somewhere
			j.window(p.x, p.y, followReach, func(k int) {
				if k >= start {
					return
				}
				q := &j.places[k]
				most = max(most, q.share)
				if d := max(p.seen.apart(q.from), beyondShare*q.apart); d < off {
					off, p.from, p.apart = d, q.from, q.apart
				}
			})
			made := ramp(p.differs, alike, unlike)
			outside := ramp(off, max(alike, alikeShare*p.differs), max(unlike, unlikeShare*p.differs))
			p.share = min(most, 1-min(made, outside))
		}
	}
}

// around is what is left of the fade around a pixel; nothing where no way leads from the picture that is kept.
func (j *joint) around(x, y int) float64 {
	if j.number[j.pixel(x, y)] == 0 {
		return 0
	}
	sum, n := 0., 0.
	j.window(x, y, softReach, func(i int) {
		if i >= j.starts[0] && i < j.end() {
			sum, n = sum+j.places[i].share, n+1
		}
	})
	return max(0, 1-softGain*(1-sum/n))
}

// ramp rises smoothly from 0 at lo to 1 at hi.
func ramp(v, lo, hi float64) float64 {
	t := limit((v-lo)/(hi-lo), 0, 1)
	return t * t * (3 - 2*t)
}

// mean is that of the pixels around x, y that are selected, or of those that are not, but for blank ones.
func mean(img *image.NRGBA, selection *image.Alpha, x, y, reach int, selected bool) (m colour) {
	at := image.Rect(x-reach, y-reach, x+reach+1, y+reach+1).Intersect(image.Rectangle{Max: selection.Rect.Size()})
	var sum [3]int
	n := 0
	for y := at.Min.Y; y < at.Max.Y; y++ {
		px := img.Pix[y*img.Stride+4*at.Min.X:]
		for i, v := range selection.Pix[y*selection.Stride:][at.Min.X:at.Max.X] {
			if v > 0 == selected && px[4*i+3] > 0 {
				n++
				for k := range sum {
					sum[k] += int(px[4*i+k])
				}
			}
		}
	}
	for k, v := range sum {
		m[k] = float32(v) / float32(max(n, 1))
	}
	return m
}
