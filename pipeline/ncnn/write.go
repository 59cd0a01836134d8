package ncnn

import (
	"errors"
	"fmt"
	"math"

	"pentimento/pipeline/graph"
)

// writer turns layers into operators of a graph.
type writer struct {
	b       *graph.Builder
	store   *store
	weights map[string]graph.Weight
	values  map[string]graph.Value // by the names of blobs
	read    map[string]bool
	l       *layer // at hand
	number  int
	err     error
}

func write(name string, layers []*layer, s *store) (*graph.Graph, error) {
	w := &writer{store: s, weights: map[string]graph.Weight{}, values: map[string]graph.Value{}, read: map[string]bool{}}
	w.b = graph.NewBuilder(name, func(name string) (graph.Weight, bool) { weight, ok := w.weights[name]; return weight, ok }, graph.Variant{})
	for i, l := range layers {
		w.l, w.number = l, i
		for _, in := range l.in {
			w.read[in] = true
		}
		if l.kind == "Input" && len(l.out) == 1 {
			w.input(channelsOf(l, layers[i+1:]))
		} else if err := w.layer(); err != nil {
			return nil, fmt.Errorf("layer %q (%s): %w", l.name, l.kind, err)
		}
	}
	if s.at != s.size {
		return nil, fmt.Errorf("takes %d bytes of its .bin, which has %d: the two do not belong together", s.at, s.size)
	}
	made := 0
	for _, l := range layers {
		for _, out := range l.out {
			if w.read[out] || l.kind == "Input" {
				continue
			}
			made++
			v := w.values[out]
			w.b.Output(out, v, v.Shape...)
		}
	}
	if made == 0 || len(w.values) == 0 {
		return nil, errors.New("makes nothing")
	}
	return w.b.Finish()
}

