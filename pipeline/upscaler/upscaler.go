// Package upscaler enlarges pictures by networks that were trained to: it tells what an upscaler's
// file is by the names of its tensors, writes its graph (the weights stay in the file), and takes a
// picture of any size through it in tiles.
//
// Start reading at Open. Families is the table of networks: to add one, a file with its Build and a
// row. network.go opens and runs one, tile.go takes a picture through it, unpadded.go and means.go
// one of a kind that shows no tiles, halves.go opens one that enlarges at its end, grid.go is A1111's
// layout of tiles for comparing, steps.go says by which steps a factor is reached. picture.go
// holds pictures of 16 bits, so that nothing is rounded on the way; bleed.go gives blank pixels the
// colours beside them, lanczos.go is the filter without a network.
//
// Decisions
//   - 2026-11-28: networks are given red, green and blue, which they were trained with. A1111 gives
//     them blue first; the stage upscale of the verb trace does as A1111 does.
//   - 2026-11-28: tiles see a margin of their surroundings and cross-fade over a quarter of it, so that what
//     fades in was made with three quarters of the margin around it. A1111's
//     tiles overlap by 8 pixels of which the network's own padding spoils as many.
//   - 2026-11-28: tiles of 100 to 160 pixels against the whole, a cat's eye and fur, worst value of 255: SRVGG, ESRGAN
//     slim and thick, 6B and upconv7 1, RRDB 23 up to 18 with a margin of 48, so that it has one of 72; halves.go lets
//     its tiles be larger.
//   - 2026-11-28: networks without padding (waifu2x, Real-CUGAN; unpadded.go) need no margin, and those that take means
//     of the picture (means.go) take them over all tiles: 43 before, 0.01 now.
package upscaler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// File is an upscaler's file: what it is, known from its header alone. It is read-only.
type File struct {
	Path   string
	Family string // for people: "ESRGAN", "SRVGG (compact)", "SwinIR", "ONNX", "ncnn", "TensorFlow.js"
	Scale  int    // of each side, 1 to 8; 0: not known before it ran (ONNX, ncnn, TensorFlow.js)
	// Multiple is what the sides that the network reads must be a multiple of.
	Multiple int
	// Margin is how many pixels around a place it takes to know the place, in pixels of what is
	// read: further ones change next to nothing.
	Margin int
	// Bytes is about what an evaluation takes, for each pixel that it reads.
	Bytes int64

	frame   int    // pixels by which what it reads goes on by reflection on all sides: its own padding shows there
	fixed   int    // the side of the only pictures that it reads; 0: any
	in, out string // what its graph calls what it reads and makes
	build   func(v graph.Variant) (*graph.Graph, error)
}

// Graph writes the network, from a picture [1,3,h,w] from 0 to 1, red first, sides multiples of Multiple, to
// one [1,3,Scale·h,Scale·w], not clamped; those of ncnn may cut something off.
func (f *File) Graph(v graph.Variant) (*graph.Graph, error) {
	g, err := f.build(v)
	if err != nil {
		return nil, fmt.Errorf("upscaler %q: %w", filepath.Base(f.Path), err)
	}
	return g, nil
}

// layers are a file's tensors under the names that a family's Build uses.
type layers struct {
	part *checkpoint.Part
	keys map[string]string // the file's key by our name
}

func (l layers) source(name string) (graph.Weight, bool) {
	key, ok := l.keys[name]
	if !ok {
		return graph.Weight{}, false
	}
	return l.part.Weight(key)
}

func (l layers) has(name string) bool { _, ok := l.keys[name]; return ok }

// shape is that of a tensor; nil where there is none of that name.
func (l layers) shape(name string) []int64 { return l.part.Tensors[l.keys[name]].Shape }

