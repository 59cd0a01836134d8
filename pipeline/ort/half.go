package ort

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Half precision is asked of a device, not assumed: drivers list what their shaders get wrong, and
// one of software ended its process. So the test is a process of its own, after the device's usual
// one, and a device that fails it computes in fp32.

// halfLimit is the largest error in half precision, relative to the largest value, that rounding
// explains: the test's networks are a dozen operators deep, each rounding by 0.0005.
const halfLimit = 1e-2

// ProbeHalf tries half precision; see model.Prober. What a device has to agree with is the
// processor in fp32.
func (r *Runtime) ProbeHalf(ctx context.Context, device string) (model.Probe, error) {
	p := model.Probe{Device: device}
	if err := r.probes(device); err != nil {
		return p, err
	}
	layers, err := layersGraph()
	if err != nil {
		return p, err
	}
	x := pattern(5, 2, 32, 16, 16)
	p.Worst, err = r.halved(ctx, device, layers, map[string]*tensor.Tensor{"x": x}, false)
	if err != nil || !(p.Worst <= halfLimit) {
		return p, err
	}
	p.Half = true
	// Scores of thousands: a kernel that keeps them in fp16 is off by whole units, or overflows.
	q, k, v := pattern(6, 96, 128), pattern(7, 96, 128), pattern(8, 96, 128)
	for i := range q.Data {
		q.Data[i], k.Data[i] = 32*q.Data[i], 32*k.Data[i]
	}
	scores, err := scoresGraph()
	if err != nil {
		return p, err
	}
	worst, err := r.halved(ctx, device, scores, map[string]*tensor.Tensor{"q": q, "k": k, "v": v}, true)
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	p.HalfAttention = err == nil && worst <= halfLimit
	return p, nil
}

// halved is how far g in half precision on a device is from g on the processor, relative to the
// largest value. Fused attention stays fused where it may be halved.
func (r *Runtime) halved(ctx context.Context, device string, g *graph.Graph, in map[string]*tensor.Tensor, fused bool) (float64, error) {
	want, err := r.once(ctx, "cpu", g, in)
	if err != nil {
		return 0, err
	}
	narrow, changes := g.Copy(), []graph.Change{graph.Half(fused)}
	if !fused {
		changes = append([]graph.Change{graph.PlainAttention}, changes...)
	}
	if err := narrow.Apply(changes...); err != nil {
		return 0, err
	}
	got, err := r.once(ctx, device, narrow, in)
	if err != nil {
		return 0, err
	}
	worst, most := 0.0, 0.0
	for i, v := range want.Data {
		d := math.Abs(float64(got.Data[i]) - float64(v))
		if math.IsNaN(d) {
			return math.Inf(1), nil
		}
		worst, most = max(worst, d), max(most, math.Abs(float64(v)))
	}
	return worst / most, nil
}

// once opens a graph of the self-test on a device as it is and runs it.
func (r *Runtime) once(ctx context.Context, device string, g *graph.Graph, in map[string]*tensor.Tensor) (*tensor.Tensor, error) {
	k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == device })]
	w, err := newWatch(g)
	if err != nil {
		return nil, err
	}
	h, err := r.build(ctx, g, k, model.Options{}, true, w)
	if err != nil {
		w.close()
		return nil, err
	}
	l := &loaded{machine: h, watch: w, device: device}
	defer l.close()
	out, err := l.evaluate(ctx, in)
	return out["out"], err
}

// layersGraph uses the operators of all networks on a picture [B,32,h,w] of at least 2 × 2.
func layersGraph() (*graph.Graph, error) {
	shapes := map[string][]int64{"norm.weight": {32}, "norm.bias": {32}, "conv.weight": {48, 32, 3, 3}, "conv.bias": {48}, "ln.weight": {48}, "ln.bias": {48},
		"q.weight": {48, 48}, "ff.weight": {192, 48}, "ff.bias": {192}, "back.weight": {48, 96}, "small.weight": {32, 48, 3, 3}, "join.weight": {32, 64, 1, 1}}
	b := graph.NewBuilder("half-precision self-test", made(shapes), graph.Variant{})
	x := b.Input("x", graph.Named("batch"), graph.Fixed(32), graph.Named("height"), graph.Named("width"))
	h := b.Conv("conv", b.SiLU("act", b.GroupNorm("norm", x, 8, 1e-5)), graph.ConvOptions{Stride: 2, Pads: graph.Same.Pads})
	rows := b.Rows("rows", h)
	deep := b.LayerNorm("ln", rows, 1e-5)
	rows = b.Add("attn", rows, b.Attention("attn", b.Linear("q", deep), deep, b.QuickGELU("quick", deep), 2, false))
	rows = b.Add("ff", rows, b.Linear("back", b.GEGLU("ff", rows)))
	h = b.Conv("small", b.Upsample("up", b.Picture("picture", rows, h), &x), graph.Same)
	h = b.Conv("join", b.Concat("join", h, x), graph.ConvOptions{})
	b.Output("out", h, h.Shape...)
	return b.Finish()
}

