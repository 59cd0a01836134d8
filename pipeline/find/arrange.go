package find

import (
	"cmp"
	"image"
	"math"
	"slices"

	"pentimento/pipeline/pixels"
)

// Arrange takes of what was found that which counts, in the order that is wanted, and makes its masks as spec
// says, in a picture of a size: ADetailer's steps in their order.
func Arrange(found []Find, spec Spec, size image.Point) []Find {
	all := float64(size.X) * float64(size.Y)
	most := spec.MaxArea
	if most == 0 {
		most = 1
	}
	found = slices.DeleteFunc(slices.Clone(found), func(f Find) bool {
		part := float64(f.Area()) / all
		return f.Score < spec.Least() || part < spec.MinArea || part > most || f.Mask == nil
	})
	found = spec.first(found)
	spec.sort(found, size)
	var out []Find
	for _, f := range found {
		f.Mask = moved(f.Mask, image.Pt(spec.X, -spec.Y), image.Rectangle{Max: size})
		if f.Mask = trimmed(grown(f.Mask, spec.Grow, image.Rectangle{Max: size})); !f.Mask.Rect.Empty() {
			f.Box = f.Mask.Rect
			out = append(out, f)
		}
	}
	return spec.merged(out, size)
}

// first leaves those that count most, in the order in which they were found.
func (s Spec) first(found []Find) []Find {
	if s.Top == 0 || len(found) <= s.Top {
		return found
	}
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if s.TopBy == ByScore {
			return cmp.Compare(found[b].Score, found[a].Score)
		}
		return cmp.Compare(found[b].Area(), found[a].Area())
	})
	order = order[:s.Top]
	slices.Sort(order)
	var out []Find
	for _, i := range order {
		out = append(out, found[i])
	}
	return out
}

func (s Spec) sort(found []Find, size image.Point) {
	away := func(f Find) float64 {
		return math.Hypot(float64(f.Box.Min.X+f.Box.Max.X-size.X), float64(f.Box.Min.Y+f.Box.Max.Y-size.Y))
	}
	switch s.Sort {
	case FromLeft:
		slices.SortStableFunc(found, func(a, b Find) int { return cmp.Compare(a.Box.Min.X, b.Box.Min.X) })
	case FromMid:
		slices.SortStableFunc(found, func(a, b Find) int { return cmp.Compare(away(a), away(b)) })
	case BySize:
		slices.SortStableFunc(found, func(a, b Find) int { return cmp.Compare(b.Area(), a.Area()) })
	}
}

// merged makes one find of all where that is wanted.
func (s Spec) merged(found []Find, size image.Point) []Find {
	if s.Merge == Apart || len(found) == 0 {
		return found
	}
	box := image.Rectangle{Max: size}
	if s.Merge == Merged {
		box = image.Rectangle{}
		for _, f := range found {
			box = box.Union(f.Box)
		}
	}
	one := Find{Box: box, Score: found[0].Score, Class: found[0].Class, Mask: image.NewAlpha(box)}
	for _, f := range found {
		pixels.Raise(one.Mask, f.Mask)
	}
	if s.Merge == Invert {
		pixels.Invert(one.Mask)
		one.Mask = trimmed(one.Mask)
		if one.Box = one.Mask.Rect; one.Box.Empty() {
			return nil
		}
	}
	return []Find{one}
}

// moved is a mask elsewhere; what leaves the picture is gone.
func moved(m *image.Alpha, by image.Point, picture image.Rectangle) *image.Alpha {
	if by == (image.Point{}) {
		return m
	}
	out := *m
	out.Rect = out.Rect.Add(by)
	return pixels.CropMask(&out, out.Rect.Intersect(picture))
}

// Widened is a find with its mask grown by a circle of so many pixels, within the picture.
func (f Find) Widened(by int, picture image.Rectangle) Find {
	if by > 0 {
		f.Mask = rounded(f.Mask, by, picture)
		f.Box = f.Mask.Rect
	}
	return f
}

