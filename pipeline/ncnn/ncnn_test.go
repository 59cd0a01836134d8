package ncnn

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

const small = "7767517\n3 4\nInput in 0 1 data\nSplit split 1 2 data a b\nConvolution conv 1 1 a out 0=1 1=1 5=1 6=3\n"

func smallBin() []byte { return join(halves(0x3c00, 0x3c00, 0x3c00), floats(1)) }

// TestWeightsStayInTheFile, of fp16 too, and inputs and outputs have the file's names.
func TestWeightsStayInTheFile(t *testing.T) {
	path := save(t, small, smallBin())
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	inFile := 0
	for _, w := range g.Weights {
		if w.File != "" {
			inFile++
			if w.Type == graph.Float16 && (w.Offset != 4 || w.Length != 6) {
				t.Errorf("the kernel lies at %d+%d, want 4+6", w.Offset, w.Length)
			}
		}
	}
	if inFile != 2 {
		t.Errorf("%d weights lie in the file, want the kernel and the offset", inFile)
	}
	if len(g.Inputs) != 1 || g.Inputs[0].Name != "data" || g.Inputs[0].Shape[1].Fixed != 3 || len(g.Outputs) != 2 || g.Outputs[1].Name != "out" {
		t.Errorf("reads %v and makes %v", g.Inputs, g.Outputs)
	}
	if _, err := g.Encode(filepath.Dir(path)); err != nil {
		t.Error(err)
	}
	if _, err := Open(strings.TrimSuffix(path, ".param") + ".bin"); err != nil {
		t.Errorf("by its .bin: %v", err)
	}
}

// TestAWrongFileSaysWhatItIs, and a network that isn't read, why.
func TestAWrongFileSaysWhatItIs(t *testing.T) {
	for _, c := range []struct {
		text string
		bin  []byte
		want string
	}{
		{"\x89PNG\r\n\x1a\n", nil, "picture (PNG)"},
		{"\x1c\x00\x00\x00TFL3", nil, "a TensorFlow Lite model"},
		{"{\"modelTopology\":{}}", nil, "a model of TensorFlow.js"},
		{"\xdd\x85\x76\x00\x01", nil, "binary form"},
		{"", nil, "want a network of ncnn"},
		{"7767517\n9 9\nInput in 0 1 data\n", nil, "lists 1 layers, its head says \"9\""},
		{small, smallBin()[:8], "incomplete"},
		{small, append(smallBin(), 0, 0, 0, 0), "do not belong together"},
		{small, join([]byte{0x38, 0x4b, 0x0d, 0}, smallBin()), "8-bit"},
		{strings.Replace(small, "Convolution", "Unheard", 1), nil, "Unheard"},
		{strings.Replace(strings.Replace(small, "6=3", "6=4", 1), "1 data", "1 data 2=3", 1), smallBin(), "4 weights for 1 channels from 3"},
		{strings.Replace(small, "0=1 1=1", "0=1 1=0", 1), smallBin(), "window"},
		{strings.Replace(small, "0=1 1=1", "0=1 1=1 4=1000", 1), smallBin(), "pads of [1000"},
		{strings.Replace(small, "1 1 a out", "1 1 c out", 1), smallBin(), `reads "c" before`},
		{strings.Replace(small, "1 1 a out", "1 1 a b", 1), smallBin(), `makes "b" again`},
		{strings.Replace(small, "1 1 a out", "7 1 a out", 1), smallBin(), `reads "7"`},
		{strings.Replace(small, "0=1 1=1", "0=1,2", 1), smallBin(), "has 2 values"},
		{strings.Replace(small, "0=1 1=1", "0=many", 1), smallBin(), `"many"`},
		{"7767517\n1 1\nInput in 0 1 data\n", nil, "makes nothing"},
	} {
		_, err := Open(save(t, c.text, c.bin))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "net.param") {
			t.Errorf("%.30q: %v, want %q", c.text, err, c.want)
		}
	}
	path := save(t, small, nil)
	if err := os.Remove(strings.TrimSuffix(path, ".param") + ".bin"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(fault.Hint(err), "net.bin") {
		t.Errorf("without weights: %v (%s)", err, fault.Hint(err))
	}
}

// FuzzOpen: whatever a text says and its weights hold, it is a graph or an error.
func FuzzOpen(f *testing.F) {
	f.Add(small, smallBin())
	for _, c := range cases {
		f.Add(c.text(), c.bin)
	}
	f.Fuzz(func(t *testing.T, text string, bin []byte) {
		path := save(t, text, bin)
		g, err := Open(path)
		if err != nil {
			return
		}
		if _, err := g.Encode(filepath.Dir(path)); err != nil {
			t.Skip(err) // two layers of one name may clash
		}
	})
}

// TestPaddingOfAnySizeIsRefused where a damaged file would fill the memory.
func TestPaddingOfAnySizeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.param")
	for _, by := range []string{"0=2000000", "1=300", "2=99999", "3=257", "0=-1"} {
		text := "7767517\n2 2\nInput in0 0 1 in0\nPadding p 1 1 in0 out0 4=1 " + by + "\n"
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.WriteFile(path[:len(path)-6]+".bin", nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "at most 256 places") {
			t.Errorf("%s: %v", by, err)
		}
	}
}
