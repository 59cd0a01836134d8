//go:build cgo

package family_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// tiny is a small model of a file, with few words and no picture to speak of.
func tiny(t *testing.T, name string) *family.Model {
	t.Helper()
	m := pipelinetest.Tiny(t, name)
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	for i := range m.VAE.Mult {
		m.VAE.Mult[i] = 1
	}
	out, err := family.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// denoiser opens a model's denoiser in a way.
func denoiser(t *testing.T, m *family.Model, in family.Inside, change ...graph.Change) family.Denoiser {
	t.Helper()
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	d, err := m.Family.OpenDenoiser(context.Background(), family.Opening{Runtime: rt, Checkpoint: m.Checkpoint, Options: model.Options{Threads: 2}, Inside: in, Variant: graph.Variant{Changes: change}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func eval(t *testing.T, d family.Denoiser, in denoise.Input) *tensor.Tensor {
	t.Helper()
	out, err := d.Eval(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// citing is a case of the reference vectors.
type citing struct {
	Case  string
	Units []struct {
		Module, Mode     string
		Fidelity, Weight *float64
	}
	X        []int `json:"x_shape"`
	Timestep float32
	Rows     []string
}

// input is what the case evaluates, and the opening that it needs.
func (c citing) input() (denoise.Input, family.Inside) {
	n := c.X[0]
	in := denoise.Input{X: pipelinetest.UnitNoise(c.Case+".x", c.X...), Context: pipelinetest.UnitNoise(c.Case+".context", n, 77, 128)}
	for _, row := range c.Rows {
		in.Negative, in.Timesteps = append(in.Negative, row == "uncond"), append(in.Timesteps, c.Timestep)
	}
	sigma := sampler.StableDiffusion().Sigma(float64(c.Timestep))
	var how family.Inside
	for i, u := range c.Units {
		name := func(what string) string { return c.Case + what + string(rune('0'+i)) }
		latent, noise := pipelinetest.UnitNoise(name(".latent"), 1, 4, c.X[2], c.X[3]), pipelinetest.UnitNoise(name(".noise"), c.X...)
		r := denoise.Reference{X: tensor.New(c.X...), Fidelity: 0.5}
		for b := range n {
			mixed := denoise.Epsilon.Path.Mix(latent, noise.Batch(b, b+1), sigma)
			copy(r.X.Batch(b, b+1).Data, tensor.Scale(float32(denoise.Epsilon.In(sigma)), mixed).Data)
		}
		if u.Fidelity != nil {
			r.Fidelity = *u.Fidelity
		}
		switch u.Mode {
		case "control":
			r.Fidelity = 1
		case "prompt":
			r.Fidelity = 0
		}
		weight := 1.0
		if u.Weight != nil {
			weight = *u.Weight
		}
		if strings.Contains(u.Module, "only") || strings.Contains(u.Module, "attn") {
			r.Attention = weight
		}
		if strings.Contains(u.Module, "adain") {
			r.Groups = weight
		}
		how.Reference.Attention, how.Reference.Groups = max(how.Reference.Attention, r.Attention), max(how.Reference.Groups, r.Groups)
		in.References = append(in.References, r)
	}
	return in, how
}

// Every case of the reference vectors comes out, also where the network was opened for more than
// the case asks, and row by row.
func TestReferencesAgreeWithTheReferences(t *testing.T) {
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []citing }
	if err := json.Unmarshal(b, &all); err != nil || len(all.Cases) < 20 {
		t.Fatalf("%d cases, %v", len(all.Cases), err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	m := tiny(t, "tiny15")
	whole := denoiser(t, m, family.Inside{Reference: family.Reference{Attention: 2, Groups: 3}, Control: true, Features: true})
	plain := denoiser(t, m, family.Inside{Reference: family.Reference{Attention: 2, Groups: 3}}, graph.PlainAttention)
	worst := 0.0
	for _, c := range all.Cases {
		in, how := c.input()
		to := want[c.Case+".out"].Data
		networks := []family.Denoiser{whole, plain}
		if !testing.Short() {
			networks = append(networks, denoiser(t, m, how))
		}
		for i, d := range networks {
			e := pipelinetest.Relative(eval(t, d, in).Data, to)
			if !(e < 2e-5) {
				t.Errorf("%s: network %d is %.2g off", c.Case, i, e)
			}
			worst = max(worst, e)
		}
		for row := range in.X.Shape[0] {
			if e := pipelinetest.Relative(eval(t, whole, in.Rows(row, row+1)).Data, want[c.Case+".out"].Batch(row, row+1).Data); !(e < 4e-5) {
				t.Errorf("%s: row %d alone is %.2g off", c.Case, row, e)
			}
		}
	}
	t.Logf("%d cases, at most %.2g off", len(all.Cases), worst)
}

// A network that was opened for references gives without one, bit for bit, what the file's own
// gives; and so it does with what else can be had within.
func TestWithoutAReferenceNothingChanges(t *testing.T) {
	for _, name := range []string{"tiny15", "tinyxl", "tiny15-inpaint"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		m := tiny(t, name)
		width := func(tensor string) int { return int(m.Denoiser.Tensors[tensor].Shape[1]) }
		in := denoise.Input{X: pipelinetest.UnitNoise("without.x", 2, width("input_blocks.0.0.weight"), 8, 10), Timesteps: []float32{400, 400},
			Context: pipelinetest.UnitNoise("without.context", 2, 77, width("output_blocks.3.1.transformer_blocks.0.attn2.to_k.weight")), Negative: []bool{false, true}}
		if _, ok := m.Denoiser.Tensors["label_emb.0.0.weight"]; ok {
			in.Label = pipelinetest.UnitNoise("without.label", 2, width("label_emb.0.0.weight"))
		}
		cited := in
		cited.References = []denoise.Reference{{X: pipelinetest.UnitNoise("without.reference", 2, in.X.Shape[1], 12, 6), Attention: 1, Groups: 1, Fidelity: 0.5}}
		for _, more := range []family.Inside{{}, {Perturb: true, Attention: true}} {
			var maps []*tensor.Tensor
			in.Perturbed = []bool{false, more.Perturb}
			in.Attention = func(m *tensor.Tensor) { maps = append(maps, m) }
			cited.Perturbed, cited.Attention = in.Perturbed, in.Attention
			before := eval(t, denoiser(t, m, more), in)
			more.Reference = family.Reference{Attention: 1, Groups: 1}
			d := denoiser(t, m, more)
			if !slices.Equal(eval(t, d, in).Data, before.Data) {
				t.Errorf("%s: %+v changes what is made without a reference", name, more)
			}
			after := eval(t, d, cited)
			for row := range 2 {
				if e := pipelinetest.Relative(after.Batch(row, row+1).Data, before.Batch(row, row+1).Data); !(e > 1e-3) {
					t.Errorf("%s: %+v: a reference moves row %d by %.2g", name, more, row, e)
				}
			}
			if more.Attention && (len(maps) != 3 || !slices.Equal(maps[0].Shape, maps[2].Shape) || !slices.Equal(maps[0].Data, maps[1].Data)) {
				t.Errorf("%s: %d maps of attention, want one an evaluation, of the picture's own places", name, len(maps))
			}
			cited.References[0].Fidelity = 1
			if after = eval(t, d, cited); pipelinetest.Relative(after.Batch(1, 2).Data, before.Batch(1, 2).Data) > 1e-6 {
				t.Errorf("%s: at a fidelity of 1 the negative prompt follows the reference", name)
			}
			cited.References[0].Fidelity = 0.5
		}
	}
}
