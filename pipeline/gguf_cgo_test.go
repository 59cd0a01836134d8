//go:build cgo

package pipeline

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/pipelinetest"
)

// asBlocks writes a model as a GGUF file, with the matrices of its denoiser and text encoders in
// blocks of a kind, and what the blocks stand for as safetensors.
func asBlocks(t *testing.T, model, kind string, dir string) (narrow, wide string) {
	t.Helper()
	src, err := family.Open(tiny(t, model), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(src.Path)
	if err != nil {
		t.Fatal(err)
	}
	var in, out []pipelinetest.Item
	seen := map[string]bool{}
	for _, p := range src.Parts() {
		for _, name := range slices.Sorted(maps.Keys(p.Tensors)) {
			at := p.Tensors[name]
			if seen[at.Key] { // a view of a fused tensor
				continue
			}
			seen[at.Key] = true
			it := pipelinetest.Item{Name: at.Key, DType: at.Stored, Shape: ints(at.Shape), Data: raw[at.Offset : at.Offset+at.Length]}
			values := it
			if n := len(at.Shape); p.Role != "vae" && n > 1 && at.Shape[n-1]%32 == 0 {
				v, err := at.Floats()
				if err != nil {
					t.Fatal(err)
				}
				var stand []float32
				it.DType = kind
				it.Data, stand = pipelinetest.Blocks(kind, v)
				values = pipelinetest.NewItem(at.Key, "F32", stand, it.Shape...)
			}
			in, out = append(in, it), append(out, values)
		}
	}
	narrow, wide = filepath.Join(dir, kind+".gguf"), filepath.Join(dir, kind+".safetensors")
	if err := pipelinetest.WriteGGUF(narrow, in, map[string]string{"general.architecture": "sd1"}); err != nil {
		t.Fatal(err)
	}
	if err := pipelinetest.WriteSafetensors(wide, out, src.Metadata); err != nil {
		t.Fatal(err)
	}
	return narrow, wide
}

// TestBlocksAreTheirValues: a GGUF file computes, in all networks, what the values of its blocks
// as fp32 do, bit for bit; and says what it is.
func TestBlocksAreTheirValues(t *testing.T) {
	for _, kind := range []string{"Q8_0", "Q4_0"} {
		narrow, wide := asBlocks(t, "tiny15", kind, t.TempDir())
		m, err := family.Open(narrow, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if m.DType != kind || m.Family.Name != "sd1" || len(m.Problems) > 0 {
			t.Errorf("%s: %s, %s, %v", kind, m.DType, m.Family.Name, m.Problems)
		}
		x, step := pipelinetest.UnitNoise("x", 1, 4, 8, 8), pipelinetest.Uniform("t", 0, 1)
		step.Data[0] = 400
		k := m.Denoiser.Tensors["input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"]
		text := pipelinetest.UnitNoise("c", 1, 77, int(k.Shape[1]))
		var out, states [2][]float32
		for i, path := range []string{narrow, wide} {
			p, request := native(t), Request{Models: Models{Model: path}, Text: Text{Prompt: "a red boat"}}
			y, err := p.EvalDenoiser(context.Background(), request, x, step, text, nil)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = y.Data
			if y, _, err = p.EncodeText(context.Background(), request); err != nil {
				t.Fatal(err)
			}
			states[i] = y.Data
		}
		if !slices.Equal(out[0], out[1]) || !slices.Equal(states[0], states[1]) {
			t.Errorf("%s: the denoiser is off by %g, the text by %g", kind, pipelinetest.Relative(out[0], out[1]), pipelinetest.Relative(states[0], states[1]))
		}
	}
}

// TestBlocksStayWhereMemoryIsShort: with little memory, products are with the blocks as the file
// has them; the results differ by rounding only.
func TestBlocksStayWhereMemoryIsShort(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector")
	}
	for _, kind := range []string{"Q8_0", "Q4_0"} {
		narrow, _ := asBlocks(t, "tiny15", kind, t.TempDir())
		x, step := pipelinetest.UnitNoise("x", 2, 4, 8, 8), pipelinetest.Uniform("t", 0, 2)
		step.Data[0], step.Data[1] = 400, 20
		text := pipelinetest.UnitNoise("c", 2, 77, 64)
		m, err := family.Open(narrow, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if k := m.Denoiser.Tensors["input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"]; len(k.Shape) == 2 {
			text = pipelinetest.UnitNoise("c", 2, 77, int(k.Shape[1]))
		}
		var out, states [2][]float32
		for i, low := range []bool{false, true} {
			p, request := native(t), Request{Models: Models{Model: narrow}, Text: Text{Prompt: "a red boat"}, Where: Where{LowMemory: low}}
			y, err := p.EvalDenoiser(context.Background(), request, x, step, text, nil)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = y.Data
			if y, _, err = p.EncodeText(context.Background(), request); err != nil {
				t.Fatal(err)
			}
			states[i] = y.Data
		}
		for i, pair := range [][2][]float32{out, states} {
			if e := pipelinetest.Relative(pair[1], pair[0]); e > 2e-6 {
				t.Errorf("%s, %d: off by %g", kind, i, e)
			} else {
				t.Logf("%s, %d: off by %g", kind, i, e)
			}
		}
		if k := keepable(m.Denoiser); k == 0 {
			t.Errorf("%s: no weight stays in blocks", kind)
		}
	}
}

// TestCutBlocksAreAnError: a file that is incomplete, wherever it ends, is told as such.
func TestCutBlocksAreAnError(t *testing.T) {
	narrow, _ := asBlocks(t, "tiny15", "Q8_0", t.TempDir())
	whole, err := os.ReadFile(narrow)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{3, 20, 5000, len(whole) / 2, len(whole) - 4096} {
		if err := os.WriteFile(narrow, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := family.Open(narrow, checkpoint.Options{}); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d bytes: error %v, want one of one line", n, err)
		}
	}
}
