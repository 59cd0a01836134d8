//go:build cgo

package unet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// native is the real runtime; a machine without its library skips.
func native(t testing.TB) *ort.Runtime {
	t.Helper()
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	return rt
}

// onCard is the runtime on a card of software, which the test is skipped without. What it says
// to a person fails the test: that another device is used, or why.
func onCard(t *testing.T) *ort.Runtime {
	t.Helper()
	pipelinetest.Card(t)
	native(t)
	return ort.New(ort.Config{Device: "webgpu", Notice: func(text string) { t.Error(text) }})
}

type stage struct {
	Shape     []int
	Mean, RMS float64
	First     []float32 `json:"first8"`
}

type reference struct {
	Case     string
	X        []int     `json:"x_shape"`
	Context  []int     `json:"context_shape"`
	Label    []int     `json:"text_embeds_shape"`
	Sizes    []float32 `json:"time_ids"`
	Timestep float32
	Stages   map[string]stage
}

func references(t *testing.T) (map[string][]reference, map[string]*tensor.Tensor) {
	t.Helper()
	b, err := os.ReadFile("testdata/unet.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]reference{}
	for key, text := range raw {
		if name, ok := strings.CutPrefix(key, "unet."); ok {
			var list []reference
			if err := json.Unmarshal(text, &list); err != nil {
				t.Fatal(err)
			}
			cases[name] = list
		}
	}
	want, err := pipelinetest.ReadSafetensors("testdata/unet.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return cases, want
}

// inputs builds what a case feeds the network.
func (r reference) inputs(t *testing.T, label int) (x, text, labels *tensor.Tensor) {
	t.Helper()
	if r.X[1] == 4 {
		x = pipelinetest.UnitNoise(r.Case+".x", r.X...)
	} else {
		four := slices.Clone(r.X)
		four[1] = 4
		mask := pipelinetest.Uniform(r.Case+".mask", 1, r.X[0], 1, r.X[2], r.X[3])
		for i, u := range mask.Data {
			mask.Data[i] = 0
			if u > 0 {
				mask.Data[i] = 1
			}
		}
		var err error
		x, err = tensor.Concat(1, pipelinetest.UnitNoise(r.Case+".x", four...), mask, pipelinetest.UnitNoise(r.Case+".masked", four...))
		if err != nil {
			t.Fatal(err)
		}
	}
	text = pipelinetest.UnitNoise(r.Case+".context", r.Context...)
	if label > 0 {
		var err error
		labels, err = unet.Label(pipelinetest.UnitNoise(r.Case+".text_embeds", r.Label...), [6]float32(r.Sizes), label)
		if err != nil {
			t.Fatal(err)
		}
	}
	return x, text, labels
}

func TestDenoiserAgreesWithTheReferences(t *testing.T) {
	rt := native(t)
	cases, want := references(t)
	for _, v := range []struct {
		layout, dtype string
		only          string
		limit         float64
	}{{"single", "F32", "", 1e-5}, {"folder", "F32", "tinyxl", 1e-5}, {"single", "F16", "tiny15", 2e-3}, {"folder", "F16", "tinyxl", 2e-3}, {"folder", "BF16", "tiny15", 2e-2}} {
		if testing.Short() && (v.layout != "single" || v.dtype != "F32") {
			continue // both layouts make one graph, and widening is the runtime's
		}
		for name, list := range cases {
			if v.only != "" && v.only != name {
				continue
			}
			n, err := unet.Open(context.Background(), rt, open(t, small(t, name), v.layout, v.dtype), model.Options{Threads: 2}, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				x, text, label := r.inputs(t, n.LabelWidth())
				out, err := n.Eval(context.Background(), unet.Input{X: x, Timesteps: []float32{r.Timestep}, Context: text, Label: label})
				if err != nil {
					t.Fatalf("%s: %v", r.Case, err)
				}
				e := pipelinetest.Relative(out.Data, want[r.Case+".out"].Data)
				t.Logf("%s %s %s: %.2g", r.Case, v.layout, v.dtype, e)
				if e > v.limit {
					t.Errorf("%s %s %s: relative error %.2g, want at most %g", r.Case, v.layout, v.dtype, e, v.limit)
				}
			}
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// The last of the families is recorded, too, with other inputs than those that are repeated.
func TestDenoiserAgreesWithTheReferencesOnACard(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	rt := onCard(t)
	cases, want := references(t)
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		evaluations, capture := 1, model.NoCapture
		if name == "tinyxl" {
			evaluations, capture = 3, model.CaptureAlways
		}
		n, err := unet.Open(context.Background(), rt, open(t, small(t, name), "single", "F32"), model.Options{Capture: capture}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()     // the shaders of one serve the next
		r := cases[name][1] // of two pictures
		x, text, label := r.inputs(t, n.LabelWidth())
		for i := range evaluations {
			in := unet.Input{X: x, Timesteps: []float32{r.Timestep}, Context: text, Label: label}
			if i == 1 {
				in.X, in.Timesteps = tensor.New(x.Shape...), []float32{r.Timestep / 2}
			}
			out, err := n.Eval(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			e := pipelinetest.Relative(out.Data, want[r.Case+".out"].Data)
			if right := e <= 1e-5; right != (i != 1) || n.Device() != "webgpu" || n.Recorded() != (i > 0) {
				t.Errorf("%s on %q, evaluation %d, recorded %v: relative error %.2g, want at most 1e-5 but for the second", r.Case, n.Device(), i, n.Recorded(), e)
			}
		}
	}
}

// stages are the sites of the reference's stages: a level ends where the picture is halved
// or doubled, and at the last block of its side.
func stages(p *checkpoint.Part) map[string]string {
	out := map[string]string{"time_embedding": "time_embed", "conv_in": "input_blocks.0", "mid": "middle_block"}
	has := func(name string) bool { _, ok := p.Tensors[name+".weight"]; return ok }
	for _, side := range []struct{ blocks, stage string }{{"input_blocks", "down"}, {"output_blocks", "up"}} {
		level, blocks := 0, p.Layers(side.blocks+".")
		for k := range blocks {
			site := fmt.Sprintf("%s.%d", side.blocks, k)
			if k == blocks-1 || has(site+".0.op") || has(site+".1.conv") || has(site+".2.conv") {
				out[fmt.Sprint(side.stage, level)] = site
				level++
			}
		}
	}
	return out
}

func TestStagesAgreeWithTheReferences(t *testing.T) {
	rt := native(t)
	cases, _ := references(t)
	for name, list := range cases {
		if testing.Short() && name != "tiny15" {
			continue // the stages tell where a difference begins; the whole is compared anyway
		}
		ck := open(t, small(t, name), "single", "F32")
		var v graph.Variant
		sites := stages(ck.Denoiser)
		for _, site := range sites {
			v.Hooks = append(v.Hooks, graph.Tap(site))
		}
		n, err := unet.Open(context.Background(), rt, ck, model.Options{Threads: 2}, v)
		if err != nil {
			t.Fatal(err)
		}
		r := list[0]
		x, text, label := r.inputs(t, n.LabelWidth())
		out, err := n.Run(context.Background(), unet.Input{X: x, Timesteps: []float32{r.Timestep}, Context: text, Label: label})
		if err != nil {
			t.Fatal(err)
		}
		for stage, want := range r.Stages {
			got := out[sites[stage]]
			if got == nil || !slices.Equal(got.Shape, want.Shape) {
				t.Errorf("%s: stage %s has another shape than %v", r.Case, stage, want.Shape)
				continue
			}
			if math.Abs(got.RMS()-want.RMS) > 1e-5*want.RMS || pipelinetest.Relative(got.Data[:8], want.First) > 3e-5 {
				t.Errorf("%s: stage %s: rms %g, first values %v; want %g, %v", r.Case, stage, got.RMS(), got.Data[:8], want.RMS, want.First)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The v-prediction model's clean latent, as the reference has it, comes out of the
// denoiser around the network; so do name, shape and timestep conventions on the way.
func TestCleanLatentOfAVelocityModel(t *testing.T) {
	rt := native(t)
	cases, want := references(t)
	ck := open(t, small(t, "tiny21"), "single", "F32")
	if ck.Prediction != "v" {
		t.Fatalf("prediction %q (%s), want v", ck.Prediction, ck.PredictionWhy)
	}
	n, err := unet.Open(context.Background(), rt, ck, model.Options{Threads: 2}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	levels := sampler.ScaledLinear(ck.Schedule.Steps, ck.Schedule.BetaStart, ck.Schedule.BetaEnd)
	predict := denoise.Model{Levels: levels, Space: denoise.VPrediction, Network: func(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
		return n.Eval(ctx, unet.Input{X: in.X, Timesteps: in.Timesteps, Context: in.Context, Label: in.Label})
	}}.Predictor()
	for _, r := range cases["tiny21"] {
		x, text, _ := r.inputs(t, 0)
		sigma := levels.Sigma(float64(r.Timestep))
		x = tensor.Scale(float32(math.Sqrt(1+sigma*sigma)), x)
		got, err := predict(context.Background(), x, sigma, []denoise.Condition{{Context: text}})
		if err != nil {
			t.Fatal(err)
		}
		if e := pipelinetest.Relative(got[0].Data, want[r.Case+".x0"].Data); e > 1e-5 {
			t.Errorf("%s.x0: relative error %.2g, want at most 1e-5", r.Case, e)
		}
	}
}

// One opened network serves every size: odd sides, sides below the halvings, other
// batches and text lengths; and a batch gives what its pictures give alone.
func TestOneSessionServesEverySize(t *testing.T) {
	rt := native(t)
	n, err := unet.Open(context.Background(), rt, open(t, small(t, "tiny15"), "single", "F32"), model.Options{Threads: 2}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, s := range [][3]int{{7, 9, 77}, {1, 1, 1}, {2, 3, 231}, {8, 8, 77}, {13, 8, 154}} {
		x := pipelinetest.UnitNoise("size.x", 3, 4, s[0], s[1])
		text := pipelinetest.UnitNoise("size.context", 3, s[2], 128)
		steps := []float32{10, 500, 998.5}
		all, err := n.Eval(context.Background(), unet.Input{X: x, Timesteps: steps, Context: text})
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if !all.SameShape(x) {
			t.Fatalf("%v: result of shape %v", s, all.Shape)
		}
		for i := range steps {
			one, err := n.Eval(context.Background(), unet.Input{X: x.Batch(i, i+1), Timesteps: steps[i : i+1], Context: text.Batch(i, i+1)})
			if err != nil {
				t.Fatal(err)
			}
			// Norms over groups of a few values, at the smallest sizes, magnify rounding.
			if e := pipelinetest.Relative(all.Batch(i, i+1).Data, one.Data); e > 1e-4 {
				t.Errorf("%v: picture %d of a batch differs from the same one alone by %.2g", s, i, e)
			}
		}
	}
}

// A denoiser that wraps knows no border: shifted by a multiple of its halvings, its input
// gives the shifted result, along the axes that wrap and only along them.
func TestWrappedDenoiserCommutesWithShifts(t *testing.T) {
	rt := native(t)
	ck := open(t, small(t, "tiny15"), "single", "F32")
	x, text := pipelinetest.UnitNoise("wrap.x", 1, 4, 16, 16), pipelinetest.UnitNoise("wrap.context", 1, 77, 128)
	for _, axes := range [][2]bool{{true, true}, {true, false}, {false, true}} {
		if testing.Short() && axes[0] == axes[1] {
			continue
		}
		n, err := unet.Open(context.Background(), rt, ck, model.Options{Threads: 2}, graph.Variant{Changes: []graph.Change{graph.Wrap(axes[0], axes[1])}})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		eval := func(x *tensor.Tensor) *tensor.Tensor {
			out, err := n.Eval(context.Background(), unet.Input{X: x, Timesteps: []float32{500}, Context: text})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		plain := eval(x)
		for axis, wraps := range axes {
			dx, dy := 8*(1-axis), 8*axis
			e := pipelinetest.Relative(eval(roll(x, dx, dy)).Data, roll(plain, dx, dy).Data)
			if wraps && e > 2e-5 || !wraps && e < 1e-2 {
				t.Errorf("axes %v, shifted along axis %d: error %.2g; wrapping %v", axes, axis, e, wraps)
			}
		}
	}
}

// roll shifts a picture [B,C,h,w] round its axes: place (x, y) goes to (x+dx, y+dy).
func roll(t *tensor.Tensor, dx, dy int) *tensor.Tensor {
	h, w := t.Shape[2], t.Shape[3]
	out := tensor.New(t.Shape...)
	for i, v := range t.Data {
		p, y, x := i/(h*w), i/w%h, i%w
		out.Data[p*h*w+(y+dy)%h*w+(x+dx)%w] = v
	}
	return out
}

func TestEvalRefusesWhatDoesNotFit(t *testing.T) {
	n, err := unet.Open(context.Background(), native(t), open(t, small(t, "tiny15"), "single", "F32"), model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	x, text := tensor.New(2, 4, 8, 8), tensor.New(2, 77, 128)
	for name, in := range map[string]unet.Input{
		"9 channels":      {X: tensor.New(2, 9, 8, 8), Timesteps: []float32{1}, Context: text},
		"3 timesteps":     {X: x, Timesteps: []float32{1, 2, 3}, Context: text},
		"no text":         {X: x, Timesteps: []float32{1}},
		"text of another": {X: x, Timesteps: []float32{1}, Context: tensor.New(2, 77, 768)},
		"a label":         {X: x, Timesteps: []float32{1}, Context: text, Label: tensor.New(2, 8)},
	} {
		if _, err := n.Eval(context.Background(), in); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
