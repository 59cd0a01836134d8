//go:build cgo

package unet_test

import (
	"context"
	"regexp"
	"slices"
	"testing"

	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// family is one kind of network with something to run it on.
type family struct {
	name  string
	build func(graph.Variant) (*graph.Graph, error)
	in    map[string]*tensor.Tensor
	sites []string // what its package comment lists
}

var inside = `(q|k|v|out)`

func families(t *testing.T, name string) []family {
	ck := open(t, small(t, name), "single", "F32")
	ids := tensor.New(2, 77)
	for i := range ids.Data {
		ids.Data[i] = float32(i * 7 % 64)
	}
	out := []family{
		{"decoder", func(v graph.Variant) (*graph.Graph, error) { return vae.BuildDecoder(ck.VAE, v) },
			map[string]*tensor.Tensor{"z": pipelinetest.UnitNoise("sites.z", 1, 4, 3, 5)},
			[]string{`decoder\.mid`, `decoder\.up\.\d+`, `decoder\.mid\.attn_1\.` + inside}},
		{"encoder", func(v graph.Variant) (*graph.Graph, error) { return vae.BuildEncoder(ck.VAE, v) },
			map[string]*tensor.Tensor{"image": pipelinetest.Uniform("sites.image", 1, 1, 3, 24, 40)},
			[]string{`encoder\.mid`, `encoder\.down\.\d+`, `encoder\.mid\.attn_1\.` + inside}},
	}
	for _, p := range ck.Text {
		out = append(out, family{p.Role, func(v graph.Variant) (*graph.Graph, error) { return clip.Build(p, v) },
			map[string]*tensor.Tensor{"ids": ids, "skip": {Shape: []int{1}, Data: []float32{1}},
				"vectors": tensor.New(1, int(p.Tensors["embeddings.token_embedding.weight"].Shape[1]))},
			[]string{`embeddings\.token_embedding`, `encoder\.layers\.\d+`, `encoder\.layers\.\d+\.self_attn\.` + inside}})
	}
	p := ck.Denoiser
	width := func(name string) int { return int(p.Tensors[name].Shape[1]) }
	in := map[string]*tensor.Tensor{"x": pipelinetest.UnitNoise("sites.x", 1, 4, 16, 16), "sinusoid": unet.Sinusoid([]float32{500}, width("time_embed.0.weight")),
		"context": pipelinetest.UnitNoise("sites.context", 1, 77, width("output_blocks.3.1.transformer_blocks.0.attn2.to_k.weight"))}
	if _, ok := p.Tensors["label_emb.0.0.weight"]; ok {
		in["label"] = pipelinetest.UnitNoise("sites.label", 1, width("label_emb.0.0.weight"))
	}
	return append(out, family{"denoiser", func(v graph.Variant) (*graph.Graph, error) { return unet.Build(p, v) }, in,
		[]string{`time_embed`, `input_blocks\.\d+`, `input_blocks\.\d+\.(skip|after)`, `middle_block`, `output_blocks\.\d+(\.below|\.beside)?`,
			`(in|out)put_blocks\.\d+\.1\.transformer_blocks\.\d+\.attn[12]\.` + inside, `middle_block\.1\.transformer_blocks\.\d+\.attn[12]\.` + inside, `.*\.1\.transformer_blocks\.\d+\.norm1`}})
}

// eval opens a family's network in a variant and gives a function that runs it with more
// inputs.
func (f family) eval(t *testing.T, v graph.Variant) func(more map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	t.Helper()
	g, err := f.build(v)
	if err != nil {
		t.Fatal(err)
	}
	s, err := native(t).Open(context.Background(), g, model.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return func(more map[string]*tensor.Tensor) map[string]*tensor.Tensor {
		all := map[string]*tensor.Tensor{}
		for _, m := range []map[string]*tensor.Tensor{f.in, more} {
			for k, t := range m {
				all[k] = t
			}
		}
		out, err := s.Run(context.Background(), all)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		return out
	}
}

func same(a, b map[string]*tensor.Tensor) bool {
	for name := range a {
		if !slices.Equal(a[name].Data, b[name].Data) {
			return false
		}
	}
	return true
}

// A hook that adds nothing at every site changes no bit of the output; what one adds at a
// single site is seen there, at each of them. The sites are those that the package comments
// list, all of them.
func TestHooksAddAtEverySite(t *testing.T) {
	for _, name := range []string{"tiny15", "tinyxl"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		for _, f := range families(t, name) {
			var sites []string
			// Each site adds a·v², a an input of its own: no norm behind it hides that.
			add := graph.Hook{Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
				sites = append(sites, at.Name)
				a := b.Input("of "+at.Name, graph.Fixed(1))
				return b.Add(at.Name, v, b.Mul(at.Name, b.Mul(at.Name, v, v), a))
			}}
			run := f.eval(t, graph.Variant{Hooks: []graph.Hook{add}})
			more := map[string]*tensor.Tensor{}
			for _, s := range sites {
				more["of "+s] = tensor.New(1)
			}
			plain := f.eval(t, graph.Variant{})(nil)
			if !same(plain, run(more)) {
				t.Errorf("%s %s: adding nothing changes the output", name, f.name)
			}
			listed := make([]bool, len(f.sites))
			for _, s := range sites {
				more["of "+s].Data[0] = 0.5
				if same(plain, run(more)) {
					t.Errorf("%s %s: what is added at %s is not seen", name, f.name, s)
				}
				more["of "+s].Data[0] = 0
				i := slices.IndexFunc(f.sites, func(p string) bool { return regexp.MustCompile("^" + p + "$").MatchString(s) })
				if i < 0 {
					t.Errorf("%s %s: site %s is not listed", name, f.name, s)
					continue
				}
				listed[i] = true
			}
			if slices.Contains(listed, false) {
				t.Errorf("%s %s: of the sites %v these were seen: %v", name, f.name, f.sites, listed)
			}
		}
	}
}

// A hook that waits for a site that is not there, or makes a value that the network cannot
// go on with, is an error that names the site.
func TestHooksThatDoNotFitAreRefused(t *testing.T) {
	narrow := func(b *graph.Builder, _ graph.Site, v graph.Value) graph.Value {
		v.Shape = slices.Clone(v.Shape)
		v.Shape[1] = graph.Fixed(3)
		return v
	}
	for _, f := range families(t, "tiny15") {
		site := map[string]string{"decoder": "decoder.mid", "encoder": "encoder.mid", "denoiser": "middle_block", "text_encoder": "encoder.layers.0"}[f.name]
		for at, do := range map[string]func(*graph.Builder, graph.Site, graph.Value) graph.Value{site: narrow, site + "x": narrow} {
			if _, err := f.build(graph.Variant{Hooks: []graph.Hook{{At: at, Do: do}}}); err == nil || !regexp.MustCompile(`site .*"`+at+`"`).MatchString(err.Error()) {
				t.Errorf("%s: error %v, want one that names site %q", f.name, err, at)
			}
		}
	}
}

// What hooks add as inputs is handed to an opened network by name, and what they tap comes
// back by name.
func TestAnOpenedNetworkTakesWhatHooksAdd(t *testing.T) {
	ck := open(t, small(t, "tiny15"), "single", "F32")
	control := graph.Hook{At: "middle_block", Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		return b.Add(at.Name, v, b.Input("control", v.Shape...))
	}}
	n, err := unet.Open(context.Background(), native(t), ck, model.Options{Threads: 2}, graph.Variant{Hooks: []graph.Hook{control, graph.Tap("middle_block")}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	in := unet.Input{X: pipelinetest.UnitNoise("more.x", 1, 4, 16, 16), Timesteps: []float32{500}, Context: pipelinetest.UnitNoise("more.context", 1, 77, 128)}
	if _, err := n.Eval(context.Background(), in); err == nil {
		t.Error("a run without the added input was accepted")
	}
	var middle [2]*tensor.Tensor
	more := pipelinetest.UnitNoise("more.control", 1, 128, 2, 2)
	for i, by := range []float32{0, 1} {
		in.More = map[string]*tensor.Tensor{"control": tensor.Scale(by, more)}
		out, err := n.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		middle[i] = out["middle_block"]
	}
	if e := pipelinetest.Relative(tensor.Combine(1, middle[1], -1, middle[0]).Data, more.Data); e > 1e-5 {
		t.Errorf("what was added comes back with an error of %.2g", e)
	}
}

// The graph knows type and shape of every value, as the runtime finds them, also after
// changes.
func TestGraphsKnowTheirShapes(t *testing.T) {
	for _, f := range families(t, "tiny15") {
		for _, changes := range [][]graph.Change{nil, {graph.Wrap(true, true), graph.PlainAttention}} {
			if changes == nil && testing.Short() {
				continue // the changed graphs hold nearly all of the plain ones
			}
			all := func(g *graph.Graph) error {
				for _, n := range g.Nodes {
					for _, out := range n.Outputs {
						v, known := g.Values[out]
						if !known {
							t.Fatalf("%s: nothing is known of %q, which %s makes", f.name, out, n.Op)
						}
						if v.Type == graph.Float32 && n.Op != "Identity" {
							g.Outputs = append(g.Outputs, v)
						}
					}
				}
				for _, v := range g.Inputs {
					if _, known := g.Values[v.Name]; !known {
						t.Errorf("%s: nothing is known of input %q", f.name, v.Name)
					}
				}
				for _, w := range g.Weights {
					if _, known := g.Values[w.Name]; !known {
						t.Errorf("%s: nothing is known of weight %q", f.name, w.Name)
					}
				}
				return nil
			}
			v := graph.Variant{Changes: append(slices.Clone(changes), all)}
			g, err := f.build(v)
			if err != nil {
				t.Fatal(err)
			}
			for name, got := range f.eval(t, v)(nil) {
				want := g.Values[name].Shape
				if len(want) != len(got.Shape) {
					t.Errorf("%s: %q has shape %v, the graph says %v", f.name, name, got.Shape, want)
					continue
				}
				for i, d := range want {
					if d.Fixed > 0 && int(d.Fixed) != got.Shape[i] {
						t.Errorf("%s: %q has shape %v, the graph says %v", f.name, name, got.Shape, want)
					}
				}
			}
		}
	}
}
