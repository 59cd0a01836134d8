package pipeline

import (
	"context"
	"fmt"
	"strings"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/tensor"
)

// colourFix begins the names of the modules whose picture's colours and large forms are kept at every step.
const colourFix = "tile_colorfix"

// fixesColours says whether a guide's module does that.
func (g Guide) fixesColours() bool {
	return g.Kind == GuideControl && strings.HasPrefix(g.Preprocessor, colourFix)
}

// colourFixes are those of the request's guides for a pass, encoded before the denoiser is opened. As in sd-webui-controlnet a second pass
// (hires) lets twice as much vary, and sharpness counts in hundredths; here it ends with its guide.
func (r *run) colourFixes(ctx context.Context, w work) (out []denoise.ColourFix, err error) {
	for _, g := range r.req.Guides {
		if !g.acts() || !g.fixesColours() {
			continue
		}
		_, by, err := g.module()
		if err != nil {
			return nil, fmt.Errorf("pipeline: guide %q: %w", g.name(), err)
		}
		r.say("encoding a guide", r.fraction())
		picture, region, err := pass{run: r, work: w}.wholeHint(ctx, g)
		if err != nil {
			return nil, err
		}
		span := tensor.New(picture.Shape...)
		for i, v := range picture.Data {
			span.Data[i] = 2*v - 1
		}
		f := denoise.ColourFix{Radius: max(int(by.A), 1), Weight: min(max(g.Weight, 0), 1)}
		if f.Latent, err = r.toLatent(ctx, span); err != nil {
			return nil, err
		}
		if region != nil {
			f.Where = bilinear(region, f.Latent.Shape[2], f.Latent.Shape[3])
		}
		if strings.HasSuffix(g.Preprocessor, "+sharp") {
			f.Sharp = by.B / 100
		}
		if w.again {
			f.Radius *= 2
		}
		out = append(out, f)
	}
	return out, nil
}

// acting says of each of them when its guide acts in a run of so many steps.
func (r *run) acting(fixes []denoise.ColourFix, clock *denoise.Clock, steps int) []denoise.ColourFix {
	i := 0
	for _, g := range r.req.Guides {
		if g.acts() && g.fixesColours() {
			fixes[i].On = func() bool { return g.on(clock.Step()-1, steps) }
			i++
		}
	}
	return fixes
}
