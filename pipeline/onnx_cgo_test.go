//go:build cgo

package pipeline

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// export writes a graph of ours as another program would: with the names of diffusers' exports,
// weights in a file beside it, numbers of the given type at its edges.
type export struct {
	t    *testing.T
	dir  string
	kind graph.DType
	part *checkpoint.Checkpoint
}

// newExport begins the export of a folder's model, whose weights lie beside it.
func newExport(t *testing.T, root, folder, model string, kind graph.DType) export {
	t.Helper()
	dir := filepath.Join(root, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "model.onnx_data")
	from, err := os.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	f, err := os.Create(to)
	if err == nil {
		_, err = io.Copy(f, from)
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := family.Open(to, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return export{t, dir, kind, m.Checkpoint}
}

// rename gives an input or an output another name and type.
func (e export) rename(g *graph.Graph, ours, theirs string, kind graph.DType) {
	for i, v := range g.Inputs {
		if v.Name == ours {
			g.Inputs[i].Name, g.Inputs[i].Type = theirs, kind
			g.Nodes = append([]*graph.Node{{Op: "Cast", Inputs: []string{theirs}, Outputs: []string{ours}, Attrs: map[string]any{"to": int64(graph.Float32)}}}, g.Nodes...)
		}
	}
	for i, v := range g.Outputs {
		if v.Name == ours {
			g.Outputs[i].Name, g.Outputs[i].Type = theirs, kind
			g.Nodes = append(g.Nodes, &graph.Node{Op: "Cast", Inputs: []string{ours}, Outputs: []string{theirs}, Attrs: map[string]any{"to": int64(kind)}})
		}
	}
}

// constant takes an input out of the graph, and gives its values.
func (e export) constant(g *graph.Graph, input string, shape []int64, values ...float32) {
	w := &graph.Weight{Name: input, Type: graph.Float32, Shape: shape}
	for _, v := range values {
		w.Data = binary.LittleEndian.AppendUint32(w.Data, math.Float32bits(v))
	}
	for i, v := range g.Inputs {
		if v.Name == input {
			g.Inputs = append(g.Inputs[:i], g.Inputs[i+1:]...)
			break
		}
	}
	g.Weights = append(g.Weights, w)
}

func (e export) write(g *graph.Graph) {
	e.t.Helper()
	b, err := g.Encode(e.dir)
	if err == nil {
		err = os.WriteFile(filepath.Join(e.dir, "model.onnx"), b, 0o600)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// unet exports the denoiser: its timestep is a whole number, and its waves are nodes.
func (e export) unet() {
	g, err := unet.Build(e.part.Denoiser, graph.Variant{})
	if err != nil {
		e.t.Fatal(err)
	}
	width := int64(0)
	for i, v := range g.Inputs {
		if v.Name == "sinusoid" {
			width = v.Shape[1].Fixed
			g.Inputs[i] = graph.Value{Name: "timestep", Type: graph.Int64, Shape: []graph.Dim{graph.Named("steps")}}
		}
	}
	half := int(width / 2)
	freqs := make([]float32, half)
	for j := range freqs {
		freqs[j] = float32(math.Exp(-math.Log(10000) * float64(j) / float64(half)))
	}
	e.constant(g, "freqs", []int64{1, int64(half)}, freqs...)
	ints := func(name string, v ...int64) {
		w := &graph.Weight{Name: name, Type: graph.Int64, Shape: []int64{int64(len(v))}}
		for _, x := range v {
			w.Data = binary.LittleEndian.AppendUint64(w.Data, uint64(x))
		}
		g.Weights = append(g.Weights, w)
	}
	ints("column", -1, 1)
	ints("wide", width)
	node := func(op, out string, attrs map[string]any, in ...string) *graph.Node {
		return &graph.Node{Op: op, Inputs: in, Outputs: []string{out}, Attrs: attrs}
	}
	axis := func(n int64) map[string]any { return map[string]any{"axis": n} }
	g.Nodes = append([]*graph.Node{
		node("Cast", "time", map[string]any{"to": int64(graph.Float32)}, "timestep"),
		node("Reshape", "times", nil, "time", "column"), node("Mul", "angles", nil, "times", "freqs"),
		node("Cos", "cos", nil, "angles"), node("Sin", "sin", nil, "angles"), node("Concat", "waves", axis(1), "cos", "sin"),
		node("Shape", "batch size", map[string]any{"start": int64(0), "end": int64(1)}, "x"), node("Concat", "rows", axis(0), "batch size", "wide"),
		node("Expand", "sinusoid", nil, "waves", "rows"),
	}, g.Nodes...)
	e.rename(g, "x", "sample", e.kind)
	e.rename(g, "context", "encoder_hidden_states", e.kind)
	e.rename(g, "out", "out_sample", e.kind)
	e.write(g)
}

func (e export) text() {
	g, err := clip.Build(e.part.Text[0], graph.Variant{})
	if err != nil {
		e.t.Fatal(err)
	}
	width := e.part.Text[0].Tensors["embeddings.token_embedding.weight"].Shape[1]
	e.constant(g, "skip", []int64{1}, 1)
	e.constant(g, "vectors", []int64{1, width}, make([]float32, width)...)
	e.rename(g, "ids", "input_ids", graph.Int32)
	e.rename(g, "normed", "last_hidden_state", e.kind)
	e.rename(g, "pooled", "pooler_output", e.kind)
	e.write(g)
}

// TestFoldersOfONNXModelsRunAsTheyAre: a folder as optimum and Olive write it, fp32 and fp16 at its
// edges, gives what the same weights give in a checkpoint; and no adapter is taken for it.
func TestFoldersOfONNXModelsRunAsTheyAre(t *testing.T) {
	source := tiny(t, "tiny15")
	src, err := family.Open(source, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	width := int(src.Text[0].Tensors["embeddings.token_embedding.weight"].Shape[1])
	x, step := pipelinetest.UnitNoise("x", 2, 4, 8, 8), pipelinetest.Uniform("t", 0, 2)
	step.Data[0], step.Data[1] = 400, 20
	text, image := pipelinetest.UnitNoise("c", 2, 77, width), pipelinetest.Uniform("i", 0, 1, 3, 64, 64)
	for kind, limit := range map[graph.DType]float64{graph.Float32: 2e-6, graph.Float16: 4e-3} {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "model_index.json"), []byte(`{"_class_name":"OnnxStableDiffusionPipeline"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		newExport(t, root, "unet", source, kind).unet()
		newExport(t, root, "text_encoder", source, kind).text()
		for folder, build := range map[string]func(*checkpoint.Part, graph.Variant) (*graph.Graph, error){"vae_decoder": vae.BuildDecoder, "vae_encoder": vae.BuildEncoder} {
			e := newExport(t, root, folder, source, kind)
			g, err := build(e.part.VAE, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			e.rename(g, "z", "latent_sample", kind)
			e.rename(g, "image", "sample", kind)
			e.rename(g, "moments", "latent_parameters", kind)
			e.write(g)
		}
		m, err := family.Open(root, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if m.Family.Name != "sd1" || m.DType != kind.String() || m.Verify(context.Background()) != nil {
			t.Errorf("%s: %s, %s, %v", kind, m.Family.Name, m.DType, m.Verify(context.Background()))
		}
		var results [2]map[string][]float32
		for i, path := range []string{source, root} {
			p, request := native(t), Request{Models: Models{Model: path}, Text: Text{Prompt: "a red boat"}}
			results[i] = map[string][]float32{}
			out, err := p.EvalDenoiser(context.Background(), request, x, step, text, nil)
			if err != nil {
				t.Fatal(err)
			}
			results[i]["denoiser"] = out.Data
			if out, _, err = p.EncodeText(context.Background(), request); err != nil {
				t.Fatal(err)
			}
			results[i]["text"] = out.Data
			if out, err = p.DecodeLatent(context.Background(), request, x.Batch(0, 1)); err != nil {
				t.Fatal(err)
			}
			results[i]["picture"] = out.Data
			if out, err = p.EncodePicture(context.Background(), request, image); err != nil {
				t.Fatal(err)
			}
			results[i]["latent"] = out.Data
		}
		for name, want := range results[0] {
			if e := pipelinetest.Relative(results[1][name], want); !(e <= limit) {
				t.Errorf("%s: the %s is off by %g", kind, name, e)
			}
		}
		fog := Adapter{File: pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, t.TempDir(), "fog", 4), Weight: 1, TextWeight: 1}
		if _, _, err := fog.find(root, "", m.Checkpoint); err == nil || !strings.Contains(err.Error(), "ONNX") {
			t.Errorf("an adapter: error %v", err)
		}
		data := filepath.Join(root, "unet", "model.onnx_data")
		if err := os.Truncate(data, 5000); err != nil {
			t.Fatal(err)
		}
		if _, err := family.Open(root, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "incomplete") {
			t.Errorf("weights that are cut short: error %v", err)
		}
	}
}
