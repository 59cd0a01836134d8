package pipeline

import (
	"context"
	"image"
	"math"
	"reflect"
	"slices"
	"testing"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// TestInvertedNoiseAgreesWithTheExtension: its loop, written out again in double precision for a denoiser that looks at each cell alone, and
// its map of where a picture is busy for one whose numbers are known.
func TestInvertedNoiseAgreesWithTheExtension(t *testing.T) {
	levels := sampler.StableDiffusion()
	latent := pipelinetest.UnitNoise("inversion.latent", 1, 4, 6, 7)
	noise := pipelinetest.UnitNoise("inversion.noise", 1, 4, 6, 7)
	clean := func(x, sigma float64) float64 { return x - sigma*math.Tanh(x/math.Sqrt(sigma*sigma+1)) }
	asked := 0
	plain := func(_ context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		asked++
		out := tensor.New(x.Shape...)
		for i, v := range x.Data {
			out.Data[i] = float32(clean(float64(v), sigma))
		}
		return out, nil
	}
	r := &run{req: Request{Sampling: Sampling{Inversion: &Inversion{On: true, Steps: 5, Retouch: 1, Kernel: 8}}}, report: func(Progress) {}}
	const first = 12.5
	got, err := r.inverted(context.Background(), work{count: 1}, plain, levels, latent, noise, first)
	if err != nil || asked != 5 {
		t.Fatal(asked, err)
	}
	sigmas := []float64{0}
	for i := range 5 {
		sigmas = append(sigmas, levels.Sigma(float64(levels.Len()-1)*float64(i)/4))
	}
	for i, v := range latent.Data {
		x := float64(v)
		for k := 1; k < len(sigmas); k++ {
			x += (x - clean(x, sigmas[k])) / sigmas[k] * (sigmas[k] - sigmas[k-1])
		}
		want := x/sigmas[5] - float64(v)/first
		if math.Abs(float64(got.Data[i])-want) > 1e-5 {
			t.Fatalf("cell %d is %g, want %g", i, got.Data[i], want)
		}
	}
	const fine = 300 // a run of so many steps on what was found ends near the picture
	r.req.Inversion.Steps = fine
	if got, err = r.inverted(context.Background(), work{count: 1}, plain, levels, latent, noise, levels.Max()); err != nil {
		t.Fatal(err)
	}
	x := tensor.Axpy(float32(levels.Max()), got, latent)
	for i := fine - 1; i >= 0; i-- {
		sigma, next := levels.Sigma(float64(levels.Len()-1)*float64(i)/(fine-1)), 0.0
		if i > 0 {
			next = levels.Sigma(float64(levels.Len()-1) * float64(i-1) / (fine - 1))
		}
		c, _ := plain(context.Background(), x, sigma)
		x = tensor.Axpy(float32((next-sigma)/sigma), tensor.Axpy(-1, c, x), x)
	}
	if off := pipelinetest.Relative(x.Data, latent.Data); off > 0.05 {
		t.Errorf("a run on the noise that was found ends %.2g from the picture", off)
	}
	flat := tensor.New(1, 3, 9, 9)
	if m := busyness(flat, 4); slices.Max(m.Data) != 0 {
		t.Error("a flat picture is busy somewhere")
	}
	flat.Data[40], flat.Data[121], flat.Data[202] = 1, 1, 1 // the middle, white on grey: (a−1)·(v−mean) = −0.01/(0.01+variance)·(v−mean), as a byte that goes round
	m := busyness(flat, 3)
	v, g := 1.0, float64(128)/255
	mean := (v + 8*g) / 9
	variance := (v*v+8*g*g)/9 - mean*mean
	want := float32(uint8(int(-0.01/(variance+0.01)*(v-mean)*255))) / 255
	if m.Data[40] != want || m.Data[0] != 0 {
		t.Errorf("a white point has %g, want %g; the corner %g", m.Data[40], want, m.Data[0])
	}
}

// TestANoiseInversionComesBackFromARecipe: in the extension's dictionary, and without tiles under keys of its own.
func TestANoiseInversionComesBackFromARecipe(t *testing.T) {
	const head = "p\nSteps: 9, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 512x768, Denoising strength: 0.4, "
	foreign := metadata.ParseA1111(head + `Tiled Diffusion: "{'Method': 'Mixture of Diffusers', 'Tile tile width': 96, 'Tile tile height': 96, 'Tile Overlap': 48, 'Tile batch size': 4, 'NoiseInv': True, 'NoiseInv Steps': 30, 'NoiseInv Retouch': 1.5, 'NoiseInv Renoise strength': 0.4, 'NoiseInv Kernel size': 32}"`)
	want := &Inversion{true, 30, 1.5, 0.4, 32}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Refine}}
	for _, l := range q.Recall(foreign, func(string) bool { return false }) {
		if l != "size 512x768: the picture that is given has its own" {
			t.Errorf("left: %s", l)
		}
	}
	if !reflect.DeepEqual(q.Inversion, want) || q.Tiled == nil {
		t.Fatalf("it is %+v, want %+v", q.Inversion, want)
	}
	for _, tiled := range []*Tiled{q.Tiled, nil} {
		q.Tiled = tiled
		back := Request{Ask: Ask{Engine: Diffusion, Task: Refine}}
		back.Recall(throughARecipe(t, q), func(string) bool { return false })
		if !reflect.DeepEqual(back.Inversion, want) || (back.Tiled == nil) != (tiled == nil) {
			t.Errorf("tiled %v: came back as %+v", tiled != nil, back.Inversion)
		}
	}
}

