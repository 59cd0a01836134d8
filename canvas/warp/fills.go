package warp

import (
	"context"
	"image"
	"math"
	"slices"

	"pentimento/canvas"
)

// origins go on telling the fills of a layer apart.
func origins(ctx context.Context, s *canvas.State, now *canvas.Layer, m Map, used image.Rectangle, report func(float64)) ([]*canvas.Origin, error) {
	var out []*canvas.Origin
	for i, o := range s.Origins {
		if o.Layer != now.ID {
			out = append(out, o)
			continue
		}
		mask, err := goes(ctx, s, o, m, used, nil, nth(report, i, len(s.Origins)))
		if err != nil {
			return nil, err
		}
		if mask != nil {
			out = append(out, laidOf(o, now, mask, o.Settled()))
		}
	}
	return out, nil
}

// taken are the fills of pixels in used that went with a selection: a pixel went where at least
// half of it was selected. What stayed of a fill is told by its own Origin.
func taken(ctx context.Context, s *canvas.State, now *canvas.Layer, m Map, used image.Rectangle, report func(float64)) ([]*canvas.Origin, error) {
	var out []*canvas.Origin
	var selected *image.Alpha
	for i, o := range s.Origins {
		if o.Layer != now.ID || !s.Now(o).Overlaps(used) {
			continue
		}
		if selected == nil {
			selected = canvas.CoverImage(s.Selection, used)
		}
		mask, err := goes(ctx, s, o, m, used, selected, nth(report, i, len(s.Origins)))
		if err != nil {
			return nil, err
		}
		if mask != nil && slices.Contains(mask.Pix, 255) {
			out = append(out, laidOf(o, now, mask, true))
		}
	}
	return out, nil
}

// nth is what hears of the i-th of n equal parts of the work.
func nth(report func(float64), i, n int) func(float64) {
	return stage(report, float64(i)/float64(n), float64(i+1)/float64(n))
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
// was selected (nil: all are). It is nil for nowhere, and ends early with ctx.Err().
func goes(ctx context.Context, s *canvas.State, o *canvas.Origin, m Map, used image.Rectangle, selected *image.Alpha, report func(float64)) (*image.Alpha, error) {
	r := s.Now(o)
	still := s.Still(o)
	to, err := m.bounds(r.Intersect(used), most)
	back, err2 := m.Back()
	if err != nil || err2 != nil || to.Empty() {
		return nil, nil
	}
	mask := image.NewAlpha(to)
	for y := to.Min.Y; y < to.Max.Y; y++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if report != nil && y%64 == 0 {
			report(float64(y-to.Min.Y) / float64(to.Dy()))
		}
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
	return mask, nil
}
