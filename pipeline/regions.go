package pipeline

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// Regions are evaluated as wholes, each with its own text, and mixed in the latents by their masks
// (Bar-Tal et al. 2023, arXiv:2302.08113; ComfyUI's conditioning masks): one more evaluation a step for each
// region, two where one has a negative text, or adapters, of its own. What counts nowhere is not evaluated.

// texts are all texts that a run encodes, each before its negative.
func (q Request) texts() []string {
	out := []string{q.Prompt, q.Negative}
	for _, g := range q.Regions {
		out = append(out, g.Prompt, g.Negative)
	}
	return out
}

// allGuides are the request's guides, and those of its regions, which act there only.
func (q Request) allGuides() []Guide {
	out := q.Guides[:len(q.Guides):len(q.Guides)]
	for i, r := range q.Regions {
		for _, g := range r.Guides {
			g.region = &q.Regions[i]
			out = append(out, g)
		}
	}
	return out
}

// masked says whether the guide acts in a part of the picture only, where in which: its mask, or else its
// region in a frame; nil: everywhere.
func (g Guide) masked() bool { return g.Mask != nil || g.region != nil }

func (g Guide) where(frame image.Rectangle) *image.Alpha {
	if g.Mask != nil || g.region == nil {
		return g.Mask
	}
	return g.region.in(frame).Mask
}

// checkRegions says why the request's regions cannot be painted, before any work.
func (q Request) checkRegions() error {
	if n := len(q.Regions); n > metadata.MaxRegions {
		return fault.With(fmt.Errorf("pipeline: %d regions, want at most %d", n, metadata.MaxRegions), "Each costs an evaluation a step: join some, or take them out.")
	}
	for i, r := range q.Regions {
		if err := r.check(); err != nil {
			return fault.With(fmt.Errorf("pipeline: region %q: %w", r.name(i), err), fault.Hint(err))
		}
	}
	if !(q.RegionBase >= 0 && q.RegionBase <= 1) {
		return fmt.Errorf("pipeline: the prompt's share under regions is %g, want 0 to 1", q.RegionBase)
	}
	return nil
}

// name is what region number i is called in errors.
func (r Region) name(i int) string { return cmp.Or(r.Name, fmt.Sprint(i+1)) }

func (r Region) check() error {
	switch {
	case r.Mask == nil && !r.inFrame():
		return fault.With(fmt.Errorf("it has no mask, and its box is %v, want x, y, width, height in parts of the frame", r.Box), "Paint where it is, or take it out.")
	case !r.Over && !(r.Weight > 0 && r.Weight <= 100):
		return fmt.Errorf("its weight is %g, want above 0 and at most 100", r.Weight)
	case r.Feather < 0 || r.Feather > 4096:
		return fmt.Errorf("its edge is %d px soft, want 0 to 4096", r.Feather)
	}
	return nil
}

// regions checks them.
func (c *checker) regions() {
	if err := c.q.checkRegions(); err != nil {
		c.block("region", strings.TrimPrefix(err.Error(), "pipeline: "), fault.Hint(err))
	}
}

// inRegions has predict evaluate the request's regions too; without any it is predict itself.
func (r *run) inRegions(predict denoise.Predictor, p *prompts, clock *denoise.Clock, net family.Denoiser, w work) (denoise.Predictor, error) {
	if len(r.req.Regions) == 0 {
		return predict, nil
	}
	size := w.size.Div(r.model.Factor())
	base, shares := r.shares(w.place, size)
	r.tellRegions(w)
	own := false
	for _, g := range r.req.Regions {
		own = own || strings.TrimSpace(g.Negative) != ""
	}
	for _, set := range r.setOf {
		own = own || set > 0
	}
	nowhere := empty(base)
	places := []denoise.Place{{Share: base, Ask: func(c denoise.Condition) []denoise.Part {
		if c.Negative && !own || nowhere && c.Attention == nil {
			return nil
		}
		return []denoise.Part{{Condition: c, Weight: 1}}
	}}}
	if !own {
		places = append(places, denoise.Place{Ask: func(c denoise.Condition) []denoise.Part {
			if !c.Negative {
				return nil
			}
			return []denoise.Part{{Condition: c, Weight: 1}}
		}})
	}
	for i, g := range r.req.Regions {
		now, err := p.regions[i].at(clock, net, w.size)
		if err != nil {
			return nil, err
		}
		if empty(shares[i]) {
			continue
		}
		places = append(places, denoise.Place{Share: shares[i], Ask: g.ask(now, own, r.setOf[i])})
	}
	return denoise.Placed(predict, places), nil
}

// tellRegions says once a run of which regions little or nothing can be seen in a place that is painted.
func (r *run) tellRegions(w work) {
	if r.toldRegions {
		return
	}
	r.toldRegions = true
	whole := r.req.Frame
	if r.req.Image != nil {
		whole = r.req.Image.Rect
	}
	if whole.Empty() {
		whole = w.place
	}
	cell := max(1, r.model.Factor()*w.place.Dx()/w.size.X)
	for i, g := range r.req.Regions {
		if m := g.Mask; m != nil && m.Rect.Min == whole.Min && m.Rect != whole {
			r.notice(fmt.Sprintf("region %q: its mask is of %d×%d pixels and the picture of %d×%d: it lies in the upper left corner, and beyond it goes on as it ends", g.name(i), m.Rect.Dx(), m.Rect.Dy(), whole.Dx(), whole.Dy()))
		}
		all := pixels.Bounds(g.in(whole).Mask)
		switch {
		case all.Empty():
			r.notice(fmt.Sprintf("region %q is empty: it acts nowhere", g.name(i)))
		case all.In(w.place) && min(all.Dx(), all.Dy()) < cell:
			r.notice(fmt.Sprintf("region %q is of %d×%d pixels, less than the %d×%d of a cell of the network: it hardly acts", g.name(i), all.Dx(), all.Dy(), cell, cell))
		}
	}
}

