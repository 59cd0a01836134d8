package vae

import (
	"context"
	"fmt"
	"strconv"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// RunSmall runs a half of a small autoencoder by itself, as the original does: of a decoder's file
// z [B,C,h,w] becomes a picture [B,3,8h,8w] of nominal range 0 to 1, not clamped; of an encoder's,
// which is told by its three channels in, a picture of that range becomes z.
// in holds z or image, and name is that of the other.
func RunSmall(ctx context.Context, rt model.Runtime, path string, o model.Options, in map[string]*tensor.Tensor) (name string, out *tensor.Tensor, err error) {
	p, err := checkpoint.OpenPart(path, "small autoencoder")
	if err != nil {
		return "", nil, err
	}
	build, from, to := BuildSmall, "z", "image"
	if encodes(p) {
		build, from, to = BuildSmallEncoder, "image", "z"
	}
	g, err := build(p, graph.Variant{})
	if err != nil {
		return "", nil, fmt.Errorf("%q: %w", path, err)
	}
	x, channels := in[from], g.Inputs[0].Shape[1].Fixed
	if x == nil || len(x.Shape) != 4 || int64(x.Shape[1]) != channels {
		return "", nil, fmt.Errorf("vae: no %s for this file, want [batch %d height width]", from, channels)
	}
	if from == "image" && (x.Shape[2]%8 != 0 || x.Shape[3]%8 != 0) {
		return "", nil, fmt.Errorf("vae: a picture of %d × %d, want sides that 8 divides", x.Shape[3], x.Shape[2])
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = s.Close() }()
	all, err := s.Run(ctx, map[string]*tensor.Tensor{from: x})
	if err != nil {
		return "", nil, err
	}
	if out = all[to]; to == "image" { // the graph's range is that of pictures elsewhere, −1 to 1
		for i, v := range out.Data {
			out.Data[i] = (v + 1) / 2
		}
	}
	return to, out, nil
}

// encodes says whether a part is an encoder: it begins with three channels and doubles nothing.
func encodes(p *checkpoint.Part) bool {
	prefix, numbers := modules(p)
	if len(numbers) == 0 {
		return false
	}
	t, ok := p.Tensors[prefix+strconv.Itoa(numbers[0])+".weight"]
	return ok && len(t.Shape) == 4 && t.Shape[1] == 3
}

// BuildSmallEncoder writes the graph of a small encoder: image [batch,3,height,width] of range 0 to
// 1, sides multiples of 8 → z [batch,C,height/8,width/8] with scale factor. Convolutions without
// bias halve both sides.
func BuildSmallEncoder(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	prefix, numbers := modules(p)
	b := graph.NewBuilder("small encoder", p.Weight, v)
	batch := graph.Named("batch")
	h := b.Input("image", batch, graph.Fixed(3), graph.Named("height"), graph.Named("width"))
	for _, n := range numbers {
		at := prefix + strconv.Itoa(n)
		switch {
		case !b.Has(at + ".weight"):
			h = smallBlock(b, at, h)
		case !b.Has(at + ".bias"):
			h = b.Conv(at, h, graph.ConvOptions{Stride: 2, Pads: graph.Same.Pads})
		default:
			h = b.Conv(at, h, graph.Same)
		}
	}
	b.Output("z", h, batch, h.Shape[1], graph.Named("latent height"), graph.Named("latent width"))
	if left := b.Unused(p.Names()); len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in a small encoder", left[0], len(left)-1)
	}
	return b.Finish()
}
