package tfjs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"pentimento/pipeline/graph"
)

// layer is one of Keras' layers. Config holds the options of all kinds together.
type layer struct {
	Class   string          `json:"class_name"`
	Name    string          `json:"name"`
	Config  config          `json:"config"`
	Inbound json.RawMessage `json:"inbound_nodes"`
	in      []string
}

type config struct {
	Name          string          `json:"name"`
	Shape         []*int64        `json:"batch_input_shape"`
	KernelSize    json.RawMessage `json:"kernel_size"`
	Strides       json.RawMessage `json:"strides"`
	Spread        json.RawMessage `json:"dilation_rate"`
	Pool          json.RawMessage `json:"pool_size"`
	Size          json.RawMessage `json:"size"`
	Padding       json.RawMessage `json:"padding"`
	Format        string          `json:"data_format"`
	Groups        int64           `json:"groups"`
	Activation    string          `json:"activation"`
	Bias          *bool           `json:"use_bias"`
	Axis          json.RawMessage `json:"axis"`
	Interpolation string          `json:"interpolation"`
	Beta          json.RawMessage `json:"beta"`
	Scale         json.RawMessage `json:"scale"`
	Alpha         float64         `json:"alpha"`
	Epsilon       float64         `json:"epsilon"`
	Max           *float64        `json:"max_value"`
}

// kind is a row of the table: how many values a layer reads at least, and how it is written.
type kind struct {
	name  string
	in    int
	write func(w *writer, l *layer)
}

// kinds are the layers that are read. PixelShuffle and MultiplyBeta are UpscalerJS' own.
var kinds = []kind{
	{"Conv2D", 1, convLayer}, {"DepthwiseConv2D", 1, convLayer}, {"Dense", 1, dense}, {"BatchNormalization", 1, batchNormalization},
	{"Activation", 1, func(w *writer, l *layer) { w.each(l.in[0], l.Config.Activation) }}, {"ReLU", 1, reluLayer}, {"LeakyReLU", 1, leakyLayer},
	{"Dropout", 1, func(w *writer, l *layer) { w.values[w.path] = w.values[l.in[0]] }},
	{"Add", 2, func(w *writer, l *layer) { w.joined("Add", l.in) }}, {"Multiply", 2, func(w *writer, l *layer) { w.joined("Mul", l.in) }},
	{"Subtract", 2, func(w *writer, l *layer) { w.joined("Sub", l.in) }}, {"Concatenate", 2, concatLayer},
	{"UpSampling2D", 1, upSampling}, {"ZeroPadding2D", 1, zeroPadding}, {"MaxPooling2D", 1, poolLayer}, {"AveragePooling2D", 1, poolLayer},
	{"GlobalAveragePooling2D", 1, globalAverage}, {"MultiplyBeta", 1, multiplyBeta},
	{"PixelShuffle2x", 1, pixelShuffle}, {"PixelShuffle3x", 1, pixelShuffle}, {"PixelShuffle4x", 1, pixelShuffle}, {"PixelShuffle8x", 1, pixelShuffle},
}

// keras writes a layers-model, whose layers stand in the order in which they run.
func (w *writer) keras(topology json.RawMessage) (*graph.Graph, error) {
	layers, outputs, err := layersOf(topology)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if w.path = l.Name; l.Class == "InputLayer" {
			shape := make([]int64, len(l.Config.Shape))
			for i, d := range l.Config.Shape {
				if d != nil {
					shape[i] = *d
				}
			}
			w.input(l.Name, shape)
			continue
		}
		if err := w.layer(l); err != nil {
			return nil, fmt.Errorf("layer %q (%s): %w", l.Name, l.Class, err)
		}
	}
	return w.finish(outputs)
}

func (w *writer) layer(l *layer) error {
	for _, k := range kinds {
		if k.name != l.Class {
			continue
		}
		if len(l.in) < k.in {
			return fmt.Errorf("reads %d values, want %d at least", len(l.in), k.in)
		}
		for _, in := range l.in {
			if _, ok := w.values[in]; !ok {
				return fmt.Errorf("reads %q before anything makes it", in)
			}
		}
		if f := l.Config.Format; f != "" && f != "channels_last" {
			return fmt.Errorf("has %s, want channels_last", f)
		}
		k.write(w, l)
		return w.err
	}
	return errors.New("is of a kind that is not read here")
}

