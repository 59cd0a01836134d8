package pipeline

import (
	"image"
	"math"

	"pentimento/fault"
	"pentimento/pipeline/region"
)

// Scene is what planning looks at: rectangles of the canvas and no pixels, so that a
// window can plan while the person drags.
type Scene struct {
	Selection image.Rectangle // bounds of the area to paint; for generate and refine the frame
	Picture   image.Rectangle // used area of the canvas; empty where it is blank
	Bounds    image.Rectangle // nothing beyond it is read, such as a file's edge; empty: the canvas has none
	// Old is, for an outpaint, the rectangle that grows: it holds no masked pixel. Empty
	// where there is none, as with a frame over blank canvas or the gap between pictures.
	Old image.Rectangle
}

// Plan says what a run reads and what it may change. It follows from a Scene and the
// request's settings alone, so the outline that a window draws is what runs. A Plan does
// not change once made.
type Plan struct {
	Layout region.Layout `json:"layout"`
	Strips []Strip       `json:"strips,omitempty"` // the runs of an outpaint, in order; nil: one run
	// Seam is an outpaint's; nil: there is none, or the plan was made before 2026-11-27, when
	// Layout.Fade said how far an outpaint fades.
	Seam *Seam `json:"seam,omitempty"`
	// Read is what Request.Image should cover: Layout.Context and, around it, what the
	// content-aware infill may take from.
	Read image.Rectangle `json:"read"`
}

// Strip is one of several runs.
type Strip struct {
	Target  image.Rectangle `json:"target"` // of the mask, only what is there is painted
	Context image.Rectangle `json:"context"`
	Passes  []region.Pass   `json:"passes"`
}

// runs are the plan's runs in order, one at least.
func (p *Plan) runs() []Strip {
	if len(p.Strips) > 0 {
		return p.Strips
	}
	return []Strip{{p.Layout.Target, p.Layout.Context, p.Layout.Passes}}
}

// Plan plans a request whose Task is set (see Decide). Of the request it reads Engine,
// Task, Model, VAE, Strength, Width, Height, Area, Fade, Inside, OverMask, KeepExact and
// Hires; an unnamed or unreadable model is planned as one of wide limits. It takes microseconds once
// a model's header was read, and any goroutine may call it.
func (p *Pipeline) Plan(q Request, s Scene) (*Plan, error) {
	var limits region.Limits
	if q.Engine.Row().Network {
		limits = region.Wide
		if h, err := p.headers.look(q.Models); err == nil {
			limits = h.Limits()
		}
	}
	return plan(q, s, limits)
}

// plan is Plan for known limits; zero limits are those of an engine without a network.
func plan(q Request, s Scene, limits region.Limits) (*Plan, error) {
	q = q.WithDefaults()
	out := &Plan{}
	switch {
	case limits == (region.Limits{}):
		var err error
		out.Layout, err = region.Plan(region.Input{Method: region.ContentAware, Selection: s.Selection, Picture: s.Picture, Bounds: s.Bounds})
		out.Layout.Context = out.Layout.Context.Union(out.Layout.Target)
		out.Read = out.Layout.Context
		return out, err
	case s.Selection.Empty():
		return nil, emptyMask()
	}
	row, err := FindTask(q.Task)
	if err != nil {
		return nil, err
	}
	limits = q.lifted(limits)
	if err := row.Plan(out, q, s, limits); err != nil {
		return nil, err
	}
	out.Layout.Passes = q.passes(limits, out.Layout.Context.Size())
	out.Read = out.Layout.Context
	if paints, content := row.Needs.Mask, q.Infill == InfillAuto || q.Infill == InfillContent; paints && content && q.Strength >= 1 {
		out.Read = out.Read.Union(sources(s.Selection, s.Picture))
	}
	if !s.Bounds.Empty() {
		out.Read = out.Read.Intersect(s.Bounds)
	}
	return out, nil
}

// planFrame reads and changes the frame.
func planFrame(out *Plan, _ Request, s Scene, _ region.Limits) error {
	out.Layout = region.Layout{Selection: s.Selection, Target: s.Selection, Context: s.Selection}
	return nil
}

// planInpaint reads what region.Plan puts around the selection, and lets the mask grow.
func planInpaint(out *Plan, q Request, s Scene, limits region.Limits) (err error) {
	if out.Layout, err = region.Plan(q.input(s, limits)); err == nil {
		q.planFade(&out.Layout, s)
	}
	return err
}

func emptyMask() error {
	return fault.New("pipeline: the mask is empty, want at least one masked pixel", "Paint over what you want to replace first.")
}

// input is the input of region.Plan for an inpaint.
func (q Request) input(s Scene, limits region.Limits) region.Input {
	in := region.Input{
		Method: region.Auto, Selection: s.Selection, Picture: s.Picture, Bounds: s.Bounds,
		Strength: q.Strength, FeatherPct: q.fade().Feather, Padding: -1, Blur: -1, Limits: limits,
		Work: image.Pt(q.Width, q.Height),
	}
	switch {
	case q.Area != nil:
		in.Method, in.Padding, in.Blur = q.Area.Method, max(q.Area.Padding, 0), max(q.Area.Blur, 0)
		if q.Inside {
			in.Blur = 0
		}
	case q.Width > 0:
		in.Method = region.WholePicture
	}
	return in
}

// fade is the request's, or what nil means.
func (q Request) fade() Fade {
	if q.Fade == nil {
		return DefaultFade()
	}
	return *q.Fade
}

// planFade settles how the mask grows where region.Plan leaves it open, and by the
// request's own percentages.
func (q Request) planFade(l *region.Layout, s Scene) {
	switch {
	case q.Inside:
		l.Fade, l.Target = region.Fade{}, l.Selection
		return
	case q.Area != nil && q.Area.Method == region.WholePicture && q.Area.Blur > 0:
		l.Fade = region.Fade{Soft: q.Area.Blur}
		l.Target = l.Selection.Inset(-region.GaussReach(q.Area.Blur)).Intersect(l.Context)
	case q.Area == nil && q.Width > 0:
		l.Fade = region.FadeFor(l.Selection.Size(), q.Strength, q.fade().Feather, false)
		l.Target = l.Selection.Inset(-l.Fade.Pad).Intersect(l.Context)
	}
	l.Fade = q.scaled(l.Fade)
	if !s.Bounds.Empty() {
		l.Target = l.Target.Intersect(s.Bounds)
	}
	l.Context = l.Context.Union(l.Target)
}

// scaled brings a fade to the request's percentages of growth and blur.
func (q Request) scaled(f region.Fade) region.Fade {
	by := func(n int, percent float64) int { return int(math.Round(float64(n) * max(percent, 0) / 100)) }
	was := f
	f.Grow, f.Blend = by(f.Grow, q.fade().Grow), by(f.Blend, q.fade().Blend)
	f.Pad += max(0, f.Grow-was.Grow)
	return f
}

// passes are the sizes a context is worked at, first to last: the request's own, or what
// the model likes; then the hires pass.
func (q Request) passes(limits region.Limits, size image.Point) []region.Pass {
	out := []region.Pass{{Size: image.Pt(q.Width, q.Height), Strength: q.Strength}}
	if q.Width <= 0 {
		out = limits.Passes(size, q.Strength)
	}
	if h := q.hires(); h != nil {
		first := out[0].Size
		out = append(out[:1], region.Pass{Size: h.size(first), Strength: h.strength()})
	}
	return out
}
