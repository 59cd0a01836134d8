package controlnet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// A Union net reads maps of several kinds, also several at once (xinsir's controlnet-union-sdxl, 6 kinds, and
// its ProMax, 8). Which kinds it is shown goes into the embedding of the time as sinusoids of ones and zeros. Each
// map becomes a token, its mean over the picture plus a learned vector for the kind; these and the mean of the latents
// attend to each other (transformer_layes, as the files spell it), and what that makes of a map's
// token is added to the map everywhere. Of several maps their weights act here, of one on what the net gives.

// unionTypes are the kinds of maps, in the order of the rows of task_embedding.
var unionTypes = []string{"openpose", "depth", "softedge", "canny", "normal", "segment", "tile", "inpaint"}

// UnionTypes are the kinds of maps that Union nets tell apart; of eight the last two are ProMax's.
func UnionTypes() []string { return slices.Clone(unionTypes) }

// unionHeads is the number of heads by which maps attend to each other: no shape shows it.
const unionHeads = 8

// union is what a Union net has besides.
type union struct {
	tasks checkpoint.Tensor // [kinds, C]
	kinds int
	waves int // the width of the sinusoid of each kind's one or zero
}

// Union are the kinds of maps that the file's net tells apart; none of a net for one kind.
func (f *File) Union() []string {
	if f.union == nil {
		return nil
	}
	return UnionTypes()[:f.union.kinds]
}

// isUnion says whether a tensor's name is one of a Union net.
func isUnion(name string) bool {
	return name == "task_embedding" || strings.HasPrefix(name, "control_add_embedding.") || strings.HasPrefix(name, "transformer_layes.") || strings.HasPrefix(name, "spatial_ch_projs.")
}

// unite reads what the net has as a Union, if it is one. The tensors are those of a net in the original names.
func (f *File) unite() error {
	if !slices.ContainsFunc(f.part.Names(), isUnion) {
		return nil
	}
	if err := f.apart(); err != nil {
		return err
	}
	for _, want := range []string{"task_embedding", "transformer_layes.0.attn.q.weight", "spatial_ch_projs.weight", "control_add_embedding.linear_1.weight"} {
		if t, ok := f.part.Tensors[want]; !ok || len(t.Shape) != 2 {
			return fmt.Errorf("tensor %q has shape %v, want a whole ControlNet Union, where it has two dimensions", want, t.Shape)
		}
	}
	u := &union{tasks: f.part.Tensors["task_embedding"]}
	reads := f.part.Tensors["control_add_embedding.linear_1.weight"].Shape[1]
	if u.kinds = int(u.tasks.Shape[0]); u.kinds < 1 || u.kinds > len(unionTypes) {
		return fmt.Errorf("a ControlNet Union of %d kinds, want 1 to %d", u.kinds, len(unionTypes))
	}
	if u.waves = int(reads) / u.kinds; u.waves*u.kinds != int(reads) || u.waves%2 != 0 || u.waves == 0 {
		return fmt.Errorf("tensor %q reads %d values, want an even number for each of %d kinds", "control_add_embedding.linear_1.weight", reads, u.kinds)
	}
	delete(f.part.Tensors, "task_embedding")
	f.union = u
	return nil
}

// apart brings queries, keys and values, which stand in one tensor, apart.
func (f *File) apart() error {
	out := empty(f.part)
	for name, t := range f.part.Tensors {
		layer, kind, fused := strings.Cut(name, ".attn.in_proj")
		if !fused {
			out.Tensors[name] = t
			continue
		}
		n := int64(0)
		if len(t.Shape) > 0 {
			n = t.Shape[0] / 3
		}
		if n == 0 || 3*n != t.Shape[0] {
			return fmt.Errorf("tensor %q has shape %v, want three equal blocks of rows", t.Key, t.Shape)
		}
		for i, part := range []string{"q", "k", "v"} {
			view := t.Rows(int64(i)*n, n)
			view.Name = layer + ".attn." + part + "." + strings.TrimLeft(kind, "._") // ComfyUI writes a dot
			out.Tensors[view.Name] = view
		}
	}
	f.part = out
	return nil
}

// The inputs of a Union net besides the hint, which is the sum of what its maps give.
const (
	tokensInput = "tokens"      // [1,N,C]: of each map one, and what stands for the latents, which is left out of the sum
	sharesInput = "shares"      // [1,N,1]: how much of each counts
	kindsInput  = "union.kinds" // [1,kinds·waves]
)

// told adds to the embedding of the time which kinds the net is shown.
func (u *union) told() graph.Hook {
	return graph.Hook{At: "time_embed", Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		in := b.Input(kindsInput, graph.Fixed(1), graph.Fixed(int64(u.kinds*u.waves)))
		return b.Add(kindsInput, v, b.Linear("control_add_embedding.linear_2", b.SiLU(kindsInput, b.Linear("control_add_embedding.linear_1", in))))
	}}
}

