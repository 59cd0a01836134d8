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
	report, parts, part := o.Report, float64(len(s.Layers)+2+len(s.Channels)), 0.0
	next := func() func(float64) {
		part++
		return stage(report, (part-1)/parts, part/parts)
	}
	for _, l := range s.Layers {
		o.Report = next()
		laid, err := Layer(ctx, out, l.ID, m, o)
		if err != nil {
			return nil, err
		}
		out = laid
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
	n.Channels = slices.Clone(s.Channels)
	covers := []*canvas.Grid[canvas.MaskTile]{&n.Mask, &n.Selection}
	for i := range n.Channels {
		covers = append(covers, &n.Channels[i].Cover)
	}
	for _, g := range covers {
		if *g, err = cover(ctx, *g, canvas.CoverUsed(*g), m, back, image.Rectangle{}, next()); err != nil {
			return nil, err
		}
	}
	return &n, nil
}

// cover is what lies in r of coverage laid elsewhere, between its pixels by straight lines; within
// is the only part that is wanted, empty: all.
func cover(ctx context.Context, g canvas.Grid[canvas.MaskTile], r image.Rectangle, m, back Map, within image.Rectangle, report func(float64)) (canvas.Grid[canvas.MaskTile], error) {
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
	w := part.Dx()
	pix, line := make([]uint8, 4*w*part.Dy()), make([]uint8, w)
	for y := range part.Dy() {
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		canvas.ReadCover(g, line, w, row(image.Pt(part.Min.X, part.Min.Y+y), w))
		for x, v := range line {
			pix[4*(w*y+x)+3] = v
		}
	}
	var keys []canvas.TileKey
	canvas.KeysIn(target, func(k canvas.TileKey) { keys = append(keys, k) })
	made, err := tiled(ctx, keys, report, func() func(canvas.TileKey) *canvas.MaskTile {
		sm, line := newSampler(pix, part, r, back, Bilinear), make([]uint8, 4*canvas.TileSize)
		return func(k canvas.TileKey) *canvas.MaskTile {
			t, in := &canvas.MaskTile{}, k.Rect().Intersect(target)
			for y := in.Min.Y; y < in.Max.Y; y++ {
				sm.row(line, in.Min.X, in.Max.X, y)
				for x := range in.Dx() {
					t.Pix[inTile(in.Min.X+x, y)/4] = line[4*x+3]
				}
			}
			return t
		}
	})
	return canvas.Grid[canvas.MaskTile]{}.With(made), err
}