// rounded grows a mask by a circle: each pixel knows how far above or below it the next of the mask is, and so how far
// that one reaches in this row.
func rounded(m *image.Alpha, by int, picture image.Rectangle) *image.Alpha {
	out := image.NewAlpha(m.Rect.Inset(-by).Intersect(picture))
	w, h := out.Rect.Dx(), out.Rect.Dy()
	wide := pixels.CropMask(m, out.Rect)
	far := make([]int32, w*h)
	for x := range w {
		for _, down := range [2]bool{true, false} {
			next := int32(by + 1)
			for k := range h {
				i := k*w + x
				if !down {
					i = (h-1-k)*w + x
				}
				if next++; wide.Pix[i] > 0 {
					next = 0
				}
				if down || next < far[i] {
					far[i] = next
				}
			}
		}
	}
	reach := make([]int, by+1)
	for d := range reach {
		reach[d] = int(math.Sqrt(float64(by*by - d*d)))
	}
	steps := make([]int, w+1)
	for y := range h {
		clear(steps)
		for x, d := range far[y*w:][:w] {
			if int(d) <= by {
				steps[max(x-reach[d], 0)]++
				steps[min(x+reach[d]+1, w)]--
			}
		}
		sum := 0
		for x := range w {
			if sum += steps[x]; sum > 0 {
				out.Pix[y*w+x] = 255
			}
		}
	}
	return trimmed(out)
}

// grown dilates a mask by a square of so many pixels, below 0 erodes it by one, as OpenCV does with a kernel of ones: of an even
// side its middle is the later one, and what is beyond the picture neither grows in nor eats.
func grown(m *image.Alpha, by int, picture image.Rectangle) *image.Alpha {
	n := max(by, -by)
	if n <= 1 || m.Rect.Empty() {
		return m
	}
	before, after := n/2, n-1-n/2
	r := m.Rect.Intersect(picture)
	if by > 0 {
		r = image.Rect(r.Min.X-after, r.Min.Y-after, r.Max.X+before, r.Max.Y+before).Intersect(picture)
	}
	wide := image.NewAlpha(r)
	pixels.Raise(wide, m)
	if by < 0 {
		pixels.Invert(wide)
	}
	out := image.NewAlpha(r)
	w, h := r.Dx(), r.Dy()
	line := make([]uint8, max(w, h))
	for y := range h {
		reach(line[:w], wide.Pix[y*wide.Stride:][:w], 1, before, after)
		copy(wide.Pix[y*wide.Stride:][:w], line[:w])
	}
	for x := range w {
		reach(line[:h], wide.Pix[x:], wide.Stride, before, after)
		for y := range h {
			out.Pix[y*out.Stride+x] = line[y]
		}
	}
	if by > 0 {
		return out
	}
	pixels.Invert(out)
	edges(out, picture, before, after)
	return out
}

// edges takes from an eroded mask what the ground beyond its box eats; the border of the picture doesn't.
func edges(m *image.Alpha, picture image.Rectangle, before, after int) {
	r := m.Rect
	wipe := func(part image.Rectangle) { pixels.Fill(m, part.Intersect(r), 0) }
	if r.Min.X > picture.Min.X {
		wipe(image.Rect(r.Min.X, r.Min.Y, r.Min.X+before, r.Max.Y))
	}
	if r.Min.Y > picture.Min.Y {
		wipe(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+before))
	}
	if r.Max.X < picture.Max.X {
		wipe(image.Rect(r.Max.X-after, r.Min.Y, r.Max.X, r.Max.Y))
	}
	if r.Max.Y < picture.Max.Y {
		wipe(image.Rect(r.Min.X, r.Max.Y-after, r.Max.X, r.Max.Y))
	}
}

// reach is each place's largest of those from before it to after it, of a line of v that stands by steps.
func reach(out, v []uint8, step, before, after int) {
	n := len(out)
	last := -1 << 30 // the place seen last that is above 0
	for i := range n + after {
		if i < n && v[i*step] > 0 {
			last = i
		}
		if at := i - after; at >= 0 {
			if out[at] = 0; last >= at-before {
				out[at] = 255
			}
		}
	}
}

// trimmed is a mask without the rows and columns about it that are 0.
func trimmed(m *image.Alpha) *image.Alpha {
	return pixels.CropMask(m, pixels.Bounds(m))
}
