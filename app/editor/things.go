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
	q := wandOn(s, a)
	of := looked{s.Layers, s.Source, picture(s), 0} // what lies in the frame beside the picture is no thing
	if l := s.Layer(s.Active); a.OneLayer && l != nil {
		of.active, of.bounds = s.Active, l.Used()
	}
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

// seekThing finds the thing that was pointed at.
func (e *Editor) seekThing(t tools.Thing) {
	a, scenes := e.Area(), &e.scenery
	e.reselect(t.Label, a, t.How, func(ctx context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		scene, err := scenes.open(ctx, s, a)
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
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
		g, err := scene.Select(ctx, seeds)
		if r := canvas.CoverUsed(g); err == nil && a.Feather > 0 && !r.Empty() {
			g = canvas.Cover(region.Feather(canvas.CoverImage(g, r.Inset(-2*a.Feather-1)), float64(a.Feather)))
		}
		return g, err
	})
}