// scoresGraph is one attention of two heads of 64 over rows q, k and v [n,128].
func scoresGraph() (*graph.Graph, error) {
	b := graph.NewBuilder("half-precision self-test of attention", made(nil), graph.Variant{})
	q := b.Input("q", graph.Named("row"), graph.Fixed(128))
	// One picture: the batch of a Builder is the first dimension of its first input, rows here.
	deep := func(v graph.Value) graph.Value {
		return b.Op("Unsqueeze", v.Name, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Named("row"), graph.Fixed(128)}, nil, v, b.Ints(0))
	}
	k, v := b.Input("k", graph.Named("row"), graph.Fixed(128)), b.Input("v", graph.Named("row"), graph.Fixed(128))
	out := b.Op("ms.MultiHeadAttention", "attn", graph.Float32, []graph.Dim{graph.Fixed(1), graph.Named("row"), graph.Fixed(128)},
		map[string]any{"num_heads": int64(2), "scale": float32(0.125)}, deep(q), deep(k), deep(v))
	b.Output("out", b.Flat("out", out), graph.Named("row"), graph.Fixed(128))
	return b.Finish()
}

// made is a source of made-up weights as fp16, of the size that keeps a network's values about 1.
func made(shapes map[string][]int64) graph.Source {
	return func(name string) (graph.Weight, bool) {
		shape, ok := shapes[name]
		if !ok {
			return graph.Weight{}, false
		}
		n, fan := int64(1), int64(1)
		for i, d := range shape {
			n *= d
			if i > 0 {
				fan *= d
			}
		}
		w := graph.Weight{Type: graph.Float16, Shape: shape}
		for _, v := range pattern(uint64(len(name)), int(n)).Data {
			w.Data = graph.AppendHalf(w.Data, v/float32(math.Sqrt(float64(fan))))
		}
		return w, true
	}
}

// pattern is made-up values between −2 and 2 that fp16 holds exactly.
func pattern(seed uint64, shape ...int) *tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 3))
	t := tensor.New(shape...)
	for i := range t.Data {
		t.Data[i] = float32(rng.IntN(257)-128) / 64
	}
	return t
}

// half says what half precision does on a device, trying it at most once; the zero Probe where it
// has none. A device that ends its process has none.
func (r *Runtime) half(ctx context.Context, device string) (model.Probe, error) {
	r.mu.Lock()
	p, known := r.halves[device]
	r.mu.Unlock()
	if known || device == "cpu" {
		return p, nil
	}
	p, err := r.apart(ctx, device, "--half", r.ProbeHalf)
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	if err != nil {
		p = model.Probe{Device: device}
	}
	r.mu.Lock()
	r.halves[device] = p
	r.mu.Unlock()
	return p, nil
}

// Survey tries the device that a wish means, as opening a network there would; see model.Surveyor.
func (r *Runtime) Survey(ctx context.Context, wish string) (model.Probe, bool) {
	if _, _, err := load(r.config.Library); err != nil {
		return model.Probe{}, false
	}
	devices, err := r.order(wish)
	if err != nil {
		return model.Probe{}, false
	}
	for _, d := range devices {
		if d == "cpu" || r.unfit(d) != "" {
			continue
		}
		p, err := r.try(ctx, d)
		if err != nil {
			continue
		}
		h, _ := r.half(ctx, d) // an error is the end of ctx
		p.Half, p.HalfAttention = h.Half, h.HalfAttention
		return p, true
	}
	return model.Probe{}, false
}