// names lists what there is, in order.
func (l layers) names() []string {
	out := make([]string, 0, len(l.keys))
	for n := range l.keys {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// count is how many n there are from 0 on for which a name of the form is there.
func (l layers) count(form string, from int) (n int) {
	for l.has(fmt.Sprintf(form, from+n)) {
		n++
	}
	return n
}

// Family is a row of the table of networks.
type Family struct {
	Name string // for people
	// Find gives the tensors of a file of this family under the family's names; ok is false for
	// files of others.
	Find func(keys []string) (names map[string]string, ok bool)
	// Read says of such a file how it is used, and how its graph is written.
	Read func(f *File, l layers) (build func(v graph.Variant) (*graph.Graph, error), err error)
}

// Families is the table, in the order in which files are held against it. The keys that tell them
// are those that spandrel goes by (github.com/chaiNNer-org/spandrel, MIT).
var Families = []Family{
	{"ESRGAN", findRRDB, readRRDB},
	{"SwinIR", findSwinIR, readSwinIR},
	{"SRVGG (compact)", findCompact, readCompact},
}

// prefixes are what programs put before all names of a network.
var prefixes = []string{"params_ema.", "params.", "state_dict.", "model_state_dict.", "module.", "netG.", "generator.", "net_g."}

// others are upscalers that are not read, by names of their tensors.
var others = []struct{ piece, name string }{
	{".attn.logit_scale", "Swin2SR"}, {"overlap_attn", "HAT"}, {".conv_block.cab", "HAT"}, {".attn.attns.", "DAT"},
	{"residual_layer.0.residual_layer", "OmniSR"}, {"block_1.c1_r.", "SPAN"}, {"unet1.conv1.conv.0", "Real-CUGAN (.pth)"},
	{"stylegan_decoder", "GFPGAN, which restores faces (Restore faces…)"}, {"quantize.embedding.weight", "CodeFormer, which restores faces (Restore faces…)"},
	{"layers.0.blocks.0.gamma", "a transformer of another kind"}, {"feats.0.", "PLKSR or RealPLKSR"}, {"upsampler.MetaUpsample", "a newer kind of traiNNer"},
}

// Own says whether a path is, by its name and what lies beside it, of a form in which upscalers alone are
// looked for: one of ncnn's pair of .param and .bin, or a folder of TensorFlow.js with its model.json.
func Own(path string) bool { return isPair(path) || isTFJS(path) || isFolder(path) }

// Weights is the file that tells this upscaler from others of the same layers.
func (f *File) Weights() string {
	if isPair(f.Path) {
		return strings.TrimSuffix(f.Path, filepath.Ext(f.Path)) + ".bin"
	}
	return f.Path
}

// Open reads what an upscaler's file is: .safetensors, a file of torch, ONNX, ncnn's .param and
// .bin, or a model.json of TensorFlow.js or its folder. A file of another kind is an error that says what it is.
func Open(path string) (*File, error) {
	if isFolder(path) {
		path = filepath.Join(path, modelJSON)
	}
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		return openForeign(path)
	}
	if isTFJS(path) {
		return openTFJS(path)
	}
	if f, ok, err := openNCNN(path); ok {
		return f, err
	}
	p, err := checkpoint.OpenPart(path, "upscaler")
	if err != nil {
		return nil, err
	}
	keys := stripped(p.Names())
	for _, row := range Families {
		names, ok := row.Find(sorted(keys))
		if !ok {
			continue
		}
		f, l := &File{Path: path, Family: row.Name, Multiple: 1, in: "x", out: "out"}, layers{p, map[string]string{}}
		for name, key := range names {
			l.keys[name] = keys[key]
		}
		if f.build, err = row.Read(f, l); err != nil {
			return nil, fmt.Errorf("upscaler %q: %w", filepath.Base(path), err)
		}
		return f, nil
	}
	return nil, notOne(path, sorted(keys))
}

// notOne is the error for a file of none of the families.
func notOne(path string, keys []string) error {
	name := filepath.Base(path)
	for _, o := range others {
		if slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(k, o.piece) }) {
			return fault.New(fmt.Sprintf("upscaler %q: found %s; want ESRGAN, SRVGG (compact) or SwinIR", name, o.name), "Upscalers of other kinds can be used as ONNX files.")
		}
	}
	what := checkpoint.Words(path)
	if what == "" || strings.HasPrefix(what, "an upscaler") {
		what = fmt.Sprintf("a network of an unknown kind (%d tensors, the first %q)", len(keys), first(keys))
	}
	return fault.New(fmt.Sprintf("upscaler %q: this is %s; want an upscaler (ESRGAN, SRVGG compact, SwinIR)", name, what), "Choose a file such as RealESRGAN_x4plus.pth.")
}

