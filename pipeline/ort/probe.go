package ort

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// attentionLimit is the largest error of an attention result, relative to the spread of
// the values, that rounding explains. A flash-attention shader that fits a graphics
// processor badly was seen to be off by 0.006 to 0.067.
const attentionLimit = 2e-3

// Probe runs small graphs on a device in this process: first one that needs nothing
// special, so that a device that does not work at all is an error, then the fused
// attention at the sizes that networks use, against float64 arithmetic. A driver may end
// the process: see Config.Self.
func (r *Runtime) Probe(ctx context.Context, device string) (model.Probe, error) {
	p := model.Probe{Device: device}
	if err := r.probes(device); err != nil {
		return p, err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ heads, size, queries, keys int }{
		{2, 40, 64, 77}, {8, 40, 256, 256}, {5, 64, 100, 77}, {8, 160, 64, 64},
	} {
		for _, fused := range []bool{false, true} {
			worst, err := r.attention(ctx, device, fused, c.heads, c.size, c.queries, c.keys, rng)
			switch {
			case err != nil && (!fused || ctx.Err() != nil):
				return p, err
			case !fused && worst > attentionLimit:
				return p, fmt.Errorf("ort: %s: plain arithmetic is off by %.2g", device, worst)
			case fused && (err != nil || worst > attentionLimit):
				p.Worst = max(p.Worst, worst)
				return p, nil
			case fused:
				p.Worst = max(p.Worst, worst)
			}
		}
	}
	p.Attention = true
	return p, nil
}

// probes is why a device cannot be tried, nil where it can.
func (r *Runtime) probes(device string) error {
	if !slices.Contains(DeviceNames(), device) {
		return fmt.Errorf("ort: device %q is not known", device)
	}
	if why := r.lacks(device); why != "" {
		return fmt.Errorf("ort: %s: %s", device, why)
	}
	return nil
}

// attention measures one attention on a device: the largest error over the largest value.
func (r *Runtime) attention(ctx context.Context, device string, fused bool, heads, size, queries, keys int, rng *rand.Rand) (float64, error) {
	g := attentionGraph(heads, size)
	if !fused {
		var err error
		if g, err = plain(g); err != nil {
			return 0, err
		}
	}
	k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == device })]
	w, err := newWatch(g)
	if err != nil {
		return 0, err
	}
	h, err := r.build(ctx, g, k, model.Options{}, true, w)
	if err != nil {
		w.close()
		return 0, err
	}
	l := &loaded{machine: h, watch: w, device: device}
	defer l.close()
	in := map[string]*tensor.Tensor{}
	for _, v := range []struct {
		name string
		n    int
	}{{"q", queries}, {"k", keys}, {"v", keys}} {
		t := tensor.New(1, v.n, heads*size)
		for i := range t.Data {
			t.Data[i] = float32(rng.NormFloat64())
		}
		in[v.name] = t
	}
	out, err := l.evaluate(ctx, in)
	if err != nil {
		return 0, err
	}
	want := attend(in["q"].Data, in["k"].Data, in["v"].Data, heads, size)
	worst, most := 0.0, 0.0
	for i, x := range out["out"].Data {
		worst = max(worst, math.Abs(float64(x)-want[i]))
		most = max(most, math.Abs(want[i]))
		if x != x {
			return math.Inf(1), nil
		}
	}
	return worst / most, nil
}

func attentionGraph(heads, size int) *graph.Graph {
	value := func(name, rows string) graph.Value {
		return graph.Value{Name: name, Type: graph.Float32, Shape: []graph.Dim{{Fixed: 1}, {Name: rows}, {Fixed: int64(heads * size)}}}
	}
	return &graph.Graph{
		Name:    "attention self-test",
		Inputs:  []graph.Value{value("q", "n"), value("k", "m"), value("v", "m")},
		Outputs: []graph.Value{value("out", "n")},
		Nodes: []*graph.Node{{
			Op: "MultiHeadAttention", Domain: "com.microsoft", Name: "attention",
			Inputs: []string{"q", "k", "v"}, Outputs: []string{"out"},
			Attrs: map[string]any{"num_heads": int64(heads), "scale": float32(1 / math.Sqrt(float64(size)))},
		}},
	}
}

// attend is softmax(q kᵀ / √size) v, head by head, in float64 (Vaswani et al. 2017, 3.2.1).
func attend(q, k, v []float32, heads, size int) []float64 {
	width := heads * size
	out := make([]float64, len(q))
	scores := make([]float64, len(k)/width)
	for i := 0; i < len(q); i += width {
		for h := 0; h < width; h += size {
			most, sum := math.Inf(-1), 0.0
			for j := range scores {
				s := 0.0
				for d := range size {
					s += float64(q[i+h+d]) * float64(k[j*width+h+d])
				}
				scores[j] = s / math.Sqrt(float64(size))
				most = max(most, scores[j])
			}
			for j := range scores {
				scores[j] = math.Exp(scores[j] - most)
				sum += scores[j]
			}
			for j, s := range scores {
				for d := range size {
					out[i+h+d] += s / sum * float64(v[j*width+h+d])
				}
			}
		}
	}
	return out
}
