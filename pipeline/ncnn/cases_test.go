package ncnn

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// instance is one layer, what it reads and what it must make, by hand. It reads x, and where its
// words say so again as y or as pool, the means of its channels.
type instance struct {
	name  string
	line  string // its kind, "1 1 x" and parameters, without the name and what it makes
	bin   []byte
	shape []int     // of x: [C,h,w]
	x     []float32 // nil: 1, 2, 3 …
	out   []int
	want  []float32
}

// text is the layer in a network of its own.
func (c instance) text() string {
	words := strings.Fields(fmt.Sprintf(c.line, "made"))
	words = append([]string{words[0], "layer"}, words[1:]...)
	return fmt.Sprintf("7767517\n4 6\nInput input 0 1 all 2=%d\nSplit split 1 3 all x y z\nPooling pooling 1 1 z pool 0=1 4=1\n%s\n", c.shape[0], strings.Join(words, " "))
}

func counted(shape ...int) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i + 1)
	}
	return v
}

// floats are numbers without a mark.
func floats(v ...float32) []byte {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

// full are numbers of fp32 behind their mark.
func full(v ...float32) []byte { return append(make([]byte, 4), floats(v...)...) }

// halves are numbers of fp16 behind their mark, given as their bits, and filled to a multiple of 4.
func halves(bits ...uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, halfFloats)
	for _, h := range bits {
		b = binary.LittleEndian.AppendUint16(b, h)
	}
	if len(b)%4 != 0 {
		b = append(b, 0, 0)
	}
	return b
}

// save writes a network's two files and says where the text is.
func save(t testing.TB, text string, bin []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.param")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "net.bin"), bin, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var (
	two = []int{2, 2, 2} // channels 1 2 3 4 and 5 6 7 8
	one = []int{1, 2, 2}
)

