package pipeline

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// grown lays a picture on a larger canvas; the mask is what is blank.
func grown(img *image.NRGBA, to image.Rectangle) (*image.NRGBA, *image.Alpha) {
	canvas, mask := pixels.Crop(img, to), image.NewAlpha(to)
	eachPixel(canvas, func(i, alpha int) {
		if alpha == 0 {
			mask.Pix[i] = 255
		}
	})
	return canvas, mask
}

// fabric is an opaque picture that goes on as it is: lines along x and a grain.
func fabric(r image.Rectangle) *image.NRGBA {
	img, rng := image.NewNRGBA(r), rand.New(rand.NewPCG(5, 6))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := img.Pix[img.PixOffset(x, y):][:4]
			v := 5*math.Cos(float64(y)/2) + 12*rng.Float64()
			p[0], p[1], p[2], p[3] = uint8(70+v), uint8(100+v), uint8(140-v), 255
		}
	}
	return img
}

// means are the mean colours of a part of a picture.
func means(img *image.NRGBA, r image.Rectangle) (out [3]float64) {
	part := pixels.Crop(img, r)
	for i, v := range part.Pix {
		if k := i % 4; k < 3 {
			out[k] += float64(v) / float64(r.Dx()*r.Dy())
		}
	}
	return out
}

// TestTenOutpaintsNeitherDriftNorTouchTheOld grows a picture ten times by 256 pixels with
// networks that return what they are given, and with ones whose colours drift.
func TestTenOutpaintsNeitherDriftNorTouchTheOld(t *testing.T) {
	times := 10
	if testing.Short() {
		times = 1
	}
	for _, c := range []struct {
		name string
		q    Request
		evil float32
	}{
		{"bites", Request{}, 0}, {"inside", Request{Keep: Keep{Inside: true}}, 0}, {"kept exactly", Request{Keep: Keep{KeepExact: true}}, 0}, {"content-aware beneath", Request{Keep: Keep{Infill: InfillContent}}, 0}, {"drifting colours", Request{Keep: Keep{Poisson: true}}, 0.02}, {"drifting colours, no Poisson", Request{}, 0.02},
	} {
		if testing.Short() && c.evil != 0 {
			continue // the race detector makes each take a quarter of a minute
		}
		p, n := neutralPipeline(t)
		n.evil = c.evil
		img := fabric(image.Rect(0, 0, 384, 64))
		for i := range times {
			old := img.Rect
			canvas, mask := grown(img, image.Rect(0, 0, old.Max.X+256, 64))
			q := c.q
			q.Engine, q.Task, q.Model, q.Steps, q.CFG, q.Seed = Diffusion, Outpaint, tiny(t, "tiny15"), 1, 1, int64(i)
			q.Image, q.Mask = canvas, mask
			if q.Infill == "" {
				q.Infill = InfillEdge
			}
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			sameWhere(t, c.name, canvas, res.Image, res.Mask)
			bitten := pixels.Bounds(res.Mask).Min.X
			exact := q.Inside || q.KeepExact
			if lost := old.Max.X - bitten; exact && lost != 0 || !exact && (lost < 4 || lost > 8) {
				t.Errorf("%s %d: %d pixels of the old picture change", c.name, i, lost)
			}
			for k, a := range means(res.Image, image.Rect(old.Max.X, 0, old.Max.X+256, 64)) {
				if b := means(res.Image, image.Rect(old.Max.X-256, 0, old.Max.X, 64))[k]; math.Abs(a-b) > 2.5 {
					t.Errorf("%s %d: channel %d has mean %.2f after %.2f, want within 2.5", c.name, i, k, a, b)
				}
			}
			if min := slices.Min(alphas(res.Image)); min != 255 {
				t.Fatalf("%s %d: a pixel of alpha %d is left", c.name, i, min)
			}
			img = res.Image
		}
	}
}

func alphas(img *image.NRGBA) (out []uint8) {
	eachPixel(img, func(_, alpha int) { out = append(out, uint8(alpha)) })
	return out
}

// TestLongStripsRunAsTiles: an outpaint longer than the model likes is painted in several
// runs, all of it, and nothing beside it.
func TestLongStripsRunAsTiles(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, all image.Rectangle
		runs     int
	}{
		{"a small strip", image.Rect(0, 0, 400, 300), image.Rect(0, 0, 500, 300), 1},
		{"all around", image.Rect(0, 0, 400, 300), image.Rect(-64, -64, 464, 364), 1},
		{"a long edge", image.Rect(0, 0, 200, 1700), image.Rect(0, 0, 400, 1700), 2},
		{"deep", image.Rect(0, 0, 300, 200), image.Rect(0, 0, 1300, 200), 3},
		{"two sides", image.Rect(0, 0, 900, 200), image.Rect(-100, 0, 900, 300), 1},
		{"larger than its source", image.Rect(0, 0, 128, 200), image.Rect(0, 0, 600, 200), 3},
		{"all around, larger than its source", image.Rect(0, 0, 100, 100), image.Rect(-150, -150, 250, 250), 6},
	} {
		if testing.Short() && c.runs > 2 {
			continue
		}
		p, _ := standIns(t)
		canvas, mask := grown(slope(c.old), c.all)
		q := Request{Ask: Ask{Engine: Diffusion, Task: Outpaint, Image: canvas, Mask: mask}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1}, Keep: Keep{Infill: InfillEdge, OverMask: 12}}
		plan, err := p.Plan(q, scene(canvas, mask, Outpaint))
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Strips) != c.runs {
			t.Errorf("%s: %d runs, want %d: %v", c.name, len(plan.Strips), c.runs, plan.Strips)
		}
		for _, s := range plan.Strips {
			if !s.Context.In(plan.Layout.Context) || s.Target.Intersect(s.Context).Empty() {
				t.Errorf("%s: strip %v", c.name, s)
			}
			for _, pass := range s.Passes {
				if side := max(pass.Size.X, pass.Size.Y); side > 2*768+32 {
					t.Errorf("%s: a pass of %v", c.name, pass.Size)
				}
			}
		}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		sameWhere(t, c.name, canvas, res.Image, res.Mask)
		if min := slices.Min(alphas(res.Image)); min != 255 {
			t.Errorf("%s: a pixel of alpha %d is left", c.name, min)
		}
		if got := pixels.Bounds(res.Mask); !got.In(plan.Layout.Target) {
			t.Errorf("%s: changed %v, planned %v", c.name, got, plan.Layout.Target)
		}
	}
}

