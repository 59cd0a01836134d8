//go:build cgo

package pipeline

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/preprocess"
)

// meanNetwork writes an ONNX network whose map is the mean of a picture's channels.
func meanNetwork(t *testing.T, channelsLast bool) string {
	t.Helper()
	weight := &graph.Weight{Name: "third", Type: graph.Float32, Shape: []int64{1, 3, 1, 1}}
	for range 3 {
		weight.Data = binary.LittleEndian.AppendUint32(weight.Data, math.Float32bits(1.0/3))
	}
	in := graph.Value{Name: "image", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1), graph.Fixed(3), graph.Named("h"), graph.Named("w")}}
	out := graph.Value{Name: "mean", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1), graph.Fixed(1), graph.Named("h"), graph.Named("w")}}
	g := &graph.Graph{Name: "mean", Meta: map[string]string{}, Inputs: []graph.Value{in}, Outputs: []graph.Value{out}, Weights: []*graph.Weight{weight},
		Nodes: []*graph.Node{{Op: "Conv", Name: "conv", Inputs: []string{"image", "third"}, Outputs: []string{"mean"}}}}
	if channelsLast {
		g.Inputs[0] = graph.Value{Name: "pixels", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1), graph.Fixed(48), graph.Fixed(80), graph.Fixed(3)}}
		turn := &graph.Node{Op: "Transpose", Name: "turn", Inputs: []string{"pixels"}, Outputs: []string{"image"}, Attrs: map[string]any{"perm": []int64{0, 3, 1, 2}}}
		back := &graph.Node{Op: "Transpose", Name: "back", Inputs: []string{"mean"}, Outputs: []string{"last"}, Attrs: map[string]any{"perm": []int64{0, 2, 3, 1}}}
		g.Nodes = append([]*graph.Node{turn}, append(g.Nodes, back)...)
		g.Outputs[0] = graph.Value{Name: "last", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1), graph.Fixed(48), graph.Fixed(80), graph.Fixed(1)}}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "mean.onnx")
	b, err := g.Encode(dir)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestANetworkOfThePersonsMakesMaps, of any size and of one size, channels first and last: of a
// network that gives the mean of the channels, lineart_realistic is the picture's negative.
func TestANetworkOfThePersonsMakesMaps(t *testing.T) {
	p := New(ort.New(ort.Config{Device: "cpu"}))
	defer p.Close()
	m, err := preprocess.Find("lineart_realistic")
	if err != nil {
		t.Fatal(err)
	}
	picture := preprocess.Picture{W: 70, H: 50, Channels: 3, Pix: make([]uint8, 70*50*3)}
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i / 3 % 70 * 3) // a grey ramp
	}
	by := m.Defaults()
	by.Res = 50
	for last, near := range map[bool]int{false: 1, true: 4} {
		got, err := p.Map(t.Context(), m, meanNetwork(t, last), picture, by, Where{Device: "cpu"})
		if err != nil || got.W != 70 || got.H != 50 {
			t.Fatalf("channels last %v: %d × %d, %v", last, got.W, got.H, err)
		}
		for i, v := range got.Pix {
			if want := 255 - int(picture.Pix[3*i]); int(v)-want > near || want-int(v) > near {
				t.Fatalf("channels last %v, pixel %d: %d, want %d", last, i, v, want)
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.Map(ctx, m, meanNetwork(t, false), picture, by, Where{}); err == nil {
		t.Error("it goes on after the end of its context")
	}
	text := filepath.Join(t.TempDir(), "text.onnx")
	if err := os.WriteFile(text, []byte("no network"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Map(t.Context(), m, text, picture, by, Where{}); err == nil || !strings.Contains(err.Error(), "text.onnx") {
		t.Errorf("%v, want an error that names the file", err)
	}
	lines, _ := preprocess.Find("mlsd")
	if _, err := p.Map(t.Context(), lines, meanNetwork(t, true), picture, lines.Defaults(), Where{Device: "cpu"}); err == nil || fault.Hint(err) == "" {
		t.Errorf("%v, want an error with advice: a network of three channels is shown four", err)
	}
}
