//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// controlCase is a row of testdata/control.json, written by other programs. Plain cases call their
// one hint "hint".
type controlCase struct {
	Case, Model string
	Units       []struct {
		Net      string
		Weight   float64
		Mode     string
		Advanced []float64
		Region   bool
		Average  bool `json:"global_average_pooling"`
	}
	X        []int `json:"x_shape"`
	Hint     []int `json:"hint_shape"`
	Timestep float32
	Rows     []string
	Plain    bool
	Embeds   []int     `json:"text_embeds_shape"`
	Sizes    []float32 `json:"time_ids"`
}

// controlNets are tiny files of networks that steer, by the names in the cases.
func controlNets(t testing.TB) map[string]string {
	dir := t.TempDir()
	other := pipelinetest.Miniature("tiny15")
	other.Salt = 10
	m, xl := pipelinetest.Miniature("tiny15"), pipelinetest.Miniature("tinyxl")
	return map[string]string{
		"A": m.WriteControlNet(t, dir, "a", "single", "F32"), "A folder": m.WriteControlNet(t, dir, "a-folder", "folder", "F32"), "A half": m.WriteControlNet(t, dir, "a-half", "single", "F16"),
		"B": other.WriteControlNet(t, dir, "b", "single", "F32"), "T2I": m.WriteT2I(t, dir, "t2i"),
		"XL": xl.WriteControlNet(t, dir, "xl", "single", "F32"), "XL folder": xl.WriteControlNet(t, dir, "xl-folder", "folder", "F32"),
	}
}

// An evaluation with ControlNets and T2I-Adapters, of several at once, with modes, factors,
// regions and averages, is the one of the programs that brought them.
func TestControlsAgreeWithTheOriginals(t *testing.T) {
	raw, err := os.ReadFile("testdata/control.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []controlCase }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/control.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p, nets := native(t), controlNets(t)
	for _, c := range list.Cases {
		for _, layout := range []string{"", " folder"} {
			if layout != "" && !c.Plain || testing.Short() && c.Model == "tinyxl" {
				continue
			}
			q := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: tiny(t, c.Model)}}
			for i, u := range c.Units {
				g := Guide{Kind: GuideControl, Model: nets[u.Net+layout], Weight: u.Weight, End: 1, Mode: u.Mode, Factors: u.Advanced, Average: u.Average}
				name := fmt.Sprintf("%s.hint%d", c.Case, i)
				if c.Plain {
					name = c.Case + ".hint"
				}
				g = g.With("hint", shareOf(pipelinetest.Uniform(name, 1, c.Hint...), func(v float32) float32 { return (v + 1) / 2 }))
				if u.Region {
					g = g.With("region", shareOf(pipelinetest.Uniform(fmt.Sprintf("%s.region%d", c.Case, i), 1, 1, 1, c.Hint[2], c.Hint[3]), func(v float32) float32 { return max(0, float32(sign(v))) }))
				}
				q.Guides = append(q.Guides, g)
			}
			n, width := c.X[0], 128
			var label *tensor.Tensor
			if c.Embeds != nil {
				width = 320
				if label, err = unet.Label(pipelinetest.UnitNoise(c.Case+".text_embeds", c.Embeds...), [6]float32(c.Sizes), c.Embeds[1]+6*256); err != nil {
					t.Fatal(err)
				}
			}
			var negative []bool
			step := tensor.New(n)
			for i, row := range c.Rows {
				negative, step.Data[i] = append(negative, row == "uncond"), c.Timestep
			}
			got, err := p.EvalDenoiser(context.Background(), q, pipelinetest.UnitNoise(c.Case+".x", c.X...), step, pipelinetest.UnitNoise(c.Case+".context", n, 77, width), label, negative...)
			if err != nil {
				t.Errorf("%s%s: %v", c.Case, layout, err)
				continue
			}
			if e := pipelinetest.Relative(got.Data, want[c.Case+".out"].Data); e > 1e-5 {
				t.Errorf("%s%s: off by %.2g", c.Case, layout, e)
			}
		}
	}
}

