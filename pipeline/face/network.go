package face

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// The kinds of networks that restore faces, as A1111 calls them.
const (
	GFPGAN     = "GFPGAN"
	CodeFormer = "CodeFormer"
)

// File is a file of a network that restores faces: what it is, known from its header alone. It is read-only.
type File struct {
	Path   string
	Kind   string // GFPGAN, CodeFormer, or "ONNX"
	Side   int    // of the square that it reads and makes
	Weighs bool   // it takes a weight (Network.Restore)

	in, weight, out string // what its graph calls them
	build           func(v graph.Variant) (*graph.Graph, error)
}

// kinds are the networks whose graphs are written here, in the order in which files are held against them. The
// keys that tell them are those that spandrel goes by (github.com/chaiNNer-org/spandrel, MIT).
var kinds = []struct {
	name string
	keys []string // all of which such a file has
	read func(f *File, l layers) (func(v graph.Variant) (*graph.Graph, error), error)
}{
	{GFPGAN, []string{"toRGB.0.weight", "stylegan_decoder.style_conv1.weight"}, readGFPGAN},
	{CodeFormer, []string{"position_emb", "quantize.embedding.weight", "ft_layers.0.self_attn.in_proj_weight"}, readCodeFormer},
}

// Open reads what a file of a network that restores faces is: .safetensors, a file of torch, or ONNX. ok is
// false for files of other kinds.
func Open(path string) (f *File, ok bool, err error) {
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		return openForeign(path)
	}
	part, err := checkpoint.OpenPart(path, "face restorer")
	if err != nil { // of another form, or damaged: an upscaler's reader knows more forms, and says what it is
		return nil, false, nil
	}
	l := layers{part: part}
	l.prefix, l.keys = stripped(part.Names())
	i := kindOf(l.keys)
	if i < 0 {
		return nil, false, nil
	}
	f = &File{Path: path, Kind: kinds[i].name, in: "x", weight: "weight", out: "out"}
	if f.build, err = kinds[i].read(f, l); err != nil {
		return nil, true, fault.With(fmt.Errorf("%s %q: %w", f.Kind, filepath.Base(path), err), fault.Hint(err))
	}
	return f, true, nil
}

func kindOf(keys []string) int {
	for i, k := range kinds {
		if !slices.ContainsFunc(k.keys, func(key string) bool { return !slices.Contains(keys, key) }) {
			return i
		}
	}
	return -1
}

// stripped are a file's names without what stands before all of them.
func stripped(names []string) (prefix string, keys []string) {
	for _, p := range []string{"params_ema.", "params.", "state_dict.", "model.", "module."} {
		if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, p) }) {
			prefix = p
			break
		}
	}
	for _, n := range names {
		keys = append(keys, strings.TrimPrefix(n, prefix))
	}
	slices.Sort(keys)
	return prefix, keys
}

// layers are a file's tensors.
type layers struct {
	part   *checkpoint.Part
	prefix string
	keys   []string
}

func (l layers) source(name string) (graph.Weight, bool) { return l.part.Weight(l.prefix + name) }

func (l layers) shape(name string) []int64 { return l.part.Tensors[l.prefix+name].Shape }

func (l layers) has(name string) bool { return l.shape(name) != nil }

// dim is one dimension of a tensor; 0 where there is none.
func (l layers) dim(name string, i int) int64 {
	if s := l.shape(name); i < len(s) {
		return s[i]
	}
	return 0
}

// count is how many n there are from 0 on for which a name of the form is there.
func (l layers) count(form string) (n int) {
	for l.has(fmt.Sprintf(form, n)) {
		n++
	}
	return n
}

// Network is an opened network that restores faces. One goroutine may run it at a time.
type Network struct {
	model.Handle
	*File
}

// Load opens the network of a file.
func (f *File) Load(ctx context.Context, rt model.Runtime, o model.Options) (*Network, error) {
	g, err := f.build(graph.Variant{})
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", f.Kind, filepath.Base(f.Path), err)
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &Network{model.Handle{Session: s}, f}, nil
}

// Restore takes a square of the network's side through it. weight counts where the network Weighs: from 0, its
// own idea of a face, to 1, true to the picture.
func (n *Network) Restore(ctx context.Context, s *Square, weight float64) (*Square, error) {
	in := map[string]*tensor.Tensor{n.in: s.Tensor(-1, 1)}
	if n.Weighs {
		in[n.weight] = &tensor.Tensor{Shape: []int{1}, Data: []float32{float32(weight)}}
	}
	all, err := n.Session.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	return pictureOf(all[n.out], n.Side, n.Path, -1, 1)
}

// pictureOf is a network's output as a square; an error where it is none of that side.
func pictureOf(t *tensor.Tensor, side int, path string, low, high float32) (*Square, error) {
	if t == nil || fmt.Sprint(t.Shape) != fmt.Sprint([]int{1, 3, side, side}) {
		return nil, fmt.Errorf("%q: made no picture of %d×%d pixels", filepath.Base(path), side, side)
	}
	if t.BadValue() >= 0 {
		return nil, fault.New(fmt.Sprintf("%q: made a value that is no number", filepath.Base(path)), "The file may be damaged; with a graphics card, try the processor.")
	}
	return Made(t, low, high), nil
}
