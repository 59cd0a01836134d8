//go:build cgo

package upscaler

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// reference is what another program made: every 13th value of a network's output.
type reference struct {
	Nets []struct {
		Case, Prefix string
		Scale        int
		Weights, Old []json.RawMessage
	}
	Layouts []struct {
		W, H, Tile, Overlap int
		X, Y                []int
	}
}

func references(t testing.TB) (r reference) {
	t.Helper()
	data, err := os.ReadFile("testdata/upscale.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written writes a network of made-up weights; renamed gives the file's name of a tensor.
func written(t testing.TB, weights []json.RawMessage, prefix string, renamed func(string) string) string {
	t.Helper()
	var items []pipelinetest.Item
	for _, row := range weights {
		var name string
		var shape []int
		if err := json.Unmarshal(row, &[]any{&name, &shape}); err != nil {
			t.Fatal(err)
		}
		scale, offset := float32(0.02), float32(0)
		switch {
		case len(shape) == 1 && strings.HasSuffix(name, ".weight") && strings.HasPrefix(prefix, "compact"):
			scale, offset = 0.05, 0.25
		case len(shape) == 1 && strings.HasSuffix(name, ".weight"):
			scale, offset = 0.1, 1
		case len(shape) > 1:
			fan := 1
			for _, d := range shape[1:] {
				fan *= d
			}
			scale = float32(math.Sqrt(3 / float64(fan)))
		}
		v := pipelinetest.Uniform(prefix+name, 1, shape...).Data
		for i := range v {
			v[i] = offset + float32(v[i]*scale)
		}
		items = append(items, pipelinetest.NewItem(renamed(name), "F32", v, shape...))
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func same(name string) string { return name }

func load(t testing.TB, path string) *Network {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Load(context.Background(), ort.New(ort.Config{Device: "cpu"}), model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// Every family gives the numbers of another program, in every spelling of its names.
func TestNetworksAgreeWithReferences(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/upscale.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range references(t).Nets {
		old := map[string]string{}
		for _, row := range r.Old {
			var pair [2]string
			if err := json.Unmarshal(row, &pair); err != nil {
				t.Fatal(err)
			}
			old[pair[1]] = pair[0]
		}
		spellings := map[string]func(string) string{"its own": same, "wrapped": func(n string) string { return "params_ema." + n }}
		if len(old) > 0 {
			spellings["the first"] = func(n string) string { return old[n] }
			spellings["the second"] = func(n string) string {
				n = strings.NewReplacer("body.", "RRDB_trunk.", "rdb", "RDB", "conv_body", "trunk_conv", "conv_up", "upconv", "conv_hr", "HRconv").Replace(n)
				return n
			}
		}
		for name, renamed := range spellings {
			n := load(t, written(t, r.Weights, r.Prefix, renamed))
			out, err := n.Eval(context.Background(), want["in"])
			if err != nil {
				t.Fatalf("%s, %s names: %v", r.Case, name, err)
			}
			var some []float32
			for i := 0; i < len(out.Data); i += 13 {
				some = append(some, out.Data[i])
			}
			if rel := pipelinetest.Relative(some, want[r.Case].Data); rel > 1e-5 || n.Times() != r.Scale {
				t.Errorf("%s, %s names: ×%d, relative error %.2g, want ×%d and at most 1e-5", r.Case, name, n.Times(), rel, r.Scale)
			}
		}
	}
}

// A picture in tiles is the picture whole, to one level of 255, for networks that see far.
func TestTilesOfNetworksAgreeWithTheWhole(t *testing.T) {
	for _, r := range references(t).Nets {
		n := load(t, written(t, r.Weights, r.Prefix, same))
		p := Of(speckled(97, 130, false))
		by := func(tile int) *Picture {
			out, err := Enlarge(context.Background(), n, p, 97*r.Scale, 130*r.Scale, Options{Tile: tile})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		whole, tiles := by(256), by(96)
		worst := 0
		for i, v := range whole.Pix {
			worst = max(worst, int(v)-int(tiles.Pix[i]), int(tiles.Pix[i])-int(v))
		}
		if worst > 257 {
			t.Errorf("%s: tiles are off by %.2f of 255 where they meet, want at most 1", r.Case, float64(worst)/257)
		}
	}
}
