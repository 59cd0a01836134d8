//go:build cgo

package face

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// network is a made-up one: its tensors' names, shapes, scales and offsets. What it makes was computed apart from this
// program, in double precision, from the papers and the layouts of GFPGANv1Clean and CodeFormer.
type network struct {
	Case, Prefix string
	Weights      []json.RawMessage
}

// written writes a network's file, with something before all names.
func (n network) written(t testing.TB, before string) string {
	t.Helper()
	var items []pipelinetest.Item
	for _, row := range n.Weights {
		var name string
		var shape []int
		var scale, offset float32
		if err := json.Unmarshal(row, &[]any{&name, &shape, &scale, &offset}); err != nil {
			t.Fatal(err)
		}
		v := pipelinetest.Uniform(n.Prefix+name, 1, shape...).Data
		for i := range v {
			v[i] = offset + float32(v[i]*scale)
		}
		items = append(items, pipelinetest.NewItem(before+name, "F32", v, shape...))
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, path string) *Network {
	t.Helper()
	f, ok, err := Open(path)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	n, err := f.Load(context.Background(), ort.New(ort.Config{Device: "cpu"}), model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// Both networks, in each of their forms, give the numbers of an independent computation.
func TestRestorersAgreeWithReferences(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/faces.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, net := range networks(t) {
		kind, before := GFPGAN, "params_ema."
		if net.Case == "codeformer" {
			kind, before = CodeFormer, ""
		}
		n := load(t, net.written(t, before))
		if n.Kind != kind || n.Side != 32 || n.Weighs != (kind == CodeFormer) {
			t.Fatalf("%s: found %s of side %d", net.Case, n.Kind, n.Side)
		}
		cases := map[string]float32{net.Case: 0}
		if n.Weighs {
			cases = map[string]float32{"codeformer 0": 0, "codeformer 0.5": 0.5, "codeformer 1": 1}
		}
		for name, weight := range cases {
			in := map[string]*tensor.Tensor{"x": pipelinetest.Uniform("face in", 1, 1, 3, 32, 32)}
			if n.Weighs {
				in["weight"] = &tensor.Tensor{Shape: []int{1}, Data: []float32{weight}}
			}
			all, err := n.Session.Run(context.Background(), in)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var some []float32
			for i := 0; i < len(all["out"].Data); i += 7 {
				some = append(some, all["out"].Data[i])
			}
			if rel := pipelinetest.Relative(some, want[name].Data); rel > 1e-5 {
				t.Errorf("%s: relative error %.2g, want at most 1e-5", name, rel)
			} else {
				t.Logf("%s: relative error %.2g", name, rel)
			}
		}
	}
}

func networks(t testing.TB) (all []network) {
	t.Helper()
	data, err := os.ReadFile("testdata/faces.json")
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A network that lacks a tensor, or has one of another shape, is refused with its name.
func TestDamagedRestorersAreRefused(t *testing.T) {
	for _, net := range networks(t) {
		for _, hurt := range []string{"stylegan_decoder.to_rgbs.1.bias", "final_linear.weight", "condition_scale.0.2.weight", "ft_layers.1.linear2.weight", "generator.blocks.6.norm1.bias", "fuse_convs_dict.16.scale.2.weight", "position_emb"} {
			one, n := network{net.Case, net.Prefix, nil}, 0
			for _, row := range net.Weights {
				if strings.Contains(string(row), `"`+hurt+`"`) {
					n++
					row = json.RawMessage(`["` + hurt + `",[3,5],1,0]`)
				}
				one.Weights = append(one.Weights, row)
			}
			f, ok, err := Open(one.written(t, ""))
			if n == 0 {
				continue
			}
			if err == nil && ok {
				_, err = f.Load(context.Background(), ort.New(ort.Config{Device: "cpu"}), model.Options{})
			}
			if err == nil {
				t.Errorf("%s with a wrong %s: found no error, want one", net.Case, hurt)
			}
		}
	}
}
