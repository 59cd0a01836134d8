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
	target        image.Rectangle     // Outline.Target and Beyond
	beyond        int
	finds         bool // not sel is painted, but what the request's passes have found
}

// scene is that of a fill, which reads a rectangle.
func (f *Fills) scene(state *canvas.State, sel selection, regions []acting, read image.Rectangle, out Outline) scene {
	_, follows := f.attached(state, "")
	c := scene{state: state, sel: sel, regions: regions, follows: follows, read: read, context: out.Context, target: out.Target, beyond: out.Beyond}
	if out.around {
		c.tile = state.Frame
	}
	return c
}

// complete is a request with all that. It may be called from any goroutine, and leaves q alone.
func (c scene) complete(q pipeline.Request) pipeline.Request {
	q.Image = render.Flatten(c.state, c.read, render.FlattenOptions{})
	if c.finds {
		q.Mask = pipeline.Covers(q.Details, c.read)
		return q
	}
	q.Mask = c.sel.mask(c.state, c.read)
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
	scene   scene
	done    chan struct{} // closed when request, or err, is there
	request pipeline.Request
	err     error
}

// make completes the request of a stack beside the window's goroutine: its jobs wait for it. Until it is whole the
// Draft is what can be kept of it. refused, which may be nil, says first what keeps it from running: then the
// place is dropped.
func (f *Fills) make(s *Stack, c scene, refused func() error) {
	m, q := &making{scene: c, done: make(chan struct{})}, s.Request
	s.making = m
	ended := func() {
		if s.making = nil; m.err == nil {
			s.Request = m.request
			f.stackChanged(s)
		} else if refused != nil {
			f.jobFailed(s.ID, m.err)
			f.Drop(s)
		}
	}
	f.desk.Go("fill", func() {
		if refused != nil {
			m.err = refused()
		}
		if m.err == nil {
			m.request = c.complete(q)
		}
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

// Draft is what is missing of a request that is not whole yet, as far as its State does not say it: a few numbers,
// noted while pictures are made, so that a fill which was only just asked for outlives the program too.
type Draft struct {
	Bounds  image.Rectangle   `json:"bounds"`
	Brushed bool              `json:"brushed,omitempty"` // the State's target is painted
	Blank   []image.Rectangle `json:"blank,omitempty"`   // and what is transparent in here
	Whole   bool              `json:"whole,omitempty"`   // or all of Bounds
	Within  bool              `json:"within,omitempty"`  // inside the State's selection only
	Read    image.Rectangle   `json:"read"`
	Context image.Rectangle   `json:"context"`
	Around  bool              `json:"around,omitempty"` // it is of a tile that repeats
	Target  image.Rectangle   `json:"target"`
	Beyond  int               `json:"beyond,omitempty"`
	Finds   bool              `json:"finds,omitempty"` // what the request's passes have found is painted, of all of Read
}

// Draft is that of a stack whose request is not whole yet, and the State that it is of; nil where it is.
func (s *Stack) Draft() (*Draft, *canvas.State) {
	if s.making == nil {
		return nil, nil
	}
	c := s.making.scene
	return &Draft{c.sel.bounds, c.sel.brushed.Len() > 0, c.sel.blank, c.sel.whole, c.sel.within.Len() > 0, c.read, c.context, !c.tile.Empty(), c.target, c.beyond, c.finds}, c.state
}

// Resume completes the request of a stack that was kept as a Draft, of the State that it was of. False: what its
// request names is not there any more, and nothing is done.
func (f *Fills) Resume(s *Stack, d *Draft, state *canvas.State) bool {
	if d.Finds {
		f.make(s, scene{state: state, read: d.Read, finds: true}, nil)
		return true
	}
	sel := selection{bounds: d.Bounds, blank: d.Blank, whole: d.Whole}
	if d.Brushed {
		sel.brushed = state.Target()
	}
	if d.Within {
		sel.within = state.Selection
	}
	out := Outline{Target: d.Target, Context: d.Context, Beyond: d.Beyond, around: d.Around}
	c := f.scene(state, sel, f.acting(state, out), d.Read, out)
	same := len(c.follows) == len(s.Request.Guides) && len(c.regions) == len(s.Request.Regions)
	for i := 0; same && i < len(c.regions); i++ {
		r := s.Request.Regions[i]
		same = c.regions[i].Name == r.Name && len(c.regions[i].follows) == len(r.Guides)
	}
	if same {
		f.make(s, c, nil)
	}
	return same
}

// of is the request of job number i, which waits where it is not whole yet.
func (m *making) of(ctx context.Context, i int) (q pipeline.Request, err error) {
	select {
	case <-m.done:
		return numbered(m.request, i), m.err
	case <-ctx.Done():
		return q, ctx.Err()
	}
}
