package graph

import (
	"fmt"
	"math"
)

// The layers below take the path of a module as the checkpoint names it; its weights are
// path+".weight" and, where there is one, path+".bias". Pictures are [B,C,h,w]; token
// rows are [B·n, C], because a Gemm on two dimensions reads a [out, in] matrix as it is
// in the file. The forms are those that the runtime has fused kernels for on every device
// (2026-11-23: GroupNormalization and ai.onnx Attention are slower or missing there).

// ConvOptions are what a convolution's shape does not say.
type ConvOptions struct {
	Stride int64    // 0 is 1
	Pads   [4]int64 // top, left, bottom, right
}

// Same keeps height and width under a 3×3 kernel.
var Same = ConvOptions{Pads: [4]int64{1, 1, 1, 1}}

// Conv is a two-dimensional convolution.
func (b *Builder) Conv(path string, x Value, o ConvOptions) Value {
	shape := b.Dims(path + ".weight")
	if len(shape) != 4 || shape[1] != b.channels(path, x, 1) {
		b.Failf("%s: weight has shape %v, want [out %d k k]", path, shape, b.channels(path, x, 1))
		return x
	}
	in := []Value{x, b.Weight(path + ".weight")}
	if b.Has(path + ".bias") {
		in = append(in, b.Weight(path+".bias", shape[0]))
	}
	stride := max(o.Stride, 1)
	out := with(x.Shape, 1, Fixed(shape[0]))
	if stride > 1 && len(out) == 4 {
		for i := 2; i < 4; i++ {
			out[i] = Named(fmt.Sprintf("%s/%d", x.Shape[i].Name, stride))
		}
	}
	return b.Op("Conv", path, Float32, out, map[string]any{
		"kernel_shape": []int64{shape[2], shape[3]}, "strides": []int64{stride, stride},
		"pads": []int64{o.Pads[0], o.Pads[1], o.Pads[2], o.Pads[3]},
	}, in...)
}

// Linear multiplies rows [n, in] with a matrix stored [out, in]; a 1×1 convolution's
// weight is seen as one.
func (b *Builder) Linear(path string, rows Value) Value {
	shape := b.Dims(path + ".weight")
	in := b.channels(path, rows, 1)
	if len(shape) < 2 || elements(shape[1:]) != in {
		b.Failf("%s: weight has shape %v, want [out %d]", path, shape, in)
		return rows
	}
	return b.gemm(path, rows, b.Weight(path+".weight", shape[0], in), shape[0], 1)
}

// Project multiplies rows [n, in] with a matrix stored [in, out] under its plain name.
func (b *Builder) Project(name string, rows Value) Value {
	shape := b.Dims(name)
	if in := b.channels(name, rows, 1); len(shape) != 2 || shape[0] != in {
		b.Failf("%s has shape %v, want [%d out]", name, shape, in)
		return rows
	}
	return b.gemm(name, rows, b.Weight(name), shape[1], 0)
}

func (b *Builder) gemm(path string, rows, matrix Value, out, transB int64) Value {
	in := []Value{rows, matrix}
	if b.Has(path + ".bias") {
		in = append(in, b.Weight(path+".bias", out))
	}
	return b.Op("Gemm", path, Float32, with(rows.Shape, 1, Fixed(out)), map[string]any{"transB": transB}, in...)
}

// GroupNorm normalises groups of channels of a picture and applies the module's gain and
// offset (Wu and He 2018), written as an InstanceNormalization over reshaped groups.
func (b *Builder) GroupNorm(path string, x Value, groups int64, eps float32) Value {
	c := b.channels(path, x, 1)
	if groups < 1 || c%groups != 0 {
		b.Failf("%s: %d channels in %d groups, want a multiple", path, c, groups)
		return x
	}
	flat := b.grouped(path, x, groups)
	flat = b.Op("InstanceNormalization", path, Float32, flat.Shape, map[string]any{"epsilon": eps},
		flat, b.Filled(1, groups), b.Filled(0, groups))
	back := b.Op("Reshape", path, Float32, x.Shape, nil, flat, b.Sizes(x, 0, 4))
	back = b.Mul(path, back, b.Weight(path+".weight", c, 1, 1))
	return b.Add(path, back, b.Weight(path+".bias", c, 1, 1))
}