// pair is an option of a height and a width, or of one number for both.
func pair(raw json.RawMessage, other int64) [2]int64 {
	var two []int64
	var one int64
	switch {
	case json.Unmarshal(raw, &two) == nil && len(two) == 2:
		return [2]int64(two)
	case json.Unmarshal(raw, &one) == nil && len(raw) > 0:
		return [2]int64{one, one}
	}
	return [2]int64{other, other}
}

func convLayer(w *writer, l *layer) {
	c := l.Config
	if c.Groups > 1 {
		w.failf("has %d groups, want 1", c.Groups)
	}
	kernel, bias, deep := l.Name+"/kernel", l.Name+"/bias", l.Class == "DepthwiseConv2D"
	if deep {
		kernel = l.Name + "/depthwise_kernel"
	}
	if c.Bias != nil && !*c.Bias {
		bias = ""
	}
	v := w.conv(l.in[0], kernel, bias, deep, window{step: pair(c.Strides, 1), spread: pair(c.Spread, 1), padding: c.way()})
	w.gives(w.activated(v, c.Activation), true)
}

// way is how a layer pads, in capitals.
func (c config) way() string {
	way := "valid"
	_ = json.Unmarshal(c.Padding, &way) // another kind of value is no way
	return strings.ToUpper(way)
}

func poolLayer(w *writer, l *layer) {
	size := pair(l.Config.Pool, 2)
	op := map[string]string{"MaxPooling2D": "MaxPool", "AveragePooling2D": "AveragePool"}[l.Class]
	x := w.first(l.in[0])
	if w.err != nil {
		return
	}
	step := size
	if s := l.Config.Strides; len(s) > 0 && string(s) != "null" {
		step = pair(s, 1)
	}
	w.gives(w.op(op, w.open(x.Shape[1]), w.attrs(window{size: size, step: step, spread: [2]int64{1, 1}, padding: l.Config.way()}), x), true)
}

// dense multiplies rows with a matrix [in,out].
func dense(w *writer, l *layer) {
	x, s := w.plain(l.in[0]), w.weights[l.Name+"/kernel"].Shape
	if len(x.Shape) != 2 || len(s) != 2 || !w.b.Has(l.Name+"/kernel") {
		w.failf("multiplies rank %d with a matrix of shape %v, want rows", len(x.Shape), s)
		return
	}
	in := []graph.Value{x, w.b.Weight(l.Name + "/kernel")}
	if l.Config.Bias == nil || *l.Config.Bias {
		in = append(in, w.plain(l.Name+"/bias"))
	}
	v := w.op("Gemm", []graph.Dim{x.Shape[0], graph.Fixed(s[1])}, nil, in...)
	w.gives(w.activated(v, l.Config.Activation), false)
}

func batchNormalization(w *writer, l *layer) {
	x := w.first(l.in[0])
	if w.err != nil {
		return
	}
	n := w.weights[l.Name+"/moving_mean"].Shape
	if len(n) != 1 || n[0] < 1 || n[0] > 1<<20 {
		w.failf("has means of shape %v", n)
		return
	}
	part := func(name string, other float32) graph.Value {
		if !w.b.Has(l.Name + name) {
			return w.b.Filled(other, n[0])
		}
		return w.plain(l.Name + name)
	}
	w.gives(w.op("BatchNormalization", x.Shape, map[string]any{"epsilon": float32(l.Config.Epsilon)}, x,
		part("/gamma", 1), part("/beta", 0), part("/moving_mean", 0), part("/moving_variance", 1)), true)
}

// each is an activation; that along the channels needs them last.
func (w *writer) each(in, activation string) {
	v, channels := w.either(in)
	if activation == "softmax" {
		v, channels = w.plain(in), false
	}
	w.gives(w.activated(v, activation), channels)
}

func reluLayer(w *writer, l *layer) {
	v, channels := w.either(l.in[0])
	v = w.activated(v, "relu")
	if m := l.Config.Max; m != nil {
		v = w.op("Min", v.Shape, nil, v, w.b.Scalar(float32(*m)))
	}
	w.gives(v, channels)
}

