package controlnet

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// What an evaluation of a ControlNet takes of its denoiser's, in multiplications at 512×512 and 1024×1024: a
// third, and of SDXL, whose way down is deep, more.
func TestWorkOfAControlNet(t *testing.T) {
	for _, c := range []struct {
		m     *pipelinetest.Model
		side  int64
		share float64
	}{{pipelinetest.Full(), 64, 0.334}, {pipelinetest.FullXL(), 128, 0.438}} {
		ck, err := checkpoint.Open(c.m.Hollow(t, "F16"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := Look(c.m.HollowControlNet(t, "F16"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Fits(ck.Denoiser); err != nil {
			t.Fatal(err)
		}
		count := func(g *graph.Graph, err error) float64 {
			if err != nil {
				t.Fatal(err)
			}
			return float64(pipelinetest.WorkOf(g, c.side, c.side, 77).Multiplications)
		}
		share := count(f.Graph(ck.Denoiser)) / count(unet.Build(ck.Denoiser, graph.Variant{}))
		t.Logf("%s: %.3f of an evaluation", c.m.Name, share)
		if math.Abs(share-c.share) > 0.001 {
			t.Errorf("%s: %.3f of an evaluation, want %.3f", c.m.Name, share, c.share)
		}
	}
}

// What names say of a file is told apart, and what isn't run is named.
func TestFilesAreToldApart(t *testing.T) {
	dir := t.TempDir()
	m := pipelinetest.Miniature("tiny15")
	item := func(name string, shape ...int) pipelinetest.Item {
		return pipelinetest.NewItem(name, "F32", make([]float32, tensor.Size(shape)), shape...)
	}
	write := func(name string, items ...pipelinetest.Item) string {
		path := dir + "/" + name
		if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for what, c := range map[string]struct {
		path, want string // "" is taken
		kind       Kind
	}{
		"original":  {path: m.WriteControlNet(t, dir, "a", "single", "F16")},
		"diffusers": {path: m.WriteControlNet(t, dir, "b", "folder", "F32")},
		"adapter":   {path: m.WriteT2I(t, dir, "t"), kind: Adapter},
		"union":     {path: m.WriteUnion(t, dir, "u", "single", "F16", 6)},
		"promax":    {path: m.WriteUnion(t, dir, "p", "folder", "F16", 8)},
		"cut union": {path: write("cut.safetensors", item("control_model.task_embedding", 6, 8), item("control_model.input_hint_block.0.weight", 1, 3, 3, 3)), want: "Union"},
		"of nine":   {path: m.WriteUnion(t, dir, "nine", "single", "F16", 9), want: "9 kinds"},
		"lllite":    {path: write("l.safetensors", item("lllite_unet_input_blocks_1_1_x.down.0.weight", 8, 8)), want: "LLLite"},
		"lora":      {path: m.WriteLoRA(t, dir, "lora", 2), want: "LoRA"},
		"half":      {path: write("h.safetensors", item("control_model.input_hint_block.0.weight", 1, 3, 3, 3)), want: "whole ControlNet"},
		"nothing":   {path: write("n.safetensors", item("x", 2)), want: "no network"},
	} {
		f, err := Look(c.path)
		switch {
		case c.want == "" && (err != nil || f.Kind != c.kind):
			t.Errorf("%s: %v, %+v", what, err, f)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want one of %q", what, err, c.want)
		}
	}
}

// A file that holds differences, and one that holds products of matrices, is the whole network over
// the denoiser's weights.
func TestDifferencesAreAddedToTheDenoiser(t *testing.T) {
	base := part(t, map[string][]float32{"input_blocks.0.0.weight": {1, 2, 3, 4}, "time_embed.0.weight": {5, 6}, "out.2.weight": {9}})
	f := &File{part: part(t, map[string][]float32{"input_blocks.0.0.weight": {0.5, 0.5, 0.5, 0.5}, "zero_convs.0.0.weight": {7}}), difference: true}
	all, source := f.over(base)
	if got := floats(t, source, "input_blocks.0.0.weight"); !slices.Equal(got, []float32{1.5, 2.5, 3.5, 4.5}) {
		t.Errorf("the sum is %v", got)
	}
	if got := floats(t, source, "zero_convs.0.0.weight"); !slices.Equal(got, []float32{7}) || all.Tensors["out.2.weight"].Key != "" {
		t.Errorf("its own is %v, of %v", got, all.Names())
	}
	up, down := part(t, map[string][]float32{"u": {1, 2}}).Tensors["u"], part(t, map[string][]float32{"d": {3, 4}}).Tensors["d"]
	up.Shape, down.Shape = []int64{2, 1}, []int64{1, 2}
	f = &File{part: part(t, map[string][]float32{"zero_convs.0.0.weight": {7}}), lora: true}
	f.part.Tensors["input_blocks.0.0.up"], f.part.Tensors["input_blocks.0.0.down"] = up, down
	all, source = f.over(base)
	if got := floats(t, source, "input_blocks.0.0.weight"); !slices.Equal(got, []float32{4, 6, 9, 12}) {
		t.Errorf("the product over it is %v", got)
	}
	if got := floats(t, source, "time_embed.0.weight"); !slices.Equal(got, []float32{5, 6}) || all.Tensors["out.2.weight"].Key != "" {
		t.Errorf("the denoiser's own is %v, of %v", got, all.Names())
	}
}

// A product over no rank at all is an error, and no division.
func TestAProductOfNothingIsRefused(t *testing.T) {
	p := part(t, map[string][]float32{"u": {}, "d": {}})
	up, down := p.Tensors["u"], p.Tensors["d"]
	up.Shape, down.Shape = []int64{2, 0}, []int64{0, 2}
	if v, err := product(up, down, []int64{2, 2}); err == nil {
		t.Errorf("it is %v", v)
	}
}

func part(t *testing.T, values map[string][]float32) *checkpoint.Part {
	t.Helper()
	var items []pipelinetest.Item
	for name, v := range values {
		items = append(items, pipelinetest.NewItem(name, "F32", v, len(v)))
	}
	f, err := os.CreateTemp(t.TempDir(), "*.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := pipelinetest.WriteSafetensors(f.Name(), items, nil); err != nil {
		t.Fatal(err)
	}
	p, err := checkpoint.OpenPart(f.Name(), "controlnet")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// floats are the values of a weight as a graph reads it.
func floats(t *testing.T, source graph.Source, name string) []float32 {
	t.Helper()
	w, ok := source(name)
	if !ok {
		t.Fatalf("no weight %q", name)
	}
	data := w.Data
	switch {
	case w.Decode != nil:
		var err error
		if data, err = w.Decode(); err != nil {
			t.Fatal(err)
		}
	case data == nil:
		b, err := os.ReadFile(w.File)
		if err != nil {
			t.Fatal(err)
		}
		data = b[w.Offset : w.Offset+w.Length]
	}
	out, err := checkpoint.Widen(data, w.Type)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
