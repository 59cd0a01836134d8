package pipeline

import (
	"context"
	"errors"
	"image"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// TestATileThatCoversAllIsThePlainRun: bit for bit, whatever the method.
func TestATileThatCoversAllIsThePlainRun(t *testing.T) {
	img := noisePicture(96, 64)
	for _, q := range []Request{
		{Ask: Ask{Task: Generate}, Sampling: Sampling{Width: 64, Height: 72}},
		{Ask: Ask{Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(40, 30), 12)}},
	} {
		q.Engine, q.Model, q.Steps, q.CFG, q.Sampler, q.Seed = Diffusion, tiny(t, "tiny15"), 2, 4, "Euler a", 7
		run := func(with *Tiled) []uint8 {
			p, _ := standIns(t)
			q.Tiled = with
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			return res.Image.Pix
		}
		want := run(nil)
		for _, method := range []string{MultiDiffusion, Mixture} {
			if !slices.Equal(run(&Tiled{Method: method, Width: 200, Height: 200}), want) {
				t.Errorf("%s, %s: one tile gives another picture", q.Task, method)
			}
		}
	}
}

// pointwise is a stand-in whose denoiser looks at each cell alone, at the mask channels too where it has them.
func pointwise(largest *int) func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	return func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		x := in["x"]
		if x == nil {
			return standIn(ctx, g, in)
		}
		*largest = max(*largest, x.Shape[2]*x.Shape[3])
		out := tensor.New(x.Shape[0], 4, x.Shape[2], x.Shape[3])
		plane := x.Shape[2] * x.Shape[3]
		for i := range out.Data {
			row, rest := i/(4*plane), i%(4*plane)
			for c := rest / plane; c < x.Shape[1]; c += 4 {
				out.Data[i] += float32(math.Tanh(float64(x.Data[row*x.Shape[1]*plane+c*plane+rest%plane]))) / 2
			}
		}
		return map[string]*tensor.Tensor{"out": out}, nil
	}
}

func pointwiseRuntime(largest *int) *pipelinetest.Runtime {
	return &pipelinetest.Runtime{Eval: pointwise(largest)}
}

// TestTilesOfAPointwiseNetworkAreTheWhole: where a network looks at each cell alone, tiles make the picture that it makes
// as a whole: each sees its part of the latent, the mask and the picture, and none has a seam.
func TestTilesOfAPointwiseNetworkAreTheWhole(t *testing.T) {
	img := noisePicture(192, 160)
	for _, name := range []string{"tiny15", "tiny15-inpaint"} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(90, 70), 60)}, Models: Models{Model: tiny(t, name)},
			Sampling: Sampling{Width: 192, Height: 160, Steps: 3, CFG: 3, Seed: 9, Sampler: "DPM++ 2M"}}
		run := func(with *Tiled) (*image.NRGBA, int, string) {
			largest, told := 0, ""
			p := New(pointwiseRuntime(&largest))
			p.SetVAEMemory(-1)
			p.SetMerges(merges(t))
			q.Tiled = with
			res, err := p.Run(context.Background(), q, func(g Progress) { told += g.Notice })
			if err != nil {
				t.Fatal(err)
			}
			return res.Image, largest, told
		}
		want, _, _ := run(nil)
		for _, with := range []Tiled{{MultiDiffusion, 12, 12, 4, 0}, {Mixture, 12, 10, 0, 0}, {MultiDiffusion, 12, 20, -1, 0}} {
			got, largest, told := run(&with)
			if largest != with.Width*with.Height || !strings.Contains(told, "tiles of") {
				t.Errorf("%s, %+v: %d cells were evaluated at once; told %q", name, with, largest, told)
			}
			for i, v := range want.Pix {
				if d := int(v) - int(got.Pix[i]); d < -1 || d > 1 {
					t.Errorf("%s, %+v: pixel %d is %d, as a whole %d", name, with, i/4, got.Pix[i], v)
					break
				}
			}
		}
	}
}

