package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/fetch"
	"pentimento/pipeline"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// standNet writes an ONNX file of that name, which evalFaces evaluates by its weight: it reads and makes those shapes.
func standNet(t *testing.T, path, weight string, ins, outs [][]int64) string {
	t.Helper()
	values := func(name string, shapes [][]int64) (all []graph.Value) {
		for i, s := range shapes {
			v := graph.Value{Name: name + string(rune('0'+i)), Type: graph.Float32}
			for _, n := range s {
				v.Shape = append(v.Shape, graph.Fixed(n))
			}
			all = append(all, v)
		}
		return all
	}
	rows := int64(1)
	if weight == "swapper" { // what identities are multiplied by
		rows = 512
	}
	data := make([]byte, 4*rows*rows)
	for i := range rows {
		copy(data[4*(i*rows+i):], []byte{0, 0, 0x80, 0x3f})
	}
	g := &graph.Graph{Name: weight, Inputs: values("in", ins), Outputs: values("out", outs), Weights: []*graph.Weight{{Name: weight, Type: graph.Float32, Shape: []int64{rows, rows}, Data: data}}}
	for _, v := range g.Outputs {
		g.Nodes = append(g.Nodes, &graph.Node{Op: "Identity", Name: v.Name, Inputs: []string{weight}, Outputs: []string{v.Name}})
	}
	made, err := g.Encode(filepath.Dir(path))
	if err == nil {
		err = os.WriteFile(path, made, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// evalFaces stands for networks that find two faces wherever they look, restore a face by turning its colours over, know
// everybody by one number, and swap by darkening.
func evalFaces(_ context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out := map[string]*tensor.Tensor{}
	give := func(i int, t *tensor.Tensor) { out[g.Outputs[i].Name] = t }
	made := func(name string, do func(v float32) float32) {
		t := tensor.New(in[name].Shape...)
		for i, v := range in[name].Data {
			t.Data[i] = do(v)
		}
		give(0, t)
	}
	switch weight := g.Weights[0].Name; weight {
	case "detector":
		boxes, scores := tensor.New(1, 2304, 16), tensor.New(1, 2304, 1)
		for i := range scores.Data {
			scores.Data[i] = -20
		}
		for _, at := range [][2]int{{14, 16}, {34, 30}} {
			k := at[1]*48 + at[0]
			scores.Data[k] = 5
			copy(boxes.Data[16*k:], []float32{0, 0, 56, 56, -12, -10, 12, -10, 0, 0, 0, 14, -26, -6, 26, -6})
		}
		give(0, boxes)
		give(1, scores)
	case "mesh":
		give(0, tensor.New(1, 1404))
		give(1, &tensor.Tensor{Shape: []int{1, 1}, Data: []float32{-9}})
	case "restorer":
		made("face.in", func(v float32) float32 { return -v })
	case "knower":
		t := tensor.New(1, 512)
		t.Data[0] = 1
		give(0, t)
	case "swapper":
		made("face.in", func(v float32) float32 { return v / 3 })
	}
	return out, nil
}

// facing runs a verb where the networks that find faces, stand-ins, were fetched.
func facing(t *testing.T, args ...string) result {
	t.Helper()
	c := fetch.New(t.TempDir(), "9.9.9")
	c.Networks = nil
	folder, err := fetch.NetworksDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pipeline.FaceFinders {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		c.Networks = append(c.Networks, fetch.Network{ID: name, Name: name, Size: info.Size()})
	}
	rt := &pipelinetest.Runtime{Eval: evalFaces}
	var out, errs bytes.Buffer
	code := Main(context.Background(), args, Env{Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, Version: "9.9.9", Devices: []string{"cpu"}, Fetch: c, Runtime: func() (model.Runtime, error) { return rt, nil }})
	return result{code, out.String(), errs.String()}
}

// faceFolder is a folder of the test's with the networks that find faces where they are looked for, and a picture.
func faceFolder(t *testing.T) (at func(name string) string) {
	t.Helper()
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	folder, err := fetch.NetworksDir()
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	square := [][]int64{{1, 192, 192, 3}}
	standNet(t, filepath.Join(folder, pipeline.FaceFinders[0]), "detector", square, [][]int64{{1, 2304, 16}, {1, 2304, 1}})
	standNet(t, filepath.Join(folder, pipeline.FaceFinders[1]), "mesh", square, [][]int64{{1, 1404}, {1, 1}})
	dir := t.TempDir()
	at = func(name string) string { return filepath.Join(dir, name) }
	save(t, at("in.png"), scene(96, 96, 1))
	if err := os.Mkdir(at("many"), 0o700); err != nil {
		t.Fatal(err)
	}
	save(t, at("many/a.png"), scene(96, 96, 2))
	return at
}

// changedFrom counts the pixels that two pictures of a size don't share, in a part of them and beside it.
func changedFrom(a, b *image.NRGBA, part image.Rectangle) (in, beside int) {
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if a.NRGBAAt(x, y) == b.NRGBAAt(x, y) {
				continue
			}
			if image.Pt(x, y).In(part) {
				in++
			} else {
				beside++
			}
		}
	}
	return in, beside
}

// TestRestoreEndToEnd: faces change and nothing else does, the picture says by what, its recipe does the same once more, also to
// a folder that is gone on with; a recipe that says nothing of it, or nonsense, is refused.
func TestRestoreEndToEnd(t *testing.T) {
	at := faceFolder(t)
	square := [][]int64{{1, 3, 64, 64}}
	net := standNet(t, at("GPEN-64.onnx"), "restorer", square, square)
	r := facing(t, "restore", at("in.png"), at("out.png"), "--model", net, "--visibility", "0.5", "--json")
	var facts faceFacts
	if err := json.Unmarshal([]byte(r.out), &facts); err != nil || r.code != 0 || facts.Faces != 2 || facts.Model != "GPEN-64" {
		t.Fatalf("exit %d, %s, %+v", r.code, r.errors, facts)
	}
	was, _ := load(t, at("in.png"))
	now, texts := load(t, at("out.png"))
	if in, _ := changedFrom(was, now, was.Rect); in != facts.Changed || in < 200 || in > 5000 || now.NRGBAAt(95, 0) != was.NRGBAAt(95, 0) {
		t.Errorf("%d pixels changed and %d are told, of 9216", in, facts.Changed)
	}
	if !strings.Contains(texts["parameters"], "Face restoration visibility: 0.5") {
		t.Errorf("the picture says %q", texts["parameters"])
	}
	if r = facing(t, "restore", at("in.png"), at("again.png"), "--recipe", at("out.png"), "--model", net); r.code != 0 || !bytes.Equal(opened(t, at("again.png")).Pix, now.Pix) {
		t.Errorf("by its recipe it is another picture: exit %d, %s", r.code, r.errors)
	}
	for _, want := range []string{"2 faces by GPEN-64", "there already"} {
		if r = facing(t, "restore", "--in", at("many"), "--out", at("made"), "--recipe", at("out.png"), "--model", net); r.code != 0 || !strings.Contains(r.errors, want) {
			t.Errorf("exit %d, %s, want %q", r.code, r.errors, want)
		}
	}
	if r = facing(t, "restore", at("in.png"), at("no.png"), "--recipe", at("in.png"), "--model", net); r.code != 1 || exists(at("no.png")) {
		t.Errorf("a picture that says nothing: exit %d, %s", r.code, r.errors)
	}
}

// TestSwapIsReplayedFromItsRecipe: the one face that was meant changes, and does so again by the recipe, on folders too; a flag
// wins; the face's picture is asked for; a recipe that can't be meant is refused.
func TestSwapIsReplayedFromItsRecipe(t *testing.T) {
	at := faceFolder(t)
	square := [][]int64{{1, 3, 128, 128}}
	swapper := standNet(t, at("inswapper_128.onnx"), "swapper", append(square, []int64{1, 512}), square)
	knower := standNet(t, at("w600k_r50.onnx"), "knower", [][]int64{{1, 3, 112, 112}}, [][]int64{{1, 512}})
	nets := []string{"--model", swapper, "--embedder", knower}
	face := []string{"--face", save(t, at("me.png"), scene(90, 90, 3))}
	r := facing(t, append(append([]string{"swap", at("in.png"), at("out.png"), "--from", "1", "--into", "2", "--visibility", "0.5", "--match", "0"}, nets...), face...)...)
	if r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	was, _ := load(t, at("in.png"))
	now, texts := load(t, at("out.png"))
	if in, beside := changedFrom(was, now, image.Rect(45, 35, 96, 96)); in < 100 || beside > 0 {
		t.Errorf("%d pixels changed about the second face and %d elsewhere", in, beside)
	}
	for _, part := range []string{"Face swap: inswapper_128", "Face swap embedder: w600k_r50", "Face swap source: me.png", "Face swap from: 1", "Face swap into: 2", "Face swap match: 0,", "Face swap visibility: 0.5"} {
		if !strings.Contains(texts["parameters"], part) {
			t.Errorf("%q lacks %q", texts["parameters"], part)
		}
	}
	again := append([]string{"swap", at("in.png"), at("again.png"), "--recipe", at("out.png"), "--model", swapper, "--embedder", knower}, face...)
	if r = facing(t, again...); r.code != 0 || !bytes.Equal(opened(t, at("again.png")).Pix, now.Pix) {
		t.Errorf("by its recipe it is another picture: exit %d, %s", r.code, r.errors)
	}
	again[2] = at("first.png")
	if r = facing(t, append(again, "--into", "1")...); r.code != 0 {
		t.Errorf("exit %d, %s", r.code, r.errors)
	} else if in, _ := changedFrom(was, opened(t, at("first.png")), image.Rect(60, 52, 96, 96)); in > 0 {
		t.Error("--into did not win over the recipe")
	}
	for _, want := range []string{"1 face by inswapper_128", "there already"} {
		if r = facing(t, append(append([]string{"swap", "--in", at("many"), "--out", at("made"), "--recipe", at("out.png")}, nets...), face...)...); r.code != 0 || !strings.Contains(r.errors, want) {
			t.Errorf("exit %d, %s, want %q", r.code, r.errors, want)
		}
	}
	if r = facing(t, "swap", at("in.png"), at("no.png"), "--recipe", at("out.png")); r.code != ExitMisuse || !strings.Contains(r.errors, `the recipe's was "me.png"`) {
		t.Errorf("without the face's picture: exit %d, %s", r.code, r.errors)
	}
	for text, code := range map[string]int{"Face swap: a, Face swap embedder: b, Face swap match: NaN": 1, "Face swap: a, Face swap embedder: b, Face swap into: -1": 1, "Face swap: a": 1, "Steps: 20, Sampler: Euler": 1} {
		if err := os.WriteFile(at("bad.txt"), []byte("\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r = facing(t, append([]string{"swap", at("in.png"), at("no.png"), "--recipe", at("bad.txt")}, face...)...); r.code != code || exists(at("no.png")) || !strings.Contains(r.errors, "bad.txt") {
			t.Errorf("%q: exit %d, %s", text, r.code, r.errors)
		}
	}
}
