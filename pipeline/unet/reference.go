package unet

import (
	"fmt"
	"slices"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Reference attention (Zhang 2023: reference_only, reference_adain and reference_adain+attn of
// sd-webui-controlnet) needs no network of its own. The denoiser is evaluated once more, on the
// noised latent of a reference, and what it makes there is kept. Then each self-attention of the
// evaluation proper reads the reference's places besides its own, and groups of layers are brought
// to the mean and the deviation that their channels had on the reference (AdaIN, Huang and
// Belongie 2017). Latents of the negative prompt follow by 1 − fidelity only.
//
// One graph does both, so that the weights are there once: an input says what is written and what
// is read. What attention keeps are the rows that it makes keys and values of, half of what those
// would be; making them again takes 4 % of an evaluation of SD 1.5 at 512×512.

// Reference is by how much a network is to be opened for references, or one of them takes part in
// it: a module does where the weight exceeds the module's own number. The zero value is not at all.
type Reference struct {
	Attention float64 // of self-attentions, whose numbers go from 0, the widest, to below 1
	Groups    float64 // of groups of layers, whose numbers go from 0 to 2
}

// place is a module that takes part: its path and channels, and the number that a weight must exceed.
type place struct {
	path  string
	width int64
	least float64
	level int // how often the picture was halved there; of self-attentions
}

// attends is the path of a place's self-attention, bank the input with a reference's rows there,
// tokens the output of the rows, mean, deviation and variance those of a group's channels.
func (p place) attends() string   { return p.path + ".attn1" }
func (p place) bank() string      { return p.path + ".bank" }
func (p place) tokens() string    { return p.path + ".tokens" }
func (p place) mean() string      { return p.path + ".mean" }
func (p place) variance() string  { return p.path + ".variance" }
func (p place) likeMean() string  { return p.path + ".like.mean" }
func (p place) deviation() string { return p.path + ".like.deviation" }

// The names of inputs: how many rows of a picture are evaluated without a reference, with one, and
// given out [3]; how much of each self-attention, and of each group, is as without one, [batch, n].
const (
	referenceRows   = "reference.rows"
	referenceAlone  = "reference.alone"
	referenceGroups = "reference.groups"
)

// leastVariance is what a variance counts for at least.
const leastVariance = 1e-6

// References are the places of a network at which it was opened for references.
type References struct{ attentions, groups []place }

// In are the places of a denoiser; nil for the zero value.
func (r Reference) In(p *checkpoint.Part) *References {
	if r == (Reference{}) {
		return nil
	}
	out := &References{}
	for _, a := range selfAttentions(p) {
		if r.Attention > a.least {
			out.attentions = append(out.attentions, a)
		}
	}
	for _, g := range groups(p) {
		if r.Groups > g.least {
			out.groups = append(out.groups, g)
		}
	}
	return out
}

// selfAttentions are all of a denoiser, the widest first, those of one width in the order in which
// they are evaluated.
func selfAttentions(p *checkpoint.Part) []place {
	var blocks []string
	for k := range Skips(p) + 1 {
		blocks = append(blocks, fmt.Sprintf("input_blocks.%d", k))
	}
	blocks = append(blocks, "middle_block")
	for k := range Skips(p) + 1 {
		blocks = append(blocks, fmt.Sprintf("output_blocks.%d", k))
	}
	var out []place
	level := 0
	for _, block := range blocks {
		if _, ok := p.Tensors[block+".0.op.weight"]; ok {
			level++
		}
		for i := 0; ; i++ {
			path := fmt.Sprintf("%s.1.transformer_blocks.%d", block, i)
			t, ok := p.Tensors[path+".norm1.weight"]
			if !ok || len(t.Shape) != 1 {
				break
			}
			out = append(out, place{path: path, width: t.Shape[0], level: level})
		}
		for j := range 3 { // enlarging is the last that a block does
			if _, ok := p.Tensors[fmt.Sprintf("%s.%d.conv.weight", block, j)]; ok {
				level--
			}
		}
	}
	slices.SortStableFunc(out, func(a, b place) int { return int(b.width - a.width) })
	for i := range out {
		out[i].least = float64(i) / float64(len(out))
	}
	return out
}

// groups are the blocks of a denoiser that are brought to a reference's mean and deviation.
func groups(p *checkpoint.Part) []place {
	out := []place{{path: "middle_block"}}
	down, up := []int{4, 5, 7, 8, 10, 11}, 8
	if Skips(p)+1 < 12 { // SDXL has three levels
		down, up = down[:4], 6
	}
	for i, k := range down {
		out = append(out, place{path: fmt.Sprintf("input_blocks.%d", k), least: 2 * (1 - float64(i)/float64(len(down)))})
	}
	for k := range up {
		out = append(out, place{path: fmt.Sprintf("output_blocks.%d", k), least: 2 * float64(k) / float64(up)})
	}
	there := out[:0]
	for _, g := range out {
		if t, ok := p.Tensors[g.path+".0.out_layers.3.weight"]; ok && len(t.Shape) == 4 {
			g.width = t.Shape[0]
			there = append(there, g)
		}
	}
	return there
}

// Works is what references take, in bytes, of an evaluation of n latents of h×w places in fp32,
// beside what it takes without: the banks, and what the largest self-attention joins of its own rows and theirs.
// Attention that is not fused keeps its scores, too.
func (r Reference) Works(p *checkpoint.Part, references, n, h, w int64, fused bool) (bytes int64) {
	at := r.In(p)
	if at == nil {
		return 0
	}
	most := int64(0)
	for _, a := range at.attentions {
		side := func(v int64) int64 { return (v + 1<<a.level - 1) >> a.level }
		places := side(h) * side(w)
		rows := 4 * n * places * a.width
		bytes += references * rows
		joined := 2 * (1 + 2*references) * rows // keys and values: the references' alone, and with the picture's own
		if heads, err := p.Heads.Of(a.level, a.width); err == nil && !fused {
			joined += 4 * n * heads * places * places * (1 + references)
		}
		most = max(most, joined)
	}
	return bytes + most
}

// hooks make the network write and read references at its places.
func (r *References) hooks() (all []graph.Hook) {
	rows, alone, kept := &shared{}, &shared{}, &shared{}
	for i, p := range r.attentions {
		all = append(all, p.attention(rows, alone, i, len(r.attentions))...)
	}
	for i, p := range r.groups {
		all = append(all, graph.Hook{At: p.path, Do: func(b *graph.Builder, _ graph.Site, v graph.Value) graph.Value {
			b.Full(func() { v = p.normed(b, v, column(b, p.path, kept, referenceGroups, i, len(r.groups), v)) })
			return v
		}})
	}
	return all
}

// attention has a self-attention give out what it reads, and mixes what it gives alone with what it
// gives with the bank. A count of one row stands for a term whose share is 0.
func (p place) attention(rows, alone *shared, i, n int) []graph.Hook {
	at := p.attends()
	var q, k, v graph.Value
	keep := func(to *graph.Value) func(*graph.Builder, graph.Site, graph.Value) graph.Value {
		return func(_ *graph.Builder, _ graph.Site, v graph.Value) graph.Value {
			*to = v
			return v
		}
	}
	return []graph.Hook{
		{At: p.path + ".norm1", Do: func(b *graph.Builder, _ graph.Site, x graph.Value) graph.Value {
			b.Output(p.tokens(), firstRows(b, at, rows, 2, x), graph.Named("batch"), graph.Named("tokens of "+p.path), graph.Fixed(p.width))
			return x
		}},
		{At: at + ".q", Do: func(b *graph.Builder, _ graph.Site, x graph.Value) graph.Value {
			q = x
			return b.Flat(at, firstRows(b, at, rows, 0, x))
		}},
		{At: at + ".k", Do: keep(&k)},
		{At: at + ".v", Do: keep(&v)},
		{At: at + ".out", Do: func(b *graph.Builder, s graph.Site, own graph.Value) graph.Value {
			bank := b.Flat(at, b.Input(p.bank(), graph.Named("batch"), graph.Named("bank of "+p.path), graph.Fixed(p.width)))
			both := func(own graph.Value, name string) graph.Value {
				x := b.Deep(at, own)
				return b.Flat(at, b.Op("Concat", at, graph.Float32, []graph.Dim{x.Shape[0], graph.Named("tokens of both"), x.Shape[2]},
					map[string]any{"axis": int64(1)}, x, b.Deep(at, b.Linear(at+name, bank))))
			}
			mixed := b.Attention(at+".with", b.Flat(at, firstRows(b, at, rows, 1, q)), both(k, ".to_k"), both(v, ".to_v"), s.Heads, false)
			share := column(b, at, alone, referenceAlone, i, n, b.Deep(at, own))
			return b.Flat(at, b.Add(at, b.Mul(at, b.Deep(at, own), share), b.Mul(at, b.Deep(at, mixed), rest(b, at, share))))
		}},
	}
}

// firstRows is the first of the rows of each picture, as many as input number i says.
func firstRows(b *graph.Builder, path string, rows *shared, i int64, x graph.Value) graph.Value {
	var count graph.Value
	b.Full(func() { // the number of all rows is beyond the range of half precision
		one := []graph.Dim{graph.Fixed(1)}
		count = b.Cast(b.Op("Slice", path, graph.Float32, one, nil, rows.in(b, referenceRows, graph.Fixed(3)), b.Ints(i), b.Ints(i+1), b.Ints(0)), graph.Int64)
	})
	deep := b.Deep(path, x)
	return b.Op("Slice", path, graph.Float32, []graph.Dim{deep.Shape[0], graph.Named("first rows"), deep.Shape[2]}, nil, deep, b.Ints(0), count, b.Ints(1))
}

// column is column i of an input [batch, n], with a dimension of one for each further one of like.
func column(b *graph.Builder, path string, from *shared, name string, i, n int, like graph.Value) graph.Value {
	all := from.in(b, name, graph.Named("batch"), graph.Fixed(int64(n)))
	one := b.Op("Slice", path, graph.Float32, []graph.Dim{graph.Named("batch"), graph.Fixed(1)}, nil, all, b.Ints(int64(i)), b.Ints(int64(i+1)), b.Ints(1))
	shape, wish := []graph.Dim{graph.Named("batch")}, []int64{-1}
	for range like.Shape[1:] {
		shape, wish = append(shape, graph.Fixed(1)), append(wish, 1)
	}
	return b.Op("Reshape", path, graph.Float32, shape, nil, one, b.Ints(wish...))
}

// rest is 1 − share.
func rest(b *graph.Builder, path string, share graph.Value) graph.Value {
	return b.Op("Sub", path, graph.Float32, share.Shape, nil, b.Scalar(1), share)
}

// normed gives out the mean and the variance of each channel, and mixes x with what has those of
// the inputs in their place.
func (p place) normed(b *graph.Builder, x, share graph.Value) graph.Value {
	one := []graph.Dim{x.Shape[0], x.Shape[1], graph.Fixed(1), graph.Fixed(1)}
	mean := b.Op("ReduceMean", p.path, graph.Float32, one, nil, x, b.Ints(2, 3))
	about := b.Op("Sub", p.path, graph.Float32, x.Shape, nil, x, mean)
	variance := b.Op("ReduceMean", p.path, graph.Float32, one, nil, b.Mul(p.path, about, about), b.Ints(2, 3))
	b.Output(p.mean(), mean, graph.Named("batch"), x.Shape[1], graph.Fixed(1), graph.Fixed(1))
	b.Output(p.variance(), variance, graph.Named("batch"), x.Shape[1], graph.Fixed(1), graph.Fixed(1))
	deviation := b.Op("Sqrt", p.path, graph.Float32, one, nil, b.Op("Max", p.path, graph.Float32, one, nil, variance, b.Scalar(leastVariance)))
	like := func(name string) graph.Value {
		return b.Input(name, graph.Named("batch"), x.Shape[1], graph.Fixed(1), graph.Fixed(1))
	}
	moved := b.Add(p.path, b.Mul(p.path, b.Op("Div", p.path, graph.Float32, x.Shape, nil, about, deviation), like(p.deviation())), like(p.likeMean()))
	return b.Add(p.path, b.Mul(p.path, x, share), b.Mul(p.path, moved, rest(b, p.path, share)))
}
