package editor

import (
	"context"
	"image"
	"slices"
	"sync"

	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/pipeline/region"
	"pentimento/tools"
)

// scenery is the picture as it was last made ready for clicks on things; clicks on the same pixels use
// it again. Any goroutine may call it.
type scenery struct {
	sync.Mutex
	sights []sight       // the last one first
	busy   chan struct{} // closed when the one that is being made is; nil: none is
}

// sight is a picture made ready.
type sight struct {
	of    looked
	scene *cut.Scene
}

// looked is what a scene was made of.
type looked struct {
	layers []*canvas.Layer
	source *canvas.Source
	bounds image.Rectangle
	active canvas.LayerID // of one layer alone; else 0
	by     image.Point    // by which a tile that repeats is shifted, modulo its sides (wrapthings.go)
}

func (a looked) same(b looked) bool { return a.by == b.by && a.alike(b) }

// alike says whether both are of the same pixels.
func (a looked) alike(b looked) bool {
	return slices.Equal(a.layers, b.layers) && a.source == b.source && a.bounds == b.bounds && a.active == b.active
}

// open is the scene of a picture, made ready unless it is. One at a time is made, as long as making lasts; others wait for it no
// longer than ctx does.
func (c *scenery) open(ctx, making context.Context, s *canvas.State, a tools.AreaSettings, on shifted) (*cut.Scene, error) {
	of, read := lookedAt(s, a, on), readOn(s, a)
	scene, done, err := c.turn(ctx, of)
	if scene != nil || err != nil {
		return scene, err
	}
	defer func() {
		c.Lock()
		c.busy = nil
		c.Unlock()
		close(done)
	}()
	scene, err = cut.Open(making, cut.Request{Bounds: of.bounds, Read: func(dst *canvas.Tile, r image.Rectangle) { on.read(dst.Pix[:], r, read) }})
	if err == nil {
		c.Lock()
		c.keep(sight{of, scene})
		c.Unlock()
	}
	return scene, err
}

// turn is a scene that is there, or the turn at making it, which ends when done is closed.
func (c *scenery) turn(ctx context.Context, of looked) (scene *cut.Scene, done chan struct{}, err error) {
	for {
		c.Lock()
		for _, one := range c.sights {
			if one.of.same(of) {
				scene = one.scene
			}
		}
		others := c.busy
		if scene == nil && others == nil {
			done = make(chan struct{})
			c.busy = done
		}
		c.Unlock()
		if scene != nil || others == nil {
			return scene, done, nil
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// keep remembers a scene, and of the same small tile those that were shifted otherwise.
func (c *scenery) keep(one sight) {
	kept := []sight{one}
	for _, old := range c.sights {
		if old.of.alike(one.of) && len(kept) < mostShifted && one.of.bounds.Dx()*one.of.bounds.Dy() <= smallTile {
			kept = append(kept, old)
		}
	}
	c.sights = kept
}

// lookedAt is what the scene of a picture is made of.
func lookedAt(s *canvas.State, a tools.AreaSettings, on shifted) looked {
	of := looked{s.Layers, s.Source, picture(s), 0, on.by} // what lies in the frame beside the picture is no thing
	if l := s.Layer(s.Active); a.OneLayer && l != nil {
		of.active, of.bounds = s.Active, l.Used()
	}
	if !on.tile.Empty() {
		of.bounds = on.tile
	}
	return of
}

// seekThing finds the thing that was pointed at.
func (e *Editor) seekThing(t tools.Thing) {
	w := &walk{page: e.page, a: e.Area(), how: t.How, label: t.Label, click: t.In[len(t.In)-1], region: e.PaintedRegion(), tile: e.View().Tile}
	if len(e.Settings.Areas.Networks) > 0 {
		e.seekPrompted(t, w)
		return
	}
	scenes := &e.scenery
	e.found(t.Label, func(ctx context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		found, err := scenes.find(ctx, ctx, s, w.a, w.tile, seedsOf(t, s, w.a))
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		w.choices, w.at, w.want = found, found.Best, found.Best
		return w.cover(ctx, s)
	}, w.lay, w.arrived)
}

// seedsOf is what a click says of a thing in a picture.
func seedsOf(t tools.Thing, s *canvas.State, a tools.AreaSettings) cut.Seeds {
	seeds := cut.Seeds{In: t.In, Out: t.Out, Edges: float64(a.Edges) / 100}
	there := s.Mask
	if a.Selects {
		there = s.Selection
	}
	switch t.How {
	case canvas.Add:
		seeds.Have = there
	case canvas.Subtract, canvas.Intersect:
		seeds.Within = there
	}
	return seeds
}

// widened is a thing wider by some pixels, within the picture: beside it there is nothing to fill.
func widened(g canvas.Grid[canvas.MaskTile], within image.Rectangle, px int) canvas.Grid[canvas.MaskTile] {
	r := canvas.CoverUsed(g)
	if px <= 0 || r.Empty() {
		return g
	}
	return canvas.Cover(region.Grow(canvas.CoverImage(g, r.Inset(-px).Intersect(within.Union(r))), px))
}

// grown is a thing wider by some pixels within the picture, or by as many as its edge is soft (tools.GrowAuto); most is by how many at most.
func grown(ctx context.Context, g canvas.Grid[canvas.MaskTile], of cut.Request, px int) (out canvas.Grid[canvas.MaskTile], most int, err error) {
	if px == tools.GrowAuto {
		return cut.Widened(ctx, of, g)
	}
	return widened(g, of.Bounds, px), px, nil
}

// seen is a picture as its things are looked for, on and on where it is a tile that repeats.
func seen(s *canvas.State, a tools.AreaSettings, tile, within image.Rectangle) cut.Request {
	read := readOn(s, a)
	return cut.Request{Bounds: within, Read: func(dst *canvas.Tile, r image.Rectangle) { tools.Around(dst.Pix[:], r, tile, read) }}
}

// withRim is a part that is taken away of what was masked px pixels wider than the things in it, with what
// would be left of its rim: what goes, near it, when the rest is made px pixels narrower, and wider again.
func withRim(part, there canvas.Grid[canvas.MaskTile], within image.Rectangle, px int) canvas.Grid[canvas.MaskTile] {
	wide := widened(part, within, px+2) // as far as its rim goes
	r := canvas.CoverUsed(wide)
	if px <= 0 || r.Empty() {
		return part
	}
	rest := canvas.CoverImage(canvas.Join(there, part, canvas.Subtract), r.Inset(-2*px-1))
	core := region.Grow(region.Shrink(rest, px), px)
	near := canvas.CoverImage(wide, core.Rect)
	for i, v := range near.Pix {
		near.Pix[i] = min(v, rest.Pix[i]-min(core.Pix[i], rest.Pix[i]))
	}
	return canvas.Join(part, canvas.Cover(near), canvas.Add)
}

// softened is a thing with its edge softened over some pixels, within the picture.
func softened(g canvas.Grid[canvas.MaskTile], within image.Rectangle, px int) canvas.Grid[canvas.MaskTile] {
	r := canvas.CoverUsed(g)
	if px <= 0 || r.Empty() {
		return g
	}
	return canvas.Cover(region.Feather(canvas.CoverImage(g, r.Inset(-2*px-1).Intersect(within.Union(r))), float64(px)))
}

// asFound says whether a selection is a thing as it was found.
func (p *page) asFound(selection canvas.Grid[canvas.MaskTile]) bool {
	same := p.thing.found.Len() > 0
	selection.Diff(p.thing.found, func(canvas.TileKey) { same = false })
	return same
}