func first(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

// stripped gives the keys of a file by their names without what stands before all of them.
func stripped(keys []string) map[string]string {
	cut := ""
	for again := true; again; {
		again = false
		for _, p := range prefixes {
			if len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return !strings.HasPrefix(k, cut+p) }) {
				cut, again = cut+p, true
			}
		}
	}
	out := make(map[string]string, len(keys))
	for _, k := range keys {
		out[strings.TrimPrefix(k, cut)] = k
	}
	return out
}

func sorted(keys map[string]string) []string {
	out := make([]string, 0, len(keys))
	for k := range keys {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// finish is the end of every Build: the output, and an error for what has no place in the network.
func finish(b *graph.Builder, l layers, out graph.Value) (*graph.Graph, error) {
	if c := out.Shape[1].Fixed; c != 3 {
		b.Failf("%d channels come out, want 3", c)
	}
	b.Output("out", out, out.Shape[0], graph.Fixed(3), graph.Named("out height"), graph.Named("out width"))
	if left := b.Unused(l.names()); len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in the network", left[0], len(left)-1)
	}
	return b.Finish()
}

// input begins a graph.
func input(b *graph.Builder) graph.Value {
	return b.Input("x", graph.Fixed(1), graph.Fixed(3), graph.Named("height"), graph.Named("width"))
}

// conv is a convolution that keeps height and width, of any odd kernel.
func conv(b *graph.Builder, l layers, path string, x graph.Value) graph.Value {
	pad := int64(0)
	if s := l.shape(path + ".weight"); len(s) == 4 {
		pad = s[2] / 2
	}
	return b.Conv(path, x, graph.ConvOptions{Pads: [4]int64{pad, pad, pad, pad}})
}

func leaky(b *graph.Builder, path string, x graph.Value, slope float32) graph.Value {
	return b.Op("LeakyRelu", path, graph.Float32, x.Shape, map[string]any{"alpha": slope}, x)
}

// shuffle lays the channels of each place out as n × n pixels, as torch's PixelShuffle does.
func shuffle(b *graph.Builder, path string, x graph.Value, n int64) graph.Value {
	shape := []graph.Dim{x.Shape[0], graph.Fixed(x.Shape[1].Fixed / (n * n)), graph.Named(fmt.Sprint(x.Shape[2].Name, "*", n)), graph.Named(fmt.Sprint(x.Shape[3].Name, "*", n))}
	return b.Op("DepthToSpace", path, graph.Float32, shape, map[string]any{"blocksize": n, "mode": "CRD"}, x)
}

// unshuffle is the reverse of shuffle. The runtime's own order of channels is another: they are
// put in place behind it.
func unshuffle(b *graph.Builder, path string, x graph.Value, n int64) graph.Value {
	c := x.Shape[1].Fixed
	shape := []graph.Dim{x.Shape[0], graph.Fixed(c * n * n), graph.Named(fmt.Sprint(x.Shape[2].Name, "/", n)), graph.Named(fmt.Sprint(x.Shape[3].Name, "/", n))}
	deep := b.Op("SpaceToDepth", path, graph.Float32, shape, map[string]any{"blocksize": n}, x)
	var order []int64
	for i := range c {
		for k := range n * n {
			order = append(order, k*c+i)
		}
	}
	return b.Op("Gather", path, graph.Float32, shape, map[string]any{"axis": int64(1)}, deep, b.Ints(order...))
}

// root is the whole square root of n; 0 where there is none.
func root(n int64) int64 {
	for r := int64(1); r*r <= n; r++ {
		if r*r == n {
			return r
		}
	}
	return 0
}
