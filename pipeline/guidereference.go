package pipeline

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/infill"
	"pentimento/pipeline/noise"
	"pentimento/pipeline/tensor"
)

// The modules of reference guides, as sd-webui-controlnet names them.
const (
	ReferenceOnly  = "reference_only"  // self-attention reads the reference, too
	ReferenceAdaIN = "reference_adain" // groups of layers take its mean and deviation
	ReferenceBoth  = "reference_adain+attn"
)

// ReferenceModules are all of them, the usual one first.
var ReferenceModules = []string{ReferenceOnly, ReferenceAdaIN, ReferenceBoth}

// usualFidelity is that of sd-webui-controlnet.
const usualFidelity = 0.5

// referenceKind is the row of pictures whose look a fill follows. The denoiser of the model itself
// reads them: no file is needed.
//
// The picture is cut to the shape of the run's own, its middle kept, brought to its size and encoded once. At each
// step it is noised to the step's level, by noise of its own that follows from the picture's seed,
// the guide's place among the references and the step: the same request makes the same picture
// again, alone and in a batch. (sd-webui-controlnet draws it from a generator that nothing seeds.)
// As there, of SDXL the fidelity counts by its third power, and a second pass (hires) follows as in
// the mode "prompt".
var referenceKind = GuideKind{Name: GuideReference, Label: "Reference", Fields: referenceFields,
	settle: settleReference, check: checkReference, inside: insideReference, ready: readyReferences, begin: beginReferences}

var referenceFields = []GuideField{
	{"module", "what is taken of it: " + named(ReferenceModules), func(g *Guide, text string) error {
		settleReference(g)
		return guideName(&g.Preprocessor, text, ReferenceModules)
	}},
	{"fidelity", "how closely the look is followed, 0 to 1, 0.5 is the usual", func(g *Guide, text string) error {
		settleReference(g)
		return guideNumber(&g.Fidelity, text)
	}},
	{"mode", "what counts more: " + named(guideModes), func(g *Guide, text string) error { return guideName(&g.Mode, text, guideModes) }},
	{"resize", "how it is brought to the shape of the run: " + named(guideResizes), func(g *Guide, text string) error { return guideName(&g.Resize, text, guideResizes) }},
}

// named lists names: "a, b or c".
func named(all []string) string { return oneOf(all, func(n string) string { return n }) }

// settleReference chooses for a guide that says nothing but its picture.
func settleReference(g *Guide) {
	if g.Preprocessor == "" {
		g.Preprocessor, g.Fidelity = ReferenceOnly, usualFidelity
	}
}

func checkReference(g Guide, m *family.Model) error {
	switch {
	case !slices.Contains(ReferenceModules, g.Preprocessor):
		return fmt.Errorf("its module is %q, want %s", g.Preprocessor, named(ReferenceModules))
	case !(g.Weight >= 0 && g.Weight <= 2):
		return fmt.Errorf("its weight is %g, want 0 to 2", g.Weight)
	case !(g.Fidelity >= 0 && g.Fidelity <= 1):
		return fmt.Errorf("its fidelity is %g, want 0 to 1", g.Fidelity)
	case g.Mode != "" && !slices.Contains(guideModes, g.Mode):
		return fmt.Errorf("its mode is %q, want %s", g.Mode, named(guideModes))
	case g.Resize != "" && !slices.Contains(guideResizes, g.Resize):
		return fmt.Errorf("it is resized by %q, want %s", g.Resize, named(guideResizes))
	case g.masked():
		return fault.With(errors.New("it has a mask of where it acts"), "A reference lends its look to the whole picture that is made: take the mask out.")
	}
	return nil
}

// attends and norms are what a reference's module takes of it.
func (g Guide) attends() bool { return g.Preprocessor != ReferenceAdaIN }
func (g Guide) norms() bool   { return g.Preprocessor != ReferenceOnly }

// insideReference opens the denoiser for references of any weight, so that another weight needs no
// other network.
func insideReference(in *family.Inside, gs []Guide) {
	for _, g := range gs {
		if g.attends() {
			in.Reference.Attention = 1
		}
		if g.norms() {
			in.Reference.Groups = 2
		}
	}
}

// citing is what the run's references take of an evaluation, in bytes, beside what it takes without.
func (o *opened) citing(size image.Point, latents int, t traits) int64 {
	n := 0
	for _, g := range o.source.guides {
		if g.Kind == GuideReference && g.acts() {
			n++
		}
	}
	f := o.Factor()
	return o.source.inside.Reference.Works(o.Denoiser, int64(n), int64(latents), int64(size.Y/f), int64(size.X/f), t.fused)
}

// cited is a reference's latent for a size, kept for the run's other pictures.
type cited struct {
	citation
	latent *tensor.Tensor
}

// citation tells a reference's latent from others; place is that of one that is what is under it.
type citation struct {
	of    int // among the references
	size  image.Point
	place image.Rectangle
}

// citation is that of reference number i in a work.
func (g Guide) citation(i int, w work) citation {
	c := citation{of: i, size: w.size}
	if g.Image == nil && g.Placed {
		c.place = w.place
	}
	return c
}

// readyReferences encodes the pictures, before the denoiser is opened: where memory is short one
// network leaves for another.
func readyReferences(ctx context.Context, r *run, w work, gs []Guide) error {
	for i, g := range gs {
		if r.citedAt(g.citation(i, w)) != nil {
			continue
		}
		latent := g.tensors["latent"]
		if latent == nil {
			img, err := r.lent(ctx, g, w)
			if err != nil {
				return err
			}
			if latent, err = r.toLatent(ctx, toTensor(img, w.size)); err != nil {
				return err
			}
		}
		r.cited = append(r.cited, cited{g.citation(i, w), latent})
	}
	return nil
}

