package unet_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// small keeps the parts a denoiser does not read small.
func small(t testing.TB, name string) *pipelinetest.Model {
	m := pipelinetest.Tiny(t, name)
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	for i := range m.VAE.Mult {
		m.VAE.Mult[i] = 1
	}
	return m
}

// files holds each small model that a test asked for, written once for all tests.
var files struct {
	sync.Mutex
	dir   string
	paths map[string]string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if files.dir != "" {
		_ = os.RemoveAll(files.dir)
	}
	os.Exit(code)
}

// open opens a small model; what it gives is the test's own to change.
func open(t testing.TB, m *pipelinetest.Model, layout, dtype string) *checkpoint.Checkpoint {
	t.Helper()
	files.Lock()
	defer files.Unlock()
	var err error
	if files.dir == "" {
		files.paths = map[string]string{}
		if files.dir, err = os.MkdirTemp("", "pentimento-unet-*"); err != nil {
			t.Fatal(err)
		}
	}
	key := m.Name + "-" + layout + "-" + dtype
	if files.paths[key] == "" {
		dir := filepath.Join(files.dir, key)
		if err = os.Mkdir(dir, 0o755); err == nil {
			err = m.WriteTo(dir, layout, dtype)
		}
		if err != nil {
			t.Fatal(err)
		}
		if files.paths[key] = dir; layout == "single" {
			files.paths[key] = filepath.Join(dir, m.Name+".safetensors")
		}
	}
	ck, err := checkpoint.Open(files.paths[key], checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ck
}

// Every network of a model is a graph that the ONNX project's checker accepts.
func TestCheckerAcceptsEveryNetwork(t *testing.T) {
	var graphs []*graph.Graph
	add := func(g *graph.Graph, err error) {
		if err != nil {
			t.Fatal(err)
		}
		graphs = append(graphs, g)
	}
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		ck := open(t, small(t, name), "single", "F16")
		add(unet.Build(ck.Denoiser, graph.Variant{}))
		add(vae.BuildDecoder(ck.VAE, graph.Variant{}))
		add(vae.BuildEncoder(ck.VAE, graph.Variant{}))
		for _, p := range ck.Text {
			add(clip.Build(p, graph.Variant{}))
		}
	}
	pipelinetest.CheckONNX(t, graphs...)
}

// Both layouts of a model make the same graph: same operators, same weights by the same
// names (the folder's text projection, which is transposed, belongs to no denoiser).
func TestBothLayoutsMakeTheSameGraph(t *testing.T) {
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		var seen [2]string
		for i, layout := range []string{"single", "folder"} {
			g, err := unet.Build(open(t, small(t, name), layout, "F16").Denoiser, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, n := range g.Nodes {
				fmt.Fprintln(&b, n.Op, n.Name, n.Inputs, n.Outputs, n.Attrs)
			}
			for _, w := range g.Weights {
				fmt.Fprintln(&b, w.Name, w.Type, w.Shape, w.Length)
			}
			seen[i] = b.String()
		}
		if seen[0] != seen[1] {
			t.Errorf("%s: the layouts make different graphs", name)
		}
	}
}

// A tensor that the network has no place for, or lacks, is an error that names it: a
// graph that silently left it out would give pictures that are silently wrong.
func TestBuildNamesWhatDoesNotFit(t *testing.T) {
	for want, change := range map[string]func(p *checkpoint.Part){
		`"input_blocks.4.0.out_layers.3.weight" is missing`: func(p *checkpoint.Part) { delete(p.Tensors, "input_blocks.4.0.out_layers.3.weight") },
		`"time_embed.4.weight" and 0 more have no place`: func(p *checkpoint.Part) {
			p.Tensors["time_embed.4.weight"] = p.Tensors["time_embed.0.weight"]
		},
		"of the way down have none": func(p *checkpoint.Part) {
			for name := range p.Tensors {
				if strings.HasPrefix(name, "output_blocks.11.") {
					delete(p.Tensors, name)
				}
			}
		},
		"attention heads": func(p *checkpoint.Part) { p.Heads = checkpoint.Heads{Count: 7} },
		"in 5 groups":     func(p *checkpoint.Part) { p.Groups = 5 },
		"holds int64": func(p *checkpoint.Part) {
			change(p, "out.2.weight", func(t *checkpoint.Tensor) { t.Type = graph.Int64 })
		},
		"out.2: weight has shape": func(p *checkpoint.Part) {
			change(p, "out.2.weight", func(t *checkpoint.Tensor) { t.Shape = []int64{4, 33, 3, 3} })
		},
		"time_embed.2: weight has": func(p *checkpoint.Part) {
			change(p, "time_embed.2.weight", func(t *checkpoint.Tensor) { t.Shape = nil })
		},
	} {
		p := open(t, small(t, "tiny15"), "single", "F16").Denoiser
		change(p)
		if _, err := unet.Build(p, graph.Variant{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %s", err, want)
		}
	}
}

// Whatever shapes a hostile file claims, building ends in a graph or an error.
func TestHostileShapesDoNotPanic(t *testing.T) {
	ck := open(t, small(t, "tinyxl"), "single", "F16")
	shapes := [][]int64{nil, {1}, {0, 0, 0, 0}, {1 << 62, 1 << 62}, {1, 1, 1, 1, 1, 1, 1, 1}, {3, 1, 1}}
	every := 5 // the denoiser repeats itself
	if testing.Short() {
		every = 15
	}
	for i, p := range append([]*checkpoint.Part{ck.Denoiser, ck.VAE}, ck.Text...) {
		for k, name := range p.Names() {
			good := p.Tensors[name]
			if i == 0 && k%every != 0 {
				continue
			}
			change(p, name, func(t *checkpoint.Tensor) { t.Shape = shapes[k%len(shapes)] })
			switch i {
			case 0:
				_, _ = unet.Build(p, graph.Variant{})
			case 1:
				_, _ = vae.BuildEncoder(p, graph.Variant{})
				_, _ = vae.BuildDecoder(p, graph.Variant{})
			default:
				_, _ = clip.Build(p, graph.Variant{})
			}
			p.Tensors[name] = good
		}
	}
}

func change(p *checkpoint.Part, name string, how func(*checkpoint.Tensor)) {
	t := p.Tensors[name]
	how(&t)
	p.Tensors[name] = t
}

func TestSinusoidIsCosinesThenSines(t *testing.T) {
	s := unet.Sinusoid([]float32{0, 100}, 8)
	for i, want := range []float64{1, 1, 1, 1, 0, 0, 0, 0, math.Cos(100), math.Cos(10), math.Cos(1), math.Cos(0.1), math.Sin(100), math.Sin(10), math.Sin(1), math.Sin(0.1)} {
		if math.Abs(float64(s.Data[i])-want) > 1e-5 {
			t.Errorf("value %d is %g, want %g", i, s.Data[i], want)
		}
	}
}

func TestLabelRefusesWidthsThatDoNotFit(t *testing.T) {
	if _, err := unet.Label(tensor.New(1, 192), [6]float32{}, 192+6*256+2); err == nil {
		t.Error("a label with no room for six equal sinusoids was accepted")
	}
}