// One timestep is every row's, as without a guide; of other numbers than the rows' nothing is made.
func TestEvaluationGuidedAtOneTimestep(t *testing.T) {
	dir := t.TempDir()
	p, q := native(t), Request{Models: Models{Model: tiny(t, "tiny15")}}
	g := Guide{Kind: GuideControl, Model: pipelinetest.Miniature("tiny15").WriteControlNet(t, dir, "A", "single", "F32"), Weight: 1, End: 1}
	q.Guides = []Guide{g.With("hint", tensor.New(1, 3, 64, 64))}
	at := func(steps ...float32) (*tensor.Tensor, error) {
		return p.EvalDenoiser(context.Background(), q, pipelinetest.UnitNoise("x", 2, 4, 8, 8), &tensor.Tensor{Shape: []int{len(steps)}, Data: steps}, pipelinetest.UnitNoise("context", 2, 77, 128), nil, false, true)
	}
	one, err := at(500)
	if err != nil {
		t.Fatal(err)
	}
	both, err := at(500, 500)
	if err != nil || !slices.Equal(one.Data, both.Data) {
		t.Errorf("one timestep is not both rows' (%v)", err)
	}
	for _, steps := range [][]float32{{}, {1, 2, 3}} {
		if _, err := at(steps...); err == nil {
			t.Errorf("%d timesteps were taken for two rows", len(steps))
		}
	}
}

func sign(v float32) int {
	if v > 0 {
		return 1
	}
	return 0
}

func shareOf(t *tensor.Tensor, do func(float32) float32) *tensor.Tensor {
	for i, v := range t.Data {
		t.Data[i] = do(v)
	}
	return t
}

// A run with a guide of no strength is the run without it, bit for bit; with strength it is another
// in every task, batch, pass and way to save work, and outside the mask not one pixel changes.
func TestGuidedRunsKeepTheRest(t *testing.T) {
	nets := controlNets(t)
	img := noisePicture(96, 64)
	mask := disc(img.Rect, image.Pt(60, 30), 16)
	hint := noisePicture(80, 80)
	for _, name := range []string{"tiny15", "tiny15-inpaint", "tinyxl"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		net := map[bool]string{true: nets["XL"], false: nets["A"]}[name == "tinyxl"]
		p := native(t)
		run := func(what string, change func(q *Request)) []*image.NRGBA {
			q := drawn(t, name, 6)
			q.Task, q.Image, q.Mask, q.Frame, q.Infill = Inpaint, img, mask, image.Rectangle{}, InfillEdge
			change(&q)
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			for _, made := range res.Images {
				if q.Task == Inpaint {
					sameWhere(t, name+", "+what, img, made, res.Mask)
				}
			}
			return res.Images
		}
		guide := func(weight float64) Guide {
			return Guide{Kind: GuideControl, Model: net, Weight: weight, End: 1, Image: hint}
		}
		plain := run("plain", func(*Request) {})[0]
		if none := run("no strength", func(q *Request) { q.Guides = []Guide{guide(0)} })[0]; !slices.Equal(none.Pix, plain.Pix) {
			t.Errorf("%s: a guide of strength 0 changes the picture", name)
		}
		one := run("guided", func(q *Request) { q.Guides = []Guide{guide(1)} })[0]
		if slices.Equal(one.Pix, plain.Pix) {
			t.Errorf("%s: a guide changes nothing", name)
		}
		if again := run("again", func(q *Request) { q.Guides = []Guide{guide(1)} })[0]; !slices.Equal(one.Pix, again.Pix) {
			t.Errorf("%s: the same request gives another picture", name)
		}
		if low := run("low memory", func(q *Request) { q.Guides, q.LowMemory = []Guide{guide(1)}, true })[0]; !near(one.Pix, low.Pix, 2) {
			t.Errorf("%s: in low-memory mode it is another picture", name)
		}
		two := run("two at once", func(q *Request) { q.Guides, q.Batch, q.BatchSize = []Guide{guide(1)}, 2, 2 })
		if !near(one.Pix, two[0].Pix, 2) {
			t.Errorf("%s: a picture of two is another than by itself", name)
		}
		kept := run("colours kept", func(q *Request) { q.Guides = []Guide{guide(1)}; q.Guides[0].Preprocessor = "tile_colorfix" })[0]
		if slices.Equal(one.Pix, kept.Pix) {
			t.Errorf("%s: keeping the picture's colours changes nothing", name)
		}
		if testing.Short() || name != "tiny15" {
			continue
		}
		for what, change := range map[string]func(q *Request){
			"a part of the steps": func(q *Request) { q.Guides[0].Start, q.Guides[0].End = 0.2, 0.7 },
			"faster":              func(q *Request) { q.Forecast, q.ForecastGrowth, q.Steps, q.Guides[0].End = 2, 0.5, 12, 0.5 },
			"DeepCache":           func(q *Request) { q.DeepCache, q.Steps, q.Guides[0].End = 3, 12, 0.5 },
			"control mode, PAG":   func(q *Request) { q.Guides[0].Mode, q.Perturbed = ModeControl, 1 },
			"average":             func(q *Request) { q.Guides[0].Average = true },
			"a mask":              func(q *Request) { q.Guides[0].Mask = disc(img.Rect, image.Pt(60, 30), 12) },
			"canvas":              func(q *Request) { q.Guides[0].Image, q.Guides[0].Placed = nil, true },
			"colours kept":        func(q *Request) { q.Guides[0].Preprocessor = "tile_colorfix+sharp" },
			"a preprocessor":      func(q *Request) { q.Guides[0].Preprocessor, q.Guides[0].PixelPerfect = "canny", true },
			"one of two":          func(q *Request) { q.Guides = append(q.Guides, guide(0.5)) },
			"generate, hires": func(q *Request) {
				q.Task, q.Image, q.Mask, q.Width, q.Height, q.Hires = Generate, nil, nil, 64, 64, &Hires{Scale: 1.5}
			},
			"refine": func(q *Request) { q.Task, q.Mask, q.Strength = Refine, nil, 0.6 },
			"in tiles": func(q *Request) {
				q.Tiled, q.DeepCache, q.Guides[0].Mask = &Tiled{Method: MultiDiffusion, Width: 6, Height: 6, Overlap: 2}, 2, disc(img.Rect, image.Pt(60, 30), 12)
			},
		} {
			guided := run(what, func(q *Request) { q.Guides = []Guide{guide(1)}; change(q) })
			without := run(what, func(q *Request) { q.Guides = []Guide{guide(1)}; change(q); q.Guides = nil })
			if slices.Equal(guided[0].Pix, without[0].Pix) {
				t.Errorf("%s, %s: a guide changes nothing", name, what)
			}
		}
	}
}