func (r *run) citedAt(at citation) *tensor.Tensor {
	for _, c := range r.cited {
		if c.citation == at {
			return c.latent
		}
	}
	return nil
}

// lent is the part of a reference's picture that counts, brought to a run's shape as the guide says,
// with no blank pixels. What is beyond it where it is to be whole goes on as its edge does.
func (r *run) lent(ctx context.Context, g Guide, w work) (*image.NRGBA, error) {
	img, part := g.Image, g.Crop
	if img == nil && g.Placed && r.req.Image != nil { // what is under the frame
		img, part = r.req.Image, w.place
	}
	if img != nil && part.Empty() {
		part = img.Rect
	}
	if img == nil || part.Intersect(img.Rect).Empty() {
		return nil, fault.New(fmt.Sprintf("pipeline: guide %q has no picture, or its crop %v is outside it", cmp.Or(g.Name, g.Kind), g.Crop), "Add the picture again, or take the guide out.")
	}
	part = part.Intersect(img.Rect)
	wide := image.Pt(ratio(part.Dy(), w.size.X, w.size.Y), ratio(part.Dx(), w.size.Y, w.size.X)) // of the shape, as high, or as wide
	switch g.Resize {
	case ResizeStretch:
	case ResizeFill:
		part = about(part, image.Pt(max(part.Dx(), wide.X), max(part.Dy(), wide.Y)))
	default:
		part = about(part, image.Pt(min(part.Dx(), wide.X), min(part.Dy(), wide.Y)))
	}
	return filled(ctx, img, part, nil, infill.Options{Mode: infill.Edge, Seed: placeSeed})
}

// ratio is v·a/b, rounded, at least 1.
func ratio(v, a, b int) int { return max(1, (v*a+b/2)/b) }

// about is the rectangle of a size with the middle of another.
func about(r image.Rectangle, size image.Point) image.Rectangle {
	from := r.Min.Add(r.Size().Sub(size).Div(2))
	return image.Rectangle{Min: from, Max: from.Add(size)}
}

// beginReferences has each evaluation read the references that act.
func beginReferences(_ context.Context, p pass, gs []Guide) (guiding, error) {
	return func(_ context.Context, in *denoise.Input, e denoise.Evaluation, on []bool) error {
		for i, g := range gs {
			if !on[i] {
				continue
			}
			r, err := p.reference(i, g, in, e)
			if err != nil {
				return err
			}
			in.References = append(in.References, r)
		}
		return nil
	}, nil
}

// reference is one of an evaluation, noised to its level.
func (p pass) reference(i int, g Guide, in *denoise.Input, e denoise.Evaluation) (denoise.Reference, error) {
	latent := p.citedAt(g.citation(i, p.part()))
	space, n := p.model.Space, in.X.Shape[0]
	r := denoise.Reference{Fidelity: p.fidelity(g)}
	if g.attends() {
		r.Attention = g.Weight
	}
	if g.norms() {
		r.Groups = g.Weight
	}
	var noised []*tensor.Tensor
	for row := range n {
		eps := g.tensors["noise"]
		switch {
		case eps == nil:
			eps = p.referenceNoise(i, row%e.Batch, latent.Shape)
		case len(eps.Shape) == 4 && eps.Shape[0] == n:
			eps = eps.Batch(row, row+1)
		}
		if !eps.SameShape(latent) {
			return r, fmt.Errorf("pipeline: guide %q: noise of shape %v for a latent of %v", cmp.Or(g.Name, g.Kind), eps.Shape, latent.Shape)
		}
		noised = append(noised, tensor.Scale(float32(space.In(e.Sigma)), space.Path.Mix(latent, eps, e.Sigma)))
	}
	var err error
	if r.X, err = tensor.Concat(0, noised...); err != nil || !p.model.Inpainting {
		return r, err
	}
	mask := tensor.New(1, 1, latent.Shape[2], latent.Shape[3]) // nothing of it is to be painted
	if r.Concat, err = tensor.Concat(1, mask, latent); err == nil {
		r.Concat = repeated(r.Concat, n)
	}
	return r, err
}

// fidelity is how little the negative prompt's evaluation follows a guide in this pass.
func (p pass) fidelity(g Guide) float64 {
	switch {
	case g.Mode == ModeControl:
		return 1
	case g.Mode == ModePrompt || p.work.again:
		return 0
	case p.model.Family.Fidelity != nil && g.tensors == nil: // tensors: one evaluation, with the number that it gets
		return p.model.Family.Fidelity(g.Fidelity)
	}
	return g.Fidelity
}

// referenceNoise is that of reference number i at this step, for picture b of the pass.
func (p pass) referenceNoise(i, b int, shape []int) *tensor.Tensor {
	seed := p.req.Seed
	if p.req.VariationStrength == 0 {
		seed += int64(p.first + b)
	}
	h := fnv.New64a()
	for _, v := range []uint64{uint64(seed), uint64(i), uint64(p.step())} {
		_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, v))
	}
	return &tensor.Tensor{Shape: shape, Data: noise.New(noise.CPU, int64(h.Sum64()>>1)).Normal(tensor.Size(shape))}
}
