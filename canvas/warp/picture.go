package warp

import (
	"context"
	"image"
	"slices"

	"pentimento/canvas"
)

// Picture is s with everything laid elsewhere by m: all layers, mask, selections, and a frame
// around where r (document pixels) goes. Guide lines are upright or level, which they would not
// be any more: there are none. Safe from any goroutine.
func Picture(ctx context.Context, s *canvas.State, r image.Rectangle, m Map, o Options) (*canvas.State, error) {
	out := s
	report := o.Report
	for i, l := range s.Layers {
		o.Report = nil
		if report != nil {
			o.Report = func(f float64) { report((float64(i) + f) / float64(len(s.Layers))) }
		}
		next, err := Layer(ctx, out, l.ID, m, o)
		if err != nil {
			return nil, err
		}
		out = next
	}
	back, err := m.Back()
	if err != nil {
		return nil, err
	}
	n := *out
	n.GuideLines = nil
	if n.Frame, err = m.bounds(r, most); err != nil {
		return nil, err
	}
	if n.Mask, err = cover(s.Mask, m, back, image.Rectangle{}); err != nil {
		return nil, err
	}
	if n.Selection, err = cover(s.Selection, m, back, image.Rectangle{}); err != nil {
		return nil, err
	}
	n.Channels = slices.Clone(s.Channels)
	for i, c := range s.Channels {
		if n.Channels[i].Cover, err = cover(c.Cover, m, back, image.Rectangle{}); err != nil {
			return nil, err
		}
	}
	return &n, nil
}

// cover is coverage laid elsewhere, between its pixels by straight lines; within is the only part
// that is wanted, empty: all.
func cover(g canvas.Grid[canvas.MaskTile], m, back Map, within image.Rectangle) (canvas.Grid[canvas.MaskTile], error) {
	r := canvas.CoverUsed(g)
	if r.Empty() {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	target, err := m.bounds(r, most)
	if err != nil {
		return g, err
	}
	part := r
	if !within.Empty() {
		target = target.Intersect(within)
		part = seen(back, r, target)
	}
	if err := affordable(part); err != nil {
		return g, err
	}
	a := canvas.CoverImage(g, part)
	pix := make([]uint8, 4*len(a.Pix))
	for i, v := range a.Pix {
		pix[4*i+3] = v
	}
	out := image.NewAlpha(target)
	sm, row := newSampler(pix, part, r, back, Bilinear), make([]uint8, 4*target.Dx())
	for y := target.Min.Y; y < target.Max.Y; y++ {
		sm.row(row, target.Min.X, target.Max.X, y)
		for x := range target.Dx() {
			out.Pix[out.PixOffset(target.Min.X+x, y)] = row[4*x+3]
		}
	}
	return canvas.Cover(out), nil
}
