package commission

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// Run carries out a request that has its pictures and returns a result for each picture of
// the batch, numbered as Request.Nth. Each holds to the promise: its Image has the request's
// bounds, its Mask is 0 outside what may change (the package comment says what that is),
// and where Mask is 0 Image has the request's pixels, bit for bit. report may be nil.
//
// The runner must not write into the request's pictures. Any goroutine may call Run.
func Run(ctx context.Context, r pipeline.Runner, req pipeline.Request, report func(pipeline.Progress)) ([]*pipeline.Result, error) {
	return run(ctx, r, req, nil, report)
}

// run is Run where nothing outside a mask may change; nil: as the request says.
func run(ctx context.Context, r pipeline.Runner, req pipeline.Request, only *image.Alpha, report func(pipeline.Progress)) ([]*pipeline.Result, error) {
	all, err := req.EachExpanded()
	if err != nil {
		return nil, err
	}
	var out []*pipeline.Result
	for i, one := range all {
		results, err := runOne(ctx, r, one, only, part(report, i, len(all)))
		if err != nil {
			return nil, err
		}
		out = append(out, results...)
	}
	return out, nil
}

// part is the progress of one of several runs as that of all.
func part(report func(pipeline.Progress), i, n int) func(pipeline.Progress) {
	if report == nil || n == 1 {
		return report
	}
	return func(p pipeline.Progress) {
		p.Fraction = (float64(i) + p.Fraction) / float64(n)
		report(p)
	}
}

// runOne is run of a request whose texts are those of all its pictures.
func runOne(ctx context.Context, r pipeline.Runner, req pipeline.Request, only *image.Alpha, report func(pipeline.Progress)) ([]*pipeline.Result, error) {
	if seamless(req) {
		return runAround(ctx, r, req, only, report)
	}
	may := limits(req)
	if only != nil {
		may.mask = only
	}
	res, err := r.Run(ctx, req, report)
	if err != nil {
		return nil, err
	}
	if err := may.check(res); err != nil {
		return nil, err
	}
	out := single(res)
	may.close(res.Mask) // which all share
	for _, one := range out {
		may.restore(one)
	}
	return out, nil
}

// Patch is the pixels of a result that are laid back, transparent elsewhere; its bounds are
// those of the result's mask above 0.
func Patch(res *pipeline.Result) *image.NRGBA { return pixels.Visible(res.Image, res.Mask) }

// limit is what a run may change.
type limit struct {
	before *image.NRGBA    // the picture as it was; nil: blank canvas
	bounds image.Rectangle // of the result; empty: any
	rect   image.Rectangle // nothing outside it changes; empty: anything may
	mask   *image.Alpha    // nor where this is 0; nil: no such mask
}

func limits(q pipeline.Request) limit {
	l := limit{before: q.Image, bounds: q.Frame}
	engine, _ := pipeline.FindEngine(q.Engine)
	task, err := pipeline.FindTask(q.Task)
	if q.Image != nil && (task.Needs.Picture || !engine.Network) {
		l.bounds = q.Image.Rect
	}
	switch {
	case !engine.Network:
		l.mask = q.Mask
	case err != nil: // the run decides what the task is
		l.bounds = image.Rectangle{}
	case q.Task == pipeline.Detail && q.Mask != nil:
		l.mask = q.Mask
	case q.Task == pipeline.SDUpscale: // all of it is new
		l.bounds, l.before = image.Rectangle{}, nil
	case !task.Needs.Mask:
		l.rect = q.Frame.Intersect(l.bounds)
	case q.Inside:
		l.mask = q.Mask
	case task.Grows && q.Mask != nil:
		l.mask = reached(q.Mask, q)
	case q.Plan != nil:
		l.rect = q.Plan.Layout.Target
	}
	return l
}

// check refuses pictures that are missing or lie elsewhere.
func (l limit) check(res *pipeline.Result) error {
	if res == nil || res.Image == nil || res.Mask == nil {
		return fmt.Errorf("commission: the engine returned no picture or no mask, want both")
	}
	want := l.bounds
	if want.Empty() {
		want = res.Image.Rect
	}
	if len(res.Images) > 0 && res.Images[0] != res.Image {
		return fmt.Errorf("commission: the engine's picture is not the first of its %d", len(res.Images))
	}
	for _, img := range append([]*image.NRGBA{res.Image}, res.Images...) {
		if img == nil || img.Rect != want || res.Mask.Rect != want {
			return fmt.Errorf("commission: the engine returned a picture of bounds %v with a mask of %v, want %v", boundsOf(img), res.Mask.Rect, want)
		}
	}
	return nil
}

func boundsOf(img *image.NRGBA) image.Rectangle {
	if img == nil {
		return image.Rectangle{}
	}
	return img.Rect
}

// close sets a result's mask to 0 wherever nothing may change.
func (l limit) close(m *image.Alpha) {
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()]
		for x := range row {
			at := image.Pt(m.Rect.Min.X+x, y)
			if row[x] != 0 && (!l.rect.Empty() && !at.In(l.rect) || l.mask != nil && l.mask.AlphaAt(at.X, at.Y).A == 0) {
				row[x] = 0
			}
		}
	}
}

// restore puts back what was there before wherever a result's mask is 0.
func (l limit) restore(res *pipeline.Result) {
	before := l.before
	if before == nil || before.Rect != res.Image.Rect {
		before = image.NewNRGBA(res.Image.Rect)
		if l.before != nil {
			pixels.Paste(before, l.before)
		}
	}
	img, w := res.Image, res.Image.Rect.Dx()
	for y := range img.Rect.Dy() {
		is, was := img.Pix[y*img.Stride:][:4*w], before.Pix[y*before.Stride:][:4*w]
		if bytes.Equal(is, was) {
			continue
		}
		for x, m := range res.Mask.Pix[y*res.Mask.Stride:][:w] {
			if m == 0 {
				copy(is[4*x:4*x+4], was[4*x:4*x+4])
			}
		}
	}
}

// single takes a batch apart: one result for each picture, with its own seed.
func single(res *pipeline.Result) []*pipeline.Result {
	if len(res.Images) < 2 {
		return []*pipeline.Result{res}
	}
	var out []*pipeline.Result
	for i, img := range res.Images {
		one := *res
		one.Image, one.Images = img, nil
		one.Request = res.Request.Nth(i)
		one.Request.Batch = 1
		out = append(out, &one)
	}
	return out
}
