package render

import "image"

// Scroll moves dst's pixels by dx, dy device pixels (what was at p is at p+(dx, dy)) and
// returns the rectangles that want drawing now; none when nothing moves. To pan a view
// by whole pixels, Scroll by the opposite of what origin·Scale moves and Render these.
func Scroll(dst *image.RGBA, dx, dy int) []image.Rectangle {
	r := dst.Rect
	if dx == 0 && dy == 0 {
		return nil
	}
	keep := r.Intersect(r.Add(image.Pt(dx, dy)))
	if keep.Empty() {
		return []image.Rectangle{r}
	}
	from := keep.Sub(image.Pt(dx, dy))
	n := keep.Dx() * 4
	row := func(y int) {
		copy(dst.Pix[dst.PixOffset(keep.Min.X, y):][:n], dst.Pix[dst.PixOffset(from.Min.X, y-dy):][:n])
	}
	if dy <= 0 {
		for y := keep.Min.Y; y < keep.Max.Y; y++ {
			row(y)
		}
	} else {
		for y := keep.Max.Y - 1; y >= keep.Min.Y; y-- {
			row(y)
		}
	}
	var open []image.Rectangle
	for _, o := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, keep.Min.Y)}, {image.Pt(r.Min.X, keep.Max.Y), r.Max},
		{image.Pt(r.Min.X, keep.Min.Y), image.Pt(keep.Min.X, keep.Max.Y)},
		{image.Pt(keep.Max.X, keep.Min.Y), image.Pt(r.Max.X, keep.Max.Y)},
	} {
		if !o.Empty() {
			open = append(open, o)
		}
	}
	return open
}