// TestAnInvertedRunCostsItsSteps: as many evaluations more as its steps and tiles, of the prompt alone; only where there is a picture.
func TestAnInvertedRunCostsItsSteps(t *testing.T) {
	img := noisePicture(128, 64)
	for _, c := range []struct {
		task  Task
		tiled *Tiled
		want  int
	}{{Refine, nil, 5}, {Refine, &Tiled{Method: MultiDiffusion, Width: 8, Height: 8, Overlap: -1}, 10}, {Generate, nil, 0}} {
		count := func(n *Inversion) (int, []uint8) {
			p, rt := standIns(t)
			q := Request{Ask: Ask{Engine: Diffusion, Task: c.task, Frame: img.Rect}, Models: Models{Model: tiny(t, "tiny15")},
				Sampling: Sampling{Width: 128, Height: 64, Steps: 4, CFG: 3, Seed: 3, Strength: 0.5, Sampler: "Euler", Tiled: c.tiled, Inversion: n}}
			if c.task == Refine {
				q.Image, q.Mask = img, image.NewAlpha(img.Rect)
				for i := range q.Mask.Pix {
					q.Mask.Pix[i] = 255
				}
			}
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			whole, _ := evaluations(rt)
			return whole, res.Image.Pix
		}
		plain, before := count(nil)
		with, after := count(&Inversion{true, 5, 2, 0.5, 16})
		if with-plain != c.want || slices.Equal(before, after) != (c.want == 0) {
			t.Errorf("%s, tiled %v: %d evaluations more, want %d; the same picture: %v", c.task, c.tiled != nil, with-plain, c.want, slices.Equal(before, after))
		}
	}
}

// TestInvertedNoiseLeadsBack: denoised by the same predictions, without guidance and by a sampler that draws nothing, what was found ends at the
// picture; the more steps both ways take the nearer. Begun half-way, which takes the way for a straight line, it ends nearer than fresh noise.
func TestInvertedNoiseLeadsBack(t *testing.T) {
	for name, levels := range map[string]*sampler.Levels{"usual": sampler.StableDiffusion(), "to no signal at all": sampler.StableDiffusion().ZeroTerminalSNR()} {
		t.Run(name, func(t *testing.T) { leadsBack(t, levels) })
	}
}

func leadsBack(t *testing.T, levels *sampler.Levels) {
	euler, _, err := sampler.Find("Euler")
	if err != nil {
		t.Fatal(err)
	}
	normal, err := sampler.ScheduleFor(euler, "Normal")
	if err != nil {
		t.Fatal(err)
	}
	latent, fresh := pipelinetest.UnitNoise("inversion.back", 1, 4, 8, 8), pipelinetest.UnitNoise("inversion.fresh", 1, 4, 8, 8)
	plain := func(_ context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) { // for two kinds of pictures, around −1 and 1
		out := tensor.New(x.Shape...)
		const own = 0.25 // the variance of each
		v := sigma*sigma + own
		for i, at := range x.Data {
			kind := math.Tanh(float64(at) / v)
			out.Data[i] = float32((own*float64(at) + sigma*sigma*kind) / v)
		}
		return out, nil
	}
	ends := func(steps int, strength float64, inverted bool) float64 {
		sigmas := euler.Sigmas(normal, levels, steps)
		noise := fresh
		if inverted {
			r := &run{req: Request{Sampling: Sampling{Inversion: &Inversion{On: true, Steps: steps, Retouch: 1, Kernel: 8}}}, report: func(Progress) {}}
			if noise, err = r.inverted(t.Context(), work{count: 1}, plain, levels, latent, fresh, sigmas[0]); err != nil {
				t.Fatal(err)
			}
		}
		if strength < 1 {
			sigmas = euler.Shortened(sampler.FormA, normal, levels, steps, strength)
		}
		x := euler.Start(sampler.Exploding, latent, noise, sigmas[0])
		out, err := euler.Run(t.Context(), plain, x, sigmas, nil, func(sampler.Step) {})
		if err != nil {
			t.Fatal(err)
		}
		return pipelinetest.Relative(out.Data, latent.Data)
	}
	was := 1.0
	for _, steps := range []int{20, 40, 80, 160, 320} {
		off := ends(steps, 1, true)
		t.Logf("%d steps: %.3g", steps, off)
		if off > 0.65*was {
			t.Errorf("in %d steps it ends %.2g from the picture, in half as many %.2g", steps, off, was)
		}
		was = off
	}
	if was > 0.02 {
		t.Errorf("in 320 steps it ends %.2g from the picture", was)
	}
	for _, strength := range []float64{0.3, 0.5, 0.7} {
		found, drawn := ends(40, strength, true), ends(40, strength, false)
		t.Logf("strength %g: %.3g, fresh noise %.3g", strength, found, drawn)
		if found > drawn {
			t.Errorf("at strength %g it ends %.2g from the picture, fresh noise %.2g", strength, found, drawn)
		}
	}
}
