// Package unet is the denoiser: a noisy latent, a timestep and the text → what the
// network predicts. It builds the graph of any denoiser of this kind (Rombach et al.
// 2022; Podell et al. 2023) by walking the names of its weights, so that depth, widths,
// attention and input channels are whatever the file has, and wraps the opened session as
// a Go function.
//
// Start reading at Open; build.go holds the network.
//
// Sites (graph.Hook), named as the modules are whose values they are; K counts blocks, N
// transformers. Pictures are [B,C,h,w], rows [B·tokens,C]:
//
//	time_embed                the embedding of the time, rows [B,E], before that of the label is added
//	input_blocks.K            what the block makes: the way down goes on with it (T2I-Adapter)
//	input_blocks.K.skip       the same as the way up reads it (ControlNet)
//	input_blocks.K.after      the same as the block after it reads it (deep shrink)
//	middle_block              (ControlNet)
//	output_blocks.K.below     what the block joins: what the blocks before it have made (FreeU, deep shrink),
//	output_blocks.K.beside    and the skip (FreeU), after the one called input_blocks.K.skip of its level
//	output_blocks.K
//	PATH.norm1                what the picture's attention to itself reads, PATH as in
//	                          input_blocks.1.1.transformer_blocks.N (reference)
//	PATH.attn1.q .k .v .out   that attention; out is what the heads have mixed, before its projection (reference)
//	PATH.attn2.q .k .v .out   the attention to the text (IP-Adapter, regions)
//
// The sites of one attention come in this order, and carry its number of heads. Modules (graph.Builder.Module) are residual
// blocks and transformers (input_blocks.K.N), attentions (PATH.attn1, PATH.attn2, rows) and out (refine.go).
//
// Decisions:
// 2026-11-27: a skip has a site of its own: what ControlNet adds is seen by the way up only.
// 2026-11-23: modules are recognised by their weights' names, block by block, not from a
// config: distilled models with missing blocks need no case of their own.
// 2026-11-23: the sinusoids of a timestep are formed here in float32, as the models were
// trained, and enter the graph as an input.
// 2026-11-23: sizes that do not halve evenly work: the way up resizes to the size of the
// way down, as diffusers does.
package unet

