package pipeline

import (
	"image"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Seam says how an outpaint joins the old picture. The new picture's colours are always
// fitted to the old one's along it in the gradient domain (region.Join).
//
// 2026-11-27: it is counted in pixels of the picture and holds all that changes, the fade
// included. Before, the bite was one of three widths that added up, and took 57 pixels.
type Seam struct {
	// Reach is how far into the old picture pixels may change; 0: not one does.
	Reach int `json:"reach"`
}

// Reach is how many pixels of the old picture a request may change beside what it selects:
// as it is planned, or will be.
func (q Request) Reach() int {
	switch p := q.Plan; {
	case !q.Task.Row().Grows || q.Inside:
		return 0
	case p != nil && p.Seam != nil:
		return p.Seam.Reach
	case p != nil:
		return q.oldOverMask() + p.Layout.Fade.Grow + p.Layout.Fade.Feather/2
	case q.KeepExact || q.OverMask < 0:
		return 0
	case q.OverMask == 0:
		return region.DefaultOverMask
	}
	return q.OverMask
}

// masks are those of one run of an outpaint: half of the reach is an irregular bite, the rest
// fades. mine is what the request selects (equal bounds): an earlier run painted it, so that
// it may be bitten even where the old picture is kept.
func (s Seam) masks(img *image.NRGBA, selection, mine *image.Alpha) masks {
	reach := s.Reach
	if reach == 0 {
		reach = region.DefaultOverMask
	}
	bite, grow := reach/2, reach/4
	bitten := region.Grow(region.Bite(img, selection, bite, placeSeed), grow)
	m := masks{selection: selection, composite: region.Gauss(bitten, 2*(reach-bite-grow))}
	pixels.Raise(m.composite, selection)
	m.fill = image.NewAlpha(selection.Rect)
	m.denoise = image.NewAlpha(selection.Rect)
	eachPixel(img, func(i, alpha int) {
		if m.composite.Pix[i] > 0 {
			m.fill.Pix[i], m.denoise.Pix[i] = 255, 255
		}
		if s.Reach == 0 && mine.Pix[i] == 0 { // painted too, for the join to see how its colours drift, but not laid back
			m.composite.Pix[i] = 0
		}
		if alpha == 0 { // nothing is there to keep, as in masksFor
			m.denoise.Pix[i] = 255
		}
		m.composite.Pix[i] = overBlank(m.composite.Pix[i], selection.Pix[i], alpha)
	})
	return m
}

// oldOverMask is how far an outpaint that was planned without a Seam bites: before
// 2026-11-27, as records of such runs still do.
func (q Request) oldOverMask() int {
	switch {
	case q.Inside || q.OverMask < 0 || q.fade().Feather <= 0:
		return 0
	case q.OverMask == 0:
		return 20
	}
	return q.OverMask
}
