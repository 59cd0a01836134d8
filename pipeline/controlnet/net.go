package controlnet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// ControlNet is an opened one. One goroutine may use it at a time.
type ControlNet struct {
	*unet.Network
	hint  model.Session
	outs  int
	union *union // nil: a net for one kind of map
}

// Open opens the ControlNet of a file, for a denoiser that it fits.
func (f *File) Open(ctx context.Context, rt model.Runtime, base *checkpoint.Part, o model.Options, v graph.Variant) (*ControlNet, error) {
	if f.Kind != Net {
		return nil, errors.New("controlnet: a T2I-Adapter, want a ControlNet")
	}
	hint, err := f.hintGraph(v)
	if err != nil {
		return nil, err
	}
	n := &ControlNet{outs: f.outs, union: f.union}
	net := f.part
	if f.difference || f.lora {
		net, v.Source = f.over(base)
	}
	if n.Network, err = unet.OpenDown(ctx, rt, net, base, o, f.variant(v), f.ends()); err != nil {
		return nil, err
	}
	if n.hint, err = rt.Open(ctx, hint, o); err != nil {
		_ = n.Network.Close()
		return nil, err
	}
	return n, nil
}

// Graph is the ControlNet's graph without what reads the picture, to count what an evaluation takes.
func (f *File) Graph(base *checkpoint.Part) (*graph.Graph, error) {
	return unet.BuildDown(f.part, base, f.variant(graph.Variant{}), f.ends())
}

const hintInput = "hint"

// ends are what a ControlNet has around a denoiser's way down: what the picture gives is added to
// what the first block makes, and a convolution of each block's value is an output.
func (f *File) ends() unet.Ends {
	return unet.Ends{
		Begin: func(b *graph.Builder, h graph.Value) graph.Value {
			hint := b.Input(hintInput, graph.Named("hints"), h.Shape[1], h.Shape[2], h.Shape[3])
			if f.union == nil {
				return b.Add(hintInput, h, hint)
			}
			return b.Add("spatial_ch_projs", b.Add(hintInput, h, hint), attended(b, h))
		},
		End: func(b *graph.Builder, k int, h graph.Value) {
			out := b.Conv(outName(k, f.outs), h, graph.ConvOptions{})
			b.Output(outName(k, f.outs), b.Widen(out), out.Shape...)
		},
	}
}

// variant is a variant of the file's net.
func (f *File) variant(v graph.Variant) graph.Variant {
	if f.union != nil {
		v.Hooks = append(slices.Clone(v.Hooks), f.union.told())
	}
	return v
}

// hintGraph reads the picture: eight convolutions, of which the third, fifth and seventh halve it.
// Input picture [1,C,H,W], output hint [1,M,H/8,W/8].
func (f *File) hintGraph(v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("controlnet hint", f.hint.Weight, graph.Variant{Changes: v.Changes})
	channels, err := f.hint.Dim("input_hint_block.0.weight", 4, 1)
	if err != nil {
		return nil, err
	}
	h := b.Input("picture", graph.Named("batch"), graph.Fixed(channels), graph.Named("height"), graph.Named("width"))
	for k := 0; ; k += 2 {
		at := fmt.Sprintf("input_hint_block.%d", k)
		if !b.Has(at + ".weight") {
			break
		}
		if k > 0 {
			h = b.SiLU(at, h)
		}
		o := graph.Same
		if k == 4 || k == 8 || k == 12 {
			o.Stride = 2
		}
		h = b.Conv(at, h, o)
	}
	b.Output(hintInput, h, graph.Named("batch"), h.Shape[1], graph.Named("h"), graph.Named("w"))
	if left := b.Unused(f.hint.Names()); len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	return b.Finish()
}

// Hint is what Residuals takes of a picture [1,3,H,W] in 0 to 1: once for all evaluations.
func (n *ControlNet) Hint(ctx context.Context, picture *tensor.Tensor) (*tensor.Tensor, error) {
	out, err := n.hint.Run(ctx, map[string]*tensor.Tensor{"picture": picture})
	return out[hintInput], err
}

// Residuals are what it gives the denoiser for an evaluation of the same latents, those of the
// way down first, the middle's last.
func (n *ControlNet) Residuals(ctx context.Context, in unet.Input, hint *tensor.Tensor) ([]*tensor.Tensor, error) {
	if n.union != nil {
		return nil, errors.New("controlnet: a Union net that isn't told what it is shown, want the kind of the map")
	}
	return n.residuals(ctx, in, map[string]*tensor.Tensor{hintInput: hint})
}

func (n *ControlNet) residuals(ctx context.Context, in unet.Input, more map[string]*tensor.Tensor) ([]*tensor.Tensor, error) {
	in.More = more
	out, err := n.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	all := make([]*tensor.Tensor, n.outs)
	for k := range all {
		all[k] = out[outName(k, n.outs)]
	}
	return all, nil
}

// Close closes both graphs.
func (n *ControlNet) Close() error { return errors.Join(n.Network.Close(), n.hint.Close()) }