import (
	"context"
	"fmt"
	"maps"
	"math"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Network is an opened denoiser. One goroutine may call Eval at a time.
type Network struct {
	model.Handle
	channels, latent, context, sinusoid, wide int
	guidance                                  int
	scale                                     float64 // of guidance, for networks that read it
	theirs                                    *theirs // of another program's graph; else nil
}

// Open opens the denoiser of a checkpoint in the given variant.
func Open(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, v graph.Variant) (*Network, error) {
	if err := ck.Changed(); err != nil {
		return nil, err
	}
	g, d, err := build(ck.Denoiser, v)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return d.network(s), nil
}

// network is an opened session of these sizes.
func (d dims) network(s model.Session) *Network {
	return &Network{Handle: model.Handle{Session: s}, channels: int(d.channels), latent: int(d.latent), context: int(d.context), sinusoid: int(d.sinusoid), wide: int(d.label), guidance: int(d.guidance), scale: 1, theirs: d.theirs.with(s)}
}

// Channels is how many channels the input has: 4, or 9 (latent, mask, masked latent).
func (n *Network) Channels() int { return n.channels }

// LabelWidth is the width of the label vector; 0 where the network takes none.
func (n *Network) LabelWidth() int { return n.wide }

// Guide sets the scale of guidance for the evaluations to come, in networks that were
// distilled to read it (Luo et al. 2023), and says whether this is one: it then gives in one
// evaluation what others need two and a sum for.
func (n *Network) Guide(scale float64) bool {
	n.scale = scale
	return n.guidance > 0
}

// Input is what one evaluation reads.
type Input struct {
	X         *tensor.Tensor // [B,C,h,w], or [B,4,h,w] with the rest in Concat
	Concat    *tensor.Tensor // [B,5,h,w] of inpainting networks: mask and masked latent
	Timesteps []float32      // one a picture, or one for all; fractions allowed
	Context   *tensor.Tensor // [B,n,W]
	Label     *tensor.Tensor // [B,L] where LabelWidth is not 0, else nil
	// More are the inputs that hooks have added, by name.
	More map[string]*tensor.Tensor
}

// Eval runs the network once and returns the raw prediction [B,4,h,w].
func (n *Network) Eval(ctx context.Context, in Input) (*tensor.Tensor, error) {
	out, err := n.Run(ctx, in)
	return out["out"], err
}

// Run is Eval with all outputs: the prediction as "out" and what hooks have tapped.
func (n *Network) Run(ctx context.Context, in Input) (map[string]*tensor.Tensor, error) {
	timesteps, text, label := in.Timesteps, in.Context, in.Label
	x, rest, err := n.split(in.X, in.Concat)
	if err != nil {
		return nil, err
	}
	batch := x.Shape[0]
	if text == nil || len(text.Shape) != 3 || text.Shape[0] != batch || text.Shape[2] != n.context {
		return nil, fmt.Errorf("unet: context has shape %v, want [%d tokens %d]", shapeOf(text), batch, n.context)
	}
	if len(timesteps) == 1 && batch > 1 {
		one := timesteps[0]
		timesteps = make([]float32, batch)
		for i := range timesteps {
			timesteps[i] = one
		}
	}
	if len(timesteps) != batch {
		return nil, fmt.Errorf("unet: %d timesteps for a batch of %d", len(timesteps), batch)
	}
	all := map[string]*tensor.Tensor{}
	maps.Copy(all, in.More)
	all["x"], all["context"] = x, text
	if rest != nil {
		all["concat"] = rest
	}
	if n.wide > 0 {
		if label == nil || len(label.Shape) != 2 || label.Shape[0] != batch || label.Shape[1] != n.wide {
			return nil, fmt.Errorf("unet: label has shape %v, want [%d %d]", shapeOf(label), batch, n.wide)
		}
		all["label"] = label
	} else if label != nil {
		return nil, fmt.Errorf("unet: a label of shape %v, but this network takes none", label.Shape)
	}
	if n.theirs != nil {
		return n.theirs.run(ctx, x, rest, timesteps, text, label)
	}
	all["sinusoid"] = Sinusoid(timesteps, n.sinusoid)
	if n.guidance > 0 {
		all["guidance"] = Guidance(n.scale, batch, n.guidance)
	}
	return n.Handle.Run(ctx, all)
}

// split gives the latent and what an inpainting network sees beside it.
func (n *Network) split(x, rest *tensor.Tensor) (_, _ *tensor.Tensor, err error) {
	if rest != nil {
		if len(x.Shape) != 4 || len(rest.Shape) != 4 || x.Shape[1]+rest.Shape[1] != n.channels || x.Shape[1] != n.latent {
			return nil, nil, fmt.Errorf("unet: x has shape %v and concat %v, want [batch %d height width] and %d channels", x.Shape, rest.Shape, n.latent, n.channels-n.latent)
		}
		return x, rest, nil
	}
	if len(x.Shape) != 4 || x.Shape[1] != n.channels {
		return nil, nil, fmt.Errorf("unet: x has shape %v, want [batch %d height width]", x.Shape, n.channels)
	}
	if n.channels == n.latent {
		return x, nil, nil
	}
	b, h, w := x.Shape[0], x.Shape[2], x.Shape[3]
	latent, rest := tensor.New(b, n.latent, h, w), tensor.New(b, n.channels-n.latent, h, w)
	for i := range b {
		all := x.Batch(i, i+1).Data
		copy(rest.Batch(i, i+1).Data, all[copy(latent.Batch(i, i+1).Data, all):])
	}
	return latent, rest, nil
}

func shapeOf(t *tensor.Tensor) []int {
	if t == nil {
		return nil
	}
	return t.Shape
}

// Sinusoid is the embedding of numbers as waves (Vaswani et al. 2017): row i holds
// cos(v·f) for width/2 frequencies f from 1 down to nearly 1/10000, then the sines. Every
// step is rounded to float32, as the networks were trained.
func Sinusoid(values []float32, width int) *tensor.Tensor {
	half := width / 2
	out := tensor.New(len(values), width)
	for j := range half {
		f := float32(math.Exp(float64(float32(-math.Log(10000)) * float32(j) / float32(half))))
		for i, v := range values {
			a := float64(v * f)
			out.Data[i*width+j] = float32(math.Cos(a))
			out.Data[i*width+half+j] = float32(math.Sin(a))
		}
	}
	return out
}

// Guidance is the scale of guidance as distilled networks read it, the same row for each
// picture: as w = 1000·(scale − 1), sines of w·f for width/2 frequencies f from 1 down to
// exactly 1/10000, then the cosines; unlike a timestep's waves in both (diffusers,
// get_guidance_scale_embedding). An odd width ends in 0.
func Guidance(scale float64, batch, width int) *tensor.Tensor {
	half := width / 2
	out := tensor.New(batch, width)
	w := float32(scale-1) * 1000
	step := float32(math.Log(10000)) / float32(max(half-1, 1))
	for j := range half {
		a := float64(w * float32(math.Exp(float64(float32(j)*-step))))
		for i := range batch {
			out.Data[i*width+j] = float32(math.Sin(a))
			out.Data[i*width+half+j] = float32(math.Cos(a))
		}
	}
	return out
}

// Label joins the pooled text [B,P] and six numbers (original height and width, crop top
// and left, target height and width, pixels) to SDXL's label vector [B, width].
func Label(pooled *tensor.Tensor, sizes [6]float32, width int) (*tensor.Tensor, error) {
	if len(pooled.Shape) == 2 && width == pooled.Shape[1]+len(sizes) { // an ONNX model makes the sinusoids
		out := tensor.New(pooled.Shape[0], width)
		for i := range pooled.Shape[0] {
			n := copy(out.Data[i*width:], pooled.Data[i*pooled.Shape[1]:(i+1)*pooled.Shape[1]])
			copy(out.Data[i*width+n:(i+1)*width], sizes[:])
		}
		return out, nil
	}
	if len(pooled.Shape) != 2 || (width-pooled.Shape[1])%12 != 0 || width <= pooled.Shape[1] {
		return nil, fmt.Errorf("unet: pooled text of shape %v in a label %d wide, want room for six sinusoids", pooled.Shape, width)
	}
	waves := Sinusoid(sizes[:], (width-pooled.Shape[1])/6)
	out := tensor.New(pooled.Shape[0], width)
	for i := range pooled.Shape[0] {
		row := out.Data[i*width : (i+1)*width]
		n := copy(row, pooled.Data[i*pooled.Shape[1]:(i+1)*pooled.Shape[1]])
		copy(row[n:], waves.Data)
	}
	return out, nil
}
