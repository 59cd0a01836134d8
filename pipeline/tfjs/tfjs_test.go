package tfjs

import (
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
)

// small is a chain of one convolution.
const small = `{"format":"layers-model","modelTopology":{"class_name":"Sequential","config":{"layers":[{"class_name":"Conv2D","config":{"name":"c","batch_input_shape":[null,null,null,2],"use_bias":false}}]}},
	"weightsManifest":[{"paths":["1.bin"],"weights":[{"name":"c/kernel","shape":[1,1,2,1],"dtype":"float32"}]}]}`

// TestWeightsStayInTheFiles, and inputs and outputs have the model's names.
func TestWeightsStayInTheFiles(t *testing.T) {
	path := saved(t, small, map[string][]byte{"1.bin": make([]byte, 8)})
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	inFile := 0
	for _, w := range g.Weights {
		if w.File != "" && w.Decode == nil && w.Length == 8 {
			inFile++
		}
	}
	if inFile != 1 {
		t.Errorf("%d weights lie in the file, want the kernel", inFile)
	}
	if g.Inputs[0].Name != "c_input" || g.Inputs[0].Shape[3].Fixed != 2 || g.Outputs[0].Name != "c" {
		t.Errorf("reads %v and makes %v", g.Inputs, g.Outputs)
	}
	if _, err := g.Encode(filepath.Dir(path)); err != nil {
		t.Error(err)
	}
}

// TestOutputsAreThoseOfTheWish, else those that the model names, else what nobody reads; what is
// behind them may be of any kind.
func TestOutputsAreThoseOfTheWish(t *testing.T) {
	const model = `{"modelTopology":{"node":[{"name":"x","op":"Placeholder","attr":{"shape":{"shape":{"dim":[{"size":"1"},{"size":"-1"}]}}}},
		{"name":"a","op":"Relu","input":["x"]},{"name":"b","op":"Sigmoid","input":["a:0"]},{"name":"c","op":"%","input":["b"]},{"name":"d","op":"Tanh","input":["x"]}]}$}`
	named := `,"signature":{"outputs":{"first":{"name":"b:0"}}}`
	user := `,"userDefinedMetadata":{"signature":{"outputs":{"d":{}}}}`
	for _, c := range []struct {
		op, more, want string
		wish           []string
	}{{"Tanh", "", "c d", nil}, {"Unheard", named, "b", nil}, {"Unheard", user, "d", nil}, {"Unheard", named, "a d", []string{"a", "d"}}} {
		g, err := Open(saved(t, strings.NewReplacer("%", c.op, "$", c.more).Replace(model), nil), c.wish...)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, o := range g.Outputs {
			got = append(got, o.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("gives %v, want %s", got, c.want)
		}
	}
}

// TestAWrongFileSaysWhatItIs, and a network that isn't read, why.
func TestAWrongFileSaysWhatItIs(t *testing.T) {
	eight := map[string][]byte{"1.bin": make([]byte, 8)}
	nodes := func(list string) string { return `{"modelTopology":{"node":[` + list + `]}}` }
	for _, c := range []struct {
		text   string
		beside map[string][]byte
		want   string
	}{
		{"\x89PNG\r\n\x1a\n", nil, "picture (PNG)"},
		{"7767517\n1 1\n", nil, "a network of ncnn"},
		{"\x1c\x00\x00\x00TFL3", nil, "a TensorFlow Lite model"},
		{"", nil, "want a model of TensorFlow.js"},
		{"{", nil, "JSON"},
		{`{"name":"package"}`, nil, "describes no network"},
		{`{"modelTopology":{}}`, nil, "lists no layers"},
		{`{"modelTopology":{"class_name":"Sequential","config":[]}}`, nil, "makes nothing"},
		{small, nil, `"1.bin"`},
		{small, map[string][]byte{"1.bin": make([]byte, 7)}, "incomplete"},
		{small, map[string][]byte{"1.bin": make([]byte, 9)}, "do not belong together"},
		{strings.Replace(small, "1.bin", "../1.bin", 1), eight, "in its folder"},
		{strings.Replace(small, "Conv2D", "Unheard", 1), eight, "Unheard"},
		{strings.Replace(small, `"float32"`, `"complex64"`, 1), eight, "complex64"},
		{strings.Replace(small, "c/kernel", "d/kernel", 1), eight, "c/kernel"},
		{nodes(`{"name":"a","op":"Relu","input":["b"]},{"name":"b","op":"Relu","input":["a"]},{"name":"c","op":"Relu","input":["a"]}`), nil, "reads what it makes itself"},
		{nodes(`{"name":"a","op":"Relu","input":["b"]}`), nil, `"b"`},
		{nodes(`{"name":"a","op":"Relu"},{"name":"a","op":"Relu"}`), nil, "twice"},
		{nodes(`{"name":"x","op":"Placeholder"},{"name":"a","op":"Relu"}`), nil, "reads 0 values"},
	} {
		_, err := Open(saved(t, c.text, c.beside))
		if err == nil || !strings.Contains(fault.Plain(err), c.want) || !strings.Contains(err.Error(), "model.json") {
			t.Errorf("%.60q: %v, want %q", c.text, err, c.want)
		}
	}
}

// FuzzOpen: whatever a text says and the file beside it holds, it is a graph or an error.
func FuzzOpen(f *testing.F) {
	f.Add(small, make([]byte, 8))
	for i, c := range append(layerCases, nodeCases...) {
		topology := c.layerModel(true)
		if i >= len(layerCases) {
			topology = c.nodeModel(true)
		}
		text, bin := manifestOf(topology, c.weights)
		f.Add(text, bin)
	}
	f.Fuzz(func(t *testing.T, text string, bin []byte) {
		path := saved(t, text, map[string][]byte{"one.bin": bin, "1.bin": bin})
		g, err := Open(path)
		if err != nil {
			return
		}
		if _, err := g.Encode(filepath.Dir(path)); err != nil {
			t.Skip(err) // two parts of one name may clash
		}
	})
}
