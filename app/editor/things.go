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
	of    looked
	scene *cut.Scene
}

// looked is what a scene was made of.
type looked struct {
	layers []*canvas.Layer
	source *canvas.Source
	bounds image.Rectangle
	active canvas.LayerID // of one layer alone; else 0
}

func (a looked) same(b looked) bool {
	return slices.Equal(a.layers, b.layers) && a.source == b.source && a.bounds == b.bounds && a.active == b.active
}

// open is the scene of a picture, made ready unless it is. One at a time is made.
func (c *scenery) open(ctx context.Context, s *canvas.State, a tools.AreaSettings) (*cut.Scene, error) {
	q, of := wandOn(s, a), lookedAt(s, a)
	c.Lock()
	defer c.Unlock()
	if c.scene != nil && c.of.same(of) {
		return c.scene, nil
	}
	scene, err := cut.Open(ctx, cut.Request{Read: q.Read, Bounds: of.bounds})
	if err == nil {
		c.of, c.scene = of, scene
	}
	return scene, err
}

// lookedAt is what the scene of a picture is made of.
func lookedAt(s *canvas.State, a tools.AreaSettings) looked {
	of := looked{s.Layers, s.Source, picture(s), 0} // what lies in the frame beside the picture is no thing
	if l := s.Layer(s.Active); a.OneLayer && l != nil {
		of.active, of.bounds = s.Active, l.Used()
	}
	return of
}

// seekThing finds the thing that was pointed at.
func (e *Editor) seekThing(t tools.Thing) {
	w := &walk{page: e.page, a: e.Area(), how: t.How, label: t.Label, click: t.In[len(t.In)-1], region: e.PaintedRegion()}
	if len(e.Settings.Areas.Networks) > 0 {
		e.seekPrompted(t, w)
		return
	}
	scenes := &e.scenery
	e.found(t.Label, func(ctx context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		scene, err := scenes.open(ctx, s, w.a)
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		found, err := scene.Choices(ctx, seedsOf(t, s, w.a))
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