var cases = []instance{
	{"Convolution, fp16, at least 0", "Convolution 1 1 x %s 0=2 1=1 5=1 6=4 9=1", join(halves(0x3c00, 0, 0, 0xbc00), floats(10, 5)), two, nil, two, []float32{11, 12, 13, 14, 0, 0, 0, 0}},
	{"Convolution, an odd number of fp16", "Convolution 1 1 x %s 0=1 1=3 4=1 5=1 6=9", join(halves(0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00), floats(1)), one, nil, one, []float32{11, 11, 11, 11}},
	{"Convolution, steps and sides of their own", "Convolution 1 1 x %s 0=1 1=2 11=1 3=1 13=2 4=0 15=1 14=0 16=0 6=2", full(1, 10), []int{1, 3, 2}, nil, []int{1, 2, 2}, []float32{21, 2, 65, 6}},
	{"Convolution, spread", "Convolution 1 1 x %s 0=1 1=2 2=2 6=4", full(1, 2, 3, 4), []int{1, 3, 3}, nil, []int{1, 1, 1}, []float32{64}},
	{"Convolution, leaky", "Convolution 1 1 x %s 0=1 1=1 6=1 9=2 -23310=1,0.5", full(1), one, []float32{-2, 2, -4, 4}, one, []float32{-1, 2, -2, 4}},
	{"Convolution, between", "Convolution 1 1 x %s 0=1 1=1 6=1 9=3 -23310=2,-1.0,3.0", full(1), one, []float32{-2, 2, -4, 4}, one, []float32{-1, 2, -1, 3}},
	{"Convolution, sigmoid", "Convolution 1 1 x %s 0=1 1=1 6=1 9=4", full(1), one, []float32{0, 1, -1, 30}, one, []float32{0.5, 0.7310586, 0.2689414, 1}},
	{"Convolution, mish", "Convolution 1 1 x %s 0=1 1=1 6=1 9=5", full(1), one, []float32{0, 1, -1, 30}, one, []float32{0, 0.8650984, -0.3034015, 30}},
	{"Convolution, hard swish", "Convolution 1 1 x %s 0=1 1=1 6=1 9=6 -23310=2,0.2,0.5", full(1), one, []float32{-4, -1, 1, 5}, one, []float32{0, -0.3, 0.7, 5}},
	{"ConvolutionDepthWise", "ConvolutionDepthWise 1 1 x %s 0=2 1=1 6=2 7=2", full(1, 10), two, nil, two, []float32{1, 2, 3, 4, 50, 60, 70, 80}},
	{"Deconvolution", "Deconvolution 1 1 x %s 0=1 1=2 3=2 6=4 5=1", join(full(1, 2, 3, 4), floats(0)), one, nil, []int{1, 4, 4}, []float32{1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16}},
	{"Deconvolution, channels", "Deconvolution 1 1 x %s 0=2 1=1 6=4", full(1, 10, 100, 1000), two, nil, two, []float32{51, 62, 73, 84, 5100, 6200, 7300, 8400}},
	{"Deconvolution, cut", "Deconvolution 1 1 x %s 0=1 1=4 3=2 4=1 6=16", full(counted(16)...), []int{1, 1, 1}, nil, []int{1, 2, 2}, []float32{6, 7, 10, 11}},
	{"InnerProduct", "InnerProduct 1 1 x %s 0=2 1=1 2=8 9=1", join(full(1, 1, 1, 1, -1, -1, -1, -1), floats(0, 30)), []int{1, 2, 2}, nil, []int{2, 1, 1}, []float32{10, 20}},
	{"Pooling, all", "Pooling 1 1 x %s 0=1 4=1", nil, two, nil, []int{2, 1, 1}, []float32{2.5, 6.5}},
	{"Pooling, the largest of all", "Pooling 1 1 x %s 0=0 4=1", nil, two, nil, []int{2, 1, 1}, []float32{4, 8}},
	{"Pooling, what is left over", "Pooling 1 1 x %s 0=0 1=2 2=2", nil, []int{1, 3, 3}, nil, []int{1, 2, 2}, []float32{5, 6, 8, 9}},
	{"Pooling, means of whole windows", "Pooling 1 1 x %s 0=1 1=2 2=2 5=1", nil, []int{1, 3, 3}, nil, []int{1, 1, 1}, []float32{3}},
	{"PReLU", "PReLU 1 1 x %s 0=2", floats(0.5, 0.25), two, []float32{-1, 2, -3, 4, -4, 6, -8, 8}, two, []float32{-0.5, 2, -1.5, 4, -1, 6, -2, 8}},
	{"PReLU, one slope", "PReLU 1 1 x %s 0=1", floats(0.5), two, []float32{-1, 2, -3, 4, -4, 6, -8, 8}, two, []float32{-0.5, 2, -1.5, 4, -2, 6, -4, 8}},
	{"ReLU", "ReLU 1 1 x %s", nil, one, []float32{-1, 2, -3, 4}, one, []float32{0, 2, 0, 4}},
	{"ReLU, leaky", "ReLU 1 1 x %s 0=0.5", nil, one, []float32{-1, 2, -3, 4}, one, []float32{-0.5, 2, -1.5, 4}},
	{"Clip", "Clip 1 1 x %s 0=2 1=3", nil, one, nil, one, []float32{2, 2, 3, 3}},
	{"Sigmoid", "Sigmoid 1 1 x %s", nil, one, []float32{0, 1, -1, 30}, one, []float32{0.5, 0.7310586, 0.2689414, 1}},
	{"TanH", "TanH 1 1 x %s", nil, one, []float32{0, 1, -1, 30}, one, []float32{0, 0.7615942, -0.7615942, 1}},
	{"AbsVal", "AbsVal 1 1 x %s", nil, one, []float32{0, 1, -1, 30}, one, []float32{0, 1, 1, 30}},
	{"Swish", "Swish 1 1 x %s", nil, one, []float32{0, 1, -1, 30}, one, []float32{0, 0.7310586, -0.2689414, 30}},
	{"Dropout", "Dropout 1 1 x %s", nil, one, nil, one, counted(4)},
	{"Noop", "Noop 1 1 x %s", nil, one, nil, one, counted(4)},
	{"Split", "Split 1 1 x %s", nil, one, nil, one, counted(4)},
	{"Scale", "Scale 1 1 x %s 0=2 1=1", join(floats(1, 10), floats(0, 1)), two, nil, two, []float32{1, 2, 3, 4, 51, 61, 71, 81}},
	{"Scale, by channels", "Scale 2 1 x pool %s 0=-233", nil, two, nil, two, []float32{2.5, 5, 7.5, 10, 32.5, 39, 45.5, 52}},
	{"BinaryOp, a sum", "BinaryOp 2 1 x y %s 0=0", nil, one, nil, one, []float32{2, 4, 6, 8}},
	{"BinaryOp, a product by channels", "BinaryOp 2 1 x pool %s 0=2", nil, two, nil, two, []float32{2.5, 5, 7.5, 10, 32.5, 39, 45.5, 52}},
	{"BinaryOp, channels less", "BinaryOp 2 1 pool x %s 0=1", nil, one, nil, one, []float32{1.5, 0.5, -0.5, -1.5}},
	{"BinaryOp, by a number", "BinaryOp 1 1 x %s 0=3 1=1 2=2", nil, one, nil, one, []float32{0.5, 1, 1.5, 2}},
	{"BinaryOp, the largest", "BinaryOp 1 1 x %s 0=4 1=1 2=3", nil, one, nil, one, []float32{3, 3, 3, 4}},
	{"BinaryOp, the smallest", "BinaryOp 1 1 x %s 0=5 1=1 2=3", nil, one, nil, one, []float32{1, 2, 3, 3}},
	{"BinaryOp, a power", "BinaryOp 1 1 x %s 0=6 1=1 2=2", nil, one, nil, one, []float32{1, 4, 9, 16}},
	{"BinaryOp, from a number", "BinaryOp 1 1 x %s 0=7 1=1 2=3", nil, one, nil, one, []float32{2, 1, 0, -1}},
	{"BinaryOp, a number by it", "BinaryOp 1 1 x %s 0=8 1=1 2=2", nil, one, nil, one, []float32{2, 1, 2.0 / 3, 0.5}},
	{"Eltwise, a product", "Eltwise 2 1 x y %s 0=0", nil, one, nil, one, []float32{1, 4, 9, 16}},
	{"Eltwise, a sum by factors", "Eltwise 2 1 x y %s 0=1 -23301=2,2.000000e-01,1.000000e+00", nil, one, nil, one, []float32{1.2, 2.4, 3.6, 4.8}},
	{"Eltwise, the largest", "Eltwise 2 1 x pool %s 0=2", nil, one, nil, one, []float32{2.5, 2.5, 3, 4}},
	{"Concat", "Concat 2 1 x y %s 0=0", nil, one, nil, two, []float32{1, 2, 3, 4, 1, 2, 3, 4}},
	{"Concat, widths", "Concat 2 1 x y %s 0=-1", nil, one, nil, []int{1, 2, 4}, []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{"Interp, nearest", "Interp 1 1 x %s 0=1 1=2.0 2=2.0", nil, one, nil, []int{1, 4, 4}, []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}},
	{"Interp, linear", "Interp 1 1 x %s 0=2 2=2.0", nil, []int{1, 1, 2}, []float32{0, 1}, []int{1, 1, 4}, []float32{0, 0.25, 0.75, 1}},
	{"Interp, linear by corners to a size", "Interp 1 1 x %s 0=2 3=1 4=4 6=1", nil, []int{1, 1, 2}, []float32{0, 3}, []int{1, 1, 4}, []float32{0, 1, 2, 3}},
	{"Interp, cubic, half the size", "Interp 1 1 x %s 0=3 1=1.0 2=0.5", nil, []int{1, 1, 4}, []float32{0, 0, 16, 16}, []int{1, 1, 2}, []float32{-1.5, 17.5}},
	{"PixelShuffle", "PixelShuffle 1 1 x %s 0=2", nil, []int{8, 1, 1}, nil, two, counted(8)},
	{"PixelShuffle, the other order", "PixelShuffle 1 1 x %s 0=2 1=1", nil, []int{8, 1, 1}, nil, two, []float32{1, 3, 5, 7, 2, 4, 6, 8}},
	{"Padding, a number", "Padding 1 1 x %s 0=1 1=0 2=0 3=2 4=0 5=9", nil, []int{1, 1, 2}, nil, []int{1, 2, 4}, []float32{9, 9, 9, 9, 1, 2, 9, 9}},
	{"Padding, the edge", "Padding 1 1 x %s 2=1 3=1 4=1", nil, []int{1, 1, 3}, nil, []int{1, 1, 5}, []float32{1, 1, 2, 3, 3}},
	{"Padding, a mirror", "Padding 1 1 x %s 2=1 3=1 4=2", nil, []int{1, 1, 3}, nil, []int{1, 1, 5}, []float32{2, 1, 2, 3, 2}},
	{"Crop, lists", "Crop 1 1 x %s -23309=2,1,0 -23310=2,-1,-1 -23311=2,-2,-1", nil, []int{1, 3, 3}, nil, []int{1, 1, 2}, []float32{4, 5}},
	{"Crop, dimensions from the front", "Crop 1 1 x %s -23309=1,1 -23310=1,-233 -23311=1,2", nil, []int{1, 2, 3}, nil, []int{1, 2, 2}, []float32{2, 3, 5, 6}},
	{"Crop, sides", "Crop 1 1 x %s 0=1 1=0 3=-233 4=-233 5=-233 6=0 7=1", nil, []int{1, 3, 3}, nil, []int{1, 2, 2}, []float32{2, 3, 5, 6}},
	{"Crop, as large as another", "Crop 2 1 x pool %s 0=1 1=1", nil, one, nil, []int{1, 1, 1}, []float32{4}},
}
