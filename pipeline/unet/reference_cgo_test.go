//go:build cgo

package unet_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
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

// small keeps the parts a denoiser does not read small.
func small(t *testing.T, name string) *pipelinetest.Model {
	m := pipelinetest.Tiny(t, name)
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	return m
}

func TestDenoiserAgreesWithTheReferences(t *testing.T) {
	rt := native(t)
	cases, want := references(t)
	for _, v := range []struct {
		layout, dtype string
		only          string
		limit         float64
	}{{"single", "F32", "", 1e-5}, {"folder", "F32", "", 1e-5}, {"single", "F16", "tiny15", 2e-3}, {"folder", "F16", "tinyxl", 2e-3}, {"folder", "BF16", "tiny15", 2e-2}} {
		for name, list := range cases {
			if v.dtype != "F32" && name != v.only {
				continue
			}
			ck, err := checkpoint.Open(small(t, name).Write(t, v.layout, v.dtype), checkpoint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			n, err := unet.Open(context.Background(), rt, ck, model.Options{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				x, text, label := r.inputs(t, n.LabelWidth())
				out, err := n.Eval(context.Background(), x, []float32{r.Timestep}, text, label)
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

// stageNames finds the values that the reference's stages are, in the order of the graph.
func stageNames(g *graph.Graph) map[string]string {
	last := map[string]string{} // path up to the second dot → the last value made there
	var order []string
	out := map[string]string{}
	for _, n := range g.Nodes {
		path, rest, _ := strings.Cut(n.Name, "#")
		if strings.Contains(rest, "/") {
			continue // the sizes or the cast of a value, not the value
		}
		parts := strings.SplitN(path, ".", 3)
		switch {
		case path == "time_embed.2":
			out["time_embedding"] = n.Outputs[0]
		case len(parts) == 3 && strings.HasSuffix(parts[0], "_blocks"):
			block := parts[0] + "." + parts[1]
			if last[block] == "" {
				order = append(order, block)
			}
			last[block] = n.Outputs[0]
		case parts[0] == "middle_block":
			out["mid"] = n.Outputs[0]
		}
	}
	out["conv_in"] = last["input_blocks.0"]
	down, up := 0, 0
	for i, block := range order {
		side := strings.HasPrefix(block, "input")
		end := i == len(order)-1 || strings.HasPrefix(order[i+1], "input") != side
		sampled := strings.Contains(last[block], ".op#") || strings.Contains(last[block], ".conv#")
		switch {
		case side && (sampled || end):
			out["down"+string(rune('0'+down))] = last[block]
			down++
		case !side && (sampled || end):
			out["up"+string(rune('0'+up))] = last[block]
			up++
		}
	}
	return out
}

func TestStagesAgreeWithTheReferences(t *testing.T) {
	rt := native(t)
	cases, _ := references(t)
	for name, list := range cases {
		ck, err := checkpoint.Open(small(t, name).Write(t, "single", "F32"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := unet.Build(ck.Denoiser)
		if err != nil {
			t.Fatal(err)
		}
		stages := stageNames(g)
		for _, value := range stages {
			g.Outputs = append(g.Outputs, graph.Value{Name: value, Type: graph.Float32})
		}
		s, err := rt.Open(context.Background(), g, model.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		label := 0
		if name == "tinyxl" {
			label = 192 + 6*256
		}
		r := list[0]
		x, text, labels := r.inputs(t, label)
		in := map[string]*tensor.Tensor{"x": x, "context": text, "sinusoid": unet.Sinusoid([]float32{r.Timestep}, int(ck.Denoiser.Tensors["time_embed.0.weight"].Shape[1]))}
		if labels != nil {
			in["label"] = labels
		}
		out, err := s.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for stage, want := range r.Stages {
			got := out[stages[stage]]
			if got == nil || !slices.Equal(got.Shape, want.Shape) {
				t.Errorf("%s: stage %s has another shape than %v", r.Case, stage, want.Shape)
				continue
			}
			if math.Abs(got.RMS()-want.RMS) > 1e-5*want.RMS || pipelinetest.Relative(got.Data[:8], want.First) > 3e-5 {
				t.Errorf("%s: stage %s: rms %g, first values %v; want %g, %v", r.Case, stage, got.RMS(), got.Data[:8], want.RMS, want.First)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