// TestTilesAtOnceAreThoseOneByOne: on a card tiles of one size share evaluations, as many as are asked for or the memory holds, and the picture
// is the same; one that has no room for them is told and evaluates them one by one. A processor always does.
func TestTilesAtOnceAreThoseOneByOne(t *testing.T) {
	img := noisePicture(192, 160)
	const name = "tiny15-inpaint"
	run := func(at string, batch, room int, memory float64) (pix []uint8, calls int, told string) {
		rt := &pipelinetest.Runtime{At: at, Eval: func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
			x := in["x"]
			if x == nil {
				return standIn(ctx, g, in)
			}
			if calls++; x.Shape[0] > room {
				return nil, errors.New("no room")
			}
			out := tensor.New(x.Shape[0], 4, x.Shape[2], x.Shape[3])
			n := len(out.Data) / x.Shape[0]
			for i := range out.Data { // a tile's own mean tells tiles apart
				row := x.Data[i/n*len(x.Data)/x.Shape[0]:][:len(x.Data)/x.Shape[0]]
				out.Data[i] = row[i%n]/2 + (row[0]+row[len(row)-1])/8
			}
			return map[string]*tensor.Tensor{"out": out}, nil
		}}
		p := New(rt)
		p.SetVAEMemory(-1)
		p.SetMerges(merges(t))
		q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(90, 70), 60)}, Models: Models{Model: tiny(t, name)}, Where: Where{Memory: memory},
			Sampling: Sampling{Width: 192, Height: 160, Steps: 2, CFG: 3, Seed: 9, Sampler: "Euler", Tiled: &Tiled{Mixture, 12, 12, 4, batch}}}
		res, err := p.Run(context.Background(), q, func(g Progress) { told += g.Notice })
		if err != nil {
			t.Fatal(err)
		}
		return res.Image.Pix, calls, told
	}
	want, alone, _ := run("card", 1, 99, 0)
	for _, c := range []struct {
		at          string
		batch, room int
		memory      float64
		calls       int
		told        string
	}{
		{"card", 0, 99, 0, alone / 6, ""},
		{"card", 2, 99, 0, alone / 2, ""},
		{"card", 0, 99, 8, alone / 6, ""},
		{"card", 0, 99, 0.3, 2 * alone, ""}, // there is room for one latent
		{"card", 0, 2, 0, alone + 1, "one by one"},
		{"cpu", 4, 99, 0, 2 * alone, ""}, // both halves of guidance, too
	} {
		got, calls, told := run(c.at, c.batch, c.room, c.memory)
		if calls != c.calls || !strings.Contains(told, c.told) {
			t.Errorf("%s, %+v: %d evaluations, want %d; told %q", name, c, calls, c.calls, told)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, %+v: another picture", name, c)
		}
	}
}

// TestTilesKeepTheRest: a masked fill in tiles, also by a network with mask channels, changes nothing outside.
func TestTilesKeepTheRest(t *testing.T) {
	img := noisePicture(160, 120)
	mask := disc(img.Rect, image.Pt(90, 70), 30)
	for _, name := range []string{"tiny15", "tiny15-inpaint"} {
		for _, task := range []Task{Inpaint, Outpaint} {
			p, _ := standIns(t)
			q := Request{Ask: Ask{Engine: Diffusion, Task: task, Image: img, Mask: mask}, Models: Models{Model: tiny(t, name)},
				Sampling: Sampling{Steps: 2, CFG: 3, Seed: 3, Tiled: &Tiled{Method: Mixture, Width: 8, Height: 8}, Hires: &Hires{Scale: 1.5}}}
			if task == Outpaint {
				q.Image, q.Mask = pixels.Crop(img, image.Rect(0, 0, 200, 120)), pixels.CropMask(pixels.Full(image.Rect(160, 0, 200, 120)), image.Rect(0, 0, 200, 120))
			}
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, task, err)
			}
			sameWhere(t, name, q.Image, res.Image, res.Mask)
		}
	}
}

