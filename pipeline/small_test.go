package pipeline

import (
	"context"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// besides copies the tiny model into a folder of its own, with a small decoder beside it
// that doubles the given number of times.
func besides(t *testing.T, name string, doublings int) string {
	t.Helper()
	dir := t.TempDir()
	model := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(tiny(t, "tiny15"))
	if err == nil {
		err = os.WriteFile(model, data, 0o644)
	}
	var items []pipelinetest.Item
	add := func(name string, out int) {
		items = append(items, pipelinetest.NewItem(name+".weight", "F32", make([]float32, out*4*9), out, 4, 3, 3))
	}
	add("1", 4)
	for _, k := range []int{0, 2, 4} {
		add(fmt.Sprintf("3.conv.%d", k), 4)
	}
	for i := range doublings {
		add(fmt.Sprint(5+2*i), 4)
	}
	add(fmt.Sprint(4+2*doublings), 3)
	if err == nil {
		if path := filepath.Join(dir, name); filepath.Ext(name) == ".pth" {
			err = pipelinetest.WriteTorch(path, items, false)
		} else {
			err = pipelinetest.WriteSafetensors(path, items, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// A small decoder that is beside the model makes the previews; one of another kind is left out
// with a notice, and one for another family without. One that is chosen comes first, whatever it
// is called, and so does another way. What previews cost is told.
func TestSmallDecoderBesideTheModelMakesPreviews(t *testing.T) {
	chosen := filepath.Join(filepath.Dir(besides(t, "mine.safetensors", 3)), "mine.safetensors")
	wrong := filepath.Join(filepath.Dir(besides(t, "wrong.safetensors", 2)), "wrong.safetensors")
	for _, c := range []struct {
		file      string
		doublings int
		where     Where
		used      string
		notice    string
	}{
		{"taesd_decoder.safetensors", 3, Where{}, "taesd_decoder.safetensors", ""},
		{"taesd_decoder.pth", 3, Where{}, "taesd_decoder.pth", ""},
		{"taesd_decoder.safetensors", 2, Where{}, "", "want 4 by 8"},
		{"taesdxl_decoder.safetensors", 3, Where{}, "", ""},
		{"taesd_encoder.safetensors", 3, Where{}, "", ""},
		{"taesdxl_decoder.safetensors", 3, Where{PreviewFile: chosen}, "mine.safetensors", ""},
		{"taesd_decoder.safetensors", 3, Where{PreviewFile: wrong}, "", "wrong.safetensors is left out"},
		{"taesd_decoder.safetensors", 3, Where{PreviewFile: filepath.Join(t.TempDir(), "gone.pth")}, "", "gone.pth is left out"},
		{"taesd_decoder.safetensors", 3, Where{Preview: PreviewLinear}, "", ""},
		{"taesd_decoder.safetensors", 3, Where{Preview: PreviewNone}, "none", ""},
	} {
		p, rt := standIns(t)
		inner, ran := rt.Eval, 0
		rt.Eval = func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
			if g.Name != "small decoder" {
				return inner(ctx, g, in)
			}
			ran++
			z := in["z"]
			image := tensor.New(1, 3, 8*z.Shape[2], 8*z.Shape[3])
			for i := range image.Data {
				image.Data[i] = 1 // white
			}
			return map[string]*tensor.Tensor{"image": image}, nil
		}
		var notices []string
		white, others := 0, 0
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: besides(t, c.file, c.doublings)}, Where: c.where, Sampling: Sampling{Steps: 2, CFG: 1, Width: 512, Height: 512}}
		res, err := p.Run(context.Background(), q, func(r Progress) {
			if r.Notice != "" {
				notices = append(notices, r.Notice)
			}
			if r.Preview != nil {
				if r.Preview.NRGBAAt(100, 200) == (color.NRGBA{255, 255, 255, 255}) {
					white++
				} else {
					others++
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s, %+v", c.file, c.where)
		used, none := c.used != "" && c.used != "none", c.used == "none"
		if (ran > 0) != used || (white > 0) != used || (others > 0) != (!used && !none) {
			t.Errorf("%s: ran %d times, %d previews by it and %d others; want it used: %q", name, ran, white, others, c.used)
		}
		took := res.Previews
		if none && took != (Previews{}) || !none && (took.Shown != white+others || took.Seconds <= 0 || (took.By != "") != used || used && took.By != c.used) {
			t.Errorf("%s: told is %+v, want %d previews by %q", name, took, white+others, c.used)
		}
		if said := strings.Join(notices, "\n"); !strings.Contains(said, c.notice) || (said != "") != (c.notice != "") {
			t.Errorf("%s: notices %q, want %q", name, said, c.notice)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if now, _ := rt.Sessions(); now != 0 {
			t.Errorf("%s: %d sessions stay open", name, now)
		}
	}
}

// TestAPreviewsCostIsAShareOfAStep without the previews that are within the steps' time.
func TestAPreviewsCostIsAShareOfAStep(t *testing.T) {
	if got := (Previews{Shown: 2, Seconds: 0.5}).OfStep([]float64{1, 1.5, 2, 1}); got != 0.2 {
		t.Errorf("two previews of 0.25 s in four steps of 1.25 s are %g of a step, want 0.2", got)
	}
	for _, p := range []Previews{{}, {Shown: 1, Seconds: 3}} {
		if got := p.OfStep([]float64{1, 2}); got != 0 {
			t.Errorf("%+v: %g of a step, want 0 for none", p, got)
		}
	}
}