// grouped sees a picture [B,C,h,w] as [B,groups,n].
func (b *Builder) grouped(path string, x Value, groups int64) Value {
	return b.Op("Reshape", path, Float32, []Dim{x.Shape[0], Fixed(groups), Named("group")}, nil, x, b.Ints(0, groups, -1))
}

// LayerNorm normalises each row and applies the module's gain and offset (Ba et al. 2016).
func (b *Builder) LayerNorm(path string, rows Value, eps float32) Value {
	c := b.channels(path, rows, len(rows.Shape)-1)
	return b.Op("LayerNormalization", path, Float32, rows.Shape, map[string]any{"axis": int64(-1), "epsilon": eps},
		rows, b.Weight(path+".weight", c), b.Weight(path+".bias", c))
}

// Add is elementwise, y broadcast over x.
func (b *Builder) Add(path string, x, y Value) Value {
	return b.Op("Add", path, Float32, x.Shape, nil, x, y)
}

// Mul is elementwise, y broadcast over x.
func (b *Builder) Mul(path string, x, y Value) Value {
	return b.Op("Mul", path, Float32, x.Shape, nil, x, y)
}

// SiLU is x·sigmoid(x).
func (b *Builder) SiLU(path string, x Value) Value {
	return b.Mul(path, x, b.Op("Sigmoid", path, Float32, x.Shape, nil, x))
}

// GELU is x·Φ(x), exact (by erf); the runtime's own operator, since DirectML lacks the
// standard one.
func (b *Builder) GELU(path string, x Value) Value {
	return b.Op("ms.Gelu", path, Float32, x.Shape, nil, x)
}

// QuickGELU is x·sigmoid(1.702·x), as the first CLIP has it.
func (b *Builder) QuickGELU(path string, x Value) Value {
	return b.Op("ms.QuickGelu", path, Float32, x.Shape, map[string]any{"alpha": float32(1.702)}, x)
}

// GEGLU is the gated feed-forward's first half (Shazeer 2020): one projection, its first
// half times the GELU of its second.
func (b *Builder) GEGLU(path string, rows Value) Value {
	h := b.Linear(path, rows)
	c := b.channels(path, h, 1)
	if c%2 != 0 {
		b.Failf("%s: %d outputs, want an even number", path, c)
		return rows
	}
	half := with(h.Shape, 1, Fixed(c/2))
	b.count++
	value := Value{Name: fmt.Sprintf("%s#%d.value", path, b.count), Type: Float32, Shape: half}
	gate := Value{Name: fmt.Sprintf("%s#%d.gate", path, b.count), Type: Float32, Shape: half}
	b.node("Split", value.Name, []Value{h, b.Ints(c/2, c/2)}, map[string]any{"axis": int64(1)}, value, gate)
	return b.Mul(path, value, b.GELU(path, gate))
}

// Concat joins pictures along their channels.
func (b *Builder) Concat(path string, x, y Value) Value {
	c := b.channels(path, x, 1) + b.channels(path, y, 1)
	return b.Op("Concat", path, Float32, with(x.Shape, 1, Fixed(c)), map[string]any{"axis": int64(1)}, x, y)
}

