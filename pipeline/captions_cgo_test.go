//go:build cgo

package pipeline

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ort"
)

// onnxFile writes a network into a folder.
func onnxFile(t *testing.T, dir, name string, in, out graph.Value, weights []*graph.Weight, nodes ...*graph.Node) string {
	t.Helper()
	g := &graph.Graph{Name: "tiny", Meta: map[string]string{}, Inputs: []graph.Value{in}, Outputs: []graph.Value{out}, Weights: weights, Nodes: nodes}
	b, err := g.Encode(dir)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

func besideFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func floats(name string, shape []int64, values ...float32) *graph.Weight {
	w := &graph.Weight{Name: name, Type: graph.Float32, Shape: shape}
	for _, v := range values {
		w.Data = binary.LittleEndian.AppendUint32(w.Data, math.Float32bits(v))
	}
	return w
}

func value(name string, of graph.DType, dims ...int64) graph.Value {
	v := graph.Value{Name: name, Type: of}
	for i, d := range dims {
		if d > 0 {
			v.Shape = append(v.Shape, graph.Fixed(d))
		} else {
			v.Shape = append(v.Shape, graph.Named(name+string(rune('a'+i))))
		}
	}
	return v
}

func node(op, in, out string, attrs map[string]any) *graph.Node {
	return &graph.Node{Op: op, Name: out + " made", Inputs: strings.Split(in, ","), Outputs: []string{out}, Attrs: attrs}
}

// channelMeans gives the mean of each channel, of pixels channels first.
func channelMeans(from, to string) []*graph.Node {
	return []*graph.Node{node("GlobalAveragePool", from, to+"4", nil), node("Flatten", to+"4", to, map[string]any{"axis": int64(1)})}
}

// tinyTagger says how blue, green and red a picture is, as a WD14 tagger would.
func tinyTagger(t *testing.T, last bool) string {
	dir := t.TempDir()
	besideFile(t, dir, "selected_tags.csv", "tag_id,name,category,count\n1,blue_sky,0,1\n2,green_grass,0,1\n3,red_ball,0,1\n")
	in, from, scale := value("input", graph.Float32, 1, 3, 8, 8), "input", float32(1)
	var nodes []*graph.Node
	if last {
		in, from, scale = value("input", graph.Float32, 1, 8, 8, 3), "turned", 1.0/255
		nodes = append(nodes, node("Transpose", "input", "turned", map[string]any{"perm": []int64{0, 3, 1, 2}}))
	}
	nodes = append(append(nodes, channelMeans(from, "mean")...), node("Mul", "mean,scale", "out", nil))
	return onnxFile(t, dir, "model.onnx", in, value("out", graph.Float32, 1, 3), []*graph.Weight{floats("scale", []int64{1}, scale)}, nodes...)
}

func filledWith(c color.NRGBA, w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(3, 4, 3+w, 4+h))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []uint8{c.R, c.G, c.B, c.A})
	}
	return img
}

