package commission

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
)

// runs is a Runner made of a function.
type runs func(q pipeline.Request) (*pipeline.Result, error)

func (r runs) Run(_ context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	if report != nil {
		report(pipeline.Progress{Stage: "painting", Fraction: 0.5})
	}
	return r(q)
}

// noise is a picture of random pixels, a third of them transparent over hidden colours.
func noise(rng *rand.Rand, r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
		if i%4 == 3 && rng.IntN(3) == 0 {
			img.Pix[i] = 0
		}
	}
	return img
}

// scene is a picture and a mask off the origin, every second time parts of larger ones.
func scene(rng *rand.Rand, n int) (*image.NRGBA, *image.Alpha) {
	r := image.Rect(0, 0, 24+rng.IntN(40), 24+rng.IntN(40)).Add(image.Pt(rng.IntN(200)-100, rng.IntN(200)-100))
	all := r
	if n%2 == 1 {
		all = r.Inset(-5)
	}
	img, mask := noise(rng, all).SubImage(r).(*image.NRGBA), image.NewAlpha(all)
	at := r.Min.Add(image.Pt(rng.IntN(r.Dx()/2), rng.IntN(r.Dy()/2)))
	hole := image.Rectangle{Min: at, Max: at.Add(image.Pt(1+rng.IntN(r.Dx()/3), 1+rng.IntN(r.Dy()/3)))}
	pixels.Fill(mask, hole, 255)
	for range 20 { // and specks of every coverage within it or beside it
		mask.Pix[rng.IntN(len(mask.Pix))] = uint8(rng.Uint32())
	}
	if n%3 == 0 { // over the picture's very border
		pixels.Fill(mask, image.Rectangle{Min: r.Max.Sub(image.Pt(4, 6)), Max: r.Max}, 255)
	}
	return img, mask.SubImage(r).(*image.Alpha)
}

// liar returns n pictures that changed everywhere and a mask that owns up to it. It also
// writes into what it was given.
func liar(rng *rand.Rand, n int) runs {
	return func(q pipeline.Request) (*pipeline.Result, error) {
		r := q.Frame
		if q.Image != nil {
			r = q.Image.Rect
		}
		res := &pipeline.Result{Mask: pixels.Full(r), Request: q}
		for i := range n {
			res.Images, res.Seeds = append(res.Images, noise(rng, r)), append(res.Seeds, q.Nth(i).Seed)
		}
		res.Image = res.Images[0]
		return res, nil
	}
}

// spoiler is a liar that writes into the request's pictures, too.
func spoiler(rng *rand.Rand, n int) runs {
	return func(q pipeline.Request) (*pipeline.Result, error) {
		res, err := liar(rng, n)(q)
		copy(q.Image.Pix, noise(rng, q.Image.Rect).Pix)
		pixels.Fill(q.Mask, q.Mask.Rect, 255)
		return res, err
	}
}

// painter is a pipeline whose networks are stand-ins, and a model for it.
func painter(t *testing.T) (*pipeline.Pipeline, string) {
	t.Helper()
	return pipeline.New(&pipelinetest.Runtime{Eval: pipelinetest.StandIn}), pipelinetest.Starter().Write(t, "single", "F16")
}

// asked is a request for one of the engines, as far as a caller fills it in.
func asked(rng *rand.Rand, engine pipeline.Engine, task pipeline.Task, model string) pipeline.Request {
	q := pipeline.Request{Ask: pipeline.Ask{Engine: engine, Task: task}}
	q.Seed, q.Feather = int64(rng.Uint32()), rng.IntN(4)
	if engine == pipeline.Diffusion {
		q.Model, q.Prompt, q.Steps, q.Width, q.Height = model, "a boat", 1, 64, 64
		q.Batch = 1 + rng.IntN(2)
	}
	return q
}

var engines = []pipeline.Engine{pipeline.Content, pipeline.Edge, pipeline.Neutral, pipeline.Noise, pipeline.Diffusion}

// TestOutsideTheMaskNotOnePixelChanges is the promise: random pictures, masks and places,
// every engine, batches, and runners that return what they like.
func TestOutsideTheMaskNotOnePixelChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 6))
	honest, model := painter(t)
	for n := range 60 {
		img, mask := scene(rng, n)
		engine := engines[n%len(engines)]
		for who, r := range map[string]pipeline.Runner{"the engine": honest, "a liar": liar(rng, 1+n%3), "a spoiler": spoiler(rng, 1+n%2)} {
			was, cover := pixels.Crop(img, img.Rect), pixels.CloneMask(mask)
			o, err := Fill(pixels.Crop(img, img.Rect), mask, asked(rng, engine, pipeline.Inpaint, model))
			if err != nil {
				t.Fatal(err)
			}
			pieces, err := o.Run(context.Background(), r, nil)
			if who == "the engine" && err != nil && strings.Contains(err.Error(), "infill: ") {
				continue // more is masked than there is to copy from
			}
			if err != nil || len(pieces) == 0 {
				t.Fatalf("%d, %s of %s: %d pictures, %v", n, who, engine, len(pieces), err)
			}
			for _, p := range pieces {
				p.Lay()
				changed := same(t, fmt.Sprintf("%d, %s of %s", n, who, engine), o.Picture, was, cover)
				if !changed.In(p.Rect) {
					t.Fatalf("%d, %s of %s: %v changed, said was %v", n, who, engine, changed, p.Rect)
				}
				if who != "the engine" && changed.Empty() {
					t.Fatalf("%d, %s of %s: nothing changed inside the mask", n, who, engine)
				}
			}
		}
	}
}

