package unet

import (
	"errors"
	"fmt"
	"reflect"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Inside is what a network can be opened to do otherwise within. What it takes for that are
// inputs of its graph, by which each evaluation says how much; at neutral numbers it gives,
// bit for bit, what it gives without. The zero value is the network of the file.
type Inside struct {
	// Perturb lets latents be evaluated without some self-attention: each place attends to itself
	// alone (PAG). PerturbAt says where, a list such as "d2,m0,u0.1"; "": in the middle block.
	Perturb   bool
	PerturbAt string
	// Attention gives the map of the middle block's first self-attention (SAG).
	Attention bool
	FreeU     int    // its version, 1 or 2; 0: without
	Shrink    Shrink // with block 0: without
	Refine    Refine // with By 0: without
	// Reference lets evaluations write and read references; see Reference.
	Reference Reference
	// Images are pictures that are read beside the text (IP-Adapter).
	Images   []ImageAdapter
	Control  bool // what ControlNets give is added to what the way up reads of the way down and the middle
	Features bool // what T2I-Adapters give is added to what the blocks of the way down make, and the middle
}

// Neutral says that a network is that of the file.
func (in Inside) Neutral() bool { return reflect.DeepEqual(in, Inside{}) }

// Shrink is how the picture is made smaller within the network and larger again (Kohya's deep
// shrink, as ComfyUI has it).
type Shrink struct {
	Block     int    // of the way down, from 1
	AfterSkip bool   // what the way up reads of that block is not shrunk
	Down, Up  string // a name of Resizes
}

// Resizes are the ways to resize, as ComfyUI names them.
var Resizes = []string{"bicubic", "bilinear", "nearest-exact", "area", "bislerp"}

// The names of inputs and outputs.
const (
	perturbInput    = "perturbed" // [batch], 1 for latents without self-attention, else 0
	freeUInput      = "freeu"     // [4]: b1, b2, s1, s2
	shrinkInput     = "shrink"    // [1]: by how much, from 1 on
	attentionOutput = "attention" // [batch, token]
)

// middle is the transformer of the middle block.
const middle = "middle_block.1.transformer_blocks."

// In is the variant of a network that is so within.
func (in Inside) In(p *checkpoint.Part, v graph.Variant) (graph.Variant, error) {
	hooks, err := in.hooks(p)
	v.Hooks = append(append([]graph.Hook{}, v.Hooks...), hooks...)
	if err == nil {
		err = in.images(p, &v) // last: they read the sizes that others have made
	}
	return v, err
}

// Attention is the map among what a run of a network gives, nil where it gives none.
func Attention(out map[string]*tensor.Tensor) *tensor.Tensor { return out[attentionOutput] }

// hooks are those that make a network so.
func (in Inside) hooks(p *checkpoint.Part) ([]graph.Hook, error) {
	var all []graph.Hook
	if _, ok := p.Tensors[middle+"0.attn1.to_q.weight"]; !ok && (in.Perturb && in.PerturbAt == "" || in.Attention) {
		return nil, errors.New("unet: the network's middle block has no self-attention, which PAG and SAG need")
	}
	if in.Attention {
		all = append(all, attentionMap(middle+"0.attn1"))
	}
	if r := in.Reference.In(p); r != nil {
		if len(r.attentions)+len(r.groups) == 0 {
			return nil, errors.New("unet: the network has no self-attention and no blocks that a reference could steer")
		}
		all = append(all, r.hooks()...)
	}
	if in.Perturb {
		at, err := in.perturbed(p)
		if err != nil {
			return nil, err
		}
		all = append(all, perturbing(at)...)
	}
	switch in.FreeU {
	case 0:
	case 1, 2:
		all = append(all, freeU(p, in.FreeU))
	default:
		return nil, fmt.Errorf("unet: FreeU version %d, want 1 or 2", in.FreeU)
	}
	if in.Shrink.Block != 0 {
		more, err := in.Shrink.hooks(p)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if in.Refine.By != 0 {
		more, err := in.Refine.hooks(p)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if in.Control {
		all = append(all, adding(p, skipSite, residualInput)...)
	}
	if in.Features {
		all = append(all, adding(p, downSite, featureInput)...)
	}
	return all, nil
}

// shared is an input that several hooks of one graph read.
type shared struct {
	of *graph.Builder
	v  graph.Value
}

func (s *shared) in(b *graph.Builder, name string, shape ...graph.Dim) graph.Value {
	if s.of != b {
		s.of, s.v = b, b.Input(name, shape...)
	}
	return s.v
}

// attentionMap makes an output of how much attention rests on each place: the mean over the
// heads of what all places give it.
func attentionMap(path string) graph.Hook {
	var q, k graph.Value
	return graph.Hook{Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		switch at.Name {
		case path + ".q":
			q = v
		case path + ".k":
			k = v
		case path + ".out":
			b.Full(func() {
				share := b.Scores(path, q, k, at.Heads)
				s := share.Shape
				rows := b.Op("ReduceMean", path, graph.Float32, []graph.Dim{s[0], s[2], s[3]}, map[string]any{"keepdims": int64(0)}, share, b.Ints(1))
				sums := b.Op("ReduceSum", path, graph.Float32, []graph.Dim{s[0], s[3]}, map[string]any{"keepdims": int64(0)}, rows, b.Ints(1))
				b.Output(attentionOutput, sums, graph.Named("batch"), graph.Named("place"))
			})
		}
		return v
	}}
}

// More are the inputs of an evaluation of so many latents by a network of the weights p that was opened so.
func (in Inside) More(p *checkpoint.Part, n int, with Within) map[string]*tensor.Tensor {
	all := map[string]*tensor.Tensor{}
	if in.Perturb {
		flags := tensor.New(n)
		for i, p := range with.Perturbed {
			if p {
				flags.Data[i] = 1
			}
		}
		all[perturbInput] = flags
	}
	if in.FreeU > 0 {
		f := with.FreeU
		all[freeUInput] = &tensor.Tensor{Shape: []int{4}, Data: []float32{float32(f[0]), float32(f[1]), float32(f[2]), float32(f[3])}}
	}
	if in.Shrink.Block != 0 {
		all[shrinkInput] = &tensor.Tensor{Shape: []int{1}, Data: []float32{max(with.Shrink, 1)}}
	}
	if in.Refine.By != 0 {
		all[refineInput] = with.Refined.input()
	}
	in.imageInputs(all, n, with)
	if in.Control {
		added(all, Skips(p)+1, with.Control, residualInput)
	}
	if in.Features {
		added(all, Skips(p)+1, with.Features, featureInput)
	}
	return all
}

// Within is what an evaluation asks of a network that was opened for it.
type Within struct {
	Perturbed []bool     // of each latent: without self-attention; nil: none
	FreeU     [4]float64 // b1, b2, s1, s2
	Shrink    float32    // by how much the picture shrinks; up to 1: not
	Refined   Refined    // the box that is refined

	Images              []ImageInput // in the order of Inside.Images; those that are left out do not act
	Height, Width, Text int          // places of a latent, and the width of the text
	// Control and Features are what is added at each block of the way down, then at the middle
	// block, [1 or n, 1 or C, 1 or h, 1 or w]; nil, or fewer: nothing.
	Control, Features []*tensor.Tensor
}