func leakyLayer(w *writer, l *layer) {
	v, channels := w.either(l.in[0])
	w.gives(w.op("LeakyRelu", v.Shape, map[string]any{"alpha": float32(l.Config.Alpha)}, v), channels)
}

func concatLayer(w *writer, l *layer) {
	axis := int64(-1)
	_ = json.Unmarshal(l.Config.Axis, &axis) // -1 where it isn't given
	w.concat(l.in, axis)
}

// concat joins values along a dimension of theirs.
func (w *writer) concat(names []string, axis int64) {
	var parts []graph.Value
	channels := true
	for _, n := range names {
		channels = channels && w.values[n].first.Name != ""
	}
	for _, n := range names {
		if channels {
			parts = append(parts, w.first(n))
		} else {
			parts = append(parts, w.plain(n))
		}
	}
	if w.err != nil {
		return
	}
	shape := append([]graph.Dim{}, parts[0].Shape...)
	if axis < 0 {
		axis += int64(len(shape))
	}
	if axis < 0 || axis >= int64(len(shape)) {
		w.failf("joins along dimension %d of %d", axis, len(shape))
		return
	}
	if channels {
		axis = []int64{0, 2, 3, 1}[axis]
	}
	shape[axis] = graph.Named(w.path + " joined")
	w.gives(w.op("Concat", shape, map[string]any{"axis": axis}, parts...), channels)
}

func upSampling(w *writer, l *layer) {
	by := pair(l.Config.Size, 2)
	x := w.first(l.in[0])
	if how := l.Config.Interpolation; how != "" && how != "nearest" || min(by[0], by[1]) < 1 || max(by[0], by[1]) > 64 {
		w.failf("grows by %v in the way %q, which is not read", by, how)
	}
	if w.err != nil {
		return
	}
	attrs := map[string]any{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
	w.gives(w.op("Resize", w.open(x.Shape[1]), attrs, x, graph.Value{}, w.times(float32(by[0]), float32(by[1]))), true)
}

func zeroPadding(w *writer, l *layer) {
	var by [][]int64
	x := w.first(l.in[0])
	if json.Unmarshal(l.Config.Padding, &by) != nil || len(by) != 2 || len(by[0]) != 2 || len(by[1]) != 2 {
		p := pair(l.Config.Padding, 1)
		by = [][]int64{{p[0], p[0]}, {p[1], p[1]}}
	}
	if w.err != nil {
		return
	}
	w.gives(w.op("Pad", w.open(x.Shape[1]), map[string]any{"mode": "constant"}, x, w.b.Ints(0, 0, by[0][0], by[1][0], 0, 0, by[0][1], by[1][1])), true)
}

func globalAverage(w *writer, l *layer) {
	x := w.first(l.in[0])
	if w.err != nil {
		return
	}
	w.gives(w.op("ReduceMean", x.Shape[:2], map[string]any{"keepdims": int64(0)}, x, w.b.Ints(2, 3)), false)
}

// multiplyBeta multiplies by a number.
func multiplyBeta(w *writer, l *layer) {
	beta := float32(1)
	if json.Unmarshal(l.Config.Beta, &beta) != nil {
		w.failf("has the factor %s", l.Config.Beta)
	}
	v, channels := w.either(l.in[0])
	w.gives(w.op("Mul", v.Shape, nil, v, w.b.Scalar(beta)), channels)
}

// pixelShuffle lays channels out as pixels, in the order of TensorFlow's depth_to_space.
func pixelShuffle(w *writer, l *layer) {
	n := int64(0)
	if json.Unmarshal(l.Config.Scale, &n) != nil || n < 1 || n > 64 {
		w.failf("has the scale %s", l.Config.Scale)
		return
	}
	w.blocks(l.in[0], n)
}

func (w *writer) blocks(in string, n int64) {
	x := w.first(in)
	if w.err != nil {
		return
	}
	c := x.Shape[1]
	if c.Fixed > 0 {
		if c.Fixed%(n*n) != 0 {
			w.failf("lays %d channels out as %d×%d pixels", c.Fixed, n, n)
			return
		}
		c = graph.Fixed(c.Fixed / (n * n))
	}
	w.gives(w.op("DepthToSpace", w.open(c), map[string]any{"blocksize": n, "mode": "DCR"}, x), true)
}
