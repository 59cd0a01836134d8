//go:build cgo

package controlnet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/controlnet"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// A Union net shown one map, or several at once, of 6 kinds or 8, in both layouts of its file, gives what a
// forward of it in another language and float64 does.
func TestUnionAgreesWithAnotherForward(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	raw, err := os.ReadFile("testdata/union.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Cases []struct {
			Case, Model  string
			Kinds, Every int
			Types        []int
			Weights      []float64
			Shapes       [][]int
			Values       [][]float32
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, c := range list.Cases {
		layout := []string{"single", "folder"}[i%2]
		m := pipelinetest.Miniature(c.Model)
		ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := controlnet.Look(m.WriteUnion(t, dir, c.Case, layout, "F32", c.Kinds))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Fits(ck.Denoiser); err != nil || len(f.Union()) != c.Kinds {
			t.Fatalf("%s: %v, kinds %v", c.Case, err, f.Union())
		}
		n, err := f.Open(t.Context(), rt, ck.Denoiser, model.Options{}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		in := unet.Input{X: pipelinetest.UnitNoise(c.Case+".x", 2, 4, 8, 8), Timesteps: []float32{500}, Context: pipelinetest.UnitNoise(c.Case+".context", 2, 77, m.Unet.Context)}
		if m.Unet.Label > 0 {
			in.Label = pipelinetest.UnitNoise(c.Case+".label", 2, m.Unet.Label)
		}
		got, err := together(t.Context(), n, in, c.Case, f.Union(), c.Types, c.Weights)
		if err != nil {
			t.Fatalf("%s: %v", c.Case, err)
		}
		for k, r := range got {
			var some []float32
			for j := 0; j < len(r.Data); j += c.Every {
				some = append(some, r.Data[j])
			}
			if e := pipelinetest.Relative(some, c.Values[k]); e > 1e-5 || !slices.Equal(r.Shape, c.Shapes[k]) {
				t.Errorf("%s, place %d: off by %.2g, of shape %v", c.Case, k, e, r.Shape)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}

// together is the net shown the case's maps; of one its weight acts on what comes out.
func together(ctx context.Context, n *controlnet.ControlNet, in unet.Input, name string, kinds []string, types []int, weights []float64) ([]*tensor.Tensor, error) {
	var all []controlnet.Shown
	out := float32(1)
	for i, k := range types {
		picture := pipelinetest.Uniform(fmt.Sprintf("%s.hint%d", name, k), 1, 1, 3, 64, 64)
		for j, v := range picture.Data {
			picture.Data[j] = (v + 1) / 2
		}
		hint, err := n.Hint(ctx, picture)
		if err != nil {
			return nil, err
		}
		share := weights[i]
		if len(types) == 1 {
			share, out = 1, float32(weights[i])
		}
		all = append(all, controlnet.Shown{Hint: hint, Type: kinds[k], Share: share})
	}
	got, err := n.Together(ctx, in, all)
	for k := range got {
		got[k] = tensor.Scale(out, got[k])
	}
	return got, err
}
