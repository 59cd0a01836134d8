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

// A small decoder that is beside the model makes the previews; one of another kind is
// left out with a notice, and one for another family without.
func TestSmallDecoderBesideTheModelMakesPreviews(t *testing.T) {
	for _, c := range []struct {
		file      string
		doublings int
		used      bool
		notice    string
	}{
		{"taesd_decoder.safetensors", 3, true, ""},
		{"taesd_decoder.pth", 3, true, ""},
		{"taesd_decoder.safetensors", 2, false, "want 4 by 8"},
		{"taesdxl_decoder.safetensors", 3, false, ""},
		{"taesd_encoder.safetensors", 3, false, ""},
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
		_, err := p.Run(context.Background(), Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: besides(t, c.file, c.doublings)}, Sampling: Sampling{Steps: 2, CFG: 1, Width: 512, Height: 512}}, func(r Progress) {
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
		if (ran > 0) != c.used || (white > 0) != c.used || (others > 0) == c.used {
			t.Errorf("%s: ran %d times, %d previews by it and %d others; want it used: %v", c.file, ran, white, others, c.used)
		}
		if said := strings.Join(notices, "\n"); !strings.Contains(said, c.notice) || (said != "") != (c.notice != "") {
			t.Errorf("%s: notices %q, want %q", c.file, said, c.notice)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if now, _ := rt.Sessions(); now != 0 {
			t.Errorf("%s: %d sessions stay open", c.file, now)
		}
	}
}