// ask asks for the region's text of the step. own says whether some region has a negative text of
// its own, or adapters: then all are asked for theirs, which may be the request's. set is that of its adapters.
func (r Region) ask(now func() denoise.Prompt, own bool, set int) func(denoise.Condition) []denoise.Part {
	return func(c denoise.Condition) []denoise.Part {
		switch {
		case c.Negative && !own:
			return nil
		case c.Negative && strings.TrimSpace(r.Negative) == "" && set == 0:
			return []denoise.Part{{Condition: c, Weight: 1}}
		}
		if c.Set = set; c.Negative {
			c.Context, c.Label, c.Attention = now().Negative.Context, now().Negative.Label, nil
			return []denoise.Part{{Condition: c, Weight: 1}}
		}
		var out []denoise.Part
		for _, part := range now().Positive {
			one := c
			one.Context, one.Label = part.Condition.Context, part.Condition.Label
			out = append(out, denoise.Part{Condition: one, Weight: part.Weight})
		}
		return out
	}
}

// shares are what the request's text and each region count at each cell of a latent that covers a
// place: together 1. Where regions cover a cell they have all but the text's RegionBase, among each
// other by weight. What lies over the rest takes from it as much as it covers, of several the last most.
//
// 2026-11-28: denoise.Place.Over is the mean of all that lies over, as MultiDiffusion has it for boxes; of two
// masks over the whole picture each would be half seen.
func (r *run) shares(place image.Rectangle, size image.Point) (base *tensor.Tensor, shares []*tensor.Tensor) {
	base = tensor.New(size.Y, size.X)
	frame := r.req.Frame
	if frame.Empty() {
		frame = place
	}
	weights, covers := make([]float64, len(base.Data)), make([]float64, len(base.Data))
	for _, g := range r.req.Regions {
		m := g.in(frame).cells(place, size)
		shares = append(shares, m)
		for i, v := range m.Data {
			if !g.Over {
				weights[i] += g.Weight * float64(v)
				covers[i] = min(1, covers[i]+float64(v))
			}
		}
	}
	for i := range base.Data {
		theirs := covers[i] * (1 - r.req.RegionBase)
		base.Data[i] = float32(1 - theirs)
		for k, g := range r.req.Regions {
			if !g.Over && weights[i] > 0 {
				shares[k].Data[i] *= float32(theirs * g.Weight / weights[i])
			}
		}
		r.cover(base, shares, i)
	}
	return base, shares
}

// cover lays the regions that lie over the rest, one after another, over a cell of the shares.
func (r *run) cover(base *tensor.Tensor, shares []*tensor.Tensor, cell int) {
	for k, g := range r.req.Regions {
		left := 1 - shares[k].Data[cell]
		if !g.Over || left == 1 {
			continue
		}
		base.Data[cell] *= left
		for j, below := range r.req.Regions {
			if !below.Over || j < k {
				shares[j].Data[cell] *= left
			}
		}
	}
}

// in is the region with a mask, which its box gives it where it has none.
func (r Region) in(frame image.Rectangle) Region {
	r.Mask = r.Area(frame)
	return r
}

// cells is how much of each cell of a latent over a place the region covers, 0 to 1 [h,w]. Beyond its
// edges the mask goes on as it ends: a place may reach further than what was painted on.
func (r Region) cells(place image.Rectangle, size image.Point) *tensor.Tensor {
	wide := place.Inset(-r.Feather)
	m := image.NewAlpha(wide)
	out := tensor.New(size.Y, size.X)
	if r.Mask.Rect.Empty() || place.Empty() {
		return out
	}
	for y := wide.Min.Y; y < wide.Max.Y; y++ {
		row := m.Pix[(y-wide.Min.Y)*m.Stride:]
		from := r.Mask.Pix[(min(max(y, r.Mask.Rect.Min.Y), r.Mask.Rect.Max.Y-1)-r.Mask.Rect.Min.Y)*r.Mask.Stride:]
		for x := wide.Min.X; x < wide.Max.X; x++ {
			row[x-wide.Min.X] = from[min(max(x, r.Mask.Rect.Min.X), r.Mask.Rect.Max.X-1)-r.Mask.Rect.Min.X]
		}
	}
	if r.Feather > 0 {
		m = region.Gauss(m, 2*r.Feather+1)
	}
	for i := range out.Data {
		x, y := i%size.X, i/size.X
		cell := image.Rect(x*place.Dx()/size.X, y*place.Dy()/size.Y, max((x+1)*place.Dx()/size.X, x*place.Dx()/size.X+1), max((y+1)*place.Dy()/size.Y, y*place.Dy()/size.Y+1))
		out.Data[i] = coverage(m, cell.Add(place.Min))
	}
	return out
}

// empty says whether shares are 0 everywhere.
func empty(shares *tensor.Tensor) bool {
	return !slices.ContainsFunc(shares.Data, func(v float32) bool { return v != 0 })
}

// coverage is the mean of a mask in a rectangle within it, 0 to 1.
func coverage(m *image.Alpha, r image.Rectangle) float32 {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range m.Pix[m.PixOffset(r.Min.X, y):m.PixOffset(r.Max.X, y)] {
			sum += int(v)
		}
	}
	return float32(sum) / float32(255*r.Dx()*r.Dy())
}
