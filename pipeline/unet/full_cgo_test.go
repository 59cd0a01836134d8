//go:build cgo

package unet_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/noise"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// summary is what a reference keeps of a large result.
type summary struct {
	RMS   float64
	Index []int
	Value []float32
}

// check holds a result to its summary.
func (s summary) check(t *testing.T, what string, got *tensor.Tensor, limit float64) {
	t.Helper()
	picked := make([]float32, len(s.Index))
	for i, at := range s.Index {
		picked[i] = got.Data[at]
	}
	e := pipelinetest.Relative(picked, s.Value)
	t.Logf("%s: rms off by %.2g, picked values by %.2g", what, math.Abs(got.RMS()/s.RMS-1), e)
	if math.Abs(got.RMS()/s.RMS-1) > limit || e > limit {
		t.Errorf("%s: rms %g, picked values %v; want %g, %v", what, got.RMS(), picked, s.RMS, s.Value)
	}
}

type fullReference struct {
	Text struct {
		Ids       []float32
		Last      summary
		HiddenM2  summary `json:"hidden_m2"`
		NormedM2  summary `json:"hidden_m2_norm"`
		LastEmpty summary `json:"last_empty"`
	}
	Unet []struct {
		Case     string
		Shape    []int
		Timestep float32
		Context  string
		Out      summary
	}
	Decode summary `json:"vae_decode_8x8"`
	Encode summary `json:"vae_encode_64x64"`
	Runs   []struct {
		Case   string
		Sigmas []float64
		Shape  []int `json:"latent_shape"`
		Seed   int64
		CFG    float64
	}
}

// full is the model in full size and what it must give.
type full struct {
	t    *testing.T
	rt   *ort.Runtime
	ck   *checkpoint.Checkpoint
	ref  fullReference
	want map[string]*tensor.Tensor
}

