//go:build cgo

package pipeline

import (
	"context"
	"encoding/binary"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/pipelinetest"
)

// TestEightBitWeightsAreTheirValues: a denoiser in fp8 gives what the same weights, widened
// by us and written as fp32, give; with a scale for each weight, too, by either of its names.
func TestEightBitWeightsAreTheirValues(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector")
	}
	src, err := family.Open(tiny(t, "tiny15"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(src.Path)
	if err != nil {
		t.Fatal(err)
	}
	for kind, key := range map[string]string{"F8_E4M3": "", "F8_E5M2": "", "F8_E4M3 scaled": ".scale_weight", "F8_E5M2 scaled": ".weight_scale"} {
		var narrow, wide []pipelinetest.Item
		for _, p := range src.Parts() {
			for _, name := range slices.Sorted(maps.Keys(p.Tensors)) {
				at := p.Tensors[name]
				it := pipelinetest.Item{Name: at.Key, DType: at.Stored, Shape: ints(at.Shape), Data: raw[at.Offset : at.Offset+at.Length]}
				narrowed := it
				if p.Role == "denoiser" && len(at.Shape) > 1 {
					narrowed, it = eightBits(t, at, strings.Fields(kind)[0])
					if module, ok := strings.CutSuffix(at.Key, ".weight"); ok && key != "" {
						by := 0.75 + float32(len(wide)%7)/8
						narrow = append(narrow, pipelinetest.NewItem(module+key, "F32", []float32{by}), pipelinetest.NewItem(module+".input_scale", "F32", []float32{3}))
						it.Data = times(it.Data, by)
					}
				}
				narrow, wide = append(narrow, narrowed), append(wide, it)
			}
		}
		dir := t.TempDir()
		x, step, text := pipelinetest.UnitNoise("x", 1, 4, 8, 8), pipelinetest.Uniform("t", 0, 1), pipelinetest.UnitNoise("c", 1, 77, 64)
		step.Data[0] = 400
		if k := src.Denoiser.Tensors["input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"]; len(k.Shape) == 2 {
			text = pipelinetest.UnitNoise("c", 1, 77, int(k.Shape[1]))
		}
		var out [2][]float32
		for i, list := range [][]pipelinetest.Item{narrow, wide} {
			if i == 0 && key == ".scale_weight" {
				list = append(list, pipelinetest.Item{Name: "scaled_fp8", DType: "F8_E4M3", Shape: []int{0}})
			}
			path := filepath.Join(dir, []string{"narrow", "wide"}[i]+".safetensors")
			if err := pipelinetest.WriteSafetensors(path, list, nil); err != nil {
				t.Fatal(err)
			}
			y, err := native(t).EvalDenoiser(context.Background(), Request{Models: Models{Model: path}}, x, step, text, nil)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = y.Data
		}
		if e := pipelinetest.Relative(out[0], out[1]); e > 1e-6 {
			t.Errorf("%s: off by %g", kind, e)
		}
	}
}

// times are fp32 values multiplied.
func times(b []byte, by float32) []byte {
	out := make([]byte, 0, len(b))
	for ; len(b) > 0; b = b[4:] {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(math.Float32frombits(binary.LittleEndian.Uint32(b))*by))
	}
	return out
}

// eightBits is a tensor cut to eight bits, and the same values as fp32.
func eightBits(t *testing.T, at checkpoint.Tensor, kind string) (narrow, wide pipelinetest.Item) {
	t.Helper()
	v, err := at.Floats()
	if err != nil {
		t.Fatal(err)
	}
	narrow = pipelinetest.Item{Name: at.Key, DType: kind, Shape: ints(at.Shape), Data: make([]byte, len(v))}
	wide = pipelinetest.Item{Name: at.Key, DType: "F32", Shape: ints(at.Shape)}
	bias, fraction := 7, 3
	if kind == "F8_E5M2" {
		bias, fraction = 15, 2
	}
	for i, f := range v {
		bits := math.Float32bits(f)
		e := int(bits>>23&255) - 127 + bias
		if e > 0 && e < 14 { // all else is 0
			narrow.Data[i] = byte(bits>>31)<<7 | byte(e)<<fraction | byte(bits>>(23-fraction))&(1<<fraction-1)
		}
		value := 0.0
		if b := narrow.Data[i]; b&0x7f != 0 {
			mantissa := 1 + float64(b&(1<<fraction-1))/float64(int(1)<<fraction)
			value = mantissa * math.Pow(2, float64(int(b&0x7f)>>fraction-bias)) * float64(1-2*int(b>>7))
		}
		wide.Data = binary.LittleEndian.AppendUint32(wide.Data, math.Float32bits(float32(value)))
	}
	return narrow, wide
}

func ints(shape []int64) []int {
	out := make([]int, len(shape))
	for i, d := range shape {
		out[i] = int(d)
	}
	return out
}
