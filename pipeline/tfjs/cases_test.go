package tfjs

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// instance is one layer or one operator, what it reads and what it must make, by hand.
type instance struct {
	name    string
	kind    string
	options string   // the JSON of a layer's config, or of a node's attributes
	in      []string // nil: x
	shape   []int64  // of x
	x       []float32
	weights []weight
	out     []int
	want    []float32
}

// weight is one of a test's: numbers are fp32, or whole where they are int32.
type weight struct {
	name   string
	shape  []int64
	floats []float32
	whole  []int32
}

func (w weight) bytes() (b []byte) {
	for _, f := range w.floats {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	for _, i := range w.whole {
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
	}
	return b
}

func (w weight) kind() string {
	if w.whole != nil {
		return "int32"
	}
	return "float32"
}

// counted are 1, 2, 3 … as many as a shape has places.
func counted(shape ...int64) []float32 {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i + 1)
	}
	return v
}

// manifestOf is a model.json, and what its one file of weights holds.
func manifestOf(topology string, weights []weight) (text string, bin []byte) {
	list := []map[string]any{}
	for _, w := range weights {
		list = append(list, map[string]any{"name": w.name, "shape": w.shape, "dtype": w.kind()})
		bin = append(bin, w.bytes()...)
	}
	b, err := json.Marshal(map[string]any{"modelTopology": json.RawMessage(topology),
		"weightsManifest": []any{map[string]any{"paths": []string{"one.bin"}, "weights": list}}})
	if err != nil {
		panic(err) // of a case that is no JSON
	}
	return string(b), bin
}

