package adapter

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// tiny is a made-up model with a small vocabulary, opened.
func tiny(t *testing.T, name string) (*pipelinetest.Model, *checkpoint.Checkpoint) {
	t.Helper()
	m := pipelinetest.Tiny(t, name)
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, ck
}

func openLoRA(t *testing.T, m *pipelinetest.Model, rank int) *File {
	t.Helper()
	f, err := Open(m.WriteLoRA(t, t.TempDir(), "tiny", rank))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write writes an adapter of the given tensors, each filled with ones.
func write(t *testing.T, shapes map[string][]int) string {
	t.Helper()
	var items []pipelinetest.Item
	for name, shape := range shapes {
		n := 1
		for _, d := range shape {
			n *= d
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = 1
		}
		items = append(items, pipelinetest.NewItem(name, "F32", v, shape...))
	}
	slices.SortFunc(items, func(a, b pipelinetest.Item) int { return strings.Compare(a.Name, b.Name) })
	path := filepath.Join(t.TempDir(), "an.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// What no adapter speaks of stays mapped from the model's own file; what one may change is
// float32 in memory, at strength 0 with the model's own values.
func TestOtherWeightsStayInTheFile(t *testing.T) {
	m, ck := tiny(t, "tiny15")
	f := openLoRA(t, m, 2)
	for _, strength := range []float64{0, 0.5} {
		source, err := Over(context.Background(), ck.Denoiser, Use{File: f, Strength: strength})
		if err != nil {
			t.Fatal(err)
		}
		merged := 0
		for _, name := range ck.Denoiser.Names() {
			w, ok := source(name)
			own := ck.Denoiser.Tensors[name]
			switch {
			case ok && w.File == own.File && w.Offset == own.Offset && w.Data == nil:
			case ok && w.File == "" && int64(len(w.Data)) == own.Length && slices.Equal(w.Shape, own.Shape):
				merged++
				values, err := own.Floats()
				if err != nil {
					t.Fatal(err)
				}
				if same := slices.Equal(w.Floats(), values); same != (strength == 0) {
					t.Errorf("strength %g: weight %q is the model's own: %t", strength, name, same)
				}
			default:
				t.Errorf("strength %g: weight %q is %v", strength, name, w)
			}
		}
		if merged != 192 {
			t.Errorf("strength %g: %d merged weights, want 192", strength, merged)
		}
	}
}

// A module that this model lacks is told by name; the others count.
func TestModulesWithoutAPlaceAreNamed(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	const q = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q"
	f, err := Open(write(t, map[string][]int{q + ".lora_up.weight": {32, 2}, q + ".lora_down.weight": {2, 32}, "lora_te2_x.lora_up.weight": {1, 1}}))
	if err != nil {
		t.Fatal(err)
	}
	left, err := f.Without(ck.Denoiser, ck.Text[0])
	if err != nil || !slices.Equal(left, []string{"lora_te2_x"}) {
		t.Errorf("modules %q, error %v; want lora_te2_x", left, err)
	}
}

func TestAnAdapterThatChangedIsRefused(t *testing.T) {
	m, ck := tiny(t, "tiny15")
	f := openLoRA(t, m, 2)
	other := m.WriteLoRA(t, t.TempDir(), "tiny", 3)
	if err := os.Rename(other, f.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := Over(context.Background(), ck.Denoiser, Use{File: f, Strength: 1}); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("error %v, want one that says the file changed", err)
	}
}

func TestOverEndsEarly(t *testing.T) {
	m, ck := tiny(t, "tiny15")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Over(ctx, ck.Denoiser, Use{File: openLoRA(t, m, 2), Strength: 1}); err != context.Canceled {
		t.Errorf("error %v, want that of the context", err)
	}
}

// Block weights: each weight has its own share of the strength, and none of it stays as it is.
func TestRatioMultipliesTheChangeOfEachWeight(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	const at = "input_blocks.%d.1.transformer_blocks.0.attn1.to_q"
	shapes := map[string][]int{}
	for _, block := range []int{1, 2} {
		name := "lora_unet_" + strings.ReplaceAll(fmt.Sprintf(at, block), ".", "_")
		shapes[name+".lora_up.weight"], shapes[name+".lora_down.weight"] = []int{32, 2}, []int{2, 32}
	}
	f, err := Open(write(t, shapes))
	if err != nil {
		t.Fatal(err)
	}
	source, err := Over(context.Background(), ck.Denoiser, Use{File: f, Strength: 0.5, Ratio: func(role, weight string) float64 {
		if role != "denoiser" {
			t.Errorf("role %q, want denoiser", role)
		}
		return map[string]float64{fmt.Sprintf(at, 1) + ".weight": 0.25}[weight]
	}})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := source(fmt.Sprintf(at, 2) + ".weight")
	if own, err := ck.Denoiser.Tensors[fmt.Sprintf(at, 2)+".weight"].Floats(); err != nil || !slices.Equal(w.Floats(), own) {
		t.Errorf("a weight of ratio 0 is changed (%v)", err)
	}
	w, _ = source(fmt.Sprintf(at, 1) + ".weight")
	got, err := checkpoint.Widen(w.Data, w.Type)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ck.Denoiser.Tensors[fmt.Sprintf(at, 1)+".weight"].Floats()
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if want := own[i] + 2*0.5*0.25; math.Abs(float64(got[i]-want)) > 1e-6 { // up · down is 2 everywhere
			t.Fatalf("value %d is %g, want %g", i, got[i], want)
		}
	}
}

// Another kind is one row: here one that multiplies all weights by a factor.
func TestAKindIsARow(t *testing.T) {
	defer func(all []Kind) { Kinds = all }(Kinds)
	Kinds = append(slices.Clone(Kinds), Kind{Name: "factor", Marks: map[string]string{"factor": ""}, Delta: func(m Module, w Tensor) (Delta, error) {
		f, err := m.Scalar("factor", 1)
		delta := slices.Clone(w.Values)
		for i := range delta {
			delta[i] *= f + 1 // the file says 1: three times the weight, at strength 1
		}
		return Delta{Values: delta}, err
	}})
	_, ck := tiny(t, "tiny15")
	f, err := Open(write(t, map[string][]int{"factor": {}}))
	if err != nil {
		t.Fatal(err)
	}
	source, err := Over(context.Background(), ck.Text[0], Use{File: f, Strength: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range ck.Text[0].Names() {
		own, _ := ck.Text[0].Tensors[name].Floats()
		w, _ := source(name)
		got, err := checkpoint.Widen(w.Data, w.Type)
		if err != nil {
			t.Fatal(err)
		}
		for i := range own {
			own[i] += own[i]
		}
		if !slices.Equal(got, own) {
			t.Fatalf("%s is not doubled", name)
		}
	}
}

// Broken numbers are the adapter's mistake, and are told as such before a network has them.
func TestChangesThatAreNotFiniteAreRefused(t *testing.T) {
	_, ck := tiny(t, "tiny15")
	const q = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q"
	f, err := Open(write(t, map[string][]int{q + ".lora_up.weight": {32, 2}, q + ".lora_down.weight": {2, 32}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Over(context.Background(), ck.Denoiser, Use{File: f, Strength: 1e9}); err != nil {
		t.Errorf("a large finite strength: %v", err)
	}
	for _, strength := range []float64{1e39, math.NaN()} {
		_, err := Over(context.Background(), ck.Denoiser, Use{File: f, Strength: strength})
		if err == nil || !strings.HasPrefix(err.Error(), `adapter "an.safetensors": module `) || !strings.Contains(err.Error(), "want a finite number") || fault.Hint(err) == "" {
			t.Errorf("strength %g: %v", strength, err)
		}
	}
}