func (w *writer) failf(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// layer writes the layer at hand.
func (w *writer) layer() error {
	l := w.l
	for _, row := range layers {
		if row.kind != l.kind {
			continue
		}
		if len(l.in) < row.in || len(l.out) < 1 {
			return fmt.Errorf("reads %d and makes %d blobs, want at least %d and 1", len(l.in), len(l.out), row.in)
		}
		v := row.write(w)
		for _, out := range l.out {
			w.values[out] = v
		}
		return w.err
	}
	return errors.New("is of a kind that is not read here")
}

// input begins the network.
func (w *writer) input(channels int64) {
	name := w.l.out[0]
	w.values[name] = w.b.Input(name, graph.Fixed(1), graph.Fixed(channels), graph.Named(name+" height"), graph.Named(name+" width"))
}

// channelsOf is how many channels an input has: as it says, or as the first convolution that reads it
// does; else the three of a picture.
func channelsOf(input *layer, rest []*layer) int64 {
	if c := input.whole(2, 0); c > 0 {
		return c
	}
	same := map[string]bool{input.out[0]: true}
	for _, l := range rest {
		if len(l.in) == 0 || !same[l.in[0]] {
			continue
		}
		switch l.kind {
		case "Split", "Noop":
			for _, out := range l.out {
				same[out] = true
			}
		case "Convolution":
			g := windowOf(l)
			if taps := g.out * g.kernel[0] * g.kernel[1]; g.check() == nil && taps > 0 && l.whole(6, 0)/taps > 0 {
				return l.whole(6, 0) / taps
			}
		}
	}
	return 3
}

// in is a blob that the layer reads.
func (w *writer) in(i int) graph.Value { return w.values[w.l.in[i]] }

// channels are those of a blob: every value has a fixed number.
func (w *writer) channels(i int) int64 { return w.in(i).Shape[1].Fixed }

// shape is that of what a layer makes: as many channels, and a height and width of its own.
func (w *writer) shape(channels int64) []graph.Dim {
	return []graph.Dim{graph.Fixed(1), graph.Fixed(channels), graph.Named(w.l.out[0] + " height"), graph.Named(w.l.out[0] + " width")}
}

// list is the shape of a list of channels.
func list(channels int64) []graph.Dim {
	return []graph.Dim{graph.Fixed(1), graph.Fixed(channels), graph.Fixed(1), graph.Fixed(1)}
}

func (w *writer) op(op string, shape []graph.Dim, attrs map[string]any, in ...graph.Value) graph.Value {
	return w.b.Op(op, w.l.name, graph.Float32, shape, attrs, in...)
}

// weight takes what comes next in the .bin, seen under a shape; marked says that a mark stands before.
func (w *writer) weight(what string, marked bool, shape ...int64) graph.Value {
	if w.err != nil {
		return graph.Value{Name: what, Type: graph.Float32, Shape: make([]graph.Dim, len(shape))}
	}
	take := w.store.plain
	if marked {
		take = w.store.marked
	}
	weight, err := take(shape...)
	if err != nil {
		w.failf("%s: %w", what, err)
	}
	key := fmt.Sprintf("%s.%s [%d]", w.l.name, what, w.number)
	w.weights[key] = weight
	if err != nil {
		return graph.Value{Name: key, Type: graph.Float32, Shape: make([]graph.Dim, len(shape))}
	}
	return w.b.Weight(key)
}

// activated is v after the activation that is fused with a layer: parameters 9 and 10.
func (w *writer) activated(v graph.Value) graph.Value {
	by := w.l.params[10]
	param := func(i int, other float32) float32 {
		if i < len(by) {
			return float32(by[i])
		}
		return other
	}
	switch kind := w.l.whole(9, 0); kind {
	case 0:
		return v
	case 1:
		return w.op("Relu", v.Shape, nil, v)
	case 2:
		return w.op("LeakyRelu", v.Shape, map[string]any{"alpha": param(0, 0)}, v)
	case 3:
		return w.op("Clip", v.Shape, nil, v, w.b.Scalar(param(0, -math.MaxFloat32)), w.b.Scalar(param(1, math.MaxFloat32)))
	case 4:
		return w.op("Sigmoid", v.Shape, nil, v)
	case 5:
		return w.op("Mul", v.Shape, nil, v, w.op("Tanh", v.Shape, nil, w.op("Softplus", v.Shape, nil, v)))
	case 6:
		return w.op("Mul", v.Shape, nil, v, w.op("HardSigmoid", v.Shape, map[string]any{"alpha": param(0, 1.0/6), "beta": param(1, 0.5)}, v))
	default:
		w.failf("has the activation %d, which is not read", kind)
	}
	return v
}

// geometry is how a window walks over a picture: heights first.
type geometry struct {
	out                  int64 // channels
	kernel, spread, step [2]int64
	pads                 [4]int64 // top, left, bottom, right
}

// windowOf reads the parameters that convolutions of both directions have in common. One that isn't
// given for the height is that for the width.
func windowOf(l *layer) geometry {
	pair := func(width, height int64) [2]int64 {
		x := l.whole(width, 1)
		return [2]int64{l.whole(height, x), x}
	}
	g := geometry{out: l.whole(0, 0), kernel: [2]int64{l.whole(11, l.whole(1, 0)), l.whole(1, 0)}, spread: pair(2, 12), step: pair(3, 13)}
	left := l.whole(4, 0)
	top := l.whole(14, left)
	g.pads = [4]int64{top, left, l.whole(16, top), l.whole(15, left)}
	return g
}

func (g geometry) check() error {
	for _, v := range []int64{g.out, g.kernel[0], g.kernel[1], g.spread[0], g.spread[1], g.step[0], g.step[1]} {
		if v < 1 || v > 1<<16 {
			return fmt.Errorf("has %d channels, a window of %v, spread %v, steps of %v", g.out, g.kernel, g.spread, g.step)
		}
	}
	for i, p := range g.pads { // windows beyond see nothing, and of a damaged file they could be millions
		if p < 0 || p > g.kernel[i%2]*g.spread[i%2] {
			return fmt.Errorf("has pads of %v around a window of %v, which are not read", g.pads, g.kernel)
		}
	}
	return nil
}

func (g geometry) attrs() map[string]any {
	return map[string]any{"kernel_shape": g.kernel[:], "dilations": g.spread[:], "strides": g.step[:], "pads": g.pads[:]}
}
