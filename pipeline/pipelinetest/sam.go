package pipelinetest

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// samSide is the square that WriteSAM's networks read, samLow that of their embedding and small masks.
const samSide, samLow = 64, 32

// WriteSAM writes networks of the form that Segment Anything's are exported in: "sam", "edgesam" (no mask is
// read, masks are of the square), "sam2", or "efficientsam" in two files, and "efficientsam1" in one. The embedding
// [1,1,32,32] is the mean of four pixels' channels; a mask's logits are that, plus a hundredth of all coordinates, plus all
// labels, plus, where the network has it, the mask that it is given.
func WriteSAM(t testing.TB, dir, layout string) (paths []string) {
	t.Helper()
	save := func(name string, g *graph.Graph) {
		model, err := g.Encode(dir)
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(path, model, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	batched := strings.HasPrefix(layout, "efficientsam")
	picture, embed := "image", "image_embeddings"
	if batched {
		picture = "batched_images"
	}
	if layout == "sam2" {
		embed = "image_embed"
	}
	enc := &graph.Graph{Name: "encoder", Inputs: []graph.Value{samValue(picture, 1, 3, samSide, samSide)}, Outputs: []graph.Value{samValue(embed, 1, 1, samLow, samLow)},
		Weights: []*graph.Weight{samWeight("kernel", 0.25/3, 1, 3, 2, 2)},
		Nodes:   []*graph.Node{{Op: "Conv", Name: "embed", Inputs: []string{picture, "kernel"}, Outputs: []string{embed}, Attrs: map[string]any{"strides": []int64{2, 2}}}}}
	if batched {
		enc.Inputs = []graph.Value{samValue(picture, 1, 3, 0, 0)}
		enc.Outputs = []graph.Value{samValue(embed, 1, 1, 0, 0)}
	}
	if layout == "sam2" {
		for i, name := range []string{"high_res_feats_0", "high_res_feats_1"} {
			enc.Outputs = append(enc.Outputs, samValue(name, 1, 1, samLow, samLow))
			enc.Nodes = append(enc.Nodes, &graph.Node{Op: []string{"Abs", "Neg"}[i], Name: name, Inputs: []string{embed}, Outputs: []string{name}})
		}
	}
	dec := samDecoder(layout, embed, batched)
	if layout == "efficientsam1" {
		dec.Inputs = append(enc.Inputs, dec.Inputs[1:]...)
		dec.Nodes, dec.Weights = append(enc.Nodes, dec.Nodes...), append(enc.Weights, dec.Weights...)
		save("efficientsam.onnx", dec)
		return paths
	}
	save(layout+".encoder.onnx", enc)
	save(layout+".decoder.onnx", dec)
	return paths
}

// samDecoder is the half that makes masks.
func samDecoder(layout, embed string, batched bool) *graph.Graph {
	coords, labels := samValue("point_coords", 1, 0, 2), samValue("point_labels", 1, 0)
	if batched {
		coords, labels = samValue("batched_point_coords", 1, 1, 0, 2), samValue("batched_point_labels", 1, 1, 0)
	}
	side := int64(samLow)
	if batched {
		side = 0
	}
	g := &graph.Graph{Name: "decoder", Inputs: []graph.Value{samValue(embed, 1, 1, side, side)}}
	if layout == "sam2" {
		g.Inputs = append(g.Inputs, samValue("high_res_feats_0", 1, 1, samLow, samLow), samValue("high_res_feats_1", 1, 1, samLow, samLow))
	}
	g.Inputs = append(g.Inputs, coords, labels)
	g.Weights = []*graph.Weight{samWeight("hundredth", 0.01, 1)}
	node := func(op, out string, in ...string) {
		attrs := map[string]any{}
		if op == "ReduceSum" {
			attrs["keepdims"] = int64(0)
		}
		g.Nodes = append(g.Nodes, &graph.Node{Op: op, Name: out, Inputs: in, Outputs: []string{out}, Attrs: attrs})
	}
	node("ReduceSum", "all coords", coords.Name)
	node("Mul", "some coords", "all coords", "hundredth")
	node("ReduceSum", "all labels", labels.Name)
	node("Add", "said", "some coords", "all labels")
	last := embed
	if layout == "sam2" { // what is above zero of it twice
		node("Add", "above", embed, "high_res_feats_0")
		node("Add", "with features", "above", "high_res_feats_1")
		last = "with features"
	}
	node("Add", "logits", last, "said")
	masks, low := "masks", "low_res_masks"
	switch layout {
	case "sam", "sam2":
		g.Inputs = append(g.Inputs, samValue("mask_input", 1, 1, samLow, samLow), samValue("has_mask_input", 1))
		if layout == "sam" {
			g.Inputs = append(g.Inputs, samValue("orig_im_size", 2))
		}
		node("Mul", "had", "mask_input", "has_mask_input")
		node("Add", low, "logits", "had")
		node("Identity", masks, low)
		if layout == "sam" { // the size is read, and has no say
			node("ReduceMin", "least", "orig_im_size")
			node("Identity", "sizes", "least")
		}
	case "edgesam":
		low = ""
		node("Identity", masks, "logits")
	default:
		masks, low = "output_masks", ""
		node("Identity", masks, "logits")
	}
	node("ReduceMax", "iou_predictions", masks)
	for _, name := range []string{masks, "iou_predictions", low} {
		if name != "" {
			g.Outputs = append(g.Outputs, samValue(name, 1, 1, 0, 0))
		}
	}
	return g
}

// samValue is a value of fp32; sizes of 0 are free.
func samValue(name string, sizes ...int64) graph.Value {
	v := graph.Value{Name: name, Type: graph.Float32}
	for i, n := range sizes {
		d := graph.Fixed(n)
		if n == 0 {
			d = graph.Named(name + string(rune('0'+i)))
		}
		v.Shape = append(v.Shape, d)
	}
	return v
}

// samWeight is one of all the same numbers.
func samWeight(name string, value float32, shape ...int64) *graph.Weight {
	n := int64(1)
	for _, s := range shape {
		n *= s
	}
	w := &graph.Weight{Name: name, Type: graph.Float32, Shape: shape, Data: make([]byte, 4*n)}
	for i := range n {
		binary.LittleEndian.PutUint32(w.Data[4*i:], math.Float32bits(value))
	}
	return w
}

// PickingSAM is a runtime's Eval for WriteSAM's "sam": it takes what has the brightness of the first point that
// belongs to the thing, and each point that does not takes its own brightness away. encoded is called for each picture.
func PickingSAM(encoded func()) func(context.Context, *graph.Graph, map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	return func(_ context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		if in["our image"] != nil {
			encoded()
		}
		return picked(in), nil
	}
}

func picked(in map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	if x := in["our image"]; x != nil {
		out := tensor.New(1, 1, samLow, samLow)
		for i := range out.Data {
			at := 2*(i/samLow)*samSide + 2*(i%samLow)
			out.Data[i] = (x.Data[at] + x.Data[samSide*samSide+at] + x.Data[2*samSide*samSide+at]) / 3
		}
		return map[string]*tensor.Tensor{"our image_embeddings": out}
	}
	e, xy, labels := in["our image_embeddings"], in["our point_coords"], in["our point_labels"]
	size := in["our orig_im_size"].Data
	h, w := int(size[0]), int(size[1])
	long := float32(max(w, h))
	at := func(x, y float32) float32 { // of the square
		return e.Data[min(int(y/2), samLow-1)*samLow+min(int(x/2), samLow-1)]
	}
	masks, low := tensor.New(1, 1, h, w), tensor.New(1, 1, samLow, samLow)
	logit := func(v float32) float32 {
		out := float32(-8)
		for i, l := range labels.Data {
			if d := at(xy.Data[2*i], xy.Data[2*i+1]) - v; l >= 0 && d < 0.05 && d > -0.05 {
				out = 16*l - 8
			}
		}
		return out
	}
	for i := range masks.Data {
		masks.Data[i] = logit(at((float32(i%w)+0.5)*samSide/long, (float32(i/w)+0.5)*samSide/long))
	}
	return map[string]*tensor.Tensor{"our masks": masks, "our iou_predictions": {Shape: []int{1, 1}, Data: []float32{1}}, "our low_res_masks": low}
}
