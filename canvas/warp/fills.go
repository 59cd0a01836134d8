package warp

import (
	"image"
	"math"
	"slices"

	"pentimento/canvas"
)

// origins go on telling the fills of a layer apart.
func origins(s *canvas.State, now *canvas.Layer, m Map, used image.Rectangle) []*canvas.Origin {
	var out []*canvas.Origin
	for _, o := range s.Origins {
		if o.Layer != now.ID {
			out = append(out, o)
		} else if mask := goes(s, o, m, used, nil); mask != nil {
			out = append(out, laidOf(o, now, mask, o.Settled()))
		}
	}
	return out
}

// taken are the fills of pixels that went with a selection, in used: as many as are selected by
// half. What stayed of a fill is told by its own Origin.
func taken(s *canvas.State, now *canvas.Layer, m Map, used image.Rectangle) []*canvas.Origin {
	var out []*canvas.Origin
	for _, o := range s.Origins {
		if o.Layer != now.ID || !s.Now(o).Overlaps(used) {
			continue
		}
		mask := goes(s, o, m, used, canvas.CoverImage(s.Selection, used))
		if mask != nil && slices.Contains(mask.Pix, 255) {
			out = append(out, laidOf(o, now, mask, true))
		}
	}
	return out
}

// laidOf is a fill whose pixels now lie where mask says.
func laidOf(o *canvas.Origin, now *canvas.Layer, mask *image.Alpha, settled bool) *canvas.Origin {
	n := &canvas.Origin{Rect: mask.Rect, Layer: o.Layer, Recipe: o.Recipe, Offset: now.Offset, Mask: mask}
	if settled {
		n.Settle(now)
	}
	return n
}

// goes is where the pixels of a fill go: a pixel is the fill's where the nearest one was, and
// was selected (nil: all are). It is nil for nowhere.
func goes(s *canvas.State, o *canvas.Origin, m Map, used image.Rectangle, selected *image.Alpha) *image.Alpha {
	r := s.Now(o)
	still := s.Still(o)
	to, err := m.bounds(r.Intersect(used), most)
	back, err2 := m.Back()
	if err != nil || err2 != nil || to.Empty() {
		return nil
	}
	mask := image.NewAlpha(to)
	for y := to.Min.Y; y < to.Max.Y; y++ {
		for x := to.Min.X; x < to.Max.X; x++ {
			p := back.At(Point{float64(x) + 0.5, float64(y) + 0.5})
			q := image.Pt(int(math.Floor(p.X)), int(math.Floor(p.Y)))
			if !q.In(r) || selected != nil && selected.AlphaAt(q.X, q.Y).A < 128 {
				continue
			}
			c := uint8(255)
			if still != nil { // in the coordinates of o.Rect
				at := q.Sub(r.Min).Add(o.Rect.Min)
				c = still.Pix[still.PixOffset(at.X, at.Y)]
			}
			mask.Pix[mask.PixOffset(x, y)] = c
		}
	}
	return mask
}