func captioningPipeline(t *testing.T) *Pipeline {
	p := New(ort.New(ort.Config{Device: "cpu"}))
	p.SetMerges(merges(t))
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// TestATaggerOfThePersonsNamesWhatItSees, channels last and first, also as a task of the engine.
func TestATaggerOfThePersonsNamesWhatItSees(t *testing.T) {
	p, red := captioningPipeline(t), filledWith(color.NRGBA{255, 0, 0, 255}, 20, 20)
	for _, last := range []bool{true, false} {
		file := tinyTagger(t, last)
		got, err := p.Caption(t.Context(), red, CaptionBy{File: file}, Where{Device: "cpu"})
		if err != nil || got.Kind != "tagger" || got.Text != "red ball" || len(got.Tags) != 1 {
			t.Fatalf("channels last %v: %+v, %v", last, got, err)
		}
		wide, err := p.Caption(t.Context(), filledWith(color.NRGBA{255, 0, 0, 255}, 40, 20), CaptionBy{File: file}, Where{Device: "cpu"})
		if err != nil || last && wide.Text != "red ball, blue sky, green grass" { // half of the square is white
			t.Errorf("channels last %v, a wide picture: %+v, %v", last, wide, err)
		}
		res, err := p.Run(t.Context(), Request{Ask: Ask{Engine: Diffusion, Task: Describing, Frame: red.Rect, Image: red}, Models: Models{Model: file}, Where: Where{Device: "cpu"}}, nil)
		if err != nil || res.Request.Prompt != "red ball" || res.Image.Rect != red.Rect || res.Mask.Rect != red.Rect {
			t.Errorf("as a task: %+v, %v", res, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.Caption(ctx, red, CaptionBy{File: tinyTagger(t, true)}, Where{}); err == nil {
		t.Error("it goes on after the end of its context")
	}
}

// TestAPictureReaderSaysWhatItLacks: each file that is not there is named.
func TestAPictureReaderSaysWhatItLacks(t *testing.T) {
	p, red := captioningPipeline(t), filledWith(color.NRGBA{255, 0, 0, 255}, 8, 8)
	alone := tinyTagger(t, true)
	if err := os.Remove(filepath.Join(filepath.Dir(alone), "selected_tags.csv")); err != nil {
		t.Fatal(err)
	}
	_, err := p.Caption(t.Context(), red, CaptionBy{File: alone}, Where{})
	if err == nil || !strings.Contains(fault.Hint(err), "selected_tags.csv") || !strings.Contains(fault.Hint(err), "text_model.onnx") || !strings.Contains(fault.Hint(err), "vocab.txt") {
		t.Errorf("%v: %s", err, fault.Hint(err))
	}
	besideFile(t, filepath.Dir(alone), "selected_tags.csv", "name,category\na,0\n")
	if _, err := p.Caption(t.Context(), red, CaptionBy{File: alone}, Where{Device: "cpu"}); err == nil || !strings.Contains(err.Error(), "3 numbers, want 1") {
		t.Errorf("a list of another tagger: %v", err)
	}
	if _, err := p.Caption(t.Context(), red, CaptionBy{}, Where{}); err == nil {
		t.Error("no network puts a picture into words")
	}
	if _, err := p.Caption(t.Context(), red, CaptionBy{File: filepath.Join(t.TempDir(), "none.onnx")}, Where{}); err == nil {
		t.Error("a file that isn't there does")
	}
}

// TestCLIPChoosesTheLikestWords: its text encoder gives the word moonlight the vector of a blue picture.
func TestCLIPChoosesTheLikestWords(t *testing.T) {
	p, dir := captioningPipeline(t), t.TempDir()
	file := onnxFile(t, dir, "vision_model.onnx", value("pixel_values", graph.Float32, 0, 3, 8, 8), value("image_embeds", graph.Float32, 0, 3), nil, channelMeans("pixel_values", "image_embeds")...)
	blue := filledWith(color.NRGBA{0, 0, 255, 255}, 8, 8)
	if _, err := p.Caption(t.Context(), blue, CaptionBy{File: file}, Where{Device: "cpu"}); err == nil || !strings.Contains(fault.Hint(err), "text_model.onnx") {
		t.Errorf("without a text encoder: %v, %s", err, fault.Hint(err))
	}
	p.words.mu.Lock()
	tokens, err := p.words.own()
	p.words.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]float32, 3*tokens.Len())
	for i := range tokens.Len() {
		rows[3*i] = 1e-3 // any word is a little red
	}
	for _, word := range tokens.Encode("moonlight") {
		copy(rows[3*word.ID:], []float32{-5, -5, 9})
	}
	onnxFile(t, dir, "text_model.onnx", value("input_ids", graph.Int64, 0, 77), value("text_embeds", graph.Float32, 0, 3), []*graph.Weight{floats("rows", []int64{int64(tokens.Len()), 3}, rows...)},
		append([]*graph.Node{node("Gather", "rows,input_ids", "words", nil), node("Transpose", "words", "turned", map[string]any{"perm": []int64{0, 2, 1}})}, channelMeans("turned", "text_embeds")...)...)
	got, err := p.Caption(t.Context(), blue, CaptionBy{File: file}, Where{Device: "cpu"})
	if err != nil || got.Kind != "CLIP" || len(got.Tags) != len(clipChoices) || got.Tags[3].Text != "moonlight" || !strings.Contains(got.Text, ", moonlight, ") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestADecoderWritesASentence: each token names the next.
func TestADecoderWritesASentence(t *testing.T) {
	p, dir := captioningPipeline(t), t.TempDir()
	besideFile(t, dir, "vocab.txt", "[DEC]\na\nlight\n##house\n[SEP]\n")
	file := onnxFile(t, dir, "encoder_model.onnx", value("pixel_values", graph.Float32, 0, 3, 8, 8), value("last_hidden_state", graph.Float32, 1, 3, 64),
		[]*graph.Weight{{Name: "flat", Type: graph.Int64, Shape: []int64{3}, Data: binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, 1), 3), 64)}},
		node("Reshape", "pixel_values,flat", "last_hidden_state", nil))
	table := make([]float32, 25)
	for i := range 5 {
		table[5*i+min(i+1, 4)] = 1
	}
	onnxFile(t, dir, "decoder_model.onnx", value("input_ids", graph.Int64, 1, 0), value("logits", graph.Float32, 1, 0, 5), []*graph.Weight{floats("table", []int64{5, 5}, table...)}, node("Gather", "table,input_ids", "logits", nil))
	got, err := p.Caption(t.Context(), filledWith(color.NRGBA{9, 9, 9, 255}, 30, 20), CaptionBy{File: file}, Where{Device: "cpu"})
	if err != nil || got.Kind != "caption" || got.Text != "a lighthouse" {
		t.Errorf("%+v, %v", got, err)
	}
}
