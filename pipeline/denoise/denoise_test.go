package denoise

import (
	"context"
	"errors"
	"math"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

var ctx = context.Background()

// fake is a network whose prediction is the mean of the context plus a tenth of x; it
// keeps the inputs it saw.
type fake struct{ seen []Input }

func (f *fake) run(_ context.Context, in Input) (*tensor.Tensor, error) {
	f.seen = append(f.seen, in)
	out := tensor.Scale(0.1, in.X)
	for b := range in.X.Shape[0] {
		c := in.Context.Batch(b, b+1)
		var mean float32
		for _, v := range c.Data {
			mean += v / float32(len(c.Data))
		}
		part := out.Batch(b, b+1)
		for i := range part.Data {
			part.Data[i] += mean
		}
	}
	return out, nil
}

func prompt(value float32, tokens int) Condition {
	c := tensor.New(1, tokens, 3)
	for i := range c.Data {
		c.Data[i] = value
	}
	return Condition{Context: c}
}

func same(t *testing.T, what string, got, want []float32, limit float64) {
	t.Helper()
	if e := pipelinetest.Relative(got, want); e > limit {
		t.Errorf("%s: differs by %.3g: %v, want %v", what, e, got, want)
	}
}

func TestEverySpaceSaysTheSameOfTheSamePicture(t *testing.T) {
	clean, noise := pipelinetest.Uniform("clean", 2, 2, 4, 3, 5), pipelinetest.UnitNoise("noise", 2, 4, 3, 5)
	exploding, straight := sampler.StableDiffusion(), sampler.Shifted(1000, 3)
	for _, c := range []struct {
		space  Space
		levels *sampler.Levels
		raw    func(sigma float64) *tensor.Tensor
		in     func(sigma float64) float64
		time   func(sigma float64) float64
	}{
		{Epsilon, exploding, func(float64) *tensor.Tensor { return noise }, nil, exploding.T},
		{VPrediction, exploding, func(s float64) *tensor.Tensor {
			root := math.Hypot(1, s)
			return tensor.Combine(float32(1/root), noise, float32(-s/root), clean)
		}, nil, exploding.T},
		{Flow, straight, func(float64) *tensor.Tensor { return tensor.Combine(1, noise, -1, clean) },
			func(float64) float64 { return 1 }, func(s float64) float64 { return 1000 * s }},
	} {
		for _, sigma := range []float64{0.03, 0.7, 1, 3, 14} {
			if c.space.Path == sampler.Straight && sigma > 1 {
				continue
			}
			in := 1 / math.Hypot(1, sigma)
			if c.in != nil {
				in = c.in(sigma)
			}
			x := c.space.Path.Mix(clean, noise, sigma)
			network := func(_ context.Context, got Input) (*tensor.Tensor, error) {
				same(t, "network input", got.X.Data, tensor.Scale(float32(in), x).Data, 1e-6)
				if want := c.time(sigma); math.Abs(float64(got.Timesteps[1])-want) > 1e-3 {
					t.Errorf("%s: timestep %v, want %v", c.space.Name, got.Timesteps, want)
				}
				return c.raw(sigma), nil
			}
			out, err := Model{Network: network, Levels: c.levels, Space: c.space}.Predictor()(ctx, x, sigma, []Condition{prompt(0, 2)})
			if err != nil {
				t.Fatal(err)
			}
			same(t, c.space.Name+": clean latent", out[0].Data, clean.Data, 2e-5)
		}
	}
}

func TestOneEvaluationWhenScaleIsOne(t *testing.T) {
	for scale, want := range map[float64]int{1: 1, 7: 2, 0: 1} {
		f := &fake{}
		m := Model{Network: f.run, Levels: sampler.StableDiffusion(), Space: Epsilon, Together: 1}
		d := Guided(m.Predictor(), Always(Simple(prompt(1, 2), prompt(-1, 2))), Guidance{Scale: scale})
		if _, err := d(ctx, tensor.New(1, 4, 2, 2), 1); err != nil {
			t.Fatal(err)
		}
		if len(f.seen) != want {
			t.Errorf("scale %v took %d evaluations, want %d", scale, len(f.seen), want)
		}
	}
}

func TestBatchedAndSeparateRunsAgree(t *testing.T) {
	x := pipelinetest.UnitNoise("x", 2, 4, 2, 3)
	concat := pipelinetest.Uniform("concat", 1, 1, 5, 2, 3)
	for _, negative := range []int{2, 5} { // contexts of another length cannot share an evaluation
		var results []*tensor.Tensor
		for together, calls := range map[int]int{0: 1, 1: 2} {
			f := &fake{}
			m := Model{Network: f.run, Levels: sampler.StableDiffusion(), Space: Epsilon, Together: together, Concat: concat}
			out, err := Guided(m.Predictor(), Always(Simple(prompt(1, 2), prompt(-1, negative))), Guidance{Scale: 5})(ctx, x, 2)
			if err != nil {
				t.Fatal(err)
			}
			if negative == 5 {
				calls = 2
			}
			if len(f.seen) != calls {
				t.Errorf("%d at once: %d evaluations, want %d", together, len(f.seen), calls)
			}
			in := f.seen[0]
			if b := in.X.Shape[0]; b != len(in.Timesteps) || b != in.Context.Shape[0] || b != in.Concat.Shape[0] || b*len(f.seen) != 4 {
				t.Errorf("batches of %d, %d, %d and %d", b, len(in.Timesteps), in.Context.Shape[0], in.Concat.Shape[0])
			}
			results = append(results, out)
		}
		same(t, "batched", results[0].Data, results[1].Data, 0)
	}
}

// values is a predictor whose clean latent is the condition's first value everywhere.
func values(calls *int) Predictor {
	return func(_ context.Context, x *tensor.Tensor, _ float64, cs []Condition) ([]*tensor.Tensor, error) {
		var out []*tensor.Tensor
		for _, c := range cs {
			*calls++
			o := tensor.New(x.Shape...)
			for i := range o.Data {
				o.Data[i] = c.Context.Data[0]
			}
			out = append(out, o)
		}
		return out, nil
	}
}

func TestComposedPromptsAddTheirDifferences(t *testing.T) {
	calls := 0
	p := Prompt{Positive: []Part{{prompt(3, 1), 1}, {prompt(5, 1), 0.5}, {prompt(9, 1), 0}}, Negative: prompt(1, 1)}
	got, err := Guided(values(&calls), Always(p), Guidance{Scale: 2})(ctx, tensor.New(1, 1, 1, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := float32(1 + 2*(1*(3-1)+0.5*(5-1))); got.Data[0] != want || calls != 3 {
		t.Errorf("%v after %d evaluations, want %v after 3", got.Data[0], calls, want)
	}
}

func TestGuidanceActsInItsIntervalOnly(t *testing.T) {
	for sigma, want := range map[float64]float32{0.5: 3, 2: 7, 8: 3} {
		calls := 0
		d := Guided(values(&calls), Always(Simple(prompt(3, 1), prompt(1, 1))), Guidance{Scale: 3, Low: 1, High: 5})
		got, err := d(ctx, tensor.New(1, 1, 1, 1), sigma)
		if err != nil || got.Data[0] != want || (want == 3) != (calls == 1) {
			t.Errorf("sigma %v: %v after %d evaluations (%v), want %v", sigma, got.Data[0], calls, err, want)
		}
	}
}

func TestRescaleRestoresTheSpreadOfThePositive(t *testing.T) {
	x := pipelinetest.UnitNoise("x", 2, 4, 8, 8)
	a, b := pipelinetest.Uniform("a", 1, 2, 4, 8, 8), pipelinetest.Uniform("b", 1, 2, 4, 8, 8)
	predict := func(_ context.Context, _ *tensor.Tensor, _ float64, cs []Condition) ([]*tensor.Tensor, error) {
		return []*tensor.Tensor{a, b}[:len(cs)], nil
	}
	for path, sigma := range map[sampler.Path]float64{sampler.Exploding: 2, sampler.Straight: 0.6} {
		spread := func(clean *tensor.Tensor, i int) float64 {
			if path == sampler.Straight {
				return tensor.Combine(float32(1/sigma), x, float32(-1/sigma), clean).Batch(i, i+1).Std()
			}
			root := math.Sqrt(1 + sigma*sigma)
			return tensor.Combine(float32(1/(root*sigma)), x, float32(-root/sigma), clean).Batch(i, i+1).Std()
		}
		at := func(rescale float64) *tensor.Tensor {
			out, err := Guided(predict, Always(Simple(prompt(0, 1), prompt(0, 1))), Guidance{Scale: 9, Rescale: rescale, Path: path})(ctx, x, sigma)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		full, none, half := at(1), at(0), at(0.5)
		for i := range 2 {
			if got, want := spread(full, i), spread(a, i); math.Abs(got/want-1) > 1e-4 {
				t.Errorf("picture %d: spread %v, want %v", i, got, want)
			}
			if s := spread(half, i); s <= spread(full, i) || s >= spread(none, i) {
				t.Errorf("picture %d: half the rescale has spread %v between %v and %v", i, s, spread(full, i), spread(none, i))
			}
		}
	}
}

func TestScheduledPromptsFollowTheClock(t *testing.T) {
	var c Clock
	calls := 0
	changes := []Change{{End: 1, Prompt: Simple(prompt(10, 1), prompt(0, 1))}, {End: 3, Prompt: Simple(prompt(20, 1), prompt(0, 1))}}
	d := Guided(values(&calls), Scheduled(&c, changes), Guidance{Scale: 1})
	var got []float32
	row, _, err := sampler.Find("heun")
	if err != nil {
		t.Fatal(err)
	}
	record := func(ctx context.Context, x *tensor.Tensor, s float64) (*tensor.Tensor, error) {
		out, err := d(ctx, x, s)
		got = append(got, out.Data[0])
		return out, err
	}
	if _, err := row.Run(ctx, record, tensor.New(1, 1, 1, 1), []float64{9, 6, 4, 2, 0}, nil, c.Watch(nil)); err != nil {
		t.Fatal(err)
	}
	want := []float32{10, 10, 20, 20, 20, 20, 20} // two evaluations a step, the last one has one
	same(t, "prompts", got, want, 0)
}

func TestLevelRepeatsTheLastVector(t *testing.T) {
	short, long := tensor.New(2, 2, 1), tensor.New(2, 4, 1)
	copy(short.Data, []float32{1, 2, 3, 4})
	got, err := Level([]*tensor.Tensor{short, long})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "levelled", got[0].Data, []float32{1, 2, 2, 2, 3, 4, 4, 4}, 0)
	if !got[0].SameShape(long) || !got[1].SameShape(long) {
		t.Errorf("shapes %v and %v", got[0].Shape, got[1].Shape)
	}
}

func TestMaskedKeepsTheRest(t *testing.T) {
	latent, noise := pipelinetest.Uniform("latent", 1, 1, 4, 4, 4), pipelinetest.UnitNoise("noise", 1, 4, 4, 4)
	mask := tensor.New(1, 1, 4, 4)
	for i := range 8 {
		mask.Data[i] = 1
	}
	x := pipelinetest.UnitNoise("x", 2, 4, 4, 4)
	var seen *tensor.Tensor
	inner := func(_ context.Context, x *tensor.Tensor, _ float64) (*tensor.Tensor, error) {
		seen = x.Clone()
		return tensor.Scale(0.5, x), nil
	}
	for i := range 3 {
		both, sigma := i > 0, 3.0
		m := Mask{At: Static(mask), Latent: latent}
		if i == 2 {
			m.Path, sigma = sampler.Straight, 0.25
		}
		if both {
			m.Noise = noise
		}
		before := x.Clone()
		got, err := Masked(inner, m)(ctx, x, sigma)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the caller's latent", x.Data, before.Data, 0)
		for i := range got.Data {
			l, painted := i%64, i%16 < 8
			if want := latent.Data[l]; !painted && got.Data[i] != want {
				t.Fatalf("element %d outside the mask is %v, want %v bit for bit", i, got.Data[i], want)
			}
			wantSeen := x.Data[i]
			if both && !painted {
				wantSeen = float32(sigma)*noise.Data[l] + float32(m.Path.Keep(sigma))*latent.Data[l]
			}
			if seen.Data[i] != wantSeen {
				t.Fatalf("noise given: %v: the network saw %v at %d, want %v", both, seen.Data[i], i, wantSeen)
			}
		}
	}
}

func TestDifferentialOpensSofterPlacesLater(t *testing.T) {
	mask := tensor.New(1, 1, 1, 5)
	copy(mask.Data, []float32{0, 0.25, 0.5, 0.75, 1})
	levels := sampler.StableDiffusion()
	sigmas := []float64{levels.At(999), levels.At(499), levels.At(100), levels.At(0), 0}
	at := Differential(mask, levels, sigmas, 1)
	for sigma, want := range map[float64][]float32{sigmas[0]: {0, 0, 0, 0, 1}, sigmas[1]: {0, 0, 1, 1, 1}, sigmas[3]: {1, 1, 1, 1, 1}} {
		same(t, "mask", at(sigma).Data, want, 0)
	}
	soft := Differential(mask, levels, sigmas, 0.5)
	same(t, "half strength", soft(sigmas[0]).Data, []float32{0, 0.125, 0.25, 0.375, 1}, 0)
}

func TestSoftKeepsAndPaintsExactlyAtTheEndsOfTheMask(t *testing.T) {
	latent := pipelinetest.Uniform("latent", 1, 1, 4, 1, 3)
	mask := tensor.New(1, 1, 1, 3)
	copy(mask.Data, []float32{0, 0.5, 1})
	clean := pipelinetest.Uniform("clean", 2, 1, 4, 1, 3)
	inner := func(context.Context, *tensor.Tensor, float64) (*tensor.Tensor, error) { return clean.Clone(), nil }
	got, err := Soft(inner, sampler.Exploding, mask, latent, SoftDefaults())(ctx, tensor.New(1, 4, 1, 3), 2)
	if err != nil {
		t.Fatal(err)
	}
	norm := func(x *tensor.Tensor, p int) float64 {
		var s float64
		for c := range 4 {
			s += float64(x.Data[c*3+p]) * float64(x.Data[c*3+p])
		}
		return math.Sqrt(s)
	}
	for c := range 4 {
		if got.Data[c*3] != latent.Data[c*3] || got.Data[c*3+2] != clean.Data[c*3+2] {
			t.Errorf("channel %d: %v, want %v kept and %v painted", c, got.Data, latent.Data[c*3], clean.Data[c*3+2])
		}
	}
	// 0.5^(2¹·0.5) = 0.5 of each, in the fourth power of the magnitudes
	want := math.Pow((math.Pow(norm(clean, 1), 4)+math.Pow(norm(latent, 1), 4))/2, 0.25)
	if n := norm(got, 1); math.Abs(n/want-1) > 1e-3 {
		t.Errorf("magnitude %v, want %v", n, want)
	}
}

func TestSoftCompositeShowsTheOldPictureWhereNothingMoved(t *testing.T) {
	old := pipelinetest.Uniform("old", 1, 1, 4, 12, 12)
	changed := old.Clone()
	for c := range 4 {
		for y := range 12 {
			for x := 6; x < 12; x++ {
				changed.Data[c*144+y*12+x] += 5
			}
		}
	}
	mask := tensor.New(1, 1, 12, 12)
	for i := range mask.Data {
		mask.Data[i] = 0.5
	}
	got, err := SoftComposite(changed, old, mask, SoftDefaults())
	if err != nil {
		t.Fatal(err)
	}
	for y := range 12 {
		if l, r := got.Data[y*12], got.Data[y*12+11]; l != 0 || r < 0.99 {
			t.Errorf("row %d: %v where nothing moved and %v where all did, want 0 and 1", y, l, r)
		}
	}
}

func TestErrorsPassThrough(t *testing.T) {
	sentinel := errors.New("device lost")
	network := func(context.Context, Input) (*tensor.Tensor, error) { return nil, sentinel }
	d := Guided(Model{Network: network, Levels: sampler.StableDiffusion(), Space: Epsilon}.Predictor(), Always(Simple(prompt(1, 1), prompt(0, 1))), Guidance{Scale: 3})
	d = Masked(d, Mask{At: Static(tensor.New(1, 1, 2, 2)), Latent: tensor.New(1, 4, 2, 2)})
	if _, err := d(ctx, tensor.New(1, 4, 2, 2), 1); !errors.Is(err, sentinel) {
		t.Errorf("got %v", err)
	}
	for what, bad := range map[string]sampler.Denoiser{
		"mask":   Masked(d, Mask{At: Static(tensor.New(1, 1, 3, 3)), Latent: tensor.New(1, 4, 2, 2), Noise: tensor.New(1, 4, 2, 2)}),
		"latent": Masked(d, Mask{At: Static(tensor.New(1, 1, 2, 2)), Latent: tensor.New(3, 4, 2, 2)}),
		"prompt": Guided(nil, Always(Prompt{}), Guidance{Scale: 1}),
	} {
		if _, err := bad(ctx, tensor.New(1, 4, 2, 2), 1); err == nil || errors.Is(err, sentinel) {
			t.Errorf("a bad %s gave %v", what, err)
		}
	}
}

// A sampler of CFG++ gets the negative prompt's own prediction, with guidance of 1 and outside its
// range too, and where a mask keeps the picture, the picture.
func TestUnguidedIsTheNegativesPrediction(t *testing.T) {
	kept := tensor.New(1, 1, 1, 2)
	kept.Data[0], kept.Data[1] = 7, 7
	mask := tensor.New(1, 1, 1, 2)
	mask.Data[0] = 1
	for _, g := range []Guidance{{Scale: 1}, {Scale: 3}, {Scale: 3, Low: 5, High: 9}} {
		calls := 0
		g.Unguided = &Unguided{}
		d := Masked(Guided(values(&calls), Always(Simple(prompt(3, 1), prompt(2, 1))), g), Mask{At: Static(mask), Latent: kept, Unguided: g.Unguided})
		if _, err := d(ctx, tensor.New(1, 1, 1, 2), 2); err != nil {
			t.Fatal(err)
		}
		if got := g.Unguided.Last().Data; got[0] != 2 || got[1] != 7 {
			t.Errorf("%+v: unguided is %v, want 2 and the picture's 7", g, got)
		}
	}
}