// TestFullSizeModelAgreesWithTheReference runs Stable Diffusion 1.5 in full size, with
// made-up weights. It needs 4.3 GB of disk in the folder PENTIMENTO_REFERENCE names (a
// model already there is used again) and a minute or more: `make reference`.
func TestFullSizeModelAgreesWithTheReference(t *testing.T) {
	dir := os.Getenv("PENTIMENTO_REFERENCE")
	if dir == "" {
		t.Skip("PENTIMENTO_REFERENCE names no folder for 4.3 GB; `make reference` does")
	}
	f := full{t: t, rt: native(t)}
	b, err := os.ReadFile("testdata/full_sd15.json")
	if err == nil {
		err = json.Unmarshal(b, &f.ref)
	}
	if err == nil {
		f.want, err = pipelinetest.ReadSafetensors("testdata/full_sd15.safetensors")
	}
	path := filepath.Join(dir, "sd15.safetensors")
	if _, missing := os.Stat(path); err == nil && missing != nil {
		err = pipelinetest.Full().WriteTo(dir, "single", "F32")
	}
	if err == nil {
		f.ck, err = checkpoint.Open(path, checkpoint.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	prompt, empty := f.text()
	n, err := unet.Open(context.Background(), f.rt, f.ck, model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	f.evaluations(n, prompt)
	latents := f.runs(n, prompt, empty)
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	f.autoencoder(latents)
}

func (f full) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f full) same(what string, got *tensor.Tensor, limit float64) {
	f.t.Helper()
	e := pipelinetest.Relative(got.Data, f.want[what].Data)
	f.t.Logf("%s: %.2g", what, e)
	if e > limit {
		f.t.Errorf("%s: relative error %.2g, want at most %g", what, e, limit)
	}
}

func (f full) text() (prompt, empty *tensor.Tensor) {
	e, err := clip.Open(context.Background(), f.rt, f.ck, 0, model.Options{}, graph.Variant{})
	f.must(err)
	defer e.Close()
	ids := tensor.New(2, 77)
	for i := range ids.Data {
		ids.Data[i] = 49407
	}
	copy(ids.Data, f.ref.Text.Ids)
	ids.Data[77] = 49406
	last, err := e.Encode(context.Background(), ids, nil, 1)
	f.must(err)
	before, err := e.Encode(context.Background(), ids, nil, 2)
	f.must(err)
	prompt, empty = last.Normed.Batch(0, 1), last.Normed.Batch(1, 2)
	f.ref.Text.Last.check(f.t, "text last", prompt, 2e-5)
	f.ref.Text.LastEmpty.check(f.t, "text last, empty", empty, 2e-5)
	f.ref.Text.HiddenM2.check(f.t, "text before last", before.Hidden.Batch(0, 1), 2e-5)
	f.ref.Text.NormedM2.check(f.t, "text before last, normed", before.Normed.Batch(0, 1), 2e-5)
	return prompt, empty
}

func (f full) evaluations(n *unet.Network, prompt *tensor.Tensor) {
	for _, r := range f.ref.Unet {
		text := prompt
		if strings.HasPrefix(r.Context, "noise(") {
			text = pipelinetest.UnitNoise(r.Case+".context", 1, 77, 768)
		}
		out, err := n.Eval(context.Background(), unet.Input{X: pipelinetest.UnitNoise(r.Case+".x", r.Shape...), Timesteps: []float32{r.Timestep}, Context: text})
		f.must(err)
		r.Out.check(f.t, r.Case, out, 2e-5)
		if f.want[r.Case+".out"] != nil {
			f.same(r.Case+".out", out, 2e-5)
		}
	}
}

func (f full) runs(n *unet.Network, prompt, empty *tensor.Tensor) map[string]*tensor.Tensor {
	predict := denoise.Model{Levels: sampler.StableDiffusion(), Space: denoise.Epsilon, Network: func(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
		return n.Eval(ctx, unet.Input{X: in.X, Timesteps: in.Timesteps, Context: in.Context, Label: in.Label})
	}}.Predictor()
	euler, _, err := sampler.Find("Euler")
	f.must(err)
	latents := map[string]*tensor.Tensor{}
	for _, r := range f.ref.Runs {
		start, err := tensor.From(noise.New(noise.CPU, r.Seed).Normal(tensor.Size(r.Shape)), r.Shape...)
		f.must(err)
		d := denoise.Guided(predict, denoise.Always(denoise.Simple(denoise.Condition{Context: prompt}, denoise.Condition{Context: empty})), denoise.Guidance{Scale: r.CFG})
		latents[r.Case], err = euler.Run(context.Background(), d, tensor.Scale(float32(r.Sigmas[0]), start), r.Sigmas, nil, nil)
		f.must(err)
		f.same(r.Case+".latent", latents[r.Case], 2e-5)
	}
	return latents
}

func (f full) autoencoder(latents map[string]*tensor.Tensor) {
	d, err := vae.OpenDecoder(f.rt, f.ck, model.Options{Release: true}, graph.Variant{})
	f.must(err)
	defer d.Close()
	e, err := vae.OpenEncoder(f.rt, f.ck, model.Options{Release: true}, graph.Variant{})
	f.must(err)
	defer e.Close()
	image, err := d.Decode(context.Background(), pipelinetest.UnitNoise("full.z", 1, 4, 8, 8))
	f.must(err)
	f.ref.Decode.check(f.t, "decoded", image, 2e-5)
	f.same("full.decoded", image, 2e-5)
	moments, err := e.Encode(context.Background(), pipelinetest.Uniform("full.image", 1, 1, 3, 64, 64))
	f.must(err)
	f.ref.Encode.check(f.t, "moments", moments, 2e-5)
	f.same("full.moments", moments, 2e-5)
	for name, latent := range latents {
		image, err := d.Decode(context.Background(), tensor.Scale(float32(1/f.ck.ScaleFactor), latent))
		f.must(err)
		worst := 0.0
		for i, v := range f.want[name+".image"].Data {
			worst = max(worst, math.Abs(level(v)-level(image.Data[i])))
		}
		f.t.Logf("%s.image: at most %g levels of 255 apart", name, worst)
		if worst > 1 {
			f.t.Errorf("%s.image: %g levels of 255 apart, want at most 1", name, worst)
		}
	}
}

// level is a pixel's byte.
func level(v float32) float64 {
	return math.Round(min(max((float64(v)+1)/2, 0), 1) * 255)
}
