package clip

import (
	"context"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// VisionEncoder is an opened vision encoder. One goroutine may call Encode at a time.
type VisionEncoder struct {
	model.Handle
	side int
}

// Seen is what a vision encoder makes of B pictures.
type Seen struct {
	Penultimate *tensor.Tensor // [B,1+n,W]: the tokens before the last layer, without any norm
	Embeds      *tensor.Tensor // [B,P]: the class token after all layers, normed and projected; nil without a projection
}

// OpenVision opens a vision encoder in the given variant.
func OpenVision(ctx context.Context, rt model.Runtime, v *checkpoint.Vision, o model.Options, how graph.Variant) (*VisionEncoder, error) {
	if err := v.Changed(); err != nil {
		return nil, err
	}
	g, err := BuildVision(v, how)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &VisionEncoder{model.Handle{Session: s}, v.Side}, nil
}

// Side is that of the square pictures it sees, in pixels.
func (e *VisionEncoder) Side() int { return e.side }

// Encode looks at pictures [B,3,Side,Side] as Pixels makes them.
func (e *VisionEncoder) Encode(ctx context.Context, pixels *tensor.Tensor) (Seen, error) {
	if s := pixels.Shape; len(s) != 4 || s[0] < 1 || s[1] != 3 || s[2] != e.side || s[3] != e.side {
		return Seen{}, fmt.Errorf("clip: pixels have shape %v, want [batch 3 %d %d]", s, e.side, e.side)
	}
	out, err := e.Run(ctx, map[string]*tensor.Tensor{"pixels": pixels})
	return Seen{out["penultimate"], out["image_embeds"]}, err
}

// BuildVision writes the graph of a vision encoder (Dosovitskiy et al. 2020 with a norm before its
// layers). Input: pixels [batch,3,side,side]; outputs: penultimate [batch,1+n,W] and, where the file
// has a projection, image_embeds [batch,P].
func BuildVision(p *checkpoint.Vision, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder(p.Role, p.Weight, v)
	width, side := int64(p.Width), int64(p.Side)
	n := (side / int64(p.Patch)) * (side / int64(p.Patch))
	batch := graph.Named("batch")
	pixels := b.Input("pixels", batch, graph.Fixed(3), graph.Fixed(side), graph.Fixed(side))
	heads, err := p.Heads.Of(0, width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Role, err)
	}
	layers := p.Layers("encoder.layers.")
	rows := b.LayerNorm("pre_layrnorm", b.Flat("embeddings", places(b, pixels, p, n)), eps)
	tokens := []graph.Dim{batch, graph.Fixed(n + 1), graph.Fixed(width)}
	for i := range layers {
		if i == layers-1 {
			b.Output("penultimate", b.Deep("penultimate", rows), tokens...)
		}
		at := fmt.Sprintf("encoder.layers.%d", i)
		rows = b.Site(at, layer(b, at, rows, heads, p.Activation, false))
	}
	if p.Embeds > 0 {
		class := []graph.Dim{batch, graph.Fixed(1), graph.Fixed(width)}
		first := b.Op("Slice", "class", graph.Float32, class, nil, b.Deep("class", rows), b.Ints(0), b.Ints(1), b.Ints(1))
		pooled := b.LayerNorm("post_layernorm", b.Flat("class", first), eps)
		if b.Has("proj") {
			pooled = b.Project("proj", pooled)
		} else {
			pooled = b.Linear("visual_projection", pooled)
		}
		b.Output("image_embeds", pooled, batch, pooled.Shape[1])
	}
	for _, left := range b.Unused(p.Names()) {
		if p.Embeds > 0 || left != "post_layernorm.weight" && left != "post_layernorm.bias" { // only what is projected is normed
			b.Failf("tensor %q has no place in this network", left)
		}
	}
	b.NoHookLeft()
	return b.Finish()
}

// places are the tokens that the layers begin with: the class token and the n patches, each with its
// position. A row for the class token is left open by padding, and filled by the sum: it costs
// no batch's worth of copies.
func places(b *graph.Builder, pixels graph.Value, p *checkpoint.Vision, n int64) graph.Value {
	const path = "embeddings"
	width, patch := int64(p.Width), int64(p.Patch)
	x := b.Conv(path+".patch_embedding", pixels, graph.ConvOptions{Stride: patch})
	rows := b.Deep(path, b.Rows(path, x))
	shape := []graph.Dim{pixels.Shape[0], graph.Fixed(n + 1), graph.Fixed(width)}
	rows = b.Op("Pad", path, graph.Float32, shape, map[string]any{"mode": "constant"}, rows, b.Ints(0, 1, 0, 0, 0, 0))
	class := b.Op("Pad", path, graph.Float32, shape[1:], map[string]any{"mode": "constant"}, b.Weight(path+".class_embedding", 1, width), b.Ints(0, 0, n, 0))
	at := b.Op("Add", path, graph.Float32, shape[1:], nil, b.Weight(path+".position_embedding.weight"), class)
	return b.Add(path, rows, at)
}
