package familytest

import (
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// Spread is that of the latents which the denoiser knows about their mean.
const Spread = 0.5

type builder func(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error)

// buildDenoiser writes the best velocity for latents that are normally distributed about a
// mean μ which the text's mean gives: x [batch,16,h,w], sigma [batch,1,1,1] and context
// [batch,token,8] → velocity.
//
//	clean = μ + k·(x − (1−σ)·μ), k = (1−σ)·s²/((1−σ)²·s² + σ²), velocity = (x − clean)/σ
func buildDenoiser(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder(p.Role, p.Weight, v)
	batch, one := graph.Named("batch"), graph.Fixed(1)
	x := b.Input("x", batch, graph.Fixed(Channels), graph.Named("height"), graph.Named("width"))
	sigma := b.Input("sigma", batch, one, one, one)
	text := b.Input("context", batch, graph.Named("token"), graph.Fixed(width))
	minus := func(u, w graph.Value) graph.Value {
		return b.Op("Sub", "minus", graph.Float32, u.Shape, nil, u, w)
	}
	over := func(u, w graph.Value) graph.Value {
		return b.Op("Div", "over", graph.Float32, u.Shape, nil, u, w)
	}
	rows := b.Op("ReduceMean", "text", graph.Float32, []graph.Dim{batch, graph.Fixed(width)}, map[string]any{"keepdims": int64(0)}, text, b.Ints(1))
	mean := b.Op("Reshape", "mean", graph.Float32, []graph.Dim{batch, graph.Fixed(Channels), one, one}, nil, b.Linear("text", rows), b.Ints(-1, Channels, 1, 1))
	keep := b.Add("keep", b.Mul("keep", sigma, b.Scalar(-1)), b.Scalar(1))
	signal := b.Mul("signal", keep, b.Scalar(Spread*Spread))
	k := over(signal, b.Add("k", b.Mul("k", keep, signal), b.Mul("k", sigma, sigma)))
	clean := b.Add("clean", b.Mul("clean", minus(x, b.Mul("clean", mean, keep)), k), mean)
	b.Output("velocity", over(minus(x, clean), sigma), x.Shape...)
	return b.Finish()
}

// buildEncoder writes in [batch,3,h,w] → out [batch,16,h/4,w/4].
func buildEncoder(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("fourth encoder", p.Weight, v)
	in := b.Input("in", graph.Named("batch"), graph.Fixed(3), graph.Named("height"), graph.Named("width"))
	out := b.Conv("encode", in, graph.ConvOptions{Stride: Factor})
	b.Output("out", out, out.Shape...)
	return b.Finish()
}

// buildDecoder writes in [batch,16,h,w] → out [batch,3,4h,4w].
func buildDecoder(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("fourth decoder", p.Weight, v)
	in := b.Input("in", graph.Named("batch"), graph.Fixed(Channels), graph.Named("height"), graph.Named("width"))
	shape := []graph.Dim{graph.Named("batch"), graph.Fixed(3), graph.Named("picture height"), graph.Named("picture width")}
	out := b.Op("DepthToSpace", "spread", graph.Float32, shape, map[string]any{"blocksize": int64(Factor)}, b.Conv("decode", in, graph.ConvOptions{}))
	b.Output("out", out, shape...)
	return b.Finish()
}

// Write writes a model of the family into a folder of the test's own and returns its path: a
// file where layout is "single", a folder where it is "folder".
// Its codec gives back pictures of squares of two pixels as they are: channel 4·colour + k
// is square k of four; the last four channels are nothing.
func Write(t testing.TB, layout string) string {
	t.Helper()
	encode, decode := tensor.New(Channels, 3, Factor, Factor), tensor.New(3*Factor*Factor, Channels, 1, 1)
	for c := range 3 {
		for y := range Factor {
			for x := range Factor {
				square := 4*c + y/2*2 + x/2
				encode.Data[(square*3+c)*Factor*Factor+y*Factor+x] = 0.25
				decode.Data[((y*Factor+x)*3+c)*Channels+square] = 1
			}
		}
	}
	text := pipelinetest.Uniform("fourth.text", 1, Channels, width)
	item := func(name string, v *tensor.Tensor) pipelinetest.Item {
		return pipelinetest.NewItem(name, "F32", v.Data, v.Shape...)
	}
	write := func(path string, items ...pipelinetest.Item) string {
		if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dir := t.TempDir()
	if layout == "single" {
		return write(filepath.Join(dir, "fourth.safetensors"), item("fourth.denoiser.text.weight", text), item("fourth.codec.encode.weight", encode), item("fourth.codec.decode.weight", decode))
	}
	write(filepath.Join(dir, "transformer", "diffusion_pytorch_model.safetensors"), item("text.weight", text))
	write(filepath.Join(dir, "codec", "diffusion_pytorch_model.safetensors"), item("encode.weight", encode), item("decode.weight", decode))
	if err := os.WriteFile(filepath.Join(dir, "model_index.json"), []byte(`{"_class_name":"FourthPipeline"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Mean is the latent that the denoiser draws to for a text: its 16 channels.
func Mean(text *tensor.Tensor) []float32 {
	weight, out := pipelinetest.Uniform("fourth.text", 1, Channels, width), make([]float32, Channels)
	tokens := text.Shape[1]
	for c := range out {
		for i, v := range text.Data {
			out[c] += v * weight.Data[c*width+i%width] / float32(tokens)
		}
	}
	return out
}