// TestABridgeReadsBothPictures: the gap between two pictures is painted with both in view.
func TestABridgeReadsBothPictures(t *testing.T) {
	p, n := neutralPipeline(t)
	all := image.Rect(0, 0, 600, 256)
	canvas := image.NewNRGBA(all)
	pixels.Paste(canvas, slope(image.Rect(0, 0, 220, 256)))
	pixels.Paste(canvas, slope(image.Rect(380, 0, 600, 256)))
	_, mask := grown(canvas, all)
	q := Request{Ask: Ask{Engine: Diffusion, Image: canvas, Mask: nil, Frame: all}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Request.Task != Outpaint || n.last == nil {
		t.Errorf("task %q", res.Request.Task)
	}
	context := res.Request.Plan.Layout.Context
	if context.Min.X > 220-128 || context.Max.X < 380+128 {
		t.Errorf("context %v does not hold 128 pixels of both pictures", context)
	}
	sameWhere(t, "bridge", canvas, res.Image, res.Mask)
	for i, m := range mask.Pix {
		if m == 255 && res.Image.Pix[4*i+3] != 255 {
			t.Fatal("a pixel of the gap is not painted")
		}
	}
}

// TestBlankCanvasBesideTheStripStaysBlank: a fade over nothing would leave a fringe.
func TestBlankCanvasBesideTheStripStaysBlank(t *testing.T) {
	p, _ := standIns(t)
	all := image.Rect(0, 0, 400, 400)
	canvas := pixels.Crop(slope(image.Rect(0, 100, 200, 300)), all)
	mask := pixels.CropMask(pixels.Full(image.Rect(200, 100, 300, 300)), all)
	for _, task := range []Task{Outpaint, Inpaint} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: task, Image: canvas, Mask: mask}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1}}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		eachPixel(res.Image, func(i, alpha int) {
			if canvas.Pix[4*i+3] == 0 && mask.Pix[i] == 0 && alpha != 0 {
				t.Fatalf("%s: pixel %d, blank and not masked, has alpha %d", task, i, alpha)
			}
		})
	}
}

func TestAnOutpaintReadsPictureBesideWhatItBites(t *testing.T) {
	old := image.Rect(0, 0, 600, 256)
	s := Scene{Selection: image.Rect(600, 0, 728, 256), Picture: old, Old: old}
	limits := region.Around(256)
	for name, q := range map[string]Request{"bites": {Ask: Ask{Task: Outpaint}, Sampling: Sampling{Strength: 1}}, "inside": {Ask: Ask{Task: Outpaint}, Sampling: Sampling{Strength: 1}, Keep: Keep{Inside: true}}} {
		var p Plan
		planOutpaint(&p, q, s, limits)
		kept := old
		kept.Max.X = p.Layout.Target.Min.X // the rest is bitten, grown over or faded
		for _, strip := range p.Strips {
			if got := strip.Context.Intersect(kept).Dx(); got < leastReach {
				t.Errorf("%s: reads %d pixels of what it keeps, want at least %d", name, got, leastReach)
			}
			if !strip.Context.In(old.Union(s.Selection)) {
				t.Errorf("%s: reads %v, beyond picture and selection", name, strip.Context)
			}
		}
	}
}

// TestOldOutpaintsRunAsRecorded: a plan that was made before plans had a Seam bites and fades
// by the widths of its Layout.
func TestOldOutpaintsRunAsRecorded(t *testing.T) {
	p, _ := neutralPipeline(t)
	canvas, mask := grown(fabric(image.Rect(0, 0, 384, 64)), image.Rect(0, 0, 512, 64))
	q := Request{Ask: Ask{Engine: Diffusion, Task: Outpaint, Image: canvas, Mask: mask}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1, CFG: 1}, Keep: Keep{Infill: InfillEdge}}
	plan, err := p.Plan(q, scene(canvas, mask, Outpaint))
	if err != nil {
		t.Fatal(err)
	}
	if q.Plan = plan; q.Reach() != 8 {
		t.Errorf("a new plan changes %d pixels of the old picture, want 8", q.Reach())
	}
	plan.Seam, plan.Layout.Fade = nil, region.FadeFor(image.Pt(20, 20), 1, 10, false)
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lost := 384 - pixels.Bounds(res.Mask).Min.X; lost < 30 || lost > q.Reach() || q.Reach() != 56 {
		t.Errorf("%d pixels of the old picture change, want what the record says: 30 to %d, which is 56", lost, q.Reach())
	}
}
