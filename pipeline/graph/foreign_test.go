package graph

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// another writes a small model as another program would, with one weight in a file beside it, and
// gives its bytes.
func another(t testing.TB, dir string) []byte {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(dir, "weights.pb")
	if err := os.WriteFile(beside, make([]byte, 64), 0o600); err != nil {
		t.Fatal(err)
	}
	row := []Dim{Named("row"), Fixed(4)}
	g := &Graph{Name: "theirs", Meta: map[string]string{"names": "{0: 'face'}"}, Inputs: []Value{{"sample", Float16, row}}, Outputs: []Value{{"made", Float16, row}},
		Weights: []*Weight{{Name: "m", Type: Float32, Shape: []int64{4, 4}, File: beside, Length: 64}, {Name: "b", Type: Float32, Shape: []int64{4}, Data: make([]byte, 16)}},
		Nodes: []*Node{{Op: "Cast", Inputs: []string{"sample"}, Outputs: []string{"x"}, Attrs: map[string]any{"to": int64(Float32)}},
			{Op: "Gemm", Inputs: []string{"x", "m", "b"}, Outputs: []string{"y"}, Attrs: map[string]any{"transB": int64(1)}},
			{Op: "Cast", Inputs: []string{"y"}, Outputs: []string{"made"}, Attrs: map[string]any{"to": int64(Float16)}}}}
	b, err := g.Encode(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestModelsOfOtherProgramsAreKept: what is read is written again with fp32 at its edges; weights
// stay in their file, which may not lie elsewhere; what is cut short is an error.
func TestModelsOfOtherProgramsAreKept(t *testing.T) {
	dir := t.TempDir()
	b := another(t, dir)
	path := filepath.Join(dir, "model.onnx")
	read := func(b []byte) (*Graph, error) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return Foreign(path)
	}
	g, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	in, out := g.Signature()
	if len(in) != 1 || in[0].Type != Float16 || in[0].Shape[1].Fixed != 4 || len(out) != 1 || len(g.Nodes) != 3 || g.Weights[0].Length != 64 || len(g.Weights[1].Data) != 16 || g.Meta["names"] != "{0: 'face'}" {
		t.Errorf("read %v, %v, %d nodes", in, out, len(g.Nodes))
	}
	if err := g.Take("ours", "nothing"); err == nil {
		t.Error("an input that isn't there was taken")
	}
	if err := g.Take("ours", "sample"); err != nil {
		t.Fatal(err)
	}
	if err := g.Give("result", "made"); err != nil {
		t.Fatal(err)
	}
	again, err := g.Encode(filepath.Dir(g.Weights[0].File))
	if err != nil || !bytes.Contains(again, []byte("weights.pb")) || !bytes.Contains(again, []byte("result")) {
		t.Errorf("written again: %d bytes, %v", len(again), err)
	}
	for n := range len(b) - 1 { // versions and names behind the graph may be lacking, the graph may not
		if g, err := read(b[:n]); err == nil && len(g.Nodes) != 3 {
			t.Fatalf("%d of %d bytes were read as %d nodes", n, len(b), len(g.Nodes))
		}
	}
	if _, err := read(bytes.Replace(b, []byte("weights.pb"), []byte("../ghts.pb"), 1)); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("weights in another folder: error %v", err)
	}
	if err := os.Truncate(filepath.Join(dir, "weights.pb"), 63); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b); err == nil || !strings.Contains(err.Error(), "incomplete") {
		t.Errorf("weights that are cut short: error %v", err)
	}
}

func FuzzForeign(f *testing.F) {
	dir := f.TempDir()
	f.Add(another(f, dir))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "model.onnx")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if g, err := Foreign(path); err == nil {
			in, out := g.Signature()
			if len(in) > 0 && len(out) > 0 {
				_, _ = g.Take("our in", in[0].Name), g.Give("our out", out[0].Name)
			}
			_, _ = g.Encode(dir)
		}
	})
}

// TestNodesOfAFileAreBroughtIntoOrder: behind what they read, and those that are in order stay as they lie.
func TestNodesOfAFileAreBroughtIntoOrder(t *testing.T) {
	node := func(name string, reads ...string) *Node {
		return &Node{Name: name, Inputs: reads, Outputs: []string{name}}
	}
	for want, nodes := range map[string][]*Node{
		"abcd": {node("a"), node("b", "a"), node("c"), node("d", "b", "c")},
		"acbd": {node("d", "b"), node("b", "a", "c"), node("c", "a"), node("a")},
		"ba":   {node("a", "b"), node("b", "a")}, // a ring: all stay
	} {
		got := ""
		for _, n := range inOrder(nodes) {
			got += n.Name
		}
		if got != want {
			t.Errorf("found %s, want %s", got, want)
		}
	}
}