// What cannot steer the model is refused before any work, and says what was found.
func TestFilesThatCannotSteerAreRefused(t *testing.T) {
	nets, dir := controlNets(t), t.TempDir()
	p := native(t)
	whole, err := os.ReadFile(nets["A"])
	if err != nil {
		t.Fatal(err)
	}
	cut := dir + "/cut.safetensors"
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for what, g := range map[string]Guide{
		"a LoRA":            {Model: pipelinetest.Miniature("tiny15").WriteLoRA(t, dir, "lora", 4)},
		"an SDXL net":       {Model: nets["XL"]},
		"a cut file":        {Model: cut},
		"a model":           {Model: tiny(t, "tiny15")},
		"no file":           {},
		"a missing file":    {Model: dir + "/none.safetensors"},
		"an unknown mode":   {Model: nets["A"], Mode: "loud"},
		"too few factors":   {Model: nets["A"], Factors: []float64{1, 1, 1}},
		"too many factors":  {Model: nets["A"], Factors: slices.Repeat([]float64{1}, 14)},
		"a photo as depth":  {Model: nets["A"], Preprocessor: "depth_midas"},
		"a photo as points": {Model: nets["A"], Preprocessor: "openpose_full"},
		"no network of its": {Model: nets["A"], Preprocessor: "softedge_hed"},
		"a network gone":    {Model: nets["A"], Preprocessor: "softedge_hed", Network: dir + "/hed.onnx"},
		"one too many":      {Model: nets["A"], Preprocessor: "canny", Network: cut},
		"an unknown module": {Model: nets["A"], Preprocessor: "telepathy"},
		"a turned share":    {Model: nets["A"], Start: 0.8, End: 0.2},
		"no picture":        {Model: nets["A"], Name: "none"},
	} {
		g.Kind, g.Weight = GuideControl, 1
		if g.End == 0 {
			g.End = 1
		}
		if what != "no picture" {
			g.Image = noisePicture(64, 64)
		}
		q := drawn(t, "tiny15", 4)
		q.Guides = []Guide{g}
		var stages []string
		_, err := p.Run(context.Background(), q, func(s Progress) { stages = append(stages, s.Stage) })
		if err == nil {
			t.Errorf("%s was taken", what)
			continue
		}
		t.Logf("%s: %v", what, err)
		if slices.ContainsFunc(stages, func(s string) bool { return s != "opening the model" }) {
			t.Errorf("%s: refused after %q", what, stages)
		}
		if !slices.ContainsFunc(p.Check(q), func(p Problem) bool { return p.Blocks && p.Kind == "guide" }) {
			t.Errorf("%s: the check lets it through", what)
		}
	}
}
