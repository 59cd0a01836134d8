package region

import (
	"image"

	"pentimento/pipeline/pixels"
)

// Default amounts of an outpaint, behaviour 2.2.
const (
	DefaultOverMask = 8   // pixels of the old picture that an outpaint may change at the join
	leastContext    = 128 // pixels of the old picture an outpaint at least reads
	leastStep       = 64  // pixels by which even the smallest picture grows at once
)

// Step is how far a picture of an extent may grow at once along it, by a network of a longest
// side: as far as it is wide, so that there is as much to go by as is new, and not further than
// the network's side.
func Step(extent, side int) int { return max(min(side, max(extent, leastStep)), 1) }

// Strip is one run of an outpaint.
type Strip struct {
	Target  image.Rectangle // the blank pixels this run paints
	Context image.Rectangle // Target and the picture beside it
}

// Strips splits growing the picture from old to grown (which must hold old; both may lie
// anywhere) into runs in the order to be carried out, each of which reads what the ones
// before it made: the sides one after another, left and right over the old height, then
// top and bottom over the full width. With side > 0, the network's longest side, what is
// deeper than Step grows in layers outward, of even depths, and a layer longer than twice the
// side is split along the edge into tiles that overlap by 25 %: what is larger than the network
// likes is drafted at half the size, so that a thing isn't painted once a tile. side 0 is for
// the content engine: layers are never split along the edge and at most half as deep as the
// picture then is, because a hole larger than its source is refused, and part of the picture
// may be blank.
func Strips(old, grown image.Rectangle, side int) []Strip {
	var out []Strip
	have := old
	grown = grown.Union(old)
	for _, d := range []image.Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		for {
			next := layer(have, grown, d, side)
			if next == have {
				break
			}
			out = append(out, tiles(have, next, d, side)...)
			have = next
		}
	}
	return out
}

// layer is have grown toward d as far as grown goes, at most so much at a time.
func layer(have, grown image.Rectangle, d image.Point, side int) image.Rectangle {
	step := func(room, extent int) int {
		if side <= 0 || room <= 0 {
			return min(room, max(extent/2, 1))
		}
		layers := 0
		for left, wide := room, extent; left > 0; layers++ {
			n := min(left, Step(wide, side))
			left, wide = left-n, wide+n
		}
		return min(Step(extent, side), (room+layers-1)/layers)
	}
	size := have.Size()
	switch {
	case d.X < 0:
		have.Min.X -= step(have.Min.X-grown.Min.X, size.X)
	case d.X > 0:
		have.Max.X += step(grown.Max.X-have.Max.X, size.X)
	case d.Y < 0:
		have.Min.Y -= step(have.Min.Y-grown.Min.Y, size.Y)
	default:
		have.Max.Y += step(grown.Max.Y-have.Max.Y, size.Y)
	}
	return have
}

// tiles cuts one layer along the edge.
func tiles(have, next image.Rectangle, d image.Point, side int) []Strip {
	strip := next
	switch {
	case d.X < 0:
		strip.Max.X = have.Min.X
	case d.X > 0:
		strip.Min.X = have.Max.X
	case d.Y < 0:
		strip.Max.Y = have.Min.Y
	default:
		strip.Min.Y = have.Max.Y
	}
	depth, length := strip.Dx(), strip.Dy()
	if d.Y != 0 {
		depth, length = length, depth
	}
	reach := max(leastContext, depth/2)
	n, size := 1, length
	if most := 2 * side; side > 0 && length > most {
		size = most
		n = 1 + (length-most+most*3/4-1)/(most*3/4)
	}
	out := make([]Strip, 0, n)
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (length - size) / (n - 1) // even steps: the overlap is 25 % or more
		}
		t := strip
		if d.X != 0 {
			t.Min.Y += at
			t.Max.Y = t.Min.Y + size
		} else {
			t.Min.X += at
			t.Max.X = t.Min.X + size
		}
		c := t
		switch {
		case d.X < 0:
			c.Max.X += reach
		case d.X > 0:
			c.Min.X -= reach
		case d.Y < 0:
			c.Max.Y += reach
		default:
			c.Min.Y -= reach
		}
		out = append(out, Strip{t, c.Intersect(next)})
	}
	return out
}

// Bite is a selection that bites into the picture beside it: discs of random radius, a
// third of px to px, along the selection's border, so that the seam of an outpaint is
// irregular. Only pixels of img that are not blank are bitten. img and selection have
// equal bounds; the same seed gives the same discs wherever they lie. px ≤ 0 returns the
// selection.
func Bite(img *image.NRGBA, selection *image.Alpha, px int, seed int64) *image.Alpha {
	if px <= 0 {
		return selection
	}
	out := pixels.CloneMask(selection)
	w, h := out.Rect.Dx(), out.Rect.Dy()
	step := max(px/2, 1)
	stamped := map[image.Point]bool{} // one disc a square of step pixels
	for y := range h {
		for x := range w {
			if selection.Pix[y*selection.Stride+x] == 0 || !atEdge(img, selection, x, y) {
				continue
			}
			cell := image.Pt(x/step, y/step)
			if stamped[cell] {
				continue
			}
			stamped[cell] = true
			disc(out, img, image.Pt(x, y), px/3+draw(seed, cell, px-px/3+1))
		}
	}
	return out
}

// atEdge says whether a pixel has a neighbour that is picture and not selected.
func atEdge(img *image.NRGBA, selection *image.Alpha, x, y int) bool {
	w, h := selection.Rect.Dx(), selection.Rect.Dy()
	for _, d := range [4]image.Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		nx, ny := x+d.X, y+d.Y
		if nx >= 0 && ny >= 0 && nx < w && ny < h && selection.Pix[ny*selection.Stride+nx] == 0 && img.Pix[ny*img.Stride+4*nx+3] > 0 {
			return true
		}
	}
	return false
}

// draw is a number from 0 to n−1 that follows from seed and place (splitmix64).
func draw(seed int64, at image.Point, n int) int {
	z := uint64(seed) + uint64(at.X)*0x9e3779b97f4a7c15 + uint64(at.Y)*0xd1b54a32d192ed03 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z^z>>31)>>33) % n
}

// disc paints a disc into a tight mask, on the pixels of img that are not blank.
func disc(mask *image.Alpha, img *image.NRGBA, at image.Point, radius int) {
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	for y := max(at.Y-radius, 0); y < min(at.Y+radius+1, h); y++ {
		for x := max(at.X-radius, 0); x < min(at.X+radius+1, w); x++ {
			if dx, dy := x-at.X, y-at.Y; dx*dx+dy*dy <= radius*radius && img.Pix[y*img.Stride+4*x+3] > 0 {
				mask.Pix[y*w+x] = 255
			}
		}
	}
}