// attended is what the attention between the maps and the latents h adds to the hint, [B,C,1,1]. The tokens input has a
// row of zeros in the place of the latents', the last.
func attended(b *graph.Builder, h graph.Value) graph.Value {
	const at = "spatial_ch_projs"
	c, batch := h.Shape[1], h.Shape[0]
	row, many := graph.Fixed(1), graph.Named(tokensInput)
	point := []graph.Dim{batch, c, row, row}
	mean := b.Op("ReduceMean", at, graph.Float32, point, nil, h, b.Ints(2, 3))
	mean = b.Op("Reshape", at, graph.Float32, []graph.Dim{batch, row, c}, nil, mean, b.Ints(0, 1, -1))
	// Where the share of a token is zero there is the latents'.
	tokens, shares := b.Input(tokensInput, row, many, c), b.Input(sharesInput, row, many, row)
	last := b.Input(tokensInput+".last", row, many, row)
	x := b.Op("Mul", at, graph.Float32, []graph.Dim{batch, many, c}, nil, mean, last)
	rows := b.Flat(at, b.Add(at, x, tokens))
	for i := 0; b.Has(fmt.Sprintf("transformer_layes.%d.ln_1.weight", i)); i++ {
		rows = attention(b, fmt.Sprintf("transformer_layes.%d", i), rows)
	}
	all := b.Mul(at, b.Deep(at, b.Linear(at, rows)), shares)
	sum := b.Op("ReduceSum", at, graph.Float32, []graph.Dim{batch, row, c}, nil, all, b.Ints(1))
	return b.Op("Reshape", at, graph.Float32, point, nil, sum, b.Ints(0, -1, 1, 1))
}

// attention is one layer of it: attention and two linear layers, each on what is normalised and added (CLIP's block).
func attention(b *graph.Builder, at string, rows graph.Value) graph.Value {
	const eps = 1e-5
	h := b.LayerNorm(at+".ln_1", rows, eps)
	h = b.Attention(at+".attn", b.Linear(at+".attn.q", h), b.Linear(at+".attn.k", h), b.Linear(at+".attn.v", h), unionHeads, false)
	h = b.Linear(at+".attn.out_proj", h)
	rows = b.Add(at, rows, h)
	h = b.QuickGELU(at+".mlp", b.Linear(at+".mlp.c_fc", b.LayerNorm(at+".ln_2", rows, eps)))
	return b.Add(at, rows, b.Linear(at+".mlp.c_proj", h))
}

// Shown is a map as a Union net sees it.
type Shown struct {
	Hint  *tensor.Tensor // ControlNet.Hint of the picture
	Type  string         // one of File.Union
	Share float64        // its weight among several; 1 of one alone
}

// Together are Residuals of a Union net for all maps at once, of which no two have the same type.
func (n *ControlNet) Together(ctx context.Context, in unet.Input, all []Shown) ([]*tensor.Tensor, error) {
	more, err := n.union.inputs(all)
	if err != nil {
		return nil, err
	}
	return n.residuals(ctx, in, more)
}

// inputs are what the net reads for the maps.
func (u *union) inputs(all []Shown) (map[string]*tensor.Tensor, error) {
	if u == nil || len(all) == 0 {
		return nil, fmt.Errorf("controlnet: %d maps for a net that is no Union, want its own kind", len(all))
	}
	tasks, err := u.tasks.Floats()
	if err != nil {
		return nil, err
	}
	c := int(u.tasks.Shape[1])
	on := make([]float32, u.kinds)
	tokens, shares, last := tensor.New(1, len(all)+1, c), tensor.New(1, len(all)+1, 1), tensor.New(1, len(all)+1, 1)
	last.Data[len(all)] = 1
	var sum *tensor.Tensor
	for i, one := range all {
		kind := slices.Index(unionTypes[:u.kinds], one.Type)
		if kind < 0 {
			return nil, fmt.Errorf("controlnet: a map of type %q, want %s", one.Type, strings.Join(unionTypes[:u.kinds], ", "))
		}
		if s := one.Hint.Shape; len(s) != 4 || s[1] != c || sum != nil && !slices.Equal(s, sum.Shape) {
			return nil, fmt.Errorf("controlnet: a hint of shape %v, want %d channels and one size for all", s, c)
		}
		on[kind], shares.Data[i] = 1, float32(one.Share)
		scaled := tensor.Scale(float32(one.Share), one.Hint)
		plane := len(one.Hint.Data) / c
		for k := range c {
			var mean float64
			for _, v := range one.Hint.Data[k*plane:][:plane] {
				mean += float64(v)
			}
			tokens.Data[i*c+k] = float32(one.Share) * (float32(mean/float64(plane)) + tasks[kind*c+k])
		}
		if sum == nil {
			sum = scaled
			continue
		}
		for k, v := range scaled.Data {
			sum.Data[k] += v
		}
	}
	waves := unet.Sinusoid(on, u.waves)
	waves.Shape = []int{1, u.kinds * u.waves}
	return map[string]*tensor.Tensor{hintInput: sum, tokensInput: tokens, sharesInput: shares, tokensInput + ".last": last, kindsInput: waves}, nil
}
