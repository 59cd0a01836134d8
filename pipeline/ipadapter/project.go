package ipadapter

import (
	"context"
	"fmt"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

const eps = 1e-5

// Projector is an adapter's projection, opened. One goroutine may call Project at a time.
type Projector struct {
	model.Handle
	file *File
}

// OpenProjector opens the projection of an adapter.
func OpenProjector(ctx context.Context, rt model.Runtime, f *File, o model.Options, v graph.Variant) (*Projector, error) {
	if err := f.Changed(); err != nil {
		return nil, err
	}
	g, err := Build(f, v)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &Projector{model.Handle{Session: s}, f}, nil
}

// Project makes the tokens [B,Tokens,Width] of what an encoder has seen: of a plain adapter the vectors
// [B,Reads] of the whole pictures, of one called plus the tokens [B,n,Reads] before the last layer.
func (p *Projector) Project(ctx context.Context, seen *tensor.Tensor) (*tensor.Tensor, error) {
	rank, want := 2, fmt.Sprintf("image_embeds [batch %d]", p.file.Reads)
	if p.file.Kind == Plus {
		rank, want = 3, fmt.Sprintf("penultimate [batch tokens %d]", p.file.Reads)
	}
	if seen == nil || len(seen.Shape) != rank || seen.Shape[0] < 1 || seen.Shape[rank-1] != p.file.Reads {
		shape := []int(nil)
		if seen != nil {
			shape = seen.Shape
		}
		return nil, fault.New(fmt.Sprintf("IP-Adapter %q: the vision encoder gives shape %v, want %s", shortName(p.file.Path), shape, want), p.file.EncoderHint())
	}
	out, err := p.Run(ctx, map[string]*tensor.Tensor{"seen": seen})
	return out["tokens"], err
}

// EncoderHint says which encoder the adapter was made with, for people.
func (f *File) EncoderHint() string {
	switch {
	case f.Reads == 1024 && f.Kind == Plain, f.Reads == 1280 && f.Kind == Plus:
		return "It was made with CLIP ViT-H (1280 wide, 1024 projected): the folder image_encoder in models of h94/IP-Adapter."
	case f.Reads == 1280, f.Reads == 1664:
		return "It was made with CLIP ViT-bigG (1664 wide, 1280 projected): the folder image_encoder in sdxl_models of h94/IP-Adapter."
	}
	return "Choose the vision encoder that it was made with."
}

// Fits is an error where the adapter cannot read what a vision encoder gives.
func (f *File) Fits(v *checkpoint.Vision) error {
	got, what := v.Embeds, "a projection to"
	if f.Kind == Plus {
		got, what = v.Width, "tokens of width"
	}
	if got == f.Reads {
		return nil
	}
	return fault.New(fmt.Sprintf("IP-Adapter %q: the vision encoder has %s %d, want %d", shortName(f.Path), what, got, f.Reads), f.EncoderHint())
}

// Build writes the graph of an adapter's projection. Input: seen, [batch,Reads] or [batch,seen token,Reads];
// output: tokens [batch,Tokens,Width].
func Build(f *File, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("IP-Adapter's projection", f.Weight, v)
	rows := f.project(b)
	b.Output("tokens", b.Deep("tokens", rows), graph.Named("batch"), graph.Fixed(int64(f.Tokens)), graph.Fixed(int64(f.Width)))
	for _, name := range b.Unused(f.Names()) {
		if len(name) > len(projection) && name[:len(projection)] == projection {
			b.Failf("tensor %q has no place in this network", name)
		}
	}
	b.NoHookLeft()
	return b.Finish()
}

func (f *File) project(b *graph.Builder) graph.Value {
	reads := graph.Fixed(int64(f.Reads))
	if f.Kind == Plain {
		x := b.Linear(projection+"proj", b.Input("seen", graph.Named("batch"), reads))
		shape := []graph.Dim{graph.Named("row"), graph.Fixed(int64(f.Width))}
		return b.LayerNorm(projection+"norm", b.Op("Reshape", projection+"proj", graph.Float32, shape, nil, x, b.Ints(-1, int64(f.Width))), eps)
	}
	seen := b.Input("seen", graph.Named("batch"), graph.Named("seen token"), reads)
	x := b.Linear(projection+"proj_in", b.Flat("seen", seen))
	rows := repeated(b, b.Weight(projection+"latents"), seen)
	n := f.Layers(projection + "layers.")
	if n == 0 {
		b.Failf("has no layers (%slayers.0.0.to_q.weight …)", projection)
	}
	for i := range n {
		at := fmt.Sprintf("%slayers.%d", projection, i)
		rows = b.Add(at, attend(b, at+".0", x, rows), rows)
		h := b.Linear(at+".1.1", b.LayerNorm(at+".1.0", rows, eps))
		rows = b.Add(at, b.Linear(at+".1.3", b.GELU(at+".1.2", h)), rows)
	}
	return b.LayerNorm(projection+"norm_out", b.Linear(projection+"proj_out", rows), eps)
}

// repeated are the latents [1,n,C] as rows, once for each picture.
func repeated(b *graph.Builder, latents, seen graph.Value) graph.Value {
	shape := []graph.Dim{seen.Shape[0], latents.Shape[1], latents.Shape[2]}
	sizes := b.Op("Concat", "latents", graph.Int64, []graph.Dim{graph.Fixed(3)}, map[string]any{"axis": int64(0)}, b.Sizes(seen, 0, 1), b.Ints(latents.Shape[1].Fixed, latents.Shape[2].Fixed))
	return b.Flat("latents", b.Op("Expand", "latents", graph.Float32, shape, nil, latents, sizes))
}

// attend lets the latents read the picture's tokens and themselves.
func attend(b *graph.Builder, path string, x, latents graph.Value) graph.Value {
	x = b.LayerNorm(path+".norm1", x, eps)
	own := b.LayerNorm(path+".norm2", latents, eps)
	q := b.Linear(path+".to_q", own)
	inner := q.Shape[1].Fixed
	if shape := b.Dims(path + ".to_kv.weight"); len(shape) != 2 || shape[0] != 2*inner || inner < 1 {
		b.Failf("%s.to_kv has shape %v, want keys and values of width %d", path, shape, inner)
		return latents
	}
	both := b.Op("Concat", path, graph.Float32, []graph.Dim{graph.Named("batch"), graph.Named("token and latent"), x.Shape[1]}, map[string]any{"axis": int64(1)}, b.Deep(path, x), b.Deep(path, own))
	kv := b.Linear(path+".to_kv", b.Flat(path, both))
	part := func(from int64) graph.Value {
		return b.Op("Slice", path, graph.Float32, []graph.Dim{kv.Shape[0], graph.Fixed(inner)}, nil, kv, b.Ints(from), b.Ints(from+inner), b.Ints(1))
	}
	heads := checkpoint.Heads{Size: checkpoint.HeadSize(inner)}
	n, err := heads.Of(0, inner)
	if err != nil {
		b.Failf("%s: %w", path, err)
		return latents
	}
	return b.Linear(path+".to_out", b.Attention(path, q, part(0), part(inner), n, false))
}