// Upsample repeats pixels so that x becomes as high and wide as like; where like is not
// given it doubles. Doubling to an odd size repeats the last row or column once only.
func (b *Builder) Upsample(path string, x Value, like *Value) Value {
	attrs := map[string]any{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
	none := Value{}
	if like == nil {
		out := []Dim{x.Shape[0], x.Shape[1], Named(x.Shape[2].Name + "*2"), Named(x.Shape[3].Name + "*2")}
		scales := b.constant("scales", Float32, floats(1, 1, 2, 2), 4)
		return b.Op("Resize", path, Float32, out, attrs, x, none, scales)
	}
	sizes := b.Op("Concat", path, Int64, []Dim{Fixed(4)}, map[string]any{"axis": int64(0)}, b.Sizes(x, 0, 2), b.Sizes(*like, 2, 4))
	out := []Dim{x.Shape[0], x.Shape[1], like.Shape[2], like.Shape[3]}
	return b.Op("Resize", path, Float32, out, attrs, x, none, none, sizes)
}

func floats(vs ...float32) []byte {
	var out []byte
	for _, v := range vs {
		bits := math.Float32bits(v)
		out = append(out, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	return out
}

// Rows turns a picture [B,C,h,w] into token rows [B·h·w, C], row-major.
func (b *Builder) Rows(path string, x Value) Value {
	c := b.channels(path, x, 1)
	flat := b.Op("Reshape", path, Float32, []Dim{x.Shape[0], Fixed(c), Named("token")}, nil, x, b.Ints(0, c, -1))
	flat = b.Op("Transpose", path, Float32, []Dim{x.Shape[0], Named("token"), Fixed(c)}, map[string]any{"perm": []int64{0, 2, 1}}, flat)
	return b.Flat(path, flat)
}

// Picture turns token rows back into a picture of the height and width of like.
func (b *Builder) Picture(path string, rows, like Value) Value {
	c := b.channels(path, rows, 1)
	deep := b.Deep(path, rows)
	flat := b.Op("Transpose", path, Float32, []Dim{like.Shape[0], Fixed(c), Named("token")}, map[string]any{"perm": []int64{0, 2, 1}}, deep)
	sizes := b.Op("Concat", path, Int64, []Dim{Fixed(4)}, map[string]any{"axis": int64(0)}, b.batch, b.Ints(c), b.Sizes(like, 2, 4))
	return b.Op("Reshape", path, Float32, with(like.Shape, 1, Fixed(c)), nil, flat, sizes)
}

// Flat turns [B,n,C] into rows [B·n, C].
func (b *Builder) Flat(path string, x Value) Value {
	c := b.channels(path, x, len(x.Shape)-1)
	return b.Op("Reshape", path, Float32, []Dim{Named("row"), Fixed(c)}, nil, x, b.Ints(-1, c))
}

// Deep turns rows [B·n, C] into [B,n,C].
func (b *Builder) Deep(path string, rows Value) Value {
	c := b.channels(path, rows, 1)
	key := fmt.Sprint("deep ", c)
	sizes, ok := b.made[key]
	if !ok {
		sizes = b.Op("Concat", key, Int64, []Dim{Fixed(3)}, map[string]any{"axis": int64(0)}, b.batch, b.Ints(-1, c))
		b.made[key] = sizes
	}
	return b.Op("Reshape", path, Float32, []Dim{Named("batch"), Named("token"), Fixed(c)}, nil, rows, sizes)
}

// Attention is scaled dot-product attention over token rows with the given number of
// heads (Vaswani et al. 2017); causal hides later tokens. k and v may have another count
// of rows than q. The result is rows again. Its sites are path+".q", ".k" and ".v", and
// ".out" for what the heads have mixed.
func (b *Builder) Attention(path string, q, k, v Value, heads int64, causal bool) Value {
	at := func(name string, v Value) Value { return b.visit(Site{Name: path + name, Heads: heads}, v) }
	q, k, v = at(".q", q), at(".k", k), at(".v", v)
	c := b.channels(path, q, 1)
	if heads < 1 || c%heads != 0 || b.channels(path, k, 1) != c {
		b.Failf("%s: queries of width %d, keys of width %d, %d heads", path, c, b.channels(path, k, 1), heads)
		return q
	}
	attrs := map[string]any{"num_heads": heads, "scale": float32(1 / math.Sqrt(float64(c/heads)))}
	if causal {
		attrs["unidirectional"] = int64(1)
	}
	deep := b.Deep(path, q)
	out := b.Op("ms.MultiHeadAttention", path, Float32, with(deep.Shape, 2, Fixed(b.channels(path, v, 1))), attrs,
		deep, b.Deep(path, k), b.Deep(path, v))
	return at(".out", b.Flat(path, out))
}
