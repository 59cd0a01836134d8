//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// sd15 is Stable Diffusion 1.5 at full size, with made-up weights.
func sd15() *pipelinetest.Model {
	return &pipelinetest.Model{
		Name: "sd15", Prediction: "epsilon", Metadata: map[string]string{"format": "pt"},
		Unet: pipelinetest.Unet{In: 4, Width: 320, Mult: []int{1, 2, 4, 4}, Depth: []int{1, 1, 1, 0}, Middle: 1, Context: 768, Heads: 8},
		VAE:  pipelinetest.VAE{Width: 128, Mult: []int{1, 2, 4, 4}, Scale: 0.18215},
		Text: []pipelinetest.Text{{Width: 768, Layers: 12, Heads: 12, Hidden: 3072, Vocabulary: 49408}},
	}
}

// fullSize is the path of such a file (4.3 GB as F32, half as F16). The folder named by
// PENTIMENTO_BENCH_DIR keeps it for the next time; otherwise it is written to a temporary
// place and removed at the end.
func fullSize(t testing.TB, dtype string) string {
	t.Helper()
	tinies.Lock()
	defer tinies.Unlock()
	dir := os.Getenv("PENTIMENTO_BENCH_DIR")
	if dir == "" {
		if tinies.dir == "" {
			d, err := os.MkdirTemp("", "pentimento-full-*")
			if err != nil {
				t.Fatal(err)
			}
			tinies.dir, tinies.paths = d, map[string]string{}
		}
		dir = tinies.dir
	}
	dir = filepath.Join(dir, dtype)
	path := filepath.Join(dir, "sd15.safetensors")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Logf("writing a full-size model to %s", path)
	if err := sd15().WriteTo(dir, "single", dtype); err != nil {
		t.Fatal(err)
	}
	return path
}

// summary is a tensor of which the reference keeps some facts and elements.
type summary struct {
	Numel               int
	Mean, RMS, Min, Max float64
	Index               []int
	Value               []float64
}

// check compares the kept elements: |got − want|₂ over them, relative to the whole's rms.
func (s summary) check(t *testing.T, name string, got *tensor.Tensor) {
	t.Helper()
	if len(got.Data) != s.Numel {
		t.Errorf("%s: %d values, want %d", name, len(got.Data), s.Numel)
		return
	}
	sum, mean := 0.0, 0.0
	for i, at := range s.Index {
		d := float64(got.Data[at]) - s.Value[i]
		sum += d * d
	}
	for _, v := range got.Data {
		mean += float64(v) / float64(s.Numel)
	}
	if e := math.Sqrt(sum/float64(len(s.Index))) / s.RMS; !(e <= 2e-5) {
		t.Errorf("%s: kept elements are off by %.2g, want at most 2e-5", name, e)
	}
	if e := math.Abs(got.RMS()/s.RMS - 1); !(e <= 2e-5) {
		t.Errorf("%s: rms is off by %.2g", name, e)
	}
	if e := math.Abs(mean-s.Mean) / s.RMS; !(e <= 2e-5) {
		t.Errorf("%s: mean is off by %.2g of the rms", name, e)
	}
}

type fullReference struct {
	Prompt, Negative string
	Text             map[string]json.RawMessage
	Unet             []struct {
		Case     string
		Shape    []int
		Timestep float64
		Context  string
		Out      summary
	}
	Decode summary  `json:"vae_decode_8x8"`
	Encode summary  `json:"vae_encode_64x64"`
	Runs   []golden `json:"runs"`
}

// TestFullSizeAgreesWithTheReference is `make reference`: it writes a model of 4.3 GB.
func TestFullSizeAgreesWithTheReference(t *testing.T) {
	if os.Getenv("PENTIMENTO_REFERENCE") == "" {
		t.Skip("writes 4.3 GB and runs for minutes: `make reference`")
	}
	raw, err := os.ReadFile("testdata/full_sd15.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref fullReference
	if err := json.Unmarshal(raw, &ref); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/full_sd15.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	path, p, ctx := fullSize(t, "F32"), native(t), context.Background()
	near := func(name string, got *tensor.Tensor, limit float64) {
		t.Helper()
		if e := pipelinetest.Relative(got.Data, want[name].Data); !(e <= limit) {
			t.Errorf("%s is off by %.2g, want at most %.2g", name, e, limit)
		} else {
			t.Logf("%s: %.2g", name, e)
		}
	}
	q := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: path}, Text: Text{Prompt: ref.Prompt}}
	text, _, err := p.EncodeText(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	var last summary
	if err := json.Unmarshal(ref.Text["last"], &last); err != nil {
		t.Fatal(err)
	}
	last.check(t, "text.last", text)
	for _, c := range ref.Unet {
		x, with := pipelinetest.UnitNoise(c.Case+".x", c.Shape...), text
		if c.Case == "full.2" {
			with = pipelinetest.UnitNoise("full.2.context", 1, 77, 768)
		}
		out, err := p.EvalDenoiser(ctx, q, x, &tensor.Tensor{Shape: []int{1}, Data: []float32{float32(c.Timestep)}}, with, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Out.check(t, c.Case, out)
		if want[c.Case+".out"] != nil {
			near(c.Case+".out", out, 2e-5)
		}
	}
	decoded, err := p.DecodeLatent(ctx, q, pipelinetest.UnitNoise("full.z", 1, 4, 8, 8))
	if err != nil {
		t.Fatal(err)
	}
	near("full.decoded", decoded, 2e-5)
	moments, err := p.EncodePicture(ctx, q, pipelinetest.Uniform("full.image", 1, 1, 3, 64, 64))
	if err != nil {
		t.Fatal(err)
	}
	near("full.moments", moments, 2e-5)
	for _, g := range ref.Runs {
		g.Prompt, g.Negative = ref.Prompt, ref.Negative
		q := g.request(t, path)
		q.Task, q.Width, q.Height = Generate, 64, 64
		var latent *tensor.Tensor
		res, err := p.RunTraced(ctx, q, nil, func(name string, x *tensor.Tensor) {
			if name == "latent" {
				latent = x
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		near(g.Case+".latent", latent, 2e-5)
		theirs := toImage(want[g.Case+".image"], 0, image.Rect(0, 0, 64, 64))
		for i, v := range res.Image.Pix {
			if d := int(v) - int(theirs.Pix[i]); d < -1 || d > 1 {
				t.Fatalf("%s: byte %d of the picture is %d, want %d ± 1", g.Case, i, v, theirs.Pix[i])
			}
		}
	}
}
