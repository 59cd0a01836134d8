package region

import (
	"image"
	"image/draw"
)

// Default amounts of an outpaint, behaviour 2.2.
const (
	DefaultOverMask = 20  // pixels an outpaint bites into the old picture
	leastContext    = 128 // pixels of the old picture an outpaint at least reads
)

// Strip is one run of an outpaint.
type Strip struct {
	Target  image.Rectangle // the blank pixels this run paints
	Context image.Rectangle // Target and the picture beside it
}

// Strips splits growing the picture from old to grown (which must hold old; both may lie
// anywhere) into runs in the order to be carried out, each of which reads what the ones
// before it made: the sides one after another, left and right over the old height, then
// top and bottom over the full width. With side > 0, the network's longest side, a side
// deeper than side/2 grows in layers outward and a layer longer than side is split along
// the edge into tiles that overlap by 25 %. side 0 is for the content engine: layers are
// never split along the edge and at most as deep as the picture then is, because a hole
// larger than its source is refused.
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
		if side > 0 {
			return min(room, max(side/2, 1))
		}
		return min(room, max(extent, 1))
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
	if side > 0 && length > side {
		size = side
		n = 1 + (length-side+side*3/4-1)/max(side*3/4, 1)
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

// StripMask is the mask of an outpaint over context: all of target, bitten px pixels
// into the old picture with discs of random radius ≤ px along the seam, so that the seam
// is irregular. The same seed gives the same discs wherever the strip lies. px ≤ 0 gives
// the bare strip.
func StripMask(context, target, old image.Rectangle, px int, seed int64) *image.Alpha {
	mask := image.NewAlpha(context)
	draw.Draw(mask, target.Intersect(context), image.Opaque, image.Point{}, draw.Src)
	if px <= 0 {
		return mask
	}
	h := uint64(seed)
	next := func() int { // splitmix64; a source of its own keeps the result by seed alone
		h += 0x9e3779b97f4a7c15
		z := (h ^ h>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return px/3 + int((z^z>>31)>>33)%(px-px/3+1)
	}
	step := max(px/2, 1)
	for x := target.Min.X; x < target.Max.X; x += step {
		disc(mask, old, image.Pt(x, target.Min.Y), next())
		disc(mask, old, image.Pt(x, target.Max.Y-1), next())
	}
	for y := target.Min.Y; y < target.Max.Y; y += step {
		disc(mask, old, image.Pt(target.Min.X, y), next())
		disc(mask, old, image.Pt(target.Max.X-1, y), next())
	}
	return mask
}

// disc paints a disc into mask, inside limits only.
func disc(mask *image.Alpha, limits image.Rectangle, at image.Point, radius int) {
	r := image.Rectangle{at, at.Add(image.Pt(1, 1))}.Inset(-radius).Intersect(mask.Rect).Intersect(limits)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if dx, dy := x-at.X, y-at.Y; dx*dx+dy*dy <= radius*radius {
				mask.Pix[mask.PixOffset(x, y)] = 255
			}
		}
	}
}
