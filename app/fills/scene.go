package fills

import (
	"context"
	"image"
	"slices"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// scene is what a request reads of a State: its picture and mask, where regions lie, and what the canvas shows of
// guides that are taken of it.
type scene struct {
	state         *canvas.State
	sel           selection
	regions       []acting
	follows       []*canvas.Reference // of the guides that act everywhere
	read, context image.Rectangle     // of the request; of what is taken of the canvas
	tile          image.Rectangle     // that repeats there; empty: none does
}

// scene is that of a fill, which reads a rectangle.
func (f *Fills) scene(state *canvas.State, sel selection, regions []acting, read image.Rectangle, out Outline) scene {
	_, follows := f.attached(state, "")
	c := scene{state: state, sel: sel, regions: regions, follows: follows, read: read, context: out.Context}
	if out.around {
		c.tile = state.Frame
	}
	return c
}

// complete is a request with all that. It may be called from any goroutine, and leaves q alone.
func (c scene) complete(q pipeline.Request) pipeline.Request {
	q.Mask, q.Image = c.sel.mask(c.state, c.read), render.Flatten(c.state, c.read, render.FlattenOptions{})
	q.Guides = takeAll(q.Guides, c.follows, c.state, c.context, c.tile)
	if len(q.Regions) == 0 { // of an engine without words
		return q
	}
	q.Regions = slices.Clone(q.Regions)
	for i, r := range cut(c.regions, c.read, c.state.Frame) {
		to := &q.Regions[i]
		to.Mask, to.Box, to.Shape = r.Mask, r.Box, r.Shape
		to.Guides = takeAll(to.Guides, c.regions[i].follows, c.state, c.context, c.tile)
	}
	return q
}

// making is a stack's request while it is completed.
type making struct {
	done    chan struct{} // closed when request, or err, is there
	request pipeline.Request
	err     error
	after   []func() // on the window's goroutine, then
}

// make completes the request of a stack beside the window's goroutine: its jobs wait for it, and it is noted when
// it is whole.
func (f *Fills) make(s *Stack, c scene) {
	m, q := &making{done: make(chan struct{})}, s.Request
	s.making = m
	ended := func() {
		if s.making = nil; m.err != nil {
			return
		}
		s.Request = m.request
		for _, do := range m.after {
			do()
		}
		f.stackChanged(s)
	}
	f.desk.Go("fill", func() {
		m.request = c.complete(q)
		f.desk.Post(ended) // before anything that comes of it
		close(m.done)
	}, func(err error) {
		m.err = err
		close(m.done)
		ended()
	})
}

// Unmade says that the stack's request is not whole yet.
func (s *Stack) Unmade() bool { return s.making != nil }

// of is the request of job number i, which waits where it is not whole yet.
func (m *making) of(ctx context.Context, i int) (q pipeline.Request, err error) {
	select {
	case <-m.done:
		return numbered(m.request, i), m.err
	case <-ctx.Done():
		return q, ctx.Err()
	}
}