// TestATiledPictureIsMadeAtItsSize: no draft, and one run in place of strips.
func TestATiledPictureIsMadeAtItsSize(t *testing.T) {
	p, _ := standIns(t)
	frame := image.Rect(0, 0, 3000, 2000)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: frame}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Tiled: &Tiled{Method: MultiDiffusion}}}
	for task, want := range map[Task]int{Generate: 3008 * 2000, Refine: 3008 * 2000} {
		q.Task = task
		plan, err := p.Plan(q, Scene{Selection: frame, Picture: frame})
		if err != nil {
			t.Fatal(err)
		}
		if passes := plan.Layout.Passes; len(passes) != 1 || passes[0].Size.X*passes[0].Size.Y != want {
			t.Errorf("%s: %v", task, passes)
		}
	}
	q.Task = Outpaint
	plan, err := p.Plan(q, Scene{Selection: image.Rect(512, 0, 3000, 512), Picture: image.Rect(0, 0, 512, 512), Old: image.Rect(0, 0, 512, 512)})
	if err != nil || len(plan.Strips) != 1 {
		t.Errorf("an outpaint runs as %v, %v", plan.Strips, err)
	}
	for _, with := range []func(*Request){func(q *Request) { q.TileX = true }, func(q *Request) { q.Self = &SelfFields{Scale: 1} }} {
		other := q
		with(&other)
		if len(other.outOfRange()) == 0 {
			t.Errorf("what looks at the whole picture is taken in tiles: %+v", other.Self)
		}
	}
}

// TestTilesOfOtherPrograms: the extension's parameters in both forms and Forge's are read, and ours by the extension.
func TestTilesOfOtherPrograms(t *testing.T) {
	const head = "p\nSteps: 9, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 512x768, "
	for text, want := range map[string]Tiled{
		`Tiled Diffusion: {"Method": "MultiDiffusion", "Tile tile width": 96, "Tile tile height": 80, "Tile Overlap": 48, "Tile batch size": 4}`:                                                                   {MultiDiffusion, 96, 80, 48, 4},
		`Tiled Diffusion: "{'Method': 'Mixture of Diffusers', 'Latent tile width': 128, 'Latent tile height': 128, 'Overlap': 0, 'Tile batch size': 1}"`:                                                           {Mixture, 128, 128, -1, 1},
		`multidiffusion_enabled: True, multidiffusion_method: MultiDiffusion, multidiffusion_tile_width: 768, multidiffusion_tile_height: 768, multidiffusion_tile_overlap: 64, multidiffusion_tile_batch_size: 4`: {MultiDiffusion, 96, 96, 8, 4},
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
		if left := q.Recall(metadata.ParseA1111(head+text), func(string) bool { return false }); len(left) > 0 || q.Tiled == nil || *q.Tiled != want {
			t.Errorf("%s: read as %+v, left %q", text, q.Tiled, left)
			continue
		}
		f := q.Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0))
		if back := TiledOf(metadata.ParseA1111(f.Recipe("test").Text())); !reflect.DeepEqual(back, &want) {
			t.Errorf("%s: came back as %+v", text, back)
		}
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
	if left := q.Recall(metadata.ParseA1111(head+`Tiled Diffusion: {"Method": "MultiDiffusion", "Tile tile width": 96, "Region control": "x"}`), func(string) bool { return false }); len(left) != 1 || q.Tiled == nil {
		t.Errorf("regions are taken: %q, %+v", left, q.Tiled)
	}
}

// TestTheCostOfTilesIsTold: as many as a run evaluates; none where one covers all.
func TestTheCostOfTilesIsTold(t *testing.T) {
	for _, c := range []struct {
		with  *Tiled
		size  image.Point
		n     int
		times float64
	}{
		{nil, image.Pt(2048, 2048), 0, 0},
		{&Tiled{Method: Mixture}, image.Pt(512, 512), 0, 0},
		{&Tiled{Method: Mixture}, image.Pt(1024, 1024), 9, 2.25},
		{&Tiled{Method: MultiDiffusion, Width: 64, Height: 64, Overlap: -1}, image.Pt(1024, 512), 2, 1},
	} {
		n, times := Request{Sampling: Sampling{Tiled: c.with}}.TilesOf(c.size, 512)
		if n != c.n || times != c.times {
			t.Errorf("%+v of %v: %d tiles, %g times the work, want %d and %g", c.with, c.size, n, times, c.n, c.times)
		}
	}
}