// same fails where a pixel outside mask differs, hidden colours included, and returns where
// others do.
func same(t *testing.T, what string, got, want *image.NRGBA, mask *image.Alpha) image.Rectangle {
	t.Helper()
	if got.Rect != want.Rect {
		t.Fatalf("%s: bounds %v, want %v", what, got.Rect, want.Rect)
	}
	return pixels.BoundsWhere(got.Rect, func(x, y int) bool {
		differs := got.NRGBAAt(x, y) != want.NRGBAAt(x, y)
		if differs && mask.AlphaAt(x, y).A == 0 {
			t.Fatalf("%s: pixel %d,%d outside the mask is %v, want %v", what, x, y, got.NRGBAAt(x, y), want.NRGBAAt(x, y))
		}
		return differs
	})
}

// TestResultsHoldToTheRequest is the promise where the caller lays back for itself: outside
// what may change the result has the request's pixels and a mask of 0.
func TestResultsHoldToTheRequest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for n := range 40 {
		img, mask := scene(rng, n)
		frame := img.Rect.Inset(7).Add(image.Pt(3, -3))
		target := pixels.Bounds(mask).Inset(-2)
		var q pipeline.Request
		q.Engine, q.Image, q.Mask, q.Frame = pipeline.Diffusion, img, mask, frame
		for what, c := range map[string]struct {
			set func(q *pipeline.Request)
			may func(at image.Point) bool
		}{
			"planned": {func(q *pipeline.Request) {
				q.Task, q.Plan = pipeline.Inpaint, &pipeline.Plan{}
				q.Plan.Layout.Target = target
			}, func(at image.Point) bool { return at.In(target) }},
			"inside":  {func(q *pipeline.Request) { q.Task, q.Inside = pipeline.Outpaint, true }, func(at image.Point) bool { return mask.AlphaAt(at.X, at.Y).A > 0 }},
			"content": {func(q *pipeline.Request) { q.Task, q.Engine = pipeline.Inpaint, pipeline.Content }, func(at image.Point) bool { return mask.AlphaAt(at.X, at.Y).A > 0 }},
			"refine":  {func(q *pipeline.Request) { q.Task = pipeline.Refine }, func(at image.Point) bool { return at.In(frame) }},
		} {
			req := q
			c.set(&req)
			results, err := Run(context.Background(), liar(rng, 1+n%3), req, nil)
			if err != nil || len(results) != 1+n%3 {
				t.Fatalf("%d %s: %d results, %v", n, what, len(results), err)
			}
			for _, res := range results {
				same(t, what, res.Image, img, res.Mask)
				for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
					for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
						if at := image.Pt(x, y); (res.Mask.AlphaAt(x, y).A > 0) != c.may(at) {
							t.Fatalf("%d %s: the mask is %d at %v", n, what, res.Mask.AlphaAt(x, y).A, at)
						}
					}
				}
			}
		}
	}
}

// TestHonestResultsStayAsTheyAre: what an engine returns passes through bit for bit.
func TestHonestResultsStayAsTheyAre(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	p, model := painter(t)
	r := image.Rect(-90, 40, 20, 130)
	img, mask := noise(rng, r), image.NewAlpha(r)
	pixels.Fill(mask, image.Rect(-60, 60, -30, 90), 255)
	for _, task := range []pipeline.Task{pipeline.Inpaint, pipeline.Outpaint, pipeline.Refine, pipeline.Generate} {
		for _, engine := range engines {
			q := asked(rng, engine, task, model)
			q.Frame, q.Image, q.Mask = r, img, mask
			if engine != pipeline.Diffusion && task != pipeline.Inpaint && task != pipeline.Outpaint {
				continue
			}
			plan, err := p.Plan(q, pipeline.Scene{Selection: pixels.Bounds(mask), Picture: r, Bounds: r})
			if task == pipeline.Refine || task == pipeline.Generate {
				plan, err = p.Plan(q, pipeline.Scene{Selection: r, Picture: r})
			}
			if err != nil {
				t.Fatal(err)
			}
			q.Plan = plan
			want, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s %s: %v", engine, task, err)
			}
			pictures := want.Images
			if len(pictures) == 0 {
				pictures = []*image.NRGBA{want.Image}
			}
			got, err := Run(context.Background(), p, q, nil)
			if err != nil || len(got) != len(pictures) {
				t.Fatalf("%s %s: %d pictures, want %d, %v", engine, task, len(got), len(pictures), err)
			}
			for i, res := range got {
				if !bytes.Equal(res.Image.Pix, pictures[i].Pix) || !bytes.Equal(res.Mask.Pix, want.Mask.Pix) {
					t.Errorf("%s %s: picture %d differs from what the engine made", engine, task, i)
				}
				if len(got) > 1 && (res.Request.Seed != want.Seeds[i] || res.Request.Batch != 1) {
					t.Errorf("%s %s: picture %d has seed %d of batch %d, want %d of 1", engine, task, i, res.Request.Seed, res.Request.Batch, want.Seeds[i])
				}
			}
		}
	}
}

func TestWrongPicturesAreRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	img, mask := scene(rng, 1)
	shift := image.Pt(1, 0)
	for what, spoil := range map[string]func(res *pipeline.Result){
		"no picture":      func(res *pipeline.Result) { res.Image = nil },
		"no mask":         func(res *pipeline.Result) { res.Mask = nil },
		"a moved picture": func(res *pipeline.Result) { res.Image.Rect = res.Image.Rect.Add(shift) },
		"a moved mask":    func(res *pipeline.Result) { res.Mask.Rect = res.Mask.Rect.Add(shift) },
		"a larger picture": func(res *pipeline.Result) {
			res.Image = noise(rng, res.Image.Rect.Inset(-1))
			res.Images[0] = res.Image
		},
		"a smaller second":        func(res *pipeline.Result) { res.Images[1] = noise(rng, res.Image.Rect.Inset(1)) },
		"no second":               func(res *pipeline.Result) { res.Images[1] = nil },
		"another first of a list": func(res *pipeline.Result) { res.Image = noise(rng, res.Image.Rect) },
	} {
		o, err := Fill(pixels.Crop(img, img.Rect), mask, asked(rng, pipeline.Content, pipeline.Inpaint, ""))
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := o.Run(context.Background(), runs(func(q pipeline.Request) (*pipeline.Result, error) {
			res, err := liar(rng, 2)(q)
			spoil(res)
			return res, err
		}), nil)
		if err == nil || pieces != nil || !strings.HasPrefix(err.Error(), "commission: the engine") {
			t.Errorf("%s: %d pictures, error %v", what, len(pieces), err)
		}
		same(t, what, o.Picture, img, image.NewAlpha(img.Rect))
	}
	if _, err := Run(context.Background(), runs(func(pipeline.Request) (*pipeline.Result, error) { return nil, nil }), pipeline.Request{}, nil); err == nil {
		t.Error("no result at all is no error")
	}
	other := image.NewAlpha(img.Rect.Add(shift))
	if _, err := Fill(img, other, pipeline.Request{}); err == nil {
		t.Error("a mask beside the picture is no error")
	}
}

func TestErrorsAndCancelLeaveThePicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	img, mask := scene(rng, 2)
	o, err := Fill(pixels.Crop(img, img.Rect), mask, asked(rng, pipeline.Content, pipeline.Inpaint, ""))
	if err != nil {
		t.Fatal(err)
	}
	var told []pipeline.Progress
	broken := errors.New("the driver crashed")
	_, err = o.Run(context.Background(), runs(func(pipeline.Request) (*pipeline.Result, error) { return nil, broken }), func(p pipeline.Progress) { told = append(told, p) })
	if !errors.Is(err, broken) || len(told) != 1 || told[0].Stage != "painting" {
		t.Errorf("error %v, progress %+v", err, told)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := o.Run(ctx, pipeline.New(nil), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	same(t, "afterwards", o.Picture, img, image.NewAlpha(img.Rect))
}

// TestOutpaintKeepsTheOldPicture wherever it lies on the larger one.
func TestOutpaintKeepsTheOldPicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for n := range 20 {
		img, _ := scene(rng, n)
		at := image.Pt(rng.IntN(9), rng.IntN(9))
		size := img.Rect.Size().Add(at).Add(image.Pt(rng.IntN(9), 1+rng.IntN(9)))
		o, err := Outpaint(img, size, at, asked(rng, pipeline.Edge, pipeline.Outpaint, ""))
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := o.Run(context.Background(), liar(rng, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		pieces[0].Lay()
		old := pixels.Crop(o.Picture, image.Rectangle{Min: at, Max: at.Add(img.Rect.Size())})
		if whole := pixels.Crop(img, img.Rect); !bytes.Equal(old.Pix, whole.Pix) || o.Picture.Rect.Size() != size || o.Moved != at {
			t.Fatalf("%d: the old picture changed, or lies at %v of %v, want %v of %v", n, o.Moved, o.Picture.Rect, at, size)
		}
	}
}
