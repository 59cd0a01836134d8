package graph

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a graph with every kind of thing in it: y = relu(x·W + b), W in a file.
func small(t *testing.T, file string) *Graph {
	t.Helper()
	return &Graph{
		Name:    "small",
		Inputs:  []Value{{Name: "x", Type: Float32, Shape: []Dim{{Name: "rows"}, {Fixed: 3}}}},
		Outputs: []Value{{Name: "y", Type: Float32, Shape: []Dim{{Name: "rows"}, {Fixed: 2}}}},
		Weights: []*Weight{
			{Name: "w", Type: Float32, Shape: []int64{2, 3}, File: file, Offset: 8, Length: 24},
			{Name: "b", Type: Float32, Shape: []int64{2}, Data: make([]byte, 8)},
		},
		Nodes: []*Node{
			{Op: "Gemm", Name: "gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"}, Attrs: map[string]any{"transB": int64(1), "alpha": float32(1)}},
			{Op: "Relu", Name: "relu", Inputs: []string{"h"}, Outputs: []string{"y"}},
		},
		Meta: map[string]string{"made by": "a test"},
	}
}

func weightFile(t *testing.T, dir string) string {
	t.Helper()
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	file := filepath.Join(dir, "weights.bin")
	if err := os.WriteFile(file, make([]byte, 32), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEncodeIsDeterministic(t *testing.T) {
	g := small(t, weightFile(t, t.TempDir()))
	dir, err := g.Dir()
	if err != nil {
		t.Fatal(err)
	}
	a, err := g.Encode(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Encode(dir)
	if err != nil || !bytes.Equal(a, b) {
		t.Fatalf("two encodings differ (%v)", err)
	}
}

func TestLocationNeverLeavesTheFolder(t *testing.T) {
	root := t.TempDir()
	for _, sub := range []string{"model", "other"} {
		if err := os.Mkdir(filepath.Join(root, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	outside := weightFile(t, filepath.Join(root, "other"))
	link := filepath.Join(root, "model", "link.bin")
	if err := os.Symlink(outside, link); err != nil {
		t.Skip("no symbolic links on this system:", err)
	}
	for _, file := range []string{outside, link, "weights.bin"} {
		if _, err := small(t, file).Encode(filepath.Join(root, "model")); err == nil {
			t.Errorf("a weight in %q was accepted from the folder model", file)
		}
	}
	g := small(t, link)
	dir, err := g.Dir()
	if err != nil || filepath.Base(dir) != "other" {
		t.Fatalf("Dir of a link = %q, %v; want the folder of what it points at", dir, err)
	}
	b, err := g.Encode(dir)
	if err != nil || !bytes.Contains(b, []byte("weights.bin")) || bytes.Contains(b, []byte("..")) {
		t.Fatalf("encoding from the resolved folder: %v", err)
	}
}

func TestDirIsTheCommonFolder(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"a/b", "a/c"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	g := small(t, weightFile(t, filepath.Join(root, "a", "b")))
	g.Weights[1].Data, g.Weights[1].File, g.Weights[1].Length = nil, weightFile(t, filepath.Join(root, "a", "c")), 8
	dir, err := g.Dir()
	if err != nil || dir != filepath.Join(root, "a") {
		t.Fatalf("Dir = %q, %v; want %q", dir, err, filepath.Join(root, "a"))
	}
	if _, err := g.Encode(dir); err != nil {
		t.Fatal(err)
	}
}

func TestEncodeRefusesBrokenGraphs(t *testing.T) {
	file := weightFile(t, t.TempDir())
	for want, breakIt := range map[string]func(*Graph){
		"before anything makes it": func(g *Graph) { g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0] },
		"exists already":           func(g *Graph) { g.Nodes[1].Outputs[0] = "h" },
		"is never made":            func(g *Graph) { g.Outputs[0].Name = "z" },
		"wants 24":                 func(g *Graph) { g.Weights[0].Length = 20 },
		"has no size that fits":    func(g *Graph) { g.Weights[0].Shape = []int64{1 << 40, 1 << 40} },
		"exactly one of":           func(g *Graph) { g.Weights[1].File = file; g.Weights[1].Length = 8 },
		"lie outside":              func(g *Graph) { g.Weights[0].Offset = 16 },
		"attribute":                func(g *Graph) { g.Nodes[0].Attrs["alpha"] = 1 },
	} {
		g := small(t, file)
		breakIt(g)
		if _, err := g.Encode(filepath.Dir(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
