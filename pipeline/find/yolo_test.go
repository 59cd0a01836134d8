package find

import (
	"context"
	"image"
	"math"
	"slices"
	"testing"

	"pentimento/pipeline/preprocess"
)

// v8 is a table of places with four fields and a score of each class, channels first.
func v8(fields int, places ...[]float32) Output {
	o := Output{Shape: []int{1, fields, len(places)}, Data: make([]float32, fields*len(places))}
	for i, p := range places {
		for k, v := range p {
			o.Data[k*len(places)+i] = v
		}
	}
	return o
}

// padded are places with enough of nothing behind them that channels stand first beyond doubt.
func padded(fields int, places ...[]float32) Output {
	for len(places) < 40 {
		places = append(places, make([]float32, fields))
	}
	return v8(fields, places...)
}

func yolo(names []string, outs ...Output) *Yolo {
	return &Yolo{Size: image.Pt(64, 64), Names: names, Eval: func(context.Context, int, int, []float32) ([]Output, error) { return outs, nil }}
}

var wide = preprocess.Picture{W: 128, H: 64, Channels: 3, Pix: make([]uint8, 3*128*64)} // fits at half its size, 16 below the top

// TestFormsOfYolo all say the same two boxes: of YOLOv8, v5 and a network that suppresses itself.
func TestFormsOfYolo(t *testing.T) {
	names := []string{"face", "hand"}
	five := Output{Shape: []int{1, 3, 7}, Data: []float32{
		32, 32, 20, 10, 0.9, 1, 0.1,
		10, 20, 8, 8, 0.8, 0.2, 0.75,
		33, 32, 20, 10, 0.8, 1, 0,
	}}
	done := Output{Shape: []int{1, 4, 6}, Data: []float32{22, 27, 42, 37, 0.9, 0, 6, 16, 14, 24, 0.6, 1, 0, 0, 0, 0, 0, 0, 22, 27, 42, 37, 0.1, 1}}
	for name, y := range map[string]*Yolo{
		"v8": yolo(names, padded(6, []float32{32, 32, 20, 10, 0.9, 0.1}, []float32{33, 32, 20, 10, 0.8, 0}, []float32{10, 20, 8, 8, 0.2, 0.6})),
		"v5": yolo(names, five), "self": yolo(names, done),
	} {
		found, err := Look(t.Context(), wide, Spec{What: "x.onnx"}, Networks{Yolo: y})
		if err != nil || len(found) != 2 {
			t.Fatalf("%s: %d found, %v, want 2", name, len(found), err)
		}
		a, b := found[0], found[1]
		if a.Class != "face" || a.Box != image.Rect(44, 22, 84, 42) || math.Abs(a.Score-0.9) > 1e-6 {
			t.Errorf("%s: the first is %s %v %g", name, a.Class, a.Box, a.Score)
		}
		if b.Class != "hand" || b.Box != image.Rect(12, 0, 28, 16) || math.Abs(b.Score-0.6) > 1e-6 {
			t.Errorf("%s: the second is %s %v %g", name, b.Class, b.Box, b.Score)
		}
		if found, err = Look(t.Context(), wide, Spec{What: "x.onnx", Classes: "Hand"}, Networks{Yolo: y}); err != nil || len(found) != 1 || found[0].Class != "hand" {
			t.Errorf("%s: of hands there are %v, %v", name, found, err)
		}
		if _, err = Look(t.Context(), wide, Spec{What: "x.onnx", Classes: "foot"}, Networks{Yolo: y}); err == nil {
			t.Errorf("%s: an unknown class is none", name)
		}
	}
}

// TestBoxesOfOtherClassesStay although they lie on each other; of one class the surest does.
func TestBoxesOfOtherClassesStay(t *testing.T) {
	all := []candidate{{0, 0, 10, 10, 0.5, 0, nil}, {0, 0, 10, 10, 0.9, 1, nil}, {1, 0, 10, 10, 0.8, 1, nil}, {4, 0, 14, 10, 0.7, 1, nil}, {5, 5, 5, 9, 0.99, 1, nil}}
	var scores []float64
	for _, c := range suppress(all) {
		scores = append(scores, c.score)
	}
	if !slices.Equal(scores, []float64{0.9, 0.7, 0.5}) {
		t.Errorf("kept are %v", scores)
	}
}

// TestMasksOfYolo are sums of the prototypes within the box.
func TestMasksOfYolo(t *testing.T) {
	protos := Output{Shape: []int{1, 2, 16, 16}, Data: make([]float32, 2*16*16)}
	for i := range 256 {
		protos.Data[i] = -1
		if i%16 >= 8 { // the right half
			protos.Data[i] = 1
		}
		protos.Data[256+i] = -3
	}
	y := yolo([]string{"person"}, padded(7, []float32{32, 32, 40, 20, 0.9, 1, 0}, []float32{10, 32, 10, 10, 0.8, 0, 1}), protos)
	found, err := Look(t.Context(), wide, Spec{What: "x.onnx"}, Networks{Yolo: y})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d found, %v, want one: the other's mask is empty", len(found), err)
	}
	if b := found[0].Box; b != image.Rect(64, 12, 104, 52) {
		t.Errorf("the mask covers %v, want the right half of the box", b)
	}
}

// TestStrangersAreRefused: no table, too few values, numbers that are none, more classes than are named.
func TestStrangersAreRefused(t *testing.T) {
	nan := padded(6, []float32{float32(math.NaN())})
	for name, y := range map[string]*Yolo{
		"none": yolo(nil), "flat": yolo(nil, Output{Shape: []int{1, 10}, Data: make([]float32, 10)}), "short": yolo(nil, Output{Shape: []int{1, 6, 40}, Data: make([]float32, 10)}),
		"nan": yolo(nil, nan), "names": yolo([]string{"a", "b", "c"}, padded(6)), "thin": yolo(nil, padded(4)), "batch": yolo(nil, Output{Shape: []int{2, 6, 40}, Data: make([]float32, 480)}),
	} {
		if _, err := Look(t.Context(), wide, Spec{What: "x.onnx"}, Networks{Yolo: y}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLetterbox keeps a picture's shape, in the middle of grey.
func TestLetterbox(t *testing.T) {
	p := preprocess.Picture{W: 128, H: 64, Channels: 3, Pix: slices.Repeat([]uint8{255, 0, 51}, 128*64)}
	in, at := letterbox(p, image.Pt(64, 64))
	if at != (fitted{0.5, 0, 16}) {
		t.Errorf("it lies at %+v", at)
	}
	for c, want := range []float32{1, 0, 0.2} {
		if v := in[c*4096+32*64+10]; math.Abs(float64(v-want)) > 1e-6 {
			t.Errorf("channel %d is %g, want %g", c, v, want)
		}
		if v := in[c*4096+15*64+10]; math.Abs(float64(v)-114.0/255) > 1e-6 {
			t.Errorf("above it is %g, want grey", v)
		}
	}
}

// TestReadNames as Ultralytics writes them.
func TestReadNames(t *testing.T) {
	for text, want := range map[string][]string{
		"{0: 'face'}": {"face"}, `{0: 'a', 2: "b's", 1: 'c\'d'}`: {"a", "c'd", "b's"}, `{"0": "x"}`: {"x"}, "{1: 'x'}": {"class 0", "x"},
		"": nil, "face": nil, "{0: face}": nil, "{99999999: 'x'}": nil, "{0: 'x": nil, "{-1: 'x'}": nil,
	} {
		if got := ReadNames(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