func saved(t testing.TB, text string, beside map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range beside {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "model.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// layerModel is a layers-model of x, of "turned", which is x with its channels turned to the front
// on the way, and of the layer.
func (c instance) layerModel(behind bool) string {
	in := c.in
	if in == nil {
		in = []string{"x"}
	}
	from := []any{}
	for _, name := range in {
		if behind && name == "x" {
			name = "turned"
		}
		from = append(from, []any{name, 0, 0, map[string]any{}})
	}
	shape := []any{nil}
	for _, d := range c.shape[1:] {
		shape = append(shape, d)
	}
	layers := []any{map[string]any{"class_name": "InputLayer", "name": "x", "config": map[string]any{"batch_input_shape": shape}, "inbound_nodes": []any{}}}
	if behind {
		layers = append(layers, map[string]any{"class_name": "MaxPooling2D", "name": "turned", "config": map[string]any{"pool_size": []int{1, 1}, "padding": "valid"}, "inbound_nodes": []any{[]any{[]any{"x", 0, 0}}}})
	}
	layers = append(layers, map[string]any{"class_name": c.kind, "name": "made", "config": json.RawMessage(c.options), "inbound_nodes": []any{from}})
	b, err := json.Marshal(map[string]any{"model_config": map[string]any{"class_name": "Functional", "config": map[string]any{"layers": layers, "output_layers": []any{[]any{"made", 0, 0}}}}})
	if err != nil {
		panic(err) // of a case that is no JSON
	}
	return string(b)
}

// nodeModel is the same as a graph-model.
func (c instance) nodeModel(behind bool) string {
	in := c.in
	if in == nil {
		in = []string{"x"}
	}
	reads := append([]string{}, in...)
	dims := []any{}
	for _, d := range c.shape {
		dims = append(dims, map[string]any{"size": fmt.Sprint(d)})
	}
	nodes := []any{map[string]any{"name": "x", "op": "Placeholder", "attr": map[string]any{"shape": map[string]any{"shape": map[string]any{"dim": dims}}}}}
	for i := range reads {
		if behind && reads[i] == "x" {
			reads[i] = "turned:0"
		}
	}
	nodes = append(nodes, map[string]any{"name": "made", "op": c.kind, "input": append(reads, "^x"), "attr": json.RawMessage(c.options)})
	if behind { // behind what reads it: nodes have no order
		nodes = append(nodes, map[string]any{"name": "turned", "op": "MaxPool", "input": []string{"x"}, "attr": json.RawMessage(`{"padding":{"s":"` + coded("VALID") + `"}}`)})
	}
	for _, w := range c.weights {
		nodes = append(nodes, map[string]any{"name": w.name, "op": "Const"})
	}
	b, err := json.Marshal(map[string]any{"node": nodes})
	if err != nil {
		panic(err) // of a case that is no JSON
	}
	return string(b)
}

func coded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func list(name string, v ...int32) weight {
	return weight{name: name, shape: []int64{int64(len(v))}, whole: v}
}

func one(name string, v int32) weight { return weight{name: name, shape: []int64{}, whole: []int32{v}} }

func numbers(name string, shape []int64, v ...float32) weight {
	return weight{name: name, shape: shape, floats: v}
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

var (
	square = []int64{1, 2, 2, 2} // 1 2, 3 4 and 5 6, 7 8
	line   = []int64{1, 1, 2, 2}
)

var layerCases = []instance{
	{"same, two channels", "Conv2D", `{"padding":"same","strides":[1,1],"use_bias":true,"activation":"linear"}`, nil, line, nil, []weight{numbers("made/kernel", []int64{1, 3, 2, 1}, 1, 10, 100, 1000, 0, 0), numbers("made/bias", []int64{1}, 0.5)}, []int{1, 1, 2, 1}, []float32{2100.5, 4321.5}},
	{"same, an even kernel", "Conv2D", `{"padding":"same","use_bias":false}`, nil, []int64{1, 2, 2, 1}, nil, []weight{numbers("made/kernel", []int64{2, 2, 1, 1}, 1, 10, 100, 1000)}, []int{1, 2, 2, 1}, []float32{4321, 402, 43, 4}},
	{"same by steps of 2", "Conv2D", `{"padding":"same","strides":[2,2],"use_bias":false,"activation":"relu"}`, nil, []int64{1, 4, 4, 1}, nil, []weight{numbers("made/kernel", []int64{3, 3, 1, 1}, ones(9)...)}, []int{1, 2, 2, 1}, []float32{54, 45, 72, 54}},
	{"each channel for itself, spread", "DepthwiseConv2D", `{"padding":"valid","dilation_rate":[1,1],"use_bias":false}`, nil, square, nil, []weight{numbers("made/depthwise_kernel", []int64{2, 2, 2, 1}, counted(8)...)}, []int{1, 1, 1, 2}, []float32{84, 120}},
	{"two of each channel", "DepthwiseConv2D", `{"padding":"valid","use_bias":false,"activation":"relu6"}`, nil, []int64{1, 1, 1, 2}, []float32{3, 0.5}, []weight{numbers("made/depthwise_kernel", []int64{1, 1, 2, 2}, 1, 2, 1, -1)}, []int{1, 1, 1, 4}, []float32{3, 6, 0.5, 0}},
	{"rows", "Dense", `{"activation":"softmax"}`, nil, []int64{1, 2}, []float32{1, 2}, []weight{numbers("made/kernel", []int64{2, 2}, 1, 0, 0, 1), numbers("made/bias", []int64{2}, 1, 1)}, []int{1, 2}, []float32{0.2689414, 0.7310586}},
	{"normalised", "BatchNormalization", `{"epsilon":0,"axis":[3],"scale":false}`, nil, line, nil, []weight{numbers("made/beta", []int64{2}, 1, 0), numbers("made/moving_mean", []int64{2}, 1, 2), numbers("made/moving_variance", []int64{2}, 4, 1)}, []int{1, 1, 2, 2}, []float32{1, 0, 2, 2}},
	{"by name", "Activation", `{"activation":"sigmoid"}`, nil, line, []float32{0, 1, -1, 30}, nil, []int{1, 1, 2, 2}, []float32{0.5, 0.7310586, 0.2689414, 1}},
	{"along channels", "Activation", `{"activation":"softmax"}`, nil, line, nil, nil, []int{1, 1, 2, 2}, []float32{0.2689414, 0.7310586, 0.2689414, 0.7310586}},
	{"up to 6", "ReLU", `{"max_value":6}`, nil, line, []float32{-1, 2, 6, 7}, nil, []int{1, 1, 2, 2}, []float32{0, 2, 6, 6}},
	{"leaky", "LeakyReLU", `{"alpha":0.5}`, nil, line, []float32{-1, 2, -6, 7}, nil, []int{1, 1, 2, 2}, []float32{-0.5, 2, -3, 7}},
	{"nothing", "Dropout", `{"rate":0.5}`, nil, line, nil, nil, []int{1, 1, 2, 2}, counted(4)},
	{"three", "Add", `{}`, []string{"x", "x", "x"}, line, nil, nil, []int{1, 1, 2, 2}, []float32{3, 6, 9, 12}},
	{"two", "Multiply", `{}`, []string{"x", "x"}, line, nil, nil, []int{1, 1, 2, 2}, []float32{1, 4, 9, 16}},
	{"two", "Subtract", `{}`, []string{"x", "x"}, line, nil, nil, []int{1, 1, 2, 2}, []float32{0, 0, 0, 0}},
	{"channels", "Concatenate", `{"axis":3}`, []string{"x", "x"}, line, nil, nil, []int{1, 1, 2, 4}, []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{"heights", "Concatenate", `{"axis":1}`, []string{"x", "x"}, line, nil, nil, []int{1, 2, 2, 2}, []float32{1, 2, 3, 4, 1, 2, 3, 4}},
	{"widths doubled", "UpSampling2D", `{"size":[1,2],"interpolation":"nearest"}`, nil, line, nil, nil, []int{1, 1, 4, 2}, []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{"sides", "ZeroPadding2D", `{"padding":[[1,0],[0,1]]}`, nil, []int64{1, 1, 1, 2}, nil, nil, []int{1, 2, 2, 2}, []float32{0, 0, 0, 0, 1, 2, 0, 0}},
	{"the largest", "MaxPooling2D", `{"pool_size":[2,2],"strides":null,"padding":"valid"}`, nil, square, nil, nil, []int{1, 1, 1, 2}, []float32{7, 8}},
	{"means, same", "AveragePooling2D", `{"pool_size":2,"strides":[1,1],"padding":"same"}`, nil, []int64{1, 1, 2, 1}, nil, nil, []int{1, 1, 2, 1}, []float32{1.5, 2}},
	{"all", "GlobalAveragePooling2D", `{}`, nil, square, nil, nil, []int{1, 2}, []float32{4, 5}},
	{"a fifth", "MultiplyBeta", `{"beta":0.2}`, nil, line, nil, nil, []int{1, 1, 2, 2}, []float32{0.2, 0.4, 0.6, 0.8}},
	{"2", "PixelShuffle2x", `{"scale":2}`, nil, []int64{1, 1, 1, 8}, nil, nil, []int{1, 2, 2, 2}, counted(8)},
	{"3", "PixelShuffle3x", `{"scale":3}`, nil, []int64{1, 1, 1, 9}, nil, nil, []int{1, 3, 3, 1}, counted(9)},
	{"4", "PixelShuffle4x", `{"scale":4}`, nil, []int64{1, 1, 1, 16}, nil, nil, []int{1, 4, 4, 1}, counted(16)},
	{"8", "PixelShuffle8x", `{"scale":8}`, nil, []int64{1, 1, 1, 64}, nil, nil, []int{1, 8, 8, 1}, counted(64)},
}

// way are the attributes of a window.
func way(padding string, step int, more string) string {
	return fmt.Sprintf(`{"padding":{"s":%q},"strides":{"list":{"i":["1","%d","%d","1"]}}%s}`, coded(padding), step, step, more)
}

func fused(names ...string) string {
	text := `,"fused_ops":{"list":{"s":[`
	for i, n := range names {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf("%q", coded(n))
	}
	return text + "]}}"
}

var nodeCases = []instance{
	{"", "Identity", `{}`, nil, line, nil, nil, []int{1, 1, 2, 2}, counted(4)},
	{"", "Cast", `{"DstT":{"type":"DT_FLOAT"}}`, nil, line, nil, nil, []int{1, 1, 2, 2}, counted(4)},
	{"offsets, up to 6", "_FusedConv2D", way("SAME", 2, fused("BiasAdd", "Relu6")), []string{"x", "k", "b"}, []int64{1, 4, 4, 1}, nil, []weight{numbers("k", []int64{3, 3, 1, 1}, 0, 0, 0, 0, 1, 0, 0, 0, 0), numbers("b", []int64{1}, -3)}, []int{1, 2, 2, 1}, []float32{3, 5, 6, 6}},
	{"slopes", "_FusedConv2D", way("VALID", 1, fused("BiasAdd", "Prelu")), []string{"x", "k", "b", "s"}, line, nil, []weight{numbers("k", []int64{1, 1, 2, 2}, -1, 0, 0, 1), numbers("b", []int64{2}, 0, 0), numbers("s", []int64{1, 1, 2}, 0.5, 0.25)}, []int{1, 1, 2, 2}, []float32{-0.5, 2, -1.5, 4}},
	{"leaky", "_FusedConv2D", way("VALID", 1, `,"leakyrelu_alpha":{"f":0.5}`+fused("BiasAdd", "LeakyRelu")), []string{"x", "k", "b"}, line, nil, []weight{numbers("k", []int64{1, 1, 2, 1}, -1, 0), numbers("b", []int64{1}, 2)}, []int{1, 1, 2, 1}, []float32{1, -0.5}},
	{"pads of its own", "Conv2D", way("EXPLICIT", 1, `,"explicit_paddings":{"list":{"i":["0","0","1","0","0","1","0","0"]}}`), []string{"x", "k"}, []int64{1, 2, 2, 1}, nil, []weight{numbers("k", []int64{2, 2, 1, 1}, 1, 10, 100, 1000)}, []int{1, 2, 2, 1}, []float32{2100, 200, 4321, 402}},
	{"offsets", "FusedDepthwiseConv2dNative", way("VALID", 1, fused("BiasAdd")), []string{"x", "k", "b"}, square, nil, []weight{numbers("k", []int64{2, 2, 2, 1}, counted(8)...), numbers("b", []int64{2}, 1, 2)}, []int{1, 1, 1, 2}, []float32{85, 122}},
	{"spread", "DepthwiseConv2dNative", way("VALID", 1, `,"dilations":{"list":{"i":["1","2","2","1"]}}`), []string{"x", "k"}, []int64{1, 3, 3, 1}, nil, []weight{numbers("k", []int64{2, 2, 1, 1}, 1, 2, 3, 4)}, []int{1, 1, 1, 1}, []float32{64}},
	{"", "MaxPool", way("SAME", 2, `,"ksize":{"list":{"i":["1","2","2","1"]}}`), nil, []int64{1, 3, 3, 1}, nil, nil, []int{1, 2, 2, 1}, []float32{5, 6, 8, 9}},
	{"", "AvgPool", way("VALID", 1, `,"ksize":{"list":{"i":["1","2","2","1"]}}`), nil, []int64{1, 3, 3, 1}, nil, nil, []int{1, 2, 2, 1}, []float32{3, 4, 6, 7}},
	{"", "BiasAdd", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{2}, 1, 10)}, []int{1, 1, 2, 2}, []float32{2, 12, 4, 14}},
	{"one number", "Add", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{}, 1)}, []int{1, 1, 2, 2}, []float32{2, 3, 4, 5}},
	{"rank 2", "AddV2", `{}`, []string{"b", "x"}, line, nil, []weight{numbers("b", []int64{2, 2}, 10, 20, 30, 40)}, []int{1, 1, 2, 2}, []float32{11, 22, 33, 44}},
	{"", "AddN", `{}`, []string{"x", "x", "x"}, line, nil, nil, []int{1, 1, 2, 2}, []float32{3, 6, 9, 12}},
	{"", "Sub", `{}`, []string{"b", "x"}, line, nil, []weight{numbers("b", []int64{2}, 1, 10)}, []int{1, 1, 2, 2}, []float32{0, 8, -2, 6}},
	{"", "Mul", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{1, 1, 1, 2}, 1, 10)}, []int{1, 1, 2, 2}, []float32{1, 20, 3, 40}},
	{"", "RealDiv", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{2}, 1, 2)}, []int{1, 1, 2, 2}, []float32{1, 1, 3, 2}},
	{"", "Maximum", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{2}, 2, 3)}, []int{1, 1, 2, 2}, []float32{2, 3, 3, 4}},
	{"", "Minimum", `{}`, []string{"x", "b"}, line, nil, []weight{numbers("b", []int64{2}, 2, 3)}, []int{1, 1, 2, 2}, []float32{1, 2, 2, 3}},
	{"", "Prelu", `{}`, []string{"x", "b"}, line, []float32{-1, -2, 3, -4}, []weight{numbers("b", []int64{1, 1, 2}, 0.5, 0.25)}, []int{1, 1, 2, 2}, []float32{-0.5, -0.5, 3, -1}},
	{"", "Relu", `{}`, nil, line, []float32{-1, 2, 6, 7}, nil, []int{1, 1, 2, 2}, []float32{0, 2, 6, 7}},
	{"", "Relu6", `{}`, nil, line, []float32{-1, 2, 6, 7}, nil, []int{1, 1, 2, 2}, []float32{0, 2, 6, 6}},
	{"", "Sigmoid", `{}`, nil, line, []float32{0, 1, -1, 30}, nil, []int{1, 1, 2, 2}, []float32{0.5, 0.7310586, 0.2689414, 1}},
	{"", "Tanh", `{}`, nil, line, []float32{0, 1, -1, 30}, nil, []int{1, 1, 2, 2}, []float32{0, 0.7615942, -0.7615942, 1}},
	{"", "Softmax", `{}`, nil, line, nil, nil, []int{1, 1, 2, 2}, []float32{0.2689414, 0.7310586, 0.2689414, 0.7310586}},
	{"", "Pad", `{}`, []string{"x", "p"}, []int64{1, 1, 1, 2}, nil, []weight{{"p", []int64{4, 2}, nil, []int32{0, 0, 1, 0, 0, 0, 0, 1}}}, []int{1, 2, 1, 3}, []float32{0, 0, 0, 1, 2, 0}},
	{"centres", "ResizeBilinear", `{"half_pixel_centers":{"b":true}}`, []string{"x", "p"}, []int64{1, 1, 2, 1}, []float32{0, 1}, []weight{list("p", 1, 4)}, []int{1, 1, 4, 1}, []float32{0, 0.25, 0.75, 1}},
	{"corners", "ResizeBilinear", `{"align_corners":{"b":true}}`, []string{"x", "p"}, []int64{1, 1, 2, 1}, []float32{0, 3}, []weight{list("p", 1, 4)}, []int{1, 1, 4, 1}, []float32{0, 1, 2, 3}},
	{"", "ResizeBilinear", `{}`, []string{"x", "p"}, []int64{1, 1, 2, 1}, []float32{0, 1}, []weight{list("p", 1, 4)}, []int{1, 1, 4, 1}, []float32{0, 0.5, 1, 1}},
	{"", "ResizeNearestNeighbor", `{}`, []string{"x", "p"}, []int64{1, 1, 3, 1}, nil, []weight{list("p", 1, 2)}, []int{1, 1, 2, 1}, []float32{1, 2}},
	{"centres", "ResizeNearestNeighbor", `{"half_pixel_centers":{"b":true}}`, []string{"x", "p"}, []int64{1, 1, 3, 1}, nil, []weight{list("p", 1, 2)}, []int{1, 1, 2, 1}, []float32{1, 3}},
	{"", "Reshape", `{}`, []string{"x", "p"}, square, nil, []weight{list("p", 2, -1)}, []int{2, 4}, counted(8)},
	{"", "DepthToSpace", `{"block_size":{"i":"2"}}`, nil, []int64{1, 1, 1, 8}, nil, nil, []int{1, 2, 2, 2}, counted(8)},
	{"", "ConcatV2", `{}`, []string{"x", "x", "p"}, line, nil, []weight{one("p", -1)}, []int{1, 1, 2, 4}, []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{"", "Unpack", `{"num":{"i":"1"},"axis":{"i":"0"}}`, nil, line, nil, nil, []int{1, 2, 2}, counted(4)},
	{"", "Pack", `{"N":{"i":"1"},"axis":{"i":"0"}}`, nil, line, nil, nil, []int{1, 1, 1, 2, 2}, counted(4)},
	{"", "ExpandDims", `{}`, []string{"x", "p"}, line, nil, []weight{one("p", -1)}, []int{1, 1, 2, 2, 1}, counted(4)},
	{"", "Squeeze", `{"squeeze_dims":{"list":{"i":["0"]}}}`, nil, line, nil, nil, []int{1, 2, 2}, counted(4)},
	{"", "Mean", `{"keep_dims":{"b":true}}`, []string{"x", "p"}, square, nil, []weight{list("p", 1, 2)}, []int{1, 1, 1, 2}, []float32{4, 5}},
	{"gone", "Mean", `{}`, []string{"x", "p"}, square, nil, []weight{list("p", 1, -2)}, []int{1, 2}, []float32{4, 5}},
}
